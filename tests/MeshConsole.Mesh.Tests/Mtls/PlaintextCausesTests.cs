using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Tests.Mtls;

public sealed class PlaintextCausesTests
{
    private static readonly Service s_ledger = Given.Service("ledger");

    [Fact]
    public void KnownCaller_WithoutProxy_IsToldHowToGetOne()
    {
        var row = Explain("web", [Given.Workload("web", plane: DataPlane.None)]);
        row.Reason.ShouldBe("payments/web has no proxy.");
        row.Fix.ShouldBe("Ask for injection in namespace payments and restart payments/web.");
    }

    [Theory]
    [InlineData(null, "Label namespace payments with istio-injection=enabled and restart payments/web.")]
    [InlineData("istio-injection=disabled", "Label namespace payments with istio-injection=enabled and restart payments/web.")]
    [InlineData("istio-injection=enabled", "Restart payments/web: namespace payments asks for injection, but these pods were created without a proxy.")]
    [InlineData("istio.io/rev=canary", "Restart payments/web: namespace payments asks for injection, but these pods were created without a proxy.")]
    public void KnownCaller_WithoutProxy_FixFollowsTheNamespace(string? labels, string fix) =>
        Explain("web", [Given.Workload("web", plane: DataPlane.None)], Given.NoObjects with { Namespaces = [new Namespace(Given.Meta("payments", "", labels: labels))] }).Fix.ShouldBe(fix);

    [Fact]
    public void KnownCaller_OptedOut_IsToldToOptIn() =>
        Explain("web", [Given.Workload("web", labels: "app=web;sidecar.istio.io/inject=false", plane: DataPlane.None)]).Fix.ShouldBe("Remove sidecar.istio.io/inject: \"false\" from payments/web and restart it.");

    [Fact]
    public void KnownCaller_OnTheNodesNetwork_CannotHaveOne() =>
        Explain("web", [Given.Workload("web", plane: DataPlane.None, pods: [Given.Pod("a", proxy: false, hostNetwork: true)])]).Reason.ShouldContain("hostNetwork");

    [Fact]
    public void KnownCaller_HalfInjected_IsCounted() =>
        Explain("web", [Given.Workload("web", pods: [Given.Pod("a"), Given.Pod("b", proxy: false), Given.Pod("c", proxy: false)])]).Reason.ShouldBe("2 of 3 pods of payments/web have no proxy.");

    [Theory]
    [InlineData("80", 80)]
    [InlineData("443, 80", 80)]
    [InlineData("8080", 8080)]
    public void KnownCaller_ExcludesThePort_IsSaid(string ports, int port) =>
        Explain("web", [Given.Workload("web", pods: [Given.Pod("a", annotations: $"traffic.sidecar.istio.io/excludeOutboundPorts={ports}")])]).Reason
            .ShouldBe($"payments/web excludes port {port} from its proxy (annotation traffic.sidecar.istio.io/excludeOutboundPorts): the traffic passes by it.");

    [Fact]
    public void KnownCaller_ExcludesOtherPorts_IsNotBlamedForThem() =>
        Explain("web", [Given.Workload("web", pods: [Given.Pod("a", annotations: "traffic.sidecar.istio.io/excludeOutboundPorts=443")])]).Reason.ShouldContain("nothing read here explains it");

    [Fact]
    public void KnownCaller_LimitsAddresses_IsSaid() =>
        Explain("web", [Given.Workload("web", pods: [Given.Pod("a", annotations: "traffic.sidecar.istio.io/includeOutboundIPRanges=10.0.0.0/8")])]).Reason.ShouldContain("includeOutboundIPRanges");

    [Fact]
    public void KnownCaller_RuleDisablesTls_IsNamed()
    {
        var rule = Given.Object("DestinationRule", "old", """{"host":"ledger","trafficPolicy":{"tls":{"mode":"DISABLE"}}}""");
        var row = Explain("web", [Given.Workload("web")], Given.NoObjects with { DestinationRules = [rule] });
        row.Reason.ShouldBe("DestinationRule payments/old sets tls mode DISABLE for ledger.payments.svc.cluster.local: callers send plaintext.");
        row.Fix.ShouldStartWith("Remove the tls block from DestinationRule payments/old");
    }

    [Fact]
    public void KnownCaller_RuleOfAThirdNamespace_IsNotNamed()
    {
        var rule = Given.Object("DestinationRule", "old", """{"host":"ledger.payments.svc.cluster.local","trafficPolicy":{"tls":{"mode":"DISABLE"}}}""", "front");
        Explain("web", [Given.Workload("web")], Given.NoObjects with { DestinationRules = [rule] }).Reason.ShouldContain("nothing read here explains it");
    }

