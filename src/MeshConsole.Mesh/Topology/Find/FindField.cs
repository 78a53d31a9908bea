using System.Collections.Immutable;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Topology.Find;

/// <summary>What kind of value a field has, and so which units and comparisons are legal.</summary>
public enum FindType
{
    Text,

    /// <summary>Milliseconds; written with <c>ms</c>, <c>s</c>, <c>min</c>.</summary>
    Duration,

    /// <summary>0..1; written in percent.</summary>
    Share,

    /// <summary>Per second; written plain, with <c>/s</c> or <c>/min</c>.</summary>
    Rate,

    /// <summary>Bytes per second; written plain, with <c>B</c>, <c>kB</c>, <c>MB</c>.</summary>
    Bytes,

    Number,
}

/// <summary>A field of nodes, of edges, or of both. Where a subject does not have it or it is not known, nothing can be said, and nothing is found.</summary>
/// <param name="Values">Values that are offered; the field may have others.</param>
public sealed record FindField(string Name, FindType Type, string Help, ImmutableArray<string> Values)
{
    internal Func<TopologyNode, object?>? OfNode { get; init; }

    internal Func<TopologyEdge, object?>? OfEdge { get; init; }

    /// <summary>Whether edges have it.</summary>
    public bool IsOfEdges => OfEdge is not null;

    /// <summary>Whether nodes have it.</summary>
    public bool IsOfNodes => OfNode is not null;
}

/// <summary>The vocabulary: fields, and words that are true or false by themselves.</summary>
public static class FindFields
{
    private static readonly ImmutableArray<string> s_health = ["healthy", "degraded", "failing", "idle", "unknown"];

    /// <summary>In the order in which they are offered.</summary>
    public static ImmutableArray<FindField> All { get; } =
    [
        Field("name", FindType.Text, "name of a node", node: n => n.Name),
        Field("namespace", FindType.Text, "namespace of a node, or of either end of an edge", node: n => n.Namespace, edge: e => Ends(e, id => id.Namespace)),
        Field("app", FindType.Text, "app label of a node", node: n => n.App),
        Field("version", FindType.Text, "version label of a node", node: n => n.Version),
        Field("cluster", FindType.Text, "cluster of a node", node: n => n.Cluster),
        Field("kind", FindType.Text, "kind of a node", ["workload", "service", "app", "namespace", "gateway", "external", "unknown", "waypoint"], node: n => NodeId.KindName(n.Kind)),
        Field("mesh", FindType.Text, "data plane of a node", ["sidecar", "ambient", "linkerd", "none"], node: n => n.Mesh?.ToString().ToLowerInvariant()),
        Field("health", FindType.Text, "health of a node or edge", s_health, node: n => Name(n.Health), edge: e => Name(e.Health)),
        Field("badge", FindType.Text, "what the configuration does to a node", [.. Enum.GetNames<NodeBadge>().Select(name => name.ToLowerInvariant())], node: n => Many(n.Badges.Select(badge => badge.ToString().ToLowerInvariant()))),
        Field("replicas", FindType.Number, "replicas that are ready", node: n => Number(n.ReadyReplicas)),
        Field("source", FindType.Text, "name of the caller", edge: e => End(e.Source)),
        Field("target", FindType.Text, "name of the callee", edge: e => End(e.Target)),
        Field("service", FindType.Text, "host that is called", edge: e => e.Service),
        Field("protocol", FindType.Text, "protocol of an edge", ["http", "grpc", "tcp"], edge: e => e.Protocol),
        Field("rate", FindType.Rate, "requests per second; of TCP edges connections", node: n => n.RequestsPerSecond, edge: e => e.RequestsPerSecond ?? e.ConnectionsPerSecond),
        Field("errors", FindType.Share, "share of requests that the server or the mesh failed", node: n => n.ErrorRatio, edge: e => e.ErrorRatio),
        Field("clienterrors", FindType.Share, "share of requests that were the caller's fault (4xx)", edge: e => e.ClientErrorRatio),
        Field("code", FindType.Text, "response code that occurs", edge: e => Many(e.Responses.Select(r => r.Code))),
        Field("flag", FindType.Text, "response flag that occurs", ["UH", "UF", "UO", "UT", "URX", "NR", "DC"], edge: e => Many(e.Responses.SelectMany(r => r.Flags.Split(',')))),
        Field("mean", FindType.Duration, "mean latency at the callee", edge: e => e.LatencyMs?.Mean),
        Field("p50", FindType.Duration, "median latency at the callee", edge: e => e.LatencyMs?.P50),
        Field("p90", FindType.Duration, "90th percentile at the callee", edge: e => e.LatencyMs?.P90),
        Field("p95", FindType.Duration, "95th percentile at the callee", edge: e => e.LatencyMs?.P95),
        Field("p99", FindType.Duration, "99th percentile at the callee", edge: e => e.LatencyMs?.P99),
        Field("clientp99", FindType.Duration, "99th percentile at the caller", edge: e => e.ClientLatencyMs?.P99),
        Field("overhead", FindType.Duration, "mean cost of proxies and network", edge: e => e.OverheadMs is { Reliable: true } overhead ? overhead.Mean : null),
        Field("bytes", FindType.Bytes, "bytes per second, both ways", edge: e => e.BytesPerSecond is { } b ? b.Sent + b.Received : null),
        Field("encrypted", FindType.Share, "share that is encrypted", edge: e => e.Mtls.Ratio),
        Field("principal", FindType.Text, "identity of either end", edge: e => Many([e.SourcePrincipal, e.DestinationPrincipal])),
    ];

