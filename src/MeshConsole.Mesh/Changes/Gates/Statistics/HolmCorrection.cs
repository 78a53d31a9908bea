using System.Collections.Immutable;

namespace MeshConsole.Mesh.Changes.Gates.Statistics;

/// <summary>
/// Holm's correction for several tests at once (S. Holm, Scandinavian Journal of Statistics 6, 1979): the smallest of m
/// probabilities counts m times, the next m − 1 times, and none counts less than one before it. The chance of any false alarm
/// stays within the level, whether the tests depend on each other or not.
/// </summary>
internal static class HolmCorrection
{
    /// <summary>Adjusted probabilities, in the order given.</summary>
    public static ImmutableArray<double> Adjust(ImmutableArray<double> pValues)
    {
        var adjusted = new double[pValues.Length];
        double floor = 0;
        var factor = pValues.Length;
        foreach (var i in Enumerable.Range(0, pValues.Length).OrderBy(i => pValues[i]))
        {
            floor = Math.Max(floor, Math.Min(1, pValues[i] * factor--));
            adjusted[i] = floor;
        }

        return [.. adjusted];
    }
}
