using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Prometheus;

namespace MeshConsole.Mesh.Panels;

/// <summary>What a panel is of.</summary>
public enum PanelKind
{
    /// <summary>Everything that was asked for: nothing is selected.</summary>
    Mesh,
    Node,
    Edge,

    /// <summary>A cluster, a namespace or an app whose nodes are drawn apart.</summary>
    Box,
}

/// <summary>Which calls are counted.</summary>
public enum PanelDirection
{
    /// <summary>What arrives. Of a node also what it sends to itself; of a box only what comes from outside.</summary>
    In,

    /// <summary>What is sent, likewise.</summary>
    Out,

    /// <summary>Calls among the nodes of a box, or of a node to itself.</summary>
    Within,

    /// <summary>The calls of one edge.</summary>
    Edge,

    /// <summary>All calls of the mesh.</summary>
    All,
}

/// <summary>
/// What is known of one object of the topology: answer of <c>GET /api/v1/topology/panel</c> and the numbers of the page's
/// panels. Rates are per second over <see cref="Window"/>, latency in milliseconds, shares 0..1, null for not known.
/// </summary>
/// <param name="Id">As it was asked for; empty for the mesh.</param>
/// <param name="Window">Rate window in seconds.</param>
public sealed record PanelView(PanelKind Kind, string Id, long Revision, DateTimeOffset ObservedAt, double Window)
{
    /// <summary>Directions in which there are calls, in the order of <see cref="PanelDirection"/>.</summary>
    public ImmutableArray<PanelTraffic> Traffic { get; init; } = [];

    /// <summary>Ids of the workloads that it stands for, as nodes of the view by workload; at most <see cref="PanelBuilder.MostWorkloads"/>.</summary>
    public ImmutableArray<string> Workloads { get; init; } = [];

    /// <summary>Of all workloads that it stands for.</summary>
    public int WorkloadCount { get; init; }

    /// <summary>Their pods: those in trouble first; at most <see cref="PanelBuilder.MostPods"/>.</summary>
    public ImmutableArray<PanelPod> Pods { get; init; } = [];

    public int PodCount { get; init; }

    /// <summary>Objects of the mesh that hold for it, by kind, namespace and name; at most <see cref="PanelBuilder.MostObjects"/>.</summary>
    public ImmutableArray<AppliedObject> Objects { get; init; } = [];

    public int ObjectCount { get; init; }

    /// <summary>What keeps numbers from being whole or of now, in sentences.</summary>
    public ImmutableArray<string> Missing { get; init; } = [];
}

/// <summary>Calls in one direction. Requests and connections are null where there are none of the kind.</summary>
/// <param name="Peers">Other ends: callers of what arrives, callees of what is sent.</param>
public sealed record PanelTraffic(PanelDirection Direction, int Peers, PanelRequests? Requests, PanelConnections? Connections)
{
    /// <summary>What to ask of each cluster's history, by its name.</summary>
    [JsonIgnore]
    public ImmutableSortedDictionary<string, HistoryScope> History { get; init; } = ImmutableSortedDictionary<string, HistoryScope>.Empty;
}

/// <summary>HTTP and gRPC requests, each reporter apart: they are never added up.</summary>
/// <param name="RequestsPerSecond">As the topology has it: by the caller where it reports, else by a waypoint, else by the callee.</param>
/// <param name="ErrorRatio">Of the same.</param>
/// <param name="Client">As the callers' proxies have it; null when none reports.</param>
/// <param name="Server">As the callees' proxies (or waypoints) have it; null when none reports.</param>
public sealed record PanelRequests(double? RequestsPerSecond, double? ErrorRatio, ReportedRequests? Client, ReportedRequests? Server, RetryFigures Retries);

/// <summary>What one kind of reporter says.</summary>
/// <param name="SuccessRatio">Share that neither the server nor the mesh failed: 1 − errors. Null without requests.</param>
/// <param name="ClientErrorRatio">Share that was refused as the caller's error (4xx and most gRPC codes).</param>
/// <param name="Hops">Pairs of workloads that report, of <see cref="HopsInAll"/>.</param>
public sealed record ReportedRequests(double? RequestsPerSecond, double? SuccessRatio, double? ErrorRatio, double? ClientErrorRatio, int Hops, int HopsInAll)
{
    /// <summary>By rate, highest first.</summary>
    public ImmutableArray<ResponseLine> Responses { get; init; } = [];