    /// <summary>Words that stand for a comparison: <c>!mtls</c>, <c>failing</c>.</summary>
    public static ImmutableArray<FindField> Flags { get; } =
    [
        Flag("mtls", "all of an edge is encrypted", edge: e => e.Mtls.State switch { MutualTlsState.Mutual => true, MutualTlsState.Plaintext or MutualTlsState.Mixed => false, _ => null }),
        Flag("plaintext", "an edge carries plaintext", edge: e => e.Mtls.State switch { MutualTlsState.Plaintext or MutualTlsState.Mixed => true, MutualTlsState.Mutual => false, _ => null }),
        .. s_health.Where(h => h != "unknown").Select(h => Flag(h, $"health is {h}", node: n => Name(n.Health) == h, edge: e => Name(e.Health) == h)),
        Flag("tcp", "an edge without requests", edge: e => e.Protocol == "tcp"),
        Flag("gateway", "a node that is a gateway", node: n => n.Kind == NodeKind.Gateway),
        Flag("external", "a node outside of the mesh", node: n => n.Kind == NodeKind.External),
        Flag("sidecar", "a node with sidecars", node: n => n.Mesh is { } mesh ? mesh == DataPlane.Sidecar : null),
        Flag("noproxy", "a node without proxy", node: n => n.Mesh is { } mesh ? mesh == DataPlane.None : null),
    ];

    internal static FindField? Find(string name) => All.FirstOrDefault(f => string.Equals(f.Name, name, StringComparison.OrdinalIgnoreCase));

    internal static FindField? FindFlag(string name) => Flags.FirstOrDefault(f => string.Equals(f.Name, name, StringComparison.OrdinalIgnoreCase));

    private static FindField Field(string name, FindType type, string help, ImmutableArray<string> values = default, Func<TopologyNode, object?>? node = null, Func<TopologyEdge, object?>? edge = null) =>
        new(name, type, help, values.IsDefault ? [] : values) { OfNode = node, OfEdge = edge };

    private static FindField Flag(string name, string help, Func<TopologyNode, bool?>? node = null, Func<TopologyEdge, bool?>? edge = null) =>
        new(name, FindType.Text, help, []) { OfNode = node is null ? null : n => node(n), OfEdge = edge is null ? null : e => edge(e) };

    private static string Name(Health health) => health.ToString().ToLowerInvariant();

    private static double? Number(int? value) => value;

    private static string? End(string node) => NodeId.TryParse(node, out var id) ? id.Name : null;

    private static ImmutableArray<string> Ends(TopologyEdge edge, Func<NodeId, string> part) =>
        [.. new[] { edge.Source, edge.Target }.Select(end => NodeId.TryParse(end, out var id) ? part(id) : null).OfType<string>()];

    /// <summary>Values of which any may match; none at all is not known.</summary>
    private static object? Many(IEnumerable<string?> values) => values.OfType<string>().Where(v => v is not ("" or "-")).ToImmutableArray() is { IsEmpty: false } some ? some : null;
}
