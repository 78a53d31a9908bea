namespace MeshConsole.Mesh.Prometheus;

/// <summary>How far a history reaches back and how far its points are apart.</summary>
/// <param name="Id">Word in addresses: <c>1h</c>.</param>
/// <param name="Span">A multiple of <paramref name="Step"/>.</param>
/// <param name="Step">Also the window of the rates where it is longer than the configured one, so that every sample is in one point.</param>
public sealed record HistoryRange(string Id, TimeSpan Span, TimeSpan Step)
{
    public static HistoryRange Hour { get; } = new("1h", TimeSpan.FromHours(1), TimeSpan.FromMinutes(1));

    public static HistoryRange SixHours { get; } = new("6h", TimeSpan.FromHours(6), TimeSpan.FromMinutes(5));

    public static HistoryRange Day { get; } = new("24h", TimeSpan.FromHours(24), TimeSpan.FromMinutes(15));

    public static HistoryRange Week { get; } = new("7d", TimeSpan.FromDays(7), TimeSpan.FromHours(2));

    /// <summary>Steps of ranges that are chosen freely: fine ones only over short times, so that an answer stays small.</summary>
    private static readonly TimeSpan[] s_steps = [TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(30), Hour.Step, SixHours.Step, Day.Step, TimeSpan.FromHours(1), Week.Step, TimeSpan.FromHours(12)];

    /// <summary>Points of a range that is chosen freely, at most.</summary>
    private const int MostPoints = 144;

    /// <summary>A range of about this span: in the finest steps of which it has no more than a chart can show.</summary>
    public static HistoryRange Of(TimeSpan span)
    {
        var step = Array.Find(s_steps, step => span <= step * MostPoints) is { Ticks: > 0 } fine ? fine : s_steps[^1];
        var steps = Math.Clamp((long)Math.Ceiling(span / step), 1, MostPoints);
        return new HistoryRange(System.Xml.XmlConvert.ToString(step * steps), step * steps, step);
    }

    public static IReadOnlyList<HistoryRange> All { get; } = [Hour, SixHours, Day, Week];
}
