using System.Collections.Immutable;
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
    /// Puts clusters together: at each instant their traffic is added up before a share or quantile is taken. A cluster that
    /// has no such traffic in all the time does not count; one that is missing at an instant makes that instant a gap.
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
        if (spans.Count == 0)
        {
            return new Trend(DateTimeOffset.UnixEpoch, TrafficHistory.Step, [], null);
        }

        // Spans of one moment may begin a step apart, when a minute ended between two reads.
        var start = spans.Max(span => span.Start);
        var length = spans.Min(span => span.Points.Length - (int)((start - span.Start) / span.Step));
        var counted = spans.Where(span => span.Fault is not null || span.Points.Any(point => point is not null)).ToList();
        var points = new double?[Math.Max(length, 0)];
        for (var i = 0; i < points.Length; i++)
        {
            var parts = counted.Select(span => span.Points[i + (int)((start - span.Start) / span.Step)]).ToList();
            points[i] = parts.Count > 0 && parts.All(part => part is not null) && ReporterTrafficSum.Of(parts) is { } sum ? number(sum) : null;
        }

        return new Trend(start, spans[0].Step, ImmutableArray.Create(points), spans.Select(span => span.Fault).FirstOrDefault(fault => fault is not null));
    }
}
