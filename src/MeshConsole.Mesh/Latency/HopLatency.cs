using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Latency;

/// <summary>One row of <c>GET /api/v1/latency/hops</c>. <paramref name="Source"/> and <paramref name="Target"/> are node ids.</summary>
/// <param name="Server">As the callee's proxy measures it.</param>
/// <param name="Client">As the caller's proxy measures it.</param>
/// <param name="ResolutionMs">Width of the bucket that p99 (server side, else client side) falls in; null without histogram.</param>
/// <param name="HistogramAt">When the buckets were read: quantiles are refreshed less often than means.</param>
public sealed record HopLatency(
    string Source,
    string Target,
    string Protocol,
    double? RequestsPerSecond,
    LatencyMs? Server,
    LatencyMs? Client,
    HopOverhead Overhead,
    double? ResolutionMs,
    DateTimeOffset? HistogramAt);

/// <summary>Client-side minus server-side mean in milliseconds, raw (it may be negative), with its reliability.</summary>
/// <param name="CountRatio">Requests the callee saw ÷ requests the caller sent: retries, refusals and local replies move it away from 1.</param>
public sealed record HopOverhead(double? MeanMs, bool Reliable, string? Reason, double? CountRatio);
