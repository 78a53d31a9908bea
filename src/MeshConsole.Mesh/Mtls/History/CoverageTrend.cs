using System.Collections.Immutable;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Prometheus;

namespace MeshConsole.Mesh.Mtls.History;

/// <summary>What a coverage is the share of.</summary>
public enum CoverageMeasure
{
    Requests,

    /// <summary>TCP connections opened.</summary>
    Connections,

    /// <summary>TCP bytes, both ways: what long-lived connections are seen by.</summary>
    Bytes,
}

/// <summary>How traffic was protected over time.</summary>
/// <param name="Points">
/// One per <paramref name="Step"/> from <paramref name="Start"/> on, per second and class. A null is a gap: nothing was known
/// then; a point whose total is zero had no traffic.
/// </param>
/// <param name="Fault">Why the newest points are missing, in words; null when they are not.</param>
/// <param name="Marks">Changes of policy within the time, in order.</param>
public sealed record CoverageTrend(DateTimeOffset Start, TimeSpan Step, ImmutableArray<SecuritySplit?> Points, string? Fault, ImmutableArray<PolicyMark> Marks)
{
    public DateTimeOffset End => Start + (Step * Math.Max(Points.Length - 1, 0));

    /// <summary>Whether any point is known.</summary>
    public bool IsKnown => Points.Any(point => point is not null);

    /// <summary>
    /// Puts clusters together as <see cref="TrafficSpan.Merge"/> does, before a share is taken.
    /// </summary>
    /// <param name="spans">One per cluster, all of one step.</param>
    public static CoverageTrend Of(IReadOnlyList<TrafficSpan> spans, CoverageMeasure measure, Func<DateTimeOffset, DateTimeOffset, ImmutableArray<PolicyMark>> marks)
    {
        ArgumentNullException.ThrowIfNull(spans);
        ArgumentNullException.ThrowIfNull(marks);
        var whole = TrafficSpan.Merge(spans);
        var trend = new CoverageTrend(whole.Start, whole.Step, [.. whole.Points.Select(point => point is null ? null : Split(point, measure))], whole.Fault, []);
        return trend with { Marks = marks(trend.Start, trend.End + trend.Step) };
    }

    private static SecuritySplit Split(ReporterTraffic traffic, CoverageMeasure measure) => measure switch
    {
        CoverageMeasure.Requests => traffic.RequestSecurity,
        CoverageMeasure.Connections => traffic.ConnectionSecurity,
        CoverageMeasure.Bytes => traffic.ByteSecurity,
        _ => throw new ArgumentOutOfRangeException(nameof(measure), measure, null),
    };
}
