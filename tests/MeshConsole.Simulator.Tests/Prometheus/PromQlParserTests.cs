using System.Text;
using FsCheck;
using FsCheck.Fluent;
using MeshConsole.Simulator.Prometheus;
using MeshConsole.Simulator.Prometheus.Language;

namespace MeshConsole.Simulator.Tests.Prometheus;

public sealed class PromQlParserTests
{
    [Theory]
    [InlineData("1 + 2 * 3", "(1 + (2 * 3))")]
    [InlineData("1 * 2 + 3", "((1 * 2) + 3)")]
    [InlineData("2 ^ 3 ^ 2", "(2 ^ (3 ^ 2))")]
    [InlineData("8 - 4 - 2", "((8 - 4) - 2)")]
    [InlineData("8 / 4 % 3", "((8 / 4) % 3)")]
    [InlineData("-x ^ 2", "-(x ^ 2)")]
    [InlineData("-x * 2", "(-x * 2)")]
    [InlineData("2 ^ -x * 3", "((2 ^ -x) * 3)")]
    [InlineData("-2", "-2")]
    [InlineData("a or b and c unless d", "(a or ((b and c) unless d))")]
    [InlineData("a == b + c > d", "((a == (b + c)) > d)")]
    [InlineData("a + b atan2 c", "(a + (b atan2 c))")]
    [InlineData("a and b or c", "((a and b) or c)")]
    [InlineData("-a offset 5m", "-a offset 5m")]
    [InlineData("a + b[5m:1m] offset 2h", null)]
    [InlineData("sum(a) by (x) / sum by (x) (b)", "(sum by (x) (a) / sum by (x) (b))")]
    [InlineData("sum by (and, by, on, offset) (a)", "sum by (and, by, on, offset) (a)")]
    [InlineData("sum", "sum")]
    [InlineData("sum{a='b'} + count", "(sum{a=\"b\"} + count)")]
    [InlineData("a{b=\"c\",}[1h30m5s] @ 12.5 offset -1m", "a{b=\"c\"}[1h30m5s] @ 12.5 offset -1m")]
    [InlineData("a @ start() offset 1w", "a @ start() offset 1w")]
    [InlineData("a{b=~'x|y',c!~`\\d`,d!=\"\\n\"}", "a{b=~\"x|y\",c!~\"\\\\d\",d!=\"\\n\"}")]
    [InlineData("0x1F + 010 + 1e3 + .5 + Inf", "((((31 + 8) + 1000) + 0.5) + Inf)")]
    [InlineData("a * on (x, y) group_left (z) b", "(a * on (x, y) group_left (z) b)")]
    [InlineData("a > bool ignoring (x) b", "(a > bool ignoring (x) b)")]
    [InlineData("ns:rule:rate5m # comment\n", "ns:rule:rate5m")]
    [InlineData("{__name__=~\"a|b\"}", "{__name__=~\"a|b\"}")]
    [InlineData("TOPK(3, a)", "topk(3, a)")]
    public void Parse_Precedence_IsThatOfPrometheus(string query, string? grouped)
    {
        if (grouped is null) Should.Throw<PromQlSyntaxException>(() => PromQlParser.Parse(query));
        else Grouped(PromQlParser.Parse(query)).ShouldBe(grouped);
    }

