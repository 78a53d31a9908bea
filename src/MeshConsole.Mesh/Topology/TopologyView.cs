using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Topology;

/// <summary>Answer of <c>GET /api/v1/topology</c> and of the hub. Nodes and edges are ordered by id.</summary>
/// <param name="Window">Rate window in seconds.</param>
public sealed record TopologyView(
    long Revision,
    DateTimeOffset ObservedAt,
    double Window,
    ImmutableArray<TopologyNode> Nodes,
    ImmutableArray<TopologyEdge> Edges);

/// <summary>A node; <see cref="Id"/> is <c>cluster/namespace/kind/name</c>.</summary>
public sealed record TopologyNode
{
    public required string Id { get; init; }
    public required NodeKind Kind { get; init; }
    public required string Cluster { get; init; }
    public required string Namespace { get; init; }
    public required string Name { get; init; }
    public string? App { get; init; }
    public string? Version { get; init; }

    /// <summary><c>sidecar, ambient, linkerd, none</c>; null when no cluster state tells (external and unknown nodes).</summary>
    public DataPlane? Mesh { get; init; }

    public required Health Health { get; init; }

    /// <summary>Why, in words; never empty.</summary>
    public required ImmutableArray<string> Reasons { get; init; }

    /// <summary>Requests per second that arrive; null when not known.</summary>
    public double? RequestsPerSecond { get; init; }

    /// <summary>Share of them that failed (see design.md, truth 7); null without traffic or when not known.</summary>
    public double? ErrorRatio { get; init; }

    public int? ReadyReplicas { get; init; }
    public int? DesiredReplicas { get; init; }

    /// <summary>What the configuration does to it, in the order of <see cref="NodeBadge"/>; empty also while its objects are not known.</summary>
    public ImmutableArray<NodeBadge> Badges { get; init; } = [];
}

/// <summary>One edge per source, target and protocol.</summary>
public sealed record TopologyEdge
{
    /// <summary><c>source|target|protocol</c>: the key of deltas.</summary>
    [JsonIgnore]
    public string Key => $"{Source}|{Target}|{Protocol}";

    public required string Source { get; init; }
    public required string Target { get; init; }

    /// <summary>Host of the service with most traffic on this edge.</summary>
    public string? Service { get; init; }

    public required string Protocol { get; init; }

    public double? RequestsPerSecond { get; init; }
    public double? ConnectionsPerSecond { get; init; }

    /// <summary>Of <see cref="ConnectionsPerSecond"/> those that were refused or never reached the callee.</summary>
    public double? FailedConnectionsPerSecond { get; init; }
    public double? ErrorRatio { get; init; }
    public double? ClientErrorRatio { get; init; }
    public ImmutableArray<ResponseShare> Responses { get; init; } = [];

    /// <summary>As the callee's proxy measures it; null when it does not report.</summary>
    public LatencyMs? LatencyMs { get; init; }

    /// <summary>As the caller's proxy measures it; null when it does not report.</summary>
    public LatencyMs? ClientLatencyMs { get; init; }

    public OverheadMs? OverheadMs { get; init; }
    public BytesPerSecond? BytesPerSecond { get; init; }
    public required EdgeMutualTls Mtls { get; init; }
    public string? SourcePrincipal { get; init; }
    public string? DestinationPrincipal { get; init; }

    /// <summary>Which reporters speak of this edge: <c>both</c>, <c>source</c>, <c>destination</c>, <c>waypoint</c>.</summary>
    public required string ReportedBy { get; init; }

    public required Health Health { get; init; }
}

/// <param name="Code">HTTP status; <c>0</c> when no response was started.</param>
/// <param name="Flags">Envoy's response flags, comma separated; <c>-</c> for none.</param>
/// <param name="GrpcStatus">Null for other protocols.</param>
public sealed record ResponseShare(string Code, string Flags, double RequestsPerSecond, int? GrpcStatus = null);

/// <summary>Milliseconds; a quantile is null when no histogram is known, and is bounded by the bucket it falls in.</summary>
public sealed record LatencyMs(double? Mean, double? P50, double? P90, double? P95, double? P99);

/// <summary>Client-side minus server-side mean of the same hop.</summary>
public sealed record OverheadMs(double? Mean, bool Reliable, string? Reason);

public sealed record BytesPerSecond(double? Sent, double? Received);

/// <summary><paramref name="Ratio"/> is encrypted ÷ all, 0..1; null when idle or unknown.</summary>
public sealed record EdgeMutualTls(MutualTlsState State, double? Ratio, string? Reason);
