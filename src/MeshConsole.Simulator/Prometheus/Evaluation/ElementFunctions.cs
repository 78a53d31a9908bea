namespace MeshConsole.Simulator.Prometheus.Evaluation;

/// <summary>A function of one value and up to two scalars; <see cref="StaleMarker.Value"/> for "no answer".</summary>
internal delegate double ElementFunction(double value, double? first, double? second);

/// <summary>The functions that look at each value alone.</summary>
internal static class ElementFunctions
{
    private const long MinSeconds = -62_135_596_800; // 0001-01-01
    private const long MaxSeconds = 253_402_300_799; // 9999-12-31

    private static readonly Dictionary<string, ElementFunction> s_all = new(StringComparer.Ordinal)
    {
        ["abs"] = static (v, _, _) => Math.Abs(v),
        ["ceil"] = static (v, _, _) => Math.Ceiling(v),
        ["floor"] = static (v, _, _) => Math.Floor(v),
        ["exp"] = static (v, _, _) => Math.Exp(v),
        ["sqrt"] = static (v, _, _) => Math.Sqrt(v),
        ["ln"] = static (v, _, _) => Math.Log(v),
        ["log2"] = static (v, _, _) => Math.Log2(v),
        ["log10"] = static (v, _, _) => Math.Log10(v),
        ["sgn"] = static (v, _, _) => v < 0 ? -1 : v > 0 ? 1 : v,
        ["round"] = static (v, nearest, _) =>
        {
            // Divided, not multiplied: so 0.1 and its like come out as they are written.
            var inverse = 1 / (nearest ?? 1);
            return Math.Floor((v * inverse) + 0.5) / inverse;
        },
        ["clamp"] = static (v, min, max) => max < min ? StaleMarker.Value : Max(min!.Value, Min(max!.Value, v)),
        ["clamp_min"] = static (v, min, _) => Max(min!.Value, v),
        ["clamp_max"] = static (v, max, _) => Min(max!.Value, v),
        ["acos"] = static (v, _, _) => Math.Acos(v),
        ["acosh"] = static (v, _, _) => Math.Acosh(v),
        ["asin"] = static (v, _, _) => Math.Asin(v),
        ["asinh"] = static (v, _, _) => Math.Asinh(v),
        ["atan"] = static (v, _, _) => Math.Atan(v),
        ["atanh"] = static (v, _, _) => Math.Atanh(v),
        ["cos"] = static (v, _, _) => Math.Cos(v),
        ["cosh"] = static (v, _, _) => Math.Cosh(v),
        ["sin"] = static (v, _, _) => Math.Sin(v),
        ["sinh"] = static (v, _, _) => Math.Sinh(v),
        ["tan"] = static (v, _, _) => Math.Tan(v),
        ["tanh"] = static (v, _, _) => Math.Tanh(v),
        ["deg"] = static (v, _, _) => v * 180 / Math.PI,
        ["rad"] = static (v, _, _) => v * Math.PI / 180,
        ["minute"] = static (v, _, _) => Date(v, static date => date.Minute),
        ["hour"] = static (v, _, _) => Date(v, static date => date.Hour),
        ["day_of_month"] = static (v, _, _) => Date(v, static date => date.Day),
        ["day_of_week"] = static (v, _, _) => Date(v, static date => (int)date.DayOfWeek),
        ["day_of_year"] = static (v, _, _) => Date(v, static date => date.DayOfYear),
        ["days_in_month"] = static (v, _, _) => Date(v, static date => DateTime.DaysInMonth(date.Year, date.Month)),
        ["month"] = static (v, _, _) => Date(v, static date => date.Month),
        ["year"] = static (v, _, _) => Date(v, static date => date.Year),
    };

    public static ElementFunction? Find(string name) => s_all.GetValueOrDefault(name);

    /// <summary>As in Go, an infinity in the direction that is looked for wins even over NaN.</summary>
    private static double Max(double a, double b) => double.IsPositiveInfinity(a) || double.IsPositiveInfinity(b) ? double.PositiveInfinity : Math.Max(a, b);

    private static double Min(double a, double b) => double.IsNegativeInfinity(a) || double.IsNegativeInfinity(b) ? double.NegativeInfinity : Math.Min(a, b);

    /// <summary>Of seconds since 1970 in UTC. Beyond the years that .NET knows there is no answer but NaN.</summary>
    private static double Date(double seconds, Func<DateTimeOffset, int> part) =>
        seconds is >= MinSeconds and <= MaxSeconds ? part(DateTimeOffset.FromUnixTimeSeconds((long)seconds)) : double.NaN;
}
