using MeshConsole.Mesh.Latency;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Prometheus;

namespace MeshConsole.Mesh.Overview;

/// <summary>The golden signals over the last hour, measured where <see cref="GoldenSignals"/> measures them.</summary>
/// <param name="SuccessRatio">0..1; a gap without requests.</param>
/// <param name="RequestsPerSecond">Of the gateways, else of all edges.</param>
/// <param name="P99Ms">Milliseconds.</param>
/// <param name="PlaintextRatio">0..1 of the requests that callees report.</param>
public sealed record SignalTrends(Trend SuccessRatio, Trend RequestsPerSecond, Trend P99Ms, Trend PlaintextRatio)
{
    /// <summary>
    /// Puts clusters together as <see cref="TrafficSpan.Merge"/> does, before a share or quantile is taken.
    /// </summary>
    /// <param name="responses">One span per cluster, all of one start and step; likewise the others.</param>
    public static SignalTrends Of(IReadOnlyList<TrafficSpan> responses, IReadOnlyList<TrafficSpan> durations, IReadOnlyList<TrafficSpan> security)
    {
        ArgumentNullException.ThrowIfNull(responses);
        ArgumentNullException.ThrowIfNull(durations);
        ArgumentNullException.ThrowIfNull(security);
        return new SignalTrends(
            Draw(responses, traffic => 1 - ResponseClassifier.Total(traffic.Responses).ErrorRatio),
            Draw(responses, traffic => traffic.RequestsPerSecond),
            Draw(durations, traffic => HistogramQuantile.Of(traffic.Durations, 0.99)),
            Draw(security, traffic => traffic.RequestSecurity is { } split && split.Mutual + split.Plaintext > 0 ? split.Plaintext / split.Total : null));
    }

    private static Trend Draw(IReadOnlyList<TrafficSpan> spans, Func<ReporterTraffic, double?> number)
    {
        var whole = TrafficSpan.Merge(spans);
        return new Trend(whole.Start, whole.Step, [.. whole.Points.Select(point => point is null ? null : number(point))], whole.Fault);
    }
}
