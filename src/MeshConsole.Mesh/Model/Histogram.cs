using System.Collections.Immutable;

namespace MeshConsole.Mesh.Model;

/// <summary>
/// A histogram of rates: <paramref name="Bounds"/> are upper bounds in milliseconds, ascending and ending with
/// +infinity; <paramref name="Cumulative"/> are observations per second at or under each bound.
/// </summary>
public sealed record Histogram(ImmutableArray<double> Bounds, ImmutableArray<double> Cumulative)
{
    /// <summary>Observations per second.</summary>
    public double Rate => Cumulative.IsEmpty ? 0 : Cumulative[^1];
}
