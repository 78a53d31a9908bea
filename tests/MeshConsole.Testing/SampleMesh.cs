using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Testing;

/// <summary>
/// Builds cluster objects by hand, one call per object, with names and labels as a real cluster has them. Everything has a
/// sound default, so that a test states only what it is about.
/// </summary>
public static partial class SampleMesh
{
    public const string Cluster = "main";
    public const string ProxyImage = "docker.io/istio/proxyv2:1.30.3-distroless";

    /// <summary>The instant at which sample snapshots are built.</summary>
    public static DateTimeOffset Now { get; } = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    public static ObjectMeta Meta(string @namespace, string name, IEnumerable<(string Key, string Value)>? labels = null, IEnumerable<(string Key, string Value)>? annotations = null, DateTimeOffset? createdAt = null) => new()
    {
        Name = name,
        Namespace = @namespace,
        Uid = $"uid-{@namespace}-{name}",
        ResourceVersion = "1",
        CreatedAt = createdAt ?? Now.AddDays(-1),
        Labels = Map(labels),
        Annotations = Map(annotations),
    };

    public static ImmutableSortedDictionary<string, string> Map(IEnumerable<(string Key, string Value)>? entries) =>
        (entries ?? []).ToImmutableSortedDictionary(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal);

    public static Namespace Namespace(string name, params (string Key, string Value)[] labels) => new(Meta("", name, labels));

    /// <summary>The pods of one Deployment's revision, with their ReplicaSet as owner.</summary>
    /// <param name="app">Value of label <c>app</c>; null for the name.</param>
    /// <param name="version">Value of label <c>version</c>; null for none.</param>
    public static ImmutableArray<Pod> Pods(
        string @namespace,
        string deployment,
        int count = 2,
        SampleProxy proxy = SampleProxy.Sidecar,
        string? app = null,
        string? version = null,
        bool ready = true,
        string? serviceAccount = null,
        string hash = "5d8f7c9b64",
        string proxyImage = ProxyImage,
        params (string Key, string Value)[] labels)
    {
        var all = new List<(string, string)>(labels) { ("app", app ?? deployment), ("pod-template-hash", hash) };
        if (version is not null)
        {
            all.Add(("version", version));
        }

        if (proxy is SampleProxy.Sidecar or SampleProxy.NativeSidecar)
        {
            all.Add(("security.istio.io/tlsMode", "istio"));
        }

        return
        [
            .. Enumerable.Range(1, count).Select(i => new Pod
            {
                Meta = Meta(@namespace, $"{deployment}-{hash}-{i:00000}", all, proxy == SampleProxy.Ambient ? [("ambient.istio.io/redirection", "enabled")] : null) with
                {
                    Owners = [new OwnerReference("apps/v1", "ReplicaSet", $"{deployment}-{hash}", $"uid-{@namespace}-{deployment}-{hash}", true)],
                },
                Phase = PodPhase.Running,
                Ready = ready,
                NodeName = "node-1",
                Ip = "10.0.0.1",
                ServiceAccount = serviceAccount ?? app ?? deployment,
                Containers = Containers(proxy, proxyImage, ready),
            }),
        ];
    }

    public static Controller Deployment(string @namespace, string name, int desired = 2, int? ready = null, params (string Key, string Value)[] labels) =>
        new(Meta(@namespace, name, labels), "Deployment", desired, ready ?? desired, desired);

    public static Controller ReplicaSet(string @namespace, string deployment, string hash = "5d8f7c9b64", int desired = 2) =>
        new(
            Meta(@namespace, $"{deployment}-{hash}") with { Owners = [new OwnerReference("apps/v1", "Deployment", deployment, $"uid-{@namespace}-{deployment}", true)] },
            "ReplicaSet",
            desired,
            desired,
            desired);

    public static KubernetesService Service(string @namespace, string name, int port = 8080, string portName = "http", string? targetPort = null, params (string Key, string Value)[] selector) =>
        new(
            Meta(@namespace, name),
            "ClusterIP",
            "10.96.0.10",
            null,
            Map(selector.Length == 0 ? [("app", name)] : selector),
            [new ServicePort(portName, port, targetPort ?? port.ToString(System.Globalization.CultureInfo.InvariantCulture), "TCP", null)]);

    /// <summary>An object of a mesh API; <paramref name="spec"/> and <paramref name="status"/> are JSON.</summary>
    public static MeshObject Object(string apiVersion, string kind, string @namespace, string name, string spec, string? status = null, DateTimeOffset? createdAt = null) =>
        new(Meta(@namespace, name, createdAt: createdAt), apiVersion, kind, Json(spec), status is null ? default : Json(status));

    public static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    /// <summary>A PeerAuthentication; <paramref name="selector"/> null selects the whole namespace.</summary>
    public static MeshObject PeerAuthentication(string @namespace, string name, string mode, (string Key, string Value)? selector = null, string? portLevel = null, DateTimeOffset? createdAt = null)
    {
        var parts = new List<string> { $$"""
            "mtls": {"mode": "{{mode}}"}
            """ };
        if (selector is { } label)
        {
            parts.Add($$$"""
                "selector": {"matchLabels": {"{{{label.Key}}}": "{{{label.Value}}}"}}
                """);
        }

        if (portLevel is not null)
        {
            parts.Add($"\"portLevelMtls\": {portLevel}");
        }

        return Object("security.istio.io/v1", "PeerAuthentication", @namespace, name, "{" + string.Join(", ", parts) + "}", createdAt: createdAt);
    }