    [Theory]
    [InlineData("", "1:1: parse error: no expression found in input")]
    [InlineData("a +", "1:4: parse error: unexpected end of input")]
    [InlineData("a\n  ~", "2:3: parse error: unexpected character: '~'")]
    [InlineData("a b", "1:3: parse error: unexpected identifier \"b\"")]
    [InlineData("(a", "1:3: parse error: unclosed left parenthesis")]
    [InlineData("a)", "1:2: parse error: unexpected right parenthesis ')'")]
    [InlineData("a{b=c}", "1:5: parse error: unexpected identifier \"c\" in label matching, expected string")]
    [InlineData("{a=\"\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher")]
    [InlineData("a{__name__=\"b\"}", "1:1: parse error: metric name must not be set twice: \"a\" or \"b\"")]
    [InlineData("rate(a)", "1:6: parse error: expected type range vector in call to function \"rate\", got instant vector")]
    [InlineData("nope(a)", "1:1: parse error: unknown function with name \"nope\"")]
    [InlineData("round(a, 1, 2)", "1:1: parse error: expected at most 2 argument(s) in call to \"round\", got 3")]
    [InlineData("1 and a", "1:1: parse error: set operator \"and\" not allowed in binary scalar expression")]
    [InlineData("1 == 1", "1:1: parse error: comparisons between scalars must use BOOL modifier")]
    [InlineData("a + bool b", "1:5: parse error: bool modifier can only be used on comparison operators")]
    [InlineData("sum(a)[5m]", "1:1: parse error: ranges only allowed for vector selectors")]
    [InlineData("a[0s]", "1:3: parse error: duration must be greater than 0")]
    [InlineData("a offset 5m offset 5m", "1:13: parse error: offset may not be set multiple times")]
    [InlineData("5m", "1:1: parse error: unexpected duration \"5m\"")]
    [InlineData("1a", "1:1: parse error: bad number or duration syntax: \"1a\"")]
    [InlineData("\"a", "1:1: parse error: unterminated quoted string")]
    [InlineData("a * on(x) group_left(x) b", "1:3: parse error: label \"x\" must not occur in ON and GROUP clause at once")]
    public void Parse_Fault_IsNamedWithItsPlace(string query, string message) =>
        Should.Throw<PromQlSyntaxException>(() => PromQlParser.Parse(query)).Message.ShouldBe(message);

    [Fact]
    public void Parse_PrintedExpression_IsTheSameExpression() =>
        Prop.ForAll(Arb.From(PromQlExpressions.Vectors), query =>
        {
            var printed = PromQlParser.Parse(query).ToString();
            var again = PromQlParser.Parse(printed);
            again.ToString().ShouldBe(printed);
            Grouped(again).ShouldBe(Grouped(PromQlParser.Parse(query)));
        }).Check(Property.Runs(100));

    [Fact]
    public void Parse_Garbage_ThrowsNothingButTheSyntaxError()
    {
        var pieces = Gen.Elements(
            "a", "sum", "rate", "(", ")", "{", "}", "[", "]", "[5m]", "[5m:1m]", ",", "+", "-", "^", "==", "=~", "!~", "=", "!=", "bool", "on", "by", "without", "ignoring",
            "group_left", "offset", "@", "start()", "5m", "1.5", "0x", "1e", "\"s\"", "'", "`", "\\", "#", "\n", " ", "inf", "{a=~\"(\"}", "\u0000", "é", "\ud800", "🙂", ":", "a:b", "and", "label_replace", "topk");
        var text = Gen.Frequency(
            (3, Gen.ListOf(pieces).Select(list => string.Concat(list))),
            (1, Gen.ListOf(Gen.Choose(0, 0xFFFF).Select(c => (char)c)).Select(list => string.Concat(list))),
            (2, Gen.Zip(PromQlExpressions.Vectors, Gen.Zip(Gen.Choose(0, 1000), pieces)).Select(Damaged)));
        Prop.ForAll(Arb.From(text), query =>
        {
            try
            {
                PromQlParser.Parse(query).ToString().ShouldNotBeNull();
            }
            catch (PromQlSyntaxException fault)
            {
                fault.Position.ShouldBeInRange(0, query.Length);
                fault.Message.ShouldContain(": parse error: ");
            }
        }).Check(Property.Runs(2000));

        static string Damaged((string Query, (int At, string Piece) Change) damage) =>
            damage.Query.Insert(damage.Change.At % (damage.Query.Length + 1), damage.Change.Piece);
    }

