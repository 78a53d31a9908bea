using System.Collections.Frozen;
using System.Collections.Immutable;

namespace MeshConsole.Simulator.Prometheus.Language;

/// <summary>The signature of a function.</summary>
/// <param name="Required">How many arguments must be given; the rest of <paramref name="Arguments"/> are optional.</param>
/// <param name="Repeats">Whether the last argument may be given any number of times.</param>
internal sealed record PromFunction(string Name, PromType Returns, ImmutableArray<PromType> Arguments, int Required, bool Repeats = false)
{
    private const PromType S = PromType.Scalar;
    private const PromType V = PromType.Vector;
    private const PromType M = PromType.Matrix;
    private const PromType T = PromType.String;

    private static readonly FrozenDictionary<string, PromFunction> s_all = All().ToFrozenDictionary(function => function.Name, StringComparer.Ordinal);

    public static IEnumerable<string> Names => s_all.Keys;

    public static PromFunction? Find(string name) => s_all.GetValueOrDefault(name);

    private static IEnumerable<PromFunction> All()
    {
        foreach (var name in (string[])
        [
            "abs", "absent", "ceil", "exp", "floor", "ln", "log10", "log2", "sgn", "sort", "sort_desc", "sqrt", "timestamp",
            "acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "deg", "rad", "sin", "sinh", "tan", "tanh",
        ]) yield return new(name, V, [V], 1);
        foreach (var name in (string[])
        [
            "absent_over_time", "avg_over_time", "changes", "count_over_time", "delta", "deriv", "idelta", "increase", "irate",
            "last_over_time", "max_over_time", "min_over_time", "present_over_time", "rate", "resets", "stddev_over_time",
            "stdvar_over_time", "sum_over_time",
        ]) yield return new(name, V, [M], 1);
        foreach (var name in (string[])
        [
            "day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute", "month", "year",
        ]) yield return new(name, V, [V], 0);
        yield return new("clamp", V, [V, S, S], 3);
        yield return new("clamp_max", V, [V, S], 2);
        yield return new("clamp_min", V, [V, S], 2);
        yield return new("histogram_quantile", V, [S, V], 2);
        yield return new("holt_winters", V, [M, S, S], 3);
        yield return new("label_join", V, [V, T, T, T], 3, Repeats: true);
        yield return new("label_replace", V, [V, T, T, T, T], 5);
        yield return new("pi", S, [], 0);
        yield return new("predict_linear", V, [M, S], 2);
        yield return new("quantile_over_time", V, [S, M], 2);
        yield return new("round", V, [V, S], 1);
        yield return new("scalar", S, [V], 1);
        yield return new("time", S, [], 0);
        yield return new("vector", V, [S], 1);
    }
}
