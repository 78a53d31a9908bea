namespace MeshConsole.Simulator.Prometheus.Evaluation;

/// <summary>A function over a range; <see cref="StaleMarker.Value"/> for "no answer".</summary>
internal delegate double RangeFunction(in RangeWindow window);

/// <summary>The functions over ranges as Prometheus 2.42 computes them.</summary>
internal static class RangeFunctions
{
    private static readonly Dictionary<string, RangeFunction> s_all = new(StringComparer.Ordinal)
    {
        ["rate"] = static (in RangeWindow w) => Extrapolated(w, isCounter: true, w.RangeSeconds),
        ["increase"] = static (in RangeWindow w) => Extrapolated(w, isCounter: true, 1),
        ["delta"] = static (in RangeWindow w) => Extrapolated(w, isCounter: false, 1),
        ["irate"] = static (in RangeWindow w) => LastTwo(w, isRate: true),
        ["idelta"] = static (in RangeWindow w) => LastTwo(w, isRate: false),
        ["sum_over_time"] = Sum,
        ["avg_over_time"] = Average,
        ["min_over_time"] = Min,
        ["max_over_time"] = Max,
        ["count_over_time"] = static (in RangeWindow w) => w.Count,
        ["last_over_time"] = static (in RangeWindow w) => w.Values[^1],
        ["present_over_time"] = static (in RangeWindow _) => 1,
        ["stddev_over_time"] = static (in RangeWindow w) => Math.Sqrt(Variance(w)),
        ["stdvar_over_time"] = Variance,
        ["quantile_over_time"] = static (in RangeWindow w) => Quantiles.Of(w.First, w.Values),
        ["changes"] = Changes,
        ["resets"] = Resets,
        ["deriv"] = static (in RangeWindow w) => w.Count < 2 ? StaleMarker.Value : Regression(w, w.Times[0]).Slope,
        ["predict_linear"] = PredictLinear,
        ["holt_winters"] = HoltWinters,
    };

    public static RangeFunction Find(string name) => s_all[name];

    public static bool Exists(string name) => s_all.ContainsKey(name);

    /// <summary>
    /// The growth over the whole range: the growth between the first and the last sample, stretched to the borders of the range when
    /// the samples come near them (within 1.1 of their average distance), else by half of that distance. A counter is never stretched
    /// further back than to where it would have been zero.
    /// </summary>
    private static double Extrapolated(in RangeWindow window, bool isCounter, double seconds)
    {
        var values = window.Values;
        var times = window.Times;
        if (values.Length < 2) return StaleMarker.Value;
        var growth = values[^1] - values[0];
        if (isCounter)
        {
            var previous = 0.0;
            foreach (var value in values)
            {
                if (value < previous) growth += previous;
                previous = value;
            }
        }

        var toStart = (times[0] - window.StartMs) / 1000.0;
        var toEnd = (window.EndMs - times[^1]) / 1000.0;
        var sampled = (times[^1] - times[0]) / 1000.0;
        var average = sampled / (values.Length - 1);
        if (isCounter && growth > 0 && values[0] >= 0) toStart = Math.Min(toStart, sampled * (values[0] / growth));
        var threshold = average * 1.1;
        var stretched = sampled;
        stretched += toStart < threshold ? toStart : average / 2;
        stretched += toEnd < threshold ? toEnd : average / 2;
        return growth * (stretched / sampled / seconds);
    }

    private static double LastTwo(in RangeWindow window, bool isRate)
    {
        if (window.Count < 2) return StaleMarker.Value;
        var last = window.Values[^1];
        var previous = window.Values[^2];
        var elapsedMs = window.Times[^1] - window.Times[^2];
        if (elapsedMs == 0) return StaleMarker.Value;
        if (!isRate) return last - previous;
        // A counter that fell began again at zero.
        return (last < previous ? last : last - previous) / (elapsedMs / 1000.0);
    }

    private static double Sum(in RangeWindow window)
    {
        var sum = new KahanSum();
        foreach (var value in window.Values) sum.Add(value);
        return sum.Total;
    }

