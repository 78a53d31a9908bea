namespace MeshConsole.Simulator.Traffic;

/// <summary>The standard normal distribution.</summary>
internal static class NormalDistribution
{
    /// <summary>Acklam's rational approximation of the inverse, relative error below 1.2e-9.</summary>
    public static double Quantile(double p)
    {
        const double Low = 0.02425;
        if (p < Low) return Tail(Math.Sqrt(-2 * Math.Log(p)));
        if (p > 1 - Low) return -Tail(Math.Sqrt(-2 * Math.Log(1 - p)));
        var q = p - 0.5;
        var r = q * q;
        return ((((((((((-3.969683028665376e+01 * r) + 2.209460984245205e+02) * r) - 2.759285104469687e+02) * r) + 1.383577518672690e+02) * r)
                - 3.066479806614716e+01) * r) + 2.506628277459239e+00) * q
            / ((((((((((-5.447609879822406e+01 * r) + 1.615858368580409e+02) * r) - 1.556989798598866e+02) * r) + 6.680131188771972e+01) * r)
                - 1.328068155288572e+01) * r) + 1);
    }

    /// <summary>Probability of a value at or below <paramref name="z"/> (Abramowitz and Stegun 7.1.26, error below 1.5e-7).</summary>
    public static double Cumulative(double z)
    {
        var x = Math.Abs(z) / Math.Sqrt(2);
        var t = 1 / (1 + (0.3275911 * x));
        var erf = 1 - (((((((((1.061405429 * t) - 1.453152027) * t) + 1.421413741) * t) - 0.284496736) * t) + 0.254829592) * t * Math.Exp(-x * x));
        return z >= 0 ? 0.5 * (1 + erf) : 0.5 * (1 - erf);
    }

    /// <summary>Share of a log-normal quantity with this mean and coefficient of variation that lies above a limit.</summary>
    public static double LogNormalAbove(double mean, double variation, double limit)
    {
        if (!(limit > 0) || double.IsPositiveInfinity(limit) || mean <= 0) return 0;
        var sigma = Math.Sqrt(Math.Log(1 + (Math.Max(0.01, variation) * Math.Max(0.01, variation))));
        var mu = Math.Log(mean) - (sigma * sigma / 2);
        return 1 - Cumulative((Math.Log(limit) - mu) / sigma);
    }

    private static double Tail(double q) =>
        ((((((((((-7.784894002430293e-03 * q) - 3.223964580411365e-01) * q) - 2.400758277161838e+00) * q) - 2.549732539343734e+00) * q)
            + 4.374664141464968e+00) * q) + 2.938163982698783e+00)
        / ((((((((7.784695709041462e-03 * q) + 3.224671290700398e-01) * q) + 2.445134137142996e+00) * q) + 3.754408661907416e+00) * q) + 1);
}
