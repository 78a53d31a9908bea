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

    public static IReadOnlyList<HistoryRange> All { get; } = [Hour, SixHours, Day, Week];
}
