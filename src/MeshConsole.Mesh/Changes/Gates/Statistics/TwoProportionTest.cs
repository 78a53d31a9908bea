namespace MeshConsole.Mesh.Changes.Gates.Statistics;

/// <summary>
/// One-sided test of two proportions with the pooled variance (NIST/SEMATECH e-Handbook of Statistical Methods, 7.3.3):
/// z = (p₁ − p₂) ÷ √(p(1 − p)(1/n₁ + 1/n₂)), p being the ratio of both arms together. Good for large counts only.
/// </summary>
internal static class TwoProportionTest
{
    /// <summary>Probability of a canary at least so much worse if both arms were alike, 0..1; 1 when there is nothing to compare.</summary>
    public static double PValue(ProportionTable table)
    {
        if (table.CanaryAll == 0 || table.StableAll == 0 || table.Hits == 0 || table.Hits == table.All)
        {
            return 1;
        }

        var pooled = (double)table.Hits / table.All;
        var difference = ((double)table.CanaryHits / table.CanaryAll) - ((double)table.StableHits / table.StableAll);
        return NormalTail.Above(difference / Math.Sqrt(pooled * (1 - pooled) * ((1.0 / table.CanaryAll) + (1.0 / table.StableAll))));
    }
}