    /// <summary>Null when no duration is known.</summary>
    public LatencyFigures? Latency { get; init; }
}

/// <summary>Requests that ended in one way.</summary>
/// <param name="Code">HTTP status; <c>0</c> when no response was started.</param>
/// <param name="GrpcStatus">Null for other protocols.</param>
/// <param name="Share">Of all requests of the same reporter, 0..1.</param>
/// <param name="Outcome">How it counts.</param>
/// <param name="Flags">Each response flag in words; empty for none.</param>
public sealed record ResponseLine(string Code, int? GrpcStatus, double RequestsPerSecond, double? Share, ResponseClass Outcome, ImmutableArray<ResponseFlag> Flags);

/// <summary>
/// Success before and after retries, over the hops that both ends report. A caller's proxy counts a request once, however
/// often it was tried; a callee's proxy counts each try that arrives (Istio's standard metrics, reporter).
/// </summary>
/// <param name="EffectiveSuccessRatio">As callers have it, after retries; null when it cannot be told.</param>
/// <param name="ActualSuccessRatio">Of the tries that arrived, before retries; null when it cannot be told.</param>
/// <param name="RequestsPerSecond">Requests of the callers.</param>
/// <param name="TriesPerSecond">Tries that arrived at the callees.</param>
/// <param name="UnreachedPerSecond">Of the requests those that never arrived, by their flags (UH, UF, UO, NR …).</param>
/// <param name="TriesPerRequest">Tries ÷ requests that arrived; null without such.</param>
/// <param name="Reason">What is to be known about these numbers, or why there are none.</param>
public sealed record RetryFigures(double? EffectiveSuccessRatio, double? ActualSuccessRatio, double? RequestsPerSecond, double? TriesPerSecond, double? UnreachedPerSecond, double? TriesPerRequest, string Reason);

/// <summary>How long requests took at one end.</summary>
/// <param name="MeanMs">Null when not known.</param>
/// <param name="ReadAt">When the histogram was read: less often than rates.</param>
public sealed record LatencyFigures(double? MeanMs, ImmutableArray<QuantileFigure> Quantiles, ImmutableArray<BucketShare> Buckets, DateTimeOffset? ReadAt);

/// <param name="Quantile">0..1.</param>
/// <param name="ValueMs">Interpolated within its bucket; in the last one the highest finite bound.</param>
/// <param name="UpperMs">Null where the bucket has no end.</param>
public sealed record QuantileFigure(double Quantile, double ValueMs, double LowerMs, double? UpperMs);

/// <summary>One bucket, not cumulative.</summary>
/// <param name="UpperMs">Null for the last one, which has no end.</param>
/// <param name="Share">Of all, 0..1.</param>
public sealed record BucketShare(double LowerMs, double? UpperMs, double RequestsPerSecond, double Share);

/// <summary>TCP connections and bytes, each reporter apart.</summary>
public sealed record PanelConnections(ReportedConnections? Client, ReportedConnections? Server);

/// <param name="FailedPerSecond">Of the opened ones those that were refused or never reached the callee.</param>
public sealed record ReportedConnections(double? OpenedPerSecond, double? FailedPerSecond, double? SentBytesPerSecond, double? ReceivedBytesPerSecond, int Hops, int HopsInAll);

/// <param name="Version">Value of <c>version</c> (else <c>app.kubernetes.io/version</c>) of its workload.</param>
/// <param name="Restarts">Of all containers.</param>
/// <param name="Waiting">Why containers do not run, or null.</param>
/// <param name="ProxyVersion">Tag of the proxy's image; null without proxy.</param>
public sealed record PanelPod(string Name, string Namespace, string Workload, string? Version, PodPhase Phase, bool Ready, int Restarts, string? Waiting, string? Node, string? ProxyVersion, DateTimeOffset CreatedAt);

/// <summary>An object of the mesh that holds for a workload.</summary>
/// <param name="What">What it does to it, in words.</param>
/// <param name="Whole">Whether it holds for a whole namespace or the mesh.</param>
public sealed record AppliedObject(string Cluster, string Kind, string Namespace, string Name, string What, bool Whole)
{
    [JsonIgnore]
    public ObjectReference Reference => new(Kind, Namespace, Name);
}
