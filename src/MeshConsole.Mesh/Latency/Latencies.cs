using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Latency;

/// <summary>Mean and quantiles of what one reporter measured.</summary>
public static class Latencies
{
    /// <summary>Null when neither a mean nor a quantile is known.</summary>
    public static LatencyMs? Of(ReporterTraffic? traffic)
    {
        if (traffic is null)
        {
            return null;
        }

        double? mean = traffic is { DurationSum: { } sum, DurationCount: { } count } && count > 0 ? sum / count : null;
        var p50 = HistogramQuantile.Of(traffic.Durations, 0.50);
        return mean is null && p50 is null
            ? null
            : new LatencyMs(mean, p50, HistogramQuantile.Of(traffic.Durations, 0.90), HistogramQuantile.Of(traffic.Durations, 0.95), HistogramQuantile.Of(traffic.Durations, 0.99));
    }
}