    [Theory]
    [InlineData("(", ")", "a")]
    [InlineData("-", "", "a")]
    [InlineData("sum(", ")", "a")]
    [InlineData("a + (", ")", "a")]
    [InlineData("a ^ ", "", "a")]
    [InlineData("a + ", "", "a")]
    [InlineData("", "[5m:1m]", "a")]
    [InlineData("abs(", ")", "a")]
    [InlineData("{", "", "")]
    [InlineData("[", "", "")]
    [InlineData("max_over_time(", "[5m:1m])", "a")]
    public void Parse_DeepNesting_EndsInASyntaxError(string before, string after, string inner)
    {
        var query = new StringBuilder();
        for (var i = 0; i < 20_000; i++) query.Append(before);
        query.Append(inner);
        for (var i = 0; i < 20_000; i++) query.Append(after);
        Should.Throw<PromQlSyntaxException>(() => PromQlParser.Parse(query.ToString()));
    }

    [Fact]
    public void Parse_LongInputs_AreTakenWhole()
    {
        var label = new string('x', 5000);
        var selector = PromQlParser.Parse($"a{{b=\"{label}\",c=~\"{string.Join('|', Enumerable.Range(0, 1000))}\"}}").ShouldBeOfType<SelectorExpr>();
        selector.Matchers[0].Value.ShouldBe(label);
        selector.Matchers[1].Matches("999").ShouldBeTrue();
        PromQlParser.Parse(string.Join(" or ", Enumerable.Repeat("up", 300))).Type.ShouldBe(PromType.Vector);
    }

    [Fact]
    public void Duration_AnyNumberOfMilliseconds_IsReadBack() =>
        Prop.ForAll(Arb.From(Gen.Choose(1, int.MaxValue)), milliseconds =>
        {
            PromDuration.TryParse(PromDuration.Format(milliseconds), out var read).ShouldBeTrue();
            read.ShouldBe(milliseconds);
        }).Check(Property.Runs(100));

    [Theory]
    [InlineData("1h30m", 5_400_000L)]
    [InlineData("1y1w1d1h1m1s1ms", 31_536_000_000 + 604_800_000 + 86_400_000 + 3_600_000 + 60_000 + 1_000 + 1)]
    [InlineData("30m1h", null)]
    [InlineData("5m5m", null)]
    [InlineData("5", null)]
    [InlineData("1.5h", null)]
    [InlineData("-5m", null)]
    [InlineData("300y", null)]
    public void Duration_Text_IsReadAsPrometheusDoes(string text, long? expected)
    {
        PromDuration.TryParse(text, out var milliseconds).ShouldBe(expected is not null);
        if (expected is not null) milliseconds.ShouldBe(expected.Value);
    }

    [Fact]
    public void Number_AnyValue_IsReadBackFromItsText() =>
        Prop.ForAll(Arb.From(Gen.Two(Gen.Choose(int.MinValue, int.MaxValue))), halves =>
        {
            var value = BitConverter.Int64BitsToDouble(((long)halves.Item1 << 32) | (uint)halves.Item2);
            foreach (var text in new[] { PromNumber.ToText(value), PromNumber.ToPlainText(value) })
            {
                PromNumber.TryParse(text, out var read).ShouldBeTrue(text);
                (read.Equals(value)).ShouldBeTrue(text);
            }
        }).Check(Property.Runs(100));

    /// <summary>The expression with a pair of parentheses around each operator, so that its structure shows.</summary>
    private static string Grouped(PromExpr expression) => expression switch
    {
        ParenExpr paren => Grouped(paren.Inner),
        BinaryExpr binary => $"({Grouped(binary.Left)} {new BinaryExpr(binary.Kind, new NumberExpr(0), new NumberExpr(0), binary.ReturnBool, binary.Matching).ToString()[2..^2]} {Grouped(binary.Right)})",
        UnaryExpr unary => (unary.Negative ? "-" : "+") + Grouped(unary.Operand),
        AggregationExpr aggregation => new AggregationExpr(aggregation.Kind, new NumberExpr(0), aggregation.Parameter, aggregation.Labels, aggregation.Without).ToString()[..^2]
            + Grouped(aggregation.Operand) + ")",
        CallExpr call => $"{call.Function.Name}({string.Join(", ", call.Arguments.Select(Grouped))})",
        _ => expression.ToString(),
    };
}
