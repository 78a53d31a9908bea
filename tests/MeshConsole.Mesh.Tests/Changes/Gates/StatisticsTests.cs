using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using MeshConsole.Mesh.Changes.Gates.Statistics;

namespace MeshConsole.Mesh.Tests.Changes.Gates;

public sealed class StatisticsTests
{
    /// <summary>Tables of the normal distribution (Abramowitz and Stegun, table 26.1 and 26.2).</summary>
    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(0.5, 0.30853753872598690)]
    [InlineData(1, 0.15865525393145705)]
    [InlineData(1.6448536269514722, 0.05)]
    [InlineData(2.3263478740408408, 0.01)]
    [InlineData(2.8, 0.002555130330427932)]
    [InlineData(2.9, 0.001865813300384038)]
    [InlineData(3.0902323061678132, 0.001)]
    [InlineData(6, 9.865876450376946e-10)]
    [InlineData(10, 7.619853024160525e-24)]
    [InlineData(-1, 0.8413447460685429)]
    public void NormalTail_IsAsInTheTables(double z, double expected) => NormalTail.Above(z).ShouldBe(expected, expected * 1e-12);

    [Fact]
    public void NormalTail_FarOut_IsZeroOrOneAndNeverNaN()
    {
        NormalTail.Above(double.PositiveInfinity).ShouldBe(0);
        NormalTail.Above(double.NegativeInfinity).ShouldBe(1);
        NormalTail.Above(100).ShouldBe(0);
    }

    [Fact]
    public void LogFactorial_IsTheLogarithmOfTheExactFactorial()
    {
        var exact = BigInteger.One;
        for (var n = 1; n <= 2000; n++)
        {
            exact *= n;
            LogFactorial.Of(n).ShouldBe(BigInteger.Log(exact), 1e-14 * (1 + BigInteger.Log(exact)), n.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Fisher's lady tasting tea: 3 of 4 right has (16 + 1) ÷ 70, 4 of 4 has 1 ÷ 70.</summary>
    [Theory]
    [InlineData(3, 4, 1, 4, 17 / 70.0)]
    [InlineData(4, 4, 0, 4, 1 / 70.0)]
    [InlineData(2, 4, 2, 4, 53 / 70.0)]
    [InlineData(0, 4, 4, 4, 1)]
    public void FisherExact_LadyTastingTea_IsAsFisherSays(long a, long n, long c, long m, double expected) =>
        FisherExactTest.PValue(new ProportionTable(a, n, c, m)).ShouldBe(expected, 1e-13);

    [Fact]
    public void FisherExact_EveryTableUpToTwelve_IsTheSumOfItsTerms()
    {
        for (var n = 0; n <= 12; n++)
        {
            for (var m = 0; m <= 12; m++)
            {
                for (var a = 0; a <= n; a++)
                {
                    for (var c = 0; c <= m; c++)
                    {
                        FisherExactTest.PValue(new ProportionTable(a, n, c, m)).ShouldBe(Enumerated(a, n, c, m), 1e-12, $"{a}/{n} against {c}/{m}");
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(30, 300, 5, 400)]
    [InlineData(12, 150, 90, 2000)]
    [InlineData(600, 1200, 500, 1100)]
    [InlineData(3, 2000, 1, 900)]
    public void FisherExact_LargerTables_AreTheSumOfTheirTerms(int a, int n, int c, int m)
    {
        var expected = Enumerated(a, n, c, m);
        FisherExactTest.PValue(new ProportionTable(a, n, c, m)).ShouldBe(expected, expected * 1e-10);
    }

    [Fact]
    public void FisherExact_Millions_AgreesWithTheNormalApproximation()
    {
        var table = new ProportionTable(51_000, 5_000_000, 50_000, 5_000_000);
        var (exact, normal) = (FisherExactTest.PValue(table), TwoProportionTest.PValue(table));
        exact.ShouldBe(normal, normal * 0.02);
        exact.ShouldBeInRange(0.0005, 0.001); // z = 1000 ÷ √(101,000 × 0.9899) = 3.163, P = 0.00078
        FisherExactTest.PValue(new ProportionTable(900_000, 1_000_000, 100, 1_000_000)).ShouldBe(0);
        FisherExactTest.PValue(new ProportionTable(100, 1_000_000, 900_000, 1_000_000)).ShouldBe(1, 1e-12);
    }

    /// <summary>By hand: p = 30 ÷ 1000, z = (0.05 − 0.01) ÷ √(0.03 × 0.97 × (1/500 + 1/500)) = 3.7075.</summary>
    [Fact]
    public void TwoProportion_ByHand()
    {
        var z = 0.04 / Math.Sqrt(0.03 * 0.97 * 0.004);
        z.ShouldBe(3.7075, 0.0001);
        TwoProportionTest.PValue(new ProportionTable(25, 500, 5, 500)).ShouldBe(NormalTail.Above(z), 1e-15);
        NormalTail.Above(z).ShouldBe(0.000105, 0.000001);
    }

    /// <summary>P(X ≥ 2) of 50 at 0.02 is 1 − 0.98⁵⁰ − 50 × 0.02 × 0.98⁴⁹.</summary>
    [Fact]
    public void Binomial_ByHand()
    {
        BinomialTest.PValue(2, 50, 0.02).ShouldBe(1 - Math.Pow(0.98, 50) - (50 * 0.02 * Math.Pow(0.98, 49)), 1e-13);
        BinomialTest.PValue(10, 10, 0.5).ShouldBe(1 / 1024.0, 1e-15);
        BinomialTest.PValue(5, 10, 0.5).ShouldBe(638 / 1024.0, 1e-13);
        BinomialTest.PValue(0, 10, 0.02).ShouldBe(1);
        BinomialTest.PValue(1, 10, 0).ShouldBe(0);
        BinomialTest.PValue(10, 10, 1).ShouldBe(1);
        BinomialTest.PValue(1, 1, 0.02).ShouldBe(0.02, 1e-15);
    }

    /// <summary>NIST e-Handbook, Holm: 0.01, 0.04, 0.03, 0.005 become 0.03, 0.06, 0.06, 0.02.</summary>
    [Fact]
    public void Holm_ByHand()
    {
        HolmCorrection.Adjust([0.01, 0.04, 0.03, 0.005]).Select(p => Math.Round(p, 12)).ShouldBe([0.03, 0.06, 0.06, 0.02]);
        HolmCorrection.Adjust([0.004, 0.02]).ShouldBe([0.008, 0.02]);
        HolmCorrection.Adjust([0.02, 0.015]).ShouldBe([0.03, 0.03]);
        HolmCorrection.Adjust([0.9, 0.8]).ShouldBe([1, 1]);
        HolmCorrection.Adjust([0.3]).ShouldBe([0.3]);
        HolmCorrection.Adjust([]).ShouldBeEmpty();
    }

    [Fact]
    public void Comparison_SmallExpectedCounts_IsExact()
    {
        ProportionComparison.Of(new ProportionTable(20, 1000, 80, 9000)).Exact.ShouldBeTrue();
        ProportionComparison.Of(new ProportionTable(5000, 100_000, 5000, 100_000)).Exact.ShouldBeFalse();

        // Why not from 5 on: 20 failures where 10 are expected, 0.0019 exactly and 0.0005 by the approximation.
        var skewed = new ProportionTable(20, 1000, 80, 9000);
        (FisherExactTest.PValue(skewed) / TwoProportionTest.PValue(skewed)).ShouldBeGreaterThan(3);
    }

    [Fact]
    public void Tests_AnyCounts_AreProbabilitiesThatFallWithTheCanarysFailures()
    {
        var counts = from n in Gen.Choose(0, 4000) from m in Gen.Choose(0, 4000) from a in Gen.Choose(0, Math.Max(0, n - 1)) from c in Gen.Choose(0, m) select (n, m, a, c);
        Prop.ForAll(counts.ToArbitrary(), t =>
        {
            var (n, m, a, c) = t;
            var table = new ProportionTable(a, n, c, m);
            var fisher = FisherExactTest.PValue(table);
            var normal = TwoProportionTest.PValue(table);
            var ok = fisher is >= 0 and <= 1 && normal is >= 0 and <= 1;
            if (ok && a < n)
            {
                var worse = new ProportionTable(a + 1, n, c, m);
                ok = FisherExactTest.PValue(worse) <= fisher * (1 + 1e-9) && (c == 0 || m == c || TwoProportionTest.PValue(worse) <= normal * (1 + 1e-9) || a == 0);
            }

            return ok;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Fisher_SwappedArms_CoverEverythingAndTheTableTwice()
    {
        var counts = from n in Gen.Choose(1, 300) from m in Gen.Choose(1, 300) from a in Gen.Choose(0, n) from c in Gen.Choose(0, m) select (n, m, a, c);
        Prop.ForAll(counts.ToArbitrary(), t =>
        {
            // P(X ≥ a) + P(X ≤ a) = 1 + P(X = a).
            var (n, m, a, c) = t;
            var table = Math.Exp(LogFactorial.LogChoose(n, a) + LogFactorial.LogChoose(m, c) - LogFactorial.LogChoose(n + m, a + c));
            var both = FisherExactTest.PValue(new ProportionTable(a, n, c, m)) + FisherExactTest.PValue(new ProportionTable(c, m, a, n));
            return Math.Abs(both - 1 - table) < 1e-9;
        }).QuickCheckThrowOnFailure();
    }

    private static double Enumerated(int a, int n, int c, int m)
    {
        var hits = a + c;
        BigInteger above = 0, all = 0;
        for (var x = Math.Max(0, hits - m); x <= Math.Min(hits, n); x++)
        {
            var ways = Choose(n, x) * Choose(m, hits - x);
            all += ways;
            above += x >= a ? ways : 0;
        }

        return Math.Exp(BigInteger.Log(above) - BigInteger.Log(all));
    }

    private static BigInteger Choose(int n, int k)
    {
        var ways = BigInteger.One;
        for (var i = 1; i <= k; i++)
        {
            ways = ways * (n - k + i) / i;
        }

        return ways;
    }
}
