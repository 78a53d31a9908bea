namespace MeshConsole.Mesh.Changes.Gates.Statistics;

/// <summary>
/// Fisher's exact test, one-sided (R. A. Fisher, Statistical Methods for Research Workers, §21.02; Agresti, Categorical Data
/// Analysis, 3.5): with all hits of both arms given, the canary's share of them is hypergeometric if both arms are alike. The
/// first term is taken in logarithms and the others from it by their ratios, so that millions of requests neither overflow nor
/// lose the small probabilities.
/// </summary>
internal static class FisherExactTest
{
    /// <summary>P(at least so many of the hits at the canary), 0..1; 1 when there is nothing to compare.</summary>
    public static double PValue(ProportionTable table)
    {
        long hits = table.Hits, canary = table.CanaryAll, stable = table.StableAll, seen = table.CanaryHits;
        var least = Math.Max(0, hits - stable);
        var most = Math.Min(hits, canary);
        if (seen <= least)
        {
            return 1;
        }

        // Outwards from the value seen; on the near side of the mean that is downwards, and the answer is what is left.
        return seen > (double)canary * hits / table.All
            ? TailSum.Of(LogProbability(seen), seen, most, x => (double)(hits - x) * (canary - x) / ((double)(x + 1) * (stable - hits + x + 1)))
            : 1 - TailSum.Of(LogProbability(seen - 1), seen - 1, least, x => (double)x * (stable - hits + x) / ((double)(hits - x + 1) * (canary - x + 1)));

        double LogProbability(long x) =>
            LogFactorial.LogChoose(canary, x) + LogFactorial.LogChoose(stable, hits - x) - LogFactorial.LogChoose(canary + stable, hits);
    }
}
