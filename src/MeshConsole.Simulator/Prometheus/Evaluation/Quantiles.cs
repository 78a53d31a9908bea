using System.Buffers;

namespace MeshConsole.Simulator.Prometheus.Evaluation;

/// <summary>Quantiles of plain values and of histogram buckets.</summary>
internal static class Quantiles
{
    /// <summary>Interpolates between the two nearest ranks; NaN sorts below every number.</summary>
    public static double Of(double quantile, ReadOnlySpan<double> values)
    {
        if (values.IsEmpty || double.IsNaN(quantile)) return double.NaN;
        if (quantile < 0) return double.NegativeInfinity;
        if (quantile > 1) return double.PositiveInfinity;
        var sorted = ArrayPool<double>.Shared.Rent(values.Length);
        try
        {
            values.CopyTo(sorted);
            sorted.AsSpan(0, values.Length).Sort(); // .NET sorts NaN first, too
            var rank = quantile * (values.Length - 1);
            var lower = Math.Max(0, (int)Math.Floor(rank));
            var upper = Math.Min(values.Length - 1, lower + 1);
            var weight = rank - Math.Floor(rank);
            return (sorted[lower] * (1 - weight)) + (sorted[upper] * weight);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(sorted);
        }
    }

    /// <summary>
    /// A quantile by linear interpolation within the bucket it falls in. Buckets with the same bound are added, and a cumulative count
    /// that falls from one bucket to the next is lifted to the highest one before it. Without a bucket to infinity: NaN.
    /// </summary>
    /// <param name="buckets">Sorted by upper bound, at least one; overwritten.</param>
    public static double OfBuckets(double quantile, Span<(double UpperBound, double Count)> buckets)
    {
        if (double.IsNaN(quantile)) return double.NaN;
        if (quantile < 0) return double.NegativeInfinity;
        if (quantile > 1) return double.PositiveInfinity;
        if (!double.IsPositiveInfinity(buckets[^1].UpperBound)) return double.NaN;
        buckets = Distinct(buckets);
        var highest = buckets[0].Count;
        for (var i = 1; i < buckets.Length; i++)
        {
            if (buckets[i].Count > highest) highest = buckets[i].Count;
            else if (buckets[i].Count < highest) buckets[i].Count = highest;
        }

        if (buckets.Length < 2) return double.NaN;
        var observations = buckets[^1].Count;
        if (observations == 0) return double.NaN;
        var rank = quantile * observations;
        var at = FirstReaching(buckets[..^1], rank);
        if (at == buckets.Length - 1) return buckets[^2].UpperBound;
        if (at == 0 && buckets[0].UpperBound <= 0) return buckets[0].UpperBound;
        var start = 0.0;
        var end = buckets[at].UpperBound;
        var count = buckets[at].Count;
        if (at > 0)
        {
            start = buckets[at - 1].UpperBound;
            count -= buckets[at - 1].Count;
            rank -= buckets[at - 1].Count;
        }

        return start + ((end - start) * (rank / count));
    }

    private static Span<(double UpperBound, double Count)> Distinct(Span<(double UpperBound, double Count)> buckets)
    {
        var last = 0;
        for (var i = 1; i < buckets.Length; i++)
        {
            if (buckets[i].UpperBound == buckets[last].UpperBound) buckets[last].Count += buckets[i].Count;
            else buckets[++last] = buckets[i];
        }

        return buckets[..(last + 1)];
    }

    /// <summary>By halving, as counts ascend; a NaN among them is taken for too small, which decides the same way as Prometheus does.</summary>
    private static int FirstReaching(ReadOnlySpan<(double UpperBound, double Count)> buckets, double rank)
    {
        int low = 0, high = buckets.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (buckets[middle].Count >= rank) high = middle;
            else low = middle + 1;
        }

        return low;
    }
}
