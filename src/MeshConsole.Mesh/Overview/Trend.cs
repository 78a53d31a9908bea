using System.Collections.Immutable;

namespace MeshConsole.Mesh.Overview;

/// <summary>One number over time, a point per <paramref name="Step"/> from <paramref name="Start"/> on. A null is a gap, never zero.</summary>
/// <param name="Fault">Why the newest points are missing, in words; null when they are not.</param>
public sealed record Trend(DateTimeOffset Start, TimeSpan Step, ImmutableArray<double?> Points, string? Fault)
{
    /// <summary>Whether any point is known.</summary>
    public bool IsKnown => Points.Any(point => point is not null);
}
