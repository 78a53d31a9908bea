using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;
using MeshConsole.Testing;
using static MeshConsole.Testing.SampleMesh;

namespace MeshConsole.Mesh.Tests.Topology;

public sealed class NodeBadgesTests
{
    private const string Networking = "networking.istio.io/v1";

    [Fact]
    public void VirtualServiceWithWeights_MarksEveryVersionBehindItsHost_AndNobodyElse()
    {
        var nodes = Draw(objects => objects with
        {
            VirtualServices = [Object(Networking, "VirtualService", "shop", "cart", """{"hosts": ["cart"], "http": [{"timeout": "3s", "route": [{"destination": {"host": "cart", "subset": "v1"}, "weight": 90}, {"destination": {"host": "cart", "subset": "v2"}, "weight": 10}]}]}""")],
        });

        nodes["cart-v1"].ShouldBe([NodeBadge.VirtualService, NodeBadge.CanarySplit, NodeBadge.Timeout, NodeBadge.Permissive]);
        nodes["cart-v2"].ShouldBe(nodes["cart-v1"]);
        nodes["till"].ShouldBe([NodeBadge.Permissive]);
    }

    [Theory]
    [InlineData("""{"hosts": ["till"], "http": [{"fault": {"abort": {"httpStatus": 503}}, "route": [{"destination": {"host": "till"}}]}]}""", NodeBadge.FaultInjection)]
    [InlineData("""{"hosts": ["till.shop.svc.cluster.local"], "http": [{"mirror": {"host": "cart"}, "route": [{"destination": {"host": "till"}}]}]}""", NodeBadge.Mirroring)]
    [InlineData("""{"hosts": ["shop.example"], "gateways": ["public"], "http": [{"retries": {"attempts": 2}, "route": [{"destination": {"host": "till"}}]}]}""", NodeBadge.Timeout)]
    public void VirtualService_SaysWhatItDoes(string spec, NodeBadge badge) =>
        Draw(objects => objects with { VirtualServices = [Object(Networking, "VirtualService", "shop", "rules", spec)] })["till"].ShouldBe([NodeBadge.VirtualService, badge, NodeBadge.Permissive]);

    [Fact]
    public void Retries_OfNone_AreNoRetries() =>
        Draw(objects => objects with { VirtualServices = [Object(Networking, "VirtualService", "shop", "rules", """{"hosts": ["till"], "http": [{"retries": {"attempts": 0}, "route": [{"destination": {"host": "till"}}]}]}""")] })["till"]
            .ShouldBe([NodeBadge.VirtualService, NodeBadge.Permissive]);

    [Fact]
    public void OneBackendWithAllTheWeight_IsNoSplit() =>
        Draw(objects => objects with { VirtualServices = [Object(Networking, "VirtualService", "shop", "rules", """{"hosts": ["cart"], "http": [{"route": [{"destination": {"host": "cart", "subset": "v1"}, "weight": 100}, {"destination": {"host": "cart", "subset": "v2"}, "weight": 0}]}]}""")] })["cart-v1"]
            .ShouldBe([NodeBadge.VirtualService, NodeBadge.Permissive]);

    [Fact]
    public void HttpRoute_OfAService_SplitsAndMirrors() =>
        Draw(objects => objects with
        {
            HttpRoutes = [Object("gateway.networking.k8s.io/v1", "HTTPRoute", "shop", "cart", """{"parentRefs": [{"kind": "Service", "group": "", "name": "cart"}], "rules": [{"filters": [{"type": "RequestMirror"}], "backendRefs": [{"name": "a"}, {"name": "b"}]}]}""")],
        })["cart-v2"].ShouldBe([NodeBadge.VirtualService, NodeBadge.CanarySplit, NodeBadge.Mirroring, NodeBadge.Permissive]);

    [Fact]
    public void DestinationRuleOfASubset_BreaksThatSubsetOnly()
    {
        var nodes = Draw(objects => objects with
        {
            DestinationRules = [Object(Networking, "DestinationRule", "shop", "cart", """{"host": "cart", "subsets": [{"name": "v2", "labels": {"version": "v2"}, "trafficPolicy": {"outlierDetection": {"consecutive5xxErrors": 3}}}]}""")],
        });

        nodes["cart-v2"].ShouldContain(NodeBadge.CircuitBreaker);
        nodes["cart-v1"].ShouldNotContain(NodeBadge.CircuitBreaker);
    }

