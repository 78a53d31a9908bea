using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using MeshConsole.Mesh.Latency;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Tests.Latency;

public sealed class HistogramQuantileTests
{
    private const double Infinity = double.PositiveInfinity;

    /// <summary>Prometheus's own example shape: 10 under 1 ms, 30 more under 5 ms, 60 more under 10 ms, none above.</summary>
    private static readonly Histogram s_sample = new([1, 5, 10, Infinity], [10, 40, 100, 100]);

    [Theory]
    [InlineData(0.05, 0.5)] // rank 5 of 10 in 0..1
    [InlineData(0.10, 1)] // rank 10: the end of the first bucket
    [InlineData(0.25, 3)] // rank 25: 15 of 30 in 1..5
    [InlineData(0.40, 5)]
    [InlineData(0.50, 5.833333333333333)] // rank 50: 10 of 60 in 5..10
    [InlineData(0.99, 9.916666666666666)] // rank 99: 59 of 60
    [InlineData(1, 10)]
    public void Quantile_InsideBuckets_IsInterpolated(double quantile, double expected) =>
        HistogramQuantile.Of(s_sample, quantile)!.Value.ShouldBe(expected, 1e-12);

    [Fact]
    public void Quantile_TellsTheBucketItFallsIn()
    {
        var median = HistogramQuantile.Locate(s_sample, 0.5)!.Value;
        median.LowerMs.ShouldBe(5);
        median.UpperMs.ShouldBe(10);
        median.ResolutionMs.ShouldBe(5);
    }

    [Fact]
    public void Quantile_AboveTheLastFiniteBound_IsThatBoundWithInfiniteResolution()
    {
        var p99 = HistogramQuantile.Locate(new Histogram([1, 5, Infinity], [0, 50, 100]), 0.99)!.Value;
        p99.ValueMs.ShouldBe(5);
        p99.LowerMs.ShouldBe(5);
        p99.ResolutionMs.ShouldBe(Infinity);
    }

    [Fact]
    public void Quantile_NothingObservedOrNotAHistogram_IsNull()
    {
        HistogramQuantile.Of(null, 0.5).ShouldBeNull();
        HistogramQuantile.Of(new Histogram([1, 5, Infinity], [0, 0, 0]), 0.5).ShouldBeNull();
        HistogramQuantile.Of(new Histogram([Infinity], [5]), 0.5).ShouldBeNull();
        HistogramQuantile.Of(new Histogram([1, 5], [1, 2]), 0.5).ShouldBeNull();
        HistogramQuantile.Of(new Histogram([1, Infinity], [1]), 0.5).ShouldBeNull();
        HistogramQuantile.Of(new Histogram([], []), 0.5).ShouldBeNull();
        HistogramQuantile.Of(new Histogram(default, default), 0.5).ShouldBeNull();
        HistogramQuantile.Of(new Histogram([1, Infinity], [double.NaN, double.NaN]), 0.5).ShouldBeNull();
    }

    [Fact]
    public void Quantile_CountsThatDip_AreLifted()
    {
        // 40 then 39.999: the second bucket is empty, so the upper half falls behind it.
        HistogramQuantile.Of(new Histogram([1, 5, 10, Infinity], [40, 39.999, 80, 80]), 0.75)!.Value.ShouldBe(7.5, 1e-9);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void Quantile_OutsideZeroToOne_IsRefused(double quantile) =>
        Should.Throw<ArgumentOutOfRangeException>(() => HistogramQuantile.Of(s_sample, quantile));

    [Fact]
    public void Quantile_AnyHistogram_LiesInItsBucketAndRisesWithTheQuantile()
    {
        var counts = Gen.ArrayOf(Gen.Choose(0, 50), 6).Where(c => c.Sum() > 0);
        var quantiles = Gen.Two(Gen.Choose(0, 1000)).Select(p => (Low: Math.Min(p.Item1, p.Item2) / 1000.0, High: Math.Max(p.Item1, p.Item2) / 1000.0));
        Prop.ForAll(counts.ToArbitrary(), quantiles.ToArbitrary(), (perBucket, pair) =>
        {
            var cumulative = perBucket.Select((_, i) => (double)perBucket.Take(i + 1).Sum()).ToImmutableArray();
            var histogram = new Histogram([1, 5, 10, 25, 50, Infinity], cumulative);
            var low = HistogramQuantile.Locate(histogram, pair.Low)!.Value;
            var high = HistogramQuantile.Locate(histogram, pair.High)!.Value;
            return low.ValueMs >= low.LowerMs && low.ValueMs <= low.UpperMs && low.ValueMs <= high.ValueMs && high.ValueMs <= 50;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Sum_SameBounds_AddsCounts() =>
        HistogramSum.Of([new([1, 5, Infinity], [1, 2, 3]), new([1, 5, Infinity], [10, 20, 30])])!.Cumulative.ShouldBe([11, 22, 33]);

    [Fact]
    public void Sum_DifferentBounds_KeepsOnlyCommonOnes()
    {
        var sum = HistogramSum.Of([new([1, 5, 10, Infinity], [1, 2, 3, 4]), new([5, 7, Infinity], [10, 20, 30])])!;
        sum.Bounds.ShouldBe([5, Infinity]);
        sum.Cumulative.ShouldBe([12, 34]);
    }

    [Fact]
    public void Sum_NothingOrNothingInCommon_IsNull()
    {
        HistogramSum.Of([]).ShouldBeNull();
        HistogramSum.Of([new([1, Infinity], [1, 2]), new([3, Infinity], [1, 2])]).ShouldBeNull();
    }

    [Fact]
    public void Sum_AnyHistograms_CountsAtEachKeptBoundAreTheSumOfTheParts()
    {
        var part =
            from bounds in Gen.SubListOf(new double[] { 1, 5, 10, 25, 50 })
            from counts in Gen.ArrayOf(Gen.Choose(0, 9), bounds.Count + 1)
            select new Histogram([.. bounds, Infinity], [.. counts.Select((_, i) => (double)counts.Take(i + 1).Sum())]);
        Prop.ForAll(Gen.Three(part).ToArbitrary(), three =>
        {
            Histogram[] parts = [three.Item1, three.Item2, three.Item3];
            var common = parts[0].Bounds.Where(b => parts.All(p => p.Bounds.Contains(b))).ToArray();
            var sum = HistogramSum.Of(parts);
            return common.Length < 2
                ? sum is null
                : sum!.Bounds.SequenceEqual(common)
                    && common.Select(b => parts.Sum(p => p.Cumulative[p.Bounds.IndexOf(b)])).SequenceEqual(sum.Cumulative);
        }).QuickCheckThrowOnFailure();
    }
}