    private static double Average(in RangeWindow window)
    {
        var mean = new KahanSum();
        var count = 0.0;
        foreach (var value in window.Values)
        {
            count++;
            // An infinite mean cannot be moved by numbers, nor by the same infinity; infinities that disagree give NaN below.
            if (double.IsInfinity(mean.Main) && (value == mean.Main || double.IsFinite(value))) continue;
            mean.Add((value / count) - (mean.Main / count));
        }

        return mean.Total;
    }

    private static double Min(in RangeWindow window)
    {
        var min = window.Values[0];
        foreach (var value in window.Values)
            if (value < min || double.IsNaN(min)) min = value;
        return min;
    }

    private static double Max(in RangeWindow window)
    {
        var max = window.Values[0];
        foreach (var value in window.Values)
            if (value > max || double.IsNaN(max)) max = value;
        return max;
    }

    private static double Variance(in RangeWindow window)
    {
        var mean = new KahanSum();
        var squares = new KahanSum();
        var count = 0.0;
        foreach (var value in window.Values)
        {
            count++;
            var delta = value - mean.Corrected;
            mean.Add(delta / count);
            squares.Add(delta * (value - mean.Corrected));
        }

        return squares.Corrected / count;
    }

    private static double Changes(in RangeWindow window)
    {
        var changes = 0;
        var previous = window.Values[0];
        foreach (var value in window.Values[1..])
        {
            if (value != previous && !(double.IsNaN(value) && double.IsNaN(previous))) changes++;
            previous = value;
        }

        return changes;
    }

    private static double Resets(in RangeWindow window)
    {
        var resets = 0;
        var previous = window.Values[0];
        foreach (var value in window.Values[1..])
        {
            if (value < previous) resets++;
            previous = value;
        }

        return resets;
    }

    private static double PredictLinear(in RangeWindow window)
    {
        if (window.Count < 2) return StaleMarker.Value;
        var (slope, intercept) = Regression(window, window.NowMs);
        return (slope * window.First) + intercept;
    }

    /// <summary>The least-squares line through the samples; the intercept is its value at <paramref name="originMs"/>.</summary>
    private static (double Slope, double Intercept) Regression(in RangeWindow window, long originMs)
    {
        var values = window.Values;
        if (IsConstant(values))
            return double.IsInfinity(values[0]) ? (double.NaN, double.NaN) : (0, values[0]);
        KahanSum sumX = default, sumY = default, sumXY = default, sumX2 = default;
        for (var i = 0; i < values.Length; i++)
        {
            var x = (window.Times[i] - originMs) / 1000.0;
            sumX.Add(x);
            sumY.Add(values[i]);
            sumXY.Add(x * values[i]);
            sumX2.Add(x * x);
        }

        double n = values.Length;
        var covariance = sumXY.Corrected - (sumX.Corrected * sumY.Corrected / n);
        var variance = sumX2.Corrected - (sumX.Corrected * sumX.Corrected / n);
        var slope = covariance / variance;
        return (slope, (sumY.Corrected / n) - (slope * sumX.Corrected / n));
    }

    /// <summary>NaN is not equal to itself here.</summary>
    private static bool IsConstant(ReadOnlySpan<double> values)
    {
        foreach (var value in values[1..])
            if (value != values[0]) return false;
        return true;
    }

    /// <summary>Double exponential smoothing: level by the first factor, trend by the second.</summary>
    private static double HoltWinters(in RangeWindow window)
    {
        var (smoothing, trending) = (window.First, window.Second);
        if (!(smoothing > 0 && smoothing < 1)) throw new PromQlExecutionException($"invalid smoothing factor. Expected: 0 < sf < 1, got: {PromNumber.ToText(smoothing)}");
        if (!(trending > 0 && trending < 1)) throw new PromQlExecutionException($"invalid trend factor. Expected: 0 < tf < 1, got: {PromNumber.ToText(trending)}");
        var values = window.Values;
        if (values.Length < 2) return StaleMarker.Value;
        double before = 0, level = values[0], trend = values[1] - values[0];
        for (var i = 1; i < values.Length; i++)
        {
            if (i > 1) trend = (trending * (level - before)) + ((1 - trending) * trend);
            (before, level) = (level, (smoothing * values[i]) + ((1 - smoothing) * (level + trend)));
        }

        return level;
    }
}
