using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Tests;

/// <summary>Small pieces of a mesh for tests that need one fact at a time. Everything not said is plain and healthy.</summary>
internal static class Given
{
    public const string Cluster = "test";

    public static readonly DateTimeOffset Now = new(2026, 3, 1, 2, 10, 0, TimeSpan.Zero);

    public static WorkloadId Id(string name, string @namespace = "payments") => new(Cluster, @namespace, name);

    public static ImmutableSortedDictionary<string, string> Labels(params string[] pairs) =>
        pairs.Select(p => p.Split('=', 2)).ToImmutableSortedDictionary(p => p[0], p => p[1], StringComparer.Ordinal);

    public static ObjectMeta Meta(string name, string @namespace = "payments", DateTimeOffset? createdAt = null, string? annotations = null, string? labels = null) => new()
    {
        Name = name,
        Namespace = @namespace,
        Uid = $"uid-{@namespace}-{name}",
        ResourceVersion = "7",
        CreatedAt = createdAt ?? Now.AddDays(-30),
        Annotations = annotations is null ? ImmutableSortedDictionary<string, string>.Empty : Labels(annotations.Split(';')),
        Labels = labels is null ? ImmutableSortedDictionary<string, string>.Empty : Labels(labels.Split(';')),
    };

    public static Pod Pod(string name, string @namespace = "payments", bool proxy = true, string? annotations = null, int[]? ports = null, bool hostNetwork = false, string? waiting = null, int restarts = 0) => new()
    {
        Meta = Meta(name, @namespace, annotations: annotations),
        Phase = PodPhase.Running,
        Ready = waiting is null,
        HostNetwork = hostNetwork,
        Containers =
        [
            new Container("app", "app:1", false, waiting is null, restarts, waiting, [.. ports ?? [8080]]),
            .. proxy ? [new Container("istio-proxy", "proxyv2:1.30.3", true, true, 0, null, [15090])] : Array.Empty<Container>(),
        ],
    };

    public static Workload Workload(
        string name,
        string @namespace = "payments",
        string? labels = null,
        DataPlane plane = DataPlane.Sidecar,
        ImmutableArray<Pod>? pods = null,
        bool gateway = false,
        bool waypoint = false)
    {
        var all = pods ?? [Pod($"{name}-a", @namespace, plane == DataPlane.Sidecar), Pod($"{name}-b", @namespace, plane == DataPlane.Sidecar)];
        var named = Labels((labels ?? $"app={name}").Split(';', StringSplitOptions.RemoveEmptyEntries));
        return new Workload
        {
            Id = Id(name, @namespace),
            Kind = "Deployment",
            App = named.GetValueOrDefault("app"),
            Version = named.GetValueOrDefault("version"),
            Labels = named,
            ServiceAccount = name,
            Pods = all,
            DesiredReplicas = all.Length,
            ReadyReplicas = all.Count(p => p.Ready),
            DataPlane = plane,
            PodsWithProxy = plane == DataPlane.Ambient ? all.Length : all.Count(p => p.Containers.Any(c => c.Name == "istio-proxy")),
            IsGateway = gateway,
            IsWaypoint = waypoint,
        };
    }

    public static Service Service(string name, string @namespace = "payments", bool headless = false, ImmutableArray<ServicePort>? ports = null, params string[] workloads) => new()
    {
        Id = new ServiceId(Cluster, @namespace, name),
        Host = $"{name}.{@namespace}.svc.cluster.local",
        Ports = ports ?? [new ServicePort("http", 80, "8080", "TCP", null)],
        Headless = headless,
        Workloads = [.. (workloads.Length == 0 ? [name] : workloads).Select(w => Id(w, @namespace))],
    };

    /// <summary>An object of a mesh API; <paramref name="spec"/> and <paramref name="status"/> are JSON.</summary>
    public static MeshObject Object(string kind, string name, string spec, string @namespace = "payments", string? status = null, DateTimeOffset? createdAt = null, string? annotations = null, string? labels = null, string apiVersion = "v1") =>
        new(Meta(name, @namespace, createdAt, annotations, labels), apiVersion, kind, Json(spec), status is null ? default : Json(status));

    public static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    public static Edge Edge(string source, string target, ReporterTraffic? fromSource = null, ReporterTraffic? fromDestination = null, string? host = null, string protocol = "http", string? sourceNamespace = null, string targetNamespace = "payments") => new()
    {
        Source = new Peer(Id(source, sourceNamespace ?? (source == "unknown" ? "unknown" : "payments")), null, null),
        Target = new Peer(Id(target, targetNamespace), null, null),
        ServiceHost = host ?? $"{target}.{targetNamespace}.svc.cluster.local",
        ServiceNamespace = targetNamespace,
        Protocol = protocol,
        FromSource = fromSource,
        FromDestination = fromDestination,
    };

    /// <summary>HTTP traffic of one reporter: successes, failures (503) and how the requests are protected.</summary>
    public static ReporterTraffic Http(double ok = 0, double failed = 0, double refused = 0, double mutual = 0, double plaintext = 0, double unknown = 0, Histogram? durations = null) => new()
    {
        Responses =
        [
            .. ok > 0 ? [new ResponseRate(200, null, "-", ok)] : Array.Empty<ResponseRate>(),
            .. refused > 0 ? [new ResponseRate(404, null, "-", refused)] : Array.Empty<ResponseRate>(),
            .. failed > 0 ? [new ResponseRate(503, null, "UF", failed)] : Array.Empty<ResponseRate>(),
        ],
        RequestsPerSecond = Math.Max(ok + failed + refused, mutual + plaintext + unknown),
        RequestSecurity = new SecuritySplit(mutual, plaintext, unknown),
        Durations = durations,
    };

    public static ReporterTraffic Tcp(double mutual = 0, double plaintext = 0, double unknown = 0) => new()
    {
        ConnectionsPerSecond = mutual + plaintext + unknown,
        ConnectionSecurity = new SecuritySplit(mutual, plaintext, unknown),
    };

    /// <summary>Objects of a cluster where every kind has been read and there is none.</summary>
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
        Secrets = [],
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
        TrafficSplits = [],
        Certificates = [],
    };

    public static ClusterSnapshot ClusterOf(
        ClusterObjects? objects = null,
        IEnumerable<Workload>? workloads = null,
        IEnumerable<Service>? services = null,
        IEnumerable<Edge>? edges = null,
        bool telemetry = true,
        ImmutableArray<SourceStatus>? sources = null,
        ImmutableArray<ProxyCertificateSample>? proxyCertificates = null,
        ImmutableArray<ControlPlaneSample>? controlPlane = null,
        string name = Cluster)
    {
        var all = workloads?.ToImmutableArray() ?? [];
        var known = objects ?? NoObjects;
        var traffic = edges?.ToImmutableArray() ?? [];
        return new ClusterSnapshot
        {
            Name = name,
            Sources = sources ?? [],
            Objects = known.Pods is { IsDefault: false, IsEmpty: true } ? known with { Pods = [.. all.SelectMany(w => w.Pods)] } : known,
            Workloads = all,
            Services = services?.ToImmutableArray() ?? [],
            Edges = traffic,
            Telemetry = telemetry
                ? new TelemetryFrame { At = Now, Window = TimeSpan.FromSeconds(60), Edges = traffic, ProxyCertificates = proxyCertificates ?? [], ControlPlane = controlPlane ?? [] }
                : null,
        };
    }

    public static MeshSnapshot Snapshot(params ClusterSnapshot[] clusters) => new(42, Now, [.. clusters]);
}
