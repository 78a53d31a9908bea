using System.Globalization;

namespace MeshConsole.System.Tests;

/// <summary>Well-formed expressions over <see cref="PromQlSamples"/>, the same for a seed. Well formed does not mean answerable: matching may fail.</summary>
internal sealed class PromQlGenerator(int seed)
{
    private static readonly string[] s_metrics = ["requests_total", "gappy_total", "errors_total", "temperature", "limit", "up", "odd", "numbers", "latency_bucket", "latency_sum", "latency_count", "istio_requests_total", "{__name__=~\"up|limit\"}"];
    private static readonly string[] s_matchers = ["job=\"api\"", "job!=\"api\"", "instance=~\"[ab].*\"", "code=\"500\"", "code!~\"4..|5..\"", "kind=~\".*inf|gaps\"", "path=\"/pay\"", "le=\"+Inf\"", "missing=\"\""];
    private static readonly string[] s_labels = ["job", "instance", "code", "path", "kind", "le", "reporter", "missing", "__name__"];
    private static readonly string[] s_ranges = ["31s", "1m", "90s", "5m", "17m", "1h"];
    private static readonly string[] s_rangeFunctions =
    [
        "rate", "increase", "delta", "irate", "idelta", "sum_over_time", "avg_over_time", "min_over_time", "max_over_time", "count_over_time",
        "last_over_time", "present_over_time", "changes", "resets", "deriv", "stddev_over_time",
    ];

    private static readonly string[] s_valueFunctions = ["abs", "ceil", "floor", "round", "sgn", "sqrt", "ln", "timestamp", "sort"];
    private static readonly string[] s_aggregations = ["sum", "avg", "min", "max", "count", "group"];

    private readonly Random _random = new(seed);

    public string Next() => Vector(_random.Next(1, 5));

    private string Vector(int depth)
    {
        if (depth <= 0)
        {
            return Selector() + Shift();
        }

        return _random.Next(13) switch
        {
            0 => Selector() + Shift(),
            1 or 2 => $"{One(s_rangeFunctions)}({Range(depth)})",
            3 or 4 => Aggregated(depth),
            5 => $"{One(s_valueFunctions)}({Vector(depth - 1)})",
            6 => $"({Vector(depth - 1)} {(_random.Next(5) == 0 ? One(["% 7", "^ 2", "% -0.5", "^ -1"]) : $"{Arithmetic()} {Scalar(depth - 1)}")})",
            7 => $"({Scalar(depth - 1)} {One(["<", ">=", "== bool", "!=", "> bool"])} {Vector(depth - 1)})",
            8 => $"({Vector(depth - 1)} {Arithmetic()} {Matching()}{Vector(depth - 1)})",
            9 => $"({Vector(depth - 1)} {One(["and", "or", "unless"])} {One(["", "on(job) ", "on(instance) ", "ignoring(code, path) "])}{Vector(depth - 1)})",
            10 => $"histogram_quantile({Number(0, 1)}, {One(["", "sum by (le, job) "])}(rate(latency_bucket{Matchers()}[{One(s_ranges)}])))",
            11 => $"label_replace({Vector(depth - 1)}, \"{One(["copy", "job", "instance"])}\", \"{One(["$1", "x-$1", ""])}\", \"{One(s_labels)}\", \"{One(["(.).*", "a.*", "(.*)"])}\")",
            _ => $"-{Vector(depth - 1)}",
        };
    }

    private string Range(int depth) => depth > 1 && _random.Next(4) == 0
        ? $"({Vector(depth - 2)})[{One(s_ranges)}:{One(["", "30s", "1m", "47s"])}]{Shift()}"
        : $"{Selector()}[{One(s_ranges)}]{Shift()}";

    private string Aggregated(int depth)
    {
        var grouping = _random.Next(4) switch
        {
            0 => "",
            1 => $" without ({One(s_labels)}, {One(s_labels)})",
            _ => $" by ({One(s_labels)}, {One(s_labels)})",
        };
        return _random.Next(6) == 0
            ? $"quantile{grouping} ({Number(-1, 2)}, {Vector(depth - 1)})"
            : $"{One(s_aggregations)}{grouping} ({Vector(depth - 1)})";
    }

    private string Scalar(int depth) => depth <= 0 ? Number(-50, 50) : _random.Next(5) switch
    {
        0 => "time()",
        1 => $"scalar({Vector(depth - 1)})",
        2 => $"({Scalar(depth - 1)} {Arithmetic()} {Scalar(depth - 1)})",
        _ => Number(-50, 50),
    };

    private string Selector()
    {
        var metric = One(s_metrics);
        return metric[0] == '{' ? metric : metric + Matchers();
    }

    private string Matchers() => _random.Next(3) switch
    {
        0 => "",
        1 => $"{{{One(s_matchers)}}}",
        _ => $"{{{One(s_matchers)},{One(s_matchers)}}}",
    };

    private string Shift() => _random.Next(8) switch
    {
        0 => " offset 2m",
        1 => " offset -47s",
        2 => One([" @ 1700002000", " @ start()", " @ end()", " @ 1700001500 offset 1m"]),
        _ => "",
    };

    private string Matching() => One(["", "", "on(instance) ", "on(job) ", "ignoring(code, path, kind) ", "on(instance) group_left ", "on(job) group_left(kind) ", "on(instance, job) group_right "]);

    /// <summary>Without % and ^, which make a large difference of the last digit of what they are given.</summary>
    private string Arithmetic() => One(["+", "-", "*", "/"]);

    private string Number(double from, double to) => (from + (_random.NextDouble() * (to - from))).ToString("0.##", CultureInfo.InvariantCulture);

    private string One(string[] choices) => choices[_random.Next(choices.Length)];
}