    [Fact]
    public void DestinationRuleOfAWildcard_CoversTheServicesOfTheNamespace() =>
        Draw(objects => objects with { DestinationRules = [Object(Networking, "DestinationRule", "shop", "all", """{"host": "*.shop.svc.cluster.local", "trafficPolicy": {"connectionPool": {"tcp": {"maxConnections": 10}}}}""")] })["till"]
            .ShouldBe([NodeBadge.CircuitBreaker, NodeBadge.Permissive]);

    [Fact]
    public void Locks_FollowTheEffectivePolicy_AndAPodWithoutProxyHasNone()
    {
        var nodes = Draw(objects => objects with { PeerAuthentications = [PeerAuthentication("shop", "default", "STRICT"), PeerAuthentication("shop", "till", "DISABLE", ("app", "till"))] });

        nodes["cart-v1"].ShouldBe([NodeBadge.Strict]);
        nodes["till"].ShouldBe([NodeBadge.Disabled]);
        nodes["printer"].ShouldBe([NodeBadge.NoProxy]);
    }

    [Fact]
    public void NodeOfSeveralWorkloads_HasTheWeakestLock_AndANamespaceSaysOnlyWhatIsOutOfTheOrdinary()
    {
        var snapshot = Mesh(objects => objects with
        {
            PeerAuthentications = [PeerAuthentication("shop", "default", "STRICT"), PeerAuthentication("shop", "v2", "PERMISSIVE", ("version", "v2"))],
            VirtualServices = [Object(Networking, "VirtualService", "shop", "till", """{"hosts": ["till"], "http": [{"timeout": "1s", "fault": {"delay": {"fixedDelay": "1s"}}, "route": [{"destination": {"host": "till"}}]}]}""")],
        });

        Badges(snapshot, TopologyLevel.App)["cart"].ShouldBe([NodeBadge.Permissive]);
        Badges(snapshot, TopologyLevel.Namespace)["shop"].ShouldBe([NodeBadge.NoProxy, NodeBadge.FaultInjection, NodeBadge.Permissive]);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"hosts": "cart", "http": {"route": 1}}""")]
    [InlineData("""{"hosts": [null, 7, "*"], "http": [null, {"route": [null, {"weight": "x"}]}]}""")]
    public void SpecsThatAreNoneOfTheSchema_GiveNoBadge(string spec) =>
        Draw(objects => objects with
        {
            VirtualServices = [Object(Networking, "VirtualService", "shop", "x", spec)],
            HttpRoutes = [Object("gateway.networking.k8s.io/v1", "HTTPRoute", "shop", "x", spec)],
            DestinationRules = [Object(Networking, "DestinationRule", "shop", "x", spec)],
        })["cart-v1"].ShouldBe([NodeBadge.Permissive]);

    [Fact]
    public void ObjectsNotRead_GiveNoBadge() =>
        Draw(objects => objects with { VirtualServices = default, DestinationRules = default, HttpRoutes = default, GrpcRoutes = default, TrafficSplits = default, PeerAuthentications = default })["cart-v1"].ShouldBeEmpty();

    private static Dictionary<string, IReadOnlyList<NodeBadge>> Draw(Func<ClusterObjects, ClusterObjects> with) => Badges(Mesh(with), TopologyLevel.Workload);

    private static Dictionary<string, IReadOnlyList<NodeBadge>> Badges(MeshSnapshot snapshot, TopologyLevel level) =>
        TopologyBuilder.Build(snapshot, MeshQuery.All, level).Nodes.ToDictionary(node => node.Name, node => (IReadOnlyList<NodeBadge>)node.Badges, StringComparer.Ordinal);

    private static MeshSnapshot Mesh(Func<ClusterObjects, ClusterObjects> with) => new(1, Now,
    [
        ClusterOf(with(Objects(
            pods:
            [
                .. Pods("shop", "cart-v1", app: "cart", version: "v1"), .. Pods("shop", "cart-v2", app: "cart", version: "v2", hash: "aa"),
                .. Pods("shop", "till", hash: "bb"), .. Pods("shop", "printer", proxy: SampleProxy.None, hash: "cc"),
            ],
            deployments: [Labelled("cart-v1", "cart", "v1"), Labelled("cart-v2", "cart", "v2"), Labelled("till", "till", "v1"), Labelled("printer", "printer", "v1")],
            replicaSets: [ReplicaSet("shop", "cart-v1"), ReplicaSet("shop", "cart-v2", "aa"), ReplicaSet("shop", "till", "bb"), ReplicaSet("shop", "printer", "cc")],
            services: [Service("shop", "cart"), Service("shop", "till")],
            namespaces: [Namespace("shop")])), []),
    ]);

    private static Controller Labelled(string name, string app, string version) => Deployment("shop", name, labels: [("app", app), ("version", version)]);
}
