using System.Collections.Immutable;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Prometheus;

/// <summary>
/// Traffic over a stretch of time: <paramref name="Points"/> hold one point per step from <paramref name="Start"/> on. A null
/// is a gap: Prometheus had no series then, or did not answer; it is never "no traffic".
/// </summary>
/// <param name="Start">A multiple of <paramref name="Step"/>.</param>
/// <param name="Fault">Why the newest points are missing; null when Prometheus answered for all of them.</param>
public sealed record TrafficSpan(DateTimeOffset Start, TimeSpan Step, ImmutableArray<ReporterTraffic?> Points, string? Fault)
{
    /// <summary>
    /// Puts the spans of several clusters together: at each instant their traffic is added up. A cluster that has no such traffic
    /// in all the time does not count; one that is missing at an instant makes that instant a gap.
    /// </summary>
    /// <param name="spans">All of one step.</param>
    public static TrafficSpan Merge(IReadOnlyList<TrafficSpan> spans)
    {
        ArgumentNullException.ThrowIfNull(spans);
        if (spans.Count == 0)
        {
            return new TrafficSpan(DateTimeOffset.UnixEpoch, TrafficHistory.Step, [], null);
        }

        // Spans of one moment may begin a step apart, when a step ended between two reads.
        var start = spans.Max(span => span.Start);
        var length = spans.Min(span => span.Points.Length - (int)((start - span.Start) / span.Step));
        var counted = spans.Where(span => span.Fault is not null || span.Points.Any(point => point is not null)).ToList();
        var points = new ReporterTraffic?[Math.Max(length, 0)];
        for (var i = 0; i < points.Length; i++)
        {
            var parts = counted.Select(span => span.Points[i + (int)((start - span.Start) / span.Step)]).ToList();
            points[i] = parts.Count > 0 && parts.All(part => part is not null) ? ReporterTrafficSum.Of(parts) : null;
        }

        return new TrafficSpan(start, spans[0].Step, ImmutableArray.Create(points), spans.Select(span => span.Fault).FirstOrDefault(fault => fault is not null));
    }
}
