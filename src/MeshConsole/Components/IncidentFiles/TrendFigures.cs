using MeshConsole.Mesh.Overview;

namespace MeshConsole.Components.IncidentFiles;

/// <summary>A chart in five numbers, for those who cannot see it. Each is null when nothing is known.</summary>
/// <param name="Before">Median of what is known before the onset.</param>
/// <param name="Lowest">From the onset on.</param>
/// <param name="Highest">From the onset on.</param>
/// <param name="HighestAt">When that was.</param>
/// <param name="Last">The newest that is known from the onset on.</param>
internal sealed record TrendFigures(double? Before, double? Lowest, double? Highest, DateTimeOffset? HighestAt, double? Last)
{
    public static TrendFigures Of(Trend trend, DateTimeOffset onset)
    {
        var known = trend.Points
            .Select((point, i) => (At: trend.Start + (trend.Step * i), Value: point))
            .Where(point => point.Value is not null)
            .Select(point => (point.At, Value: point.Value!.Value))
            .ToList();
        var before = known.Where(point => point.At < onset).Select(point => point.Value).Order().ToList();
        var after = known.Where(point => point.At >= onset).ToList();
        return new TrendFigures(
            before.Count == 0 ? null : (before[(before.Count - 1) / 2] + before[before.Count / 2]) / 2,
            after.Count == 0 ? null : after.Min(point => point.Value),
            after.Count == 0 ? null : after.MaxBy(point => point.Value).Value,
            after.Count == 0 ? null : after.MaxBy(point => point.Value).At,
            after.Count == 0 ? null : after[^1].Value);
    }
}
