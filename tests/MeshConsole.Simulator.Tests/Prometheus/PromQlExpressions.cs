using FsCheck;
using FsCheck.Fluent;

namespace MeshConsole.Simulator.Tests.Prometheus;

/// <summary>Well-formed expressions that give an instant vector, written in varying ways.</summary>
internal static class PromQlExpressions
{
    private static readonly Gen<string> s_label = Gen.Elements("a", "b", "le", "job", "__name__", "by", "sum");
    private static readonly Gen<string> s_duration = Gen.Elements("5m", "1h30m", "90s", "1ms", "2d");
    private static readonly Gen<string> s_number = Gen.Elements("1", "0.5", ".5", "1e3", "0x1f", "017", "Inf", "nan", "3.14159", "-7");
    private static readonly Gen<string> s_string = Gen.Elements("\"x\"", "'y'", "`z`", "\"a\\\"b\\n\"", "'é🙂'", "\"\\x41\\u00e9\"", "\"[a-z]+\"", "\"$1\"");

    public static Gen<string> Vectors { get; } = Gen.Sized(size => Vector(Math.Min(size / 12, 4)));

    private static Gen<string> Selector
    {
        get
        {
            var matcher = from label in s_label.Where(label => label != "__name__")
                          from op in Gen.Elements("=", "!=", "=~", "!~")
                          from value in s_string
                          select label + op + value;
            var matchers = Gen.ListOf(matcher, 2).Select(list => string.Join(',', list));
            return from name in Gen.Elements("up", "requests_total", "ns:rule", "sum", "count")
                   from braces in Gen.Frequency((2, Gen.Constant("")), (1, Gen.Constant("{}")), (2, matchers.Select(list => "{" + list + "}")), (1, matchers.Select(list => "{ " + list + " , }")))
                   select name + braces;
        }
    }

    private static Gen<string> Shift => Gen.Frequency(
        (5, Gen.Constant("")),
        (1, s_duration.Select(duration => " offset " + duration)),
        (1, s_duration.Select(duration => " offset -" + duration)),
        (1, Gen.Elements(" @ 1.5", " @ -3", " @ start()", " @ end() offset 5m", " offset 1m @ 1e9")));

    private static Gen<string> Grouping => from word in Gen.Elements("by", "without", "BY")
                                           from labels in Gen.ListOf(s_label, 2)
                                           select $" {word} ({string.Join(", ", labels)}) ";

    private static Gen<string> Vector(int depth)
    {
        var leaf = Gen.Zip(Selector, Shift).Select(pair => pair.Item1 + pair.Item2);
        if (depth == 0) return leaf;
        var inner = Vector(depth - 1);
        var plain = from op in Gen.Elements("+", "-", "*", "/", "%", "^", "atan2", "==", "!= bool", ">", "<= bool")
                    from matching in Gen.Elements("", "on(a)", "ignoring (a, b)", "on(a) group_left(b)", "ignoring(a) group_right ()")
                    from left in inner
                    from right in inner
                    select $"{left} {op} {matching} {right}";
        var set = from op in Gen.Elements("and", "or", "unless", "AND")
                  from left in inner
                  from right in inner
                  select $"{left} {op} on(a) {right}";
        var scalar = from op in Gen.Elements("+", "-", "*", "/", "^", ">")
                     from number in s_number
                     from vector in inner
                     from swapped in Gen.Elements(true, false)
                     select swapped ? $"({number} {op} ({vector}))" : $"(({vector}) {op} {number})";
        var range = from function in Gen.Elements("rate", "increase", "max_over_time", "last_over_time")
                    from selector in Selector
                    from duration in s_duration
                    from shift in Shift
                    select $"{function}({selector}[{duration}]{shift})";
        var subquery = from vector in inner
                       from duration in s_duration
                       from step in Gen.Elements("", "30s", "1m")
                       from shift in Shift
                       select $"avg_over_time(({vector})[{duration}:{step}]{shift})";
        var aggregation = from op in Gen.Elements("sum", "avg", "COUNT", "group", "stddev")
                          from grouping in Grouping
                          from vector in inner
                          from after in Gen.Elements(true, false)
                          select after ? $"{op}({vector}){grouping}" : $"{op}{grouping}({vector})";
        var ranked = from op in Gen.Elements("topk", "bottomk", "quantile")
                     from number in s_number
                     from vector in inner
                     select $"{op}({number}, {vector})";
        var replaced = from vector in inner
                       from value in s_string
                       select $"label_replace({vector}, \"x\", {value}, \"y\", \"(.*)\")";
        return Gen.Frequency(
            (1, leaf), (3, plain), (2, set), (2, scalar), (2, range), (1, subquery), (2, aggregation), (1, ranked), (1, replaced),
            (1, inner.Select(vector => "-" + vector)), (1, inner.Select(vector => $"( {vector} )")), (1, inner.Select(vector => $"abs({vector}) # note\n")));
    }
}
