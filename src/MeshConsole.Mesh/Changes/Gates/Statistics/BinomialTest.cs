namespace MeshConsole.Mesh.Changes.Gates.Statistics;

/// <summary>
/// Exact one-sided binomial test (Clopper and Pearson, Biometrika 26, 1934): a ratio is above a bound by more than chance when
/// P(X ≥ hits) at the bound is at most alpha, which is the same as the lower confidence bound of the ratio lying above it.
/// </summary>
internal static class BinomialTest
{
    /// <summary>P(at least <paramref name="hits"/> of <paramref name="all"/>) at ratio <paramref name="bound"/>, 0..1.</summary>
    public static double PValue(long hits, long all, double bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(hits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hits, all);
        if (!(bound is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(bound), bound, "A ratio is 0..1.");
        }

        if (hits == 0 || bound == 1)
        {
            return 1;
        }

        if (bound == 0)
        {
            return 0;
        }

        var odds = bound / (1 - bound);
        return hits > all * bound
            ? TailSum.Of(LogProbability(hits), hits, all, x => (double)(all - x) / (x + 1) * odds)
            : 1 - TailSum.Of(LogProbability(hits - 1), hits - 1, 0, x => x / ((all - x + 1) * odds));

        double LogProbability(long x) => LogFactorial.LogChoose(all, x) + (x * Math.Log(bound)) + ((all - x) * Math.Log(1 - bound));
    }
}