    /// <summary>Objects of a cluster where every kind has been read and there is none, but for the mesh configuration that an installation writes.</summary>
    public static ClusterObjects NoObjects { get; } = new()
    {
        Namespaces = [],
        Pods = [],
        Services = [],
        EndpointSlices = [],
        Deployments = [],
        ReplicaSets = [],
        Nodes = [],
        RootConfigMaps = [],
        LinkerdTrustRoots = [],
        ReferencedConfigMaps = [],
        Secrets = [],
        ValidatingWebhooks = [],
        MutatingWebhooks = [],
        CronJobs = [],
        ApiServices = [],
        MeshConfigurations = [new MeshConfiguration(new ObjectMeta { Name = "istio", Namespace = ClusterSnapshot.DefaultRootNamespace, Uid = "uid-istio", ResourceVersion = "3", CreatedAt = Now.AddDays(-90) }, MeshConfiguration.DefaultRevision, AutoMtls: true, null, null)],
        VirtualServices = [],
        DestinationRules = [],
        Gateways = [],
        ServiceEntries = [],
        Sidecars = [],
        PeerAuthentications = [],
        AuthorizationPolicies = [],
        RequestAuthentications = [],
        Telemetries = [],
        KubernetesGateways = [],
        HttpRoutes = [],
        GrpcRoutes = [],
        ReferenceGrants = [],
        ListenerSets = [],
        BackendTlsPolicies = [],
        TrafficSplits = [],
        Certificates = [],
    };

    /// <summary>Objects of a cluster whose sources have all answered: every list that is not given is empty, not unknown.</summary>
    public static ClusterObjects Objects(
        IEnumerable<Pod>? pods = null,
        IEnumerable<Controller>? deployments = null,
        IEnumerable<Controller>? replicaSets = null,
        IEnumerable<KubernetesService>? services = null,
        IEnumerable<Namespace>? namespaces = null) => NoObjects with
        {
            Namespaces = Ordered(namespaces),
            Pods = Ordered(pods),
            Services = Ordered(services),
            Deployments = Ordered(deployments),
            ReplicaSets = Ordered(replicaSets),
        };

    /// <summary>Every watched kind live since five minutes, Prometheus too.</summary>
    public static ImmutableArray<SourceStatus> LiveSources(DateTimeOffset? now = null) =>
    [
        Live("kubernetes/pods", now),
        Live("kubernetes/services", now),
        Live(SourceNames.Requests, now),
        Live(SourceNames.DurationSums, now),
    ];

    public static SourceStatus Live(string name, DateTimeOffset? now = null) =>
        new(name, SourceState.Live, (now ?? Now).AddMinutes(-5), now ?? Now, null, 10, new SourceCost(TimeSpan.FromMilliseconds(20), 4_000));

    /// <summary>A cluster as the snapshot builder makes it of objects and edges.</summary>
    /// <param name="edges">Null: Prometheus has not answered yet.</param>
    public static ClusterSnapshot ClusterOf(ClusterObjects objects, IEnumerable<Edge>? edges, string name = Cluster, ImmutableArray<SourceStatus>? sources = null) =>
        SnapshotBuilder.Build(name, objects, sources ?? LiveSources(), edges is null ? null : Frame(edges));

    public static TelemetryFrame Frame(IEnumerable<Edge> edges, DateTimeOffset? at = null, TimeSpan? window = null) => new()
    {
        At = at ?? Now,
        Window = window ?? TimeSpan.FromMinutes(1),
        Edges =
        [
            .. edges.OrderBy(edge => edge.Source.Workload.ToString(), StringComparer.Ordinal)
                .ThenBy(edge => edge.Target.Workload.ToString(), StringComparer.Ordinal)
                .ThenBy(edge => edge.ServiceHost, StringComparer.Ordinal)
                .ThenBy(edge => edge.Protocol, StringComparer.Ordinal),
        ],
    };

    public static MeshSnapshot Snapshot(params ClusterSnapshot[] clusters) => new(1, Now, [.. clusters]);

    public static MeshSnapshot Snapshot(ClusterObjects objects, params Edge[] edges) => Snapshot(ClusterOf(objects, edges));

    private static ImmutableArray<T> Ordered<T>(IEnumerable<T>? list)
        where T : IKubernetesObject =>
        [.. (list ?? []).OrderBy(item => item.Meta.Namespace, StringComparer.Ordinal).ThenBy(item => item.Meta.Name, StringComparer.Ordinal)];

    private static ImmutableArray<Container> Containers(SampleProxy proxy, string proxyImage, bool ready)
    {
        var app = new Container("app", "registry.example/app:1", false, ready, 0, null, [8080]);
        return proxy switch
        {
            SampleProxy.None or SampleProxy.Ambient => [app],
            SampleProxy.Sidecar => [app, new Container("istio-proxy", proxyImage, false, true, 0, null, [15090])],
            SampleProxy.NativeSidecar => [app, new Container("istio-proxy", proxyImage, true, true, 0, null, [15090])],
            SampleProxy.Linkerd => [app, new Container("linkerd-proxy", "cr.l5d.io/linkerd/proxy:edge-26.6.1", true, true, 0, null, [4143])],
            SampleProxy.Gateway => [new Container("istio-proxy", proxyImage, false, ready, 0, null, [8080, 8443])],
            _ => throw new ArgumentOutOfRangeException(nameof(proxy), proxy, null),
        };
    }
}