    [Fact]
    public void KnownCaller_HeadlessService_IsSaid() =>
        Explain("web", [Given.Workload("web")], service: Given.Service("ledger", headless: true)).Reason.ShouldContain("is headless");

    [Fact]
    public void KnownCaller_NotInThisCluster_IsSaid() => Explain("web", []).Reason.ShouldContain("which this cluster does not have");

    [Fact]
    public void Callee_WithDisable_ExplainsEveryCaller()
    {
        var policy = Given.Object("PeerAuthentication", "off", """{"mtls":{"mode":"DISABLE"}}""");
        Explain("unknown", [Given.Workload("ledger"), Given.Workload("bare", plane: DataPlane.None)], Given.NoObjects with { PeerAuthentications = [policy] }).Reason
            .ShouldStartWith("PeerAuthentication payments/off says DISABLE for payments/ledger");
    }

    [Fact]
    public void UnknownCaller_OneCandidate_IsNamedWithItsFix()
    {
        var row = Explain("unknown", [Given.Workload("ledger"), Given.Workload("export", "batch", plane: DataPlane.None), Given.Workload("istiod", "istio-system", plane: DataPlane.None), Given.Workload("edge", gateway: true)]);
        row.Reason.ShouldBe("The caller sends no mesh identity, so telemetry cannot name it. batch/export is the only workload here with pods without proxy.");
        row.Fix.ShouldBe("Ask for injection in namespace batch and restart batch/export.");
    }

    [Fact]
    public void UnknownCaller_SeveralCandidates_AreListed() =>
        Explain("unknown", [.. Enumerable.Range(1, 5).Select(i => Given.Workload($"bare-{i}", "batch", plane: DataPlane.None))]).Reason
            .ShouldEndWith("Workloads with pods without proxy: batch/bare-1, batch/bare-2, batch/bare-3 and 2 more.");

    [Fact]
    public void UnknownCaller_PortExcludedByAProxy_IsListed() =>
        Explain("unknown", [Given.Workload("web", pods: [Given.Pod("a", annotations: "traffic.sidecar.istio.io/excludeOutboundPorts=80")])]).Reason
            .ShouldEndWith("Excluding its port from their proxies: payments/web.");

    [Fact]
    public void UnknownCaller_ExposedService_MayBeOutside()
    {
        var exposed = new KubernetesService(Given.Meta("ledger"), "NodePort", "10.0.0.1", null, Given.Labels(), []);
        Explain("unknown", [Given.Workload("ledger")], Given.NoObjects with { Services = [exposed] }).Reason.ShouldContain("is of type NodePort");
    }

    [Fact]
    public void UnknownCaller_EverythingHasAProxy_IsOutside() =>
        Explain("unknown", [Given.Workload("ledger")]).Reason.ShouldContain("Every workload here has a proxy");

    [Fact]
    public void UnknownCaller_PodsNotKnown_AccusesNobody() =>
        Explain("unknown", [], Given.NoObjects with { Pods = default }).Reason.ShouldContain("Which pods have no proxy is not known");

    [Theory]
    [InlineData("web", DataPlane.None, "ztunnel-passthrough", "the ztunnel of payments/ledger passes its plaintext through")]
    [InlineData("web", DataPlane.Sidecar, "ztunnel-passthrough", "a sidecar that does not speak HBONE")]
    [InlineData("unknown", DataPlane.None, "ztunnel-passthrough", "The ztunnel of payments/ledger passes plaintext through.")]
    public void AmbientCallee_PassesPlaintextThrough(string source, DataPlane plane, string cause, string reason)
    {
        var row = Explain(source, [Given.Workload("ledger", plane: DataPlane.Ambient, pods: [Given.Pod("l", proxy: false)]), Given.Workload("web", plane: plane)]);
        row.Cause.ShouldBe(cause);
        row.Reason.ShouldContain(reason);
    }

    [Theory]
    [InlineData("web", "caller-without-proxy")]
    [InlineData("unknown", "caller-without-proxy")]
    [InlineData("elsewhere", "other-cluster")]
    public void Cause_IsAStableWord(string source, string cause) =>
        Explain(source, [Given.Workload("ledger"), Given.Workload("web", plane: DataPlane.None)]).Cause.ShouldBe(cause);

    private static PlaintextEdge Explain(string source, Workload[] workloads, ClusterObjects? objects = null, Service? service = null)
    {
        var cluster = Given.ClusterOf(objects, workloads, [service ?? s_ledger], [Given.Edge(source, "ledger", fromDestination: Given.Http(plaintext: 2))]);
        return MtlsCoverageBuilder.Build(Given.Snapshot(cluster), MeshQuery.All).Plaintext.ShouldHaveSingleItem();
    }
}
