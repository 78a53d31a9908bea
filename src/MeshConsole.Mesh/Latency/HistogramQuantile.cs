using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Latency;

/// <summary>
/// Quantiles of cumulative buckets, computed as Prometheus's <c>histogram_quantile</c> does (linear within a bucket, zero
/// as the lower end of the first, the highest finite bound for what lies above it), so that the console and a dashboard
/// beside it agree.
/// </summary>
public static class HistogramQuantile
{
    /// <summary>The quantile in milliseconds; null without observations.</summary>
    public static double? Of(Histogram? histogram, double quantile) => Locate(histogram, quantile)?.ValueMs;

    /// <summary>
    /// The quantile with the bucket it falls in; null without histogram, without observations, with less than two buckets,
    /// or when the last bucket is not +infinity (then the number of observations is not known).
    /// </summary>
    /// <param name="histogram">Rounding of rates may leave a count a little under the one before it; it is lifted to that.</param>
    /// <param name="quantile">0..1.</param>
    public static BucketQuantile? Locate(Histogram? histogram, double quantile)
    {
        if (quantile is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(quantile), quantile, "A quantile lies between 0 and 1.");
        }

        if (histogram is null || histogram.Bounds.IsDefault || histogram.Bounds.Length < 2 || histogram.Cumulative.Length != histogram.Bounds.Length
            || !double.IsPositiveInfinity(histogram.Bounds[^1]))
        {
            return null;
        }

        var bounds = histogram.Bounds;
        Span<double> counts = bounds.Length <= 64 ? stackalloc double[bounds.Length] : new double[bounds.Length];
        var highest = 0.0;
        for (var i = 0; i < counts.Length; i++)
        {
            var count = histogram.Cumulative[i];
            highest = double.IsFinite(count) ? Math.Max(highest, count) : highest;
            counts[i] = highest;
        }

        if (highest <= 0)
        {
            return null;
        }

        var rank = quantile * highest;
        var bucket = 0;
        while (bucket < counts.Length - 1 && counts[bucket] < rank)
        {
            bucket++;
        }

        if (bucket == counts.Length - 1)
        {
            return new BucketQuantile(bounds[^2], bounds[^2], double.PositiveInfinity);
        }

        var upper = bounds[bucket];
        if (bucket == 0 && upper <= 0)
        {
            return new BucketQuantile(upper, upper, upper);
        }

        var lower = bucket == 0 ? 0 : bounds[bucket - 1];
        var before = bucket == 0 ? 0 : counts[bucket - 1];
        var within = counts[bucket] - before;
        var value = within > 0 ? lower + ((upper - lower) * ((rank - before) / within)) : lower;
        return new BucketQuantile(value, lower, upper);
    }
}
