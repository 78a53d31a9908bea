namespace MeshConsole.Mesh.Changes.Gates.Statistics;

/// <summary>Whether the canary's ratio is above the stable one's by more than chance.</summary>
/// <param name="PValue">Probability of a canary at least so much worse if both arms were alike, 0..1.</param>
/// <param name="Exact">Fisher's test; else the test of two proportions.</param>
internal readonly record struct ProportionComparison(double PValue, bool Exact)
{
    /// <summary>
    /// From this smallest expected count on the normal approximation is used. The customary 5 (Cochran) is for ordinary levels
    /// and halves: where few requests fail, the tail of the counts is skewed, and at an expected count of 10 a probability of
    /// 0.0035 is taken for 0.0004. The error falls with the root of the count; the exact test is fast enough up to here.
    /// </summary>
    public const double NormalFrom = 1000;

    public string Name => Exact ? "Fisher's exact test" : "test of two proportions";

    public static ProportionComparison Of(ProportionTable table) => table.SmallestExpected < NormalFrom
        ? new ProportionComparison(FisherExactTest.PValue(table), true)
        : new ProportionComparison(TwoProportionTest.PValue(table), false);
}
