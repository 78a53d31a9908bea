using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace MeshConsole.Simulator.Prometheus.Language;

/// <summary>Reads PromQL as Prometheus 2.42 does, types included.</summary>
internal sealed class PromQlParser
{
    /// <summary>How deep expressions may nest: far more than anybody writes, far less than what the stack holds.</summary>
    public const int MaxDepth = 500;

    /// <summary>Words that cannot be the name of a metric.</summary>
    private static readonly HashSet<string> s_notMetrics = new(StringComparer.OrdinalIgnoreCase) { "on", "ignoring", "group_left", "group_right", "atan2" };

    private static readonly Dictionary<string, BinaryKind> s_operators = Enum.GetValues<BinaryKind>().ToDictionary(kind => kind.Symbol(), StringComparer.OrdinalIgnoreCase);

    private readonly string _query;
    private readonly List<PromToken> _tokens;
    private readonly ConditionalWeakTable<PromExpr, StrongBox<int>> _depths = [];
    private int _at;
    private int _nesting;

    private PromQlParser(string query, List<PromToken> tokens)
    {
        _query = query;
        _tokens = tokens;
    }

    private PromToken Current => _tokens[_at];

    /// <exception cref="PromQlSyntaxException">The text is not an expression, or its types do not fit.</exception>
    public static PromExpr Parse(string query)
    {
        ArgumentNullException.ThrowIfNull(query);
        var parser = new PromQlParser(query, PromLexer.Tokens(query));
        if (parser.Current.Kind == TokenKind.End) throw parser.Fault(0, "no expression found in input");
        var expression = parser.Expression(0);
        if (parser.Current.Kind != TokenKind.End) throw parser.Unexpected("");
        return expression;
    }

    /// <summary>The matchers of a selector alone, as <c>match[]</c> gives them.</summary>
    public static ImmutableArray<LabelMatcher> ParseSelector(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parser = new PromQlParser(text, PromLexer.Tokens(text));
        var selector = parser.Selector();
        if (parser.Current.Kind != TokenKind.End) throw parser.Unexpected("");
        return selector.Matchers;
    }

    public static bool IsLabelName(string text) =>
        text.Length > 0 && !char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private PromExpr Expression(int minimum)
    {
        Enter();
        var left = Operand();
        while (TryOperator(out var kind) && kind.Precedence() >= minimum)
        {
            var token = Current;
            _at++;
            var (returnBool, matching) = Modifiers(kind);
            var right = Expression(kind == BinaryKind.Power ? kind.Precedence() : kind.Precedence() + 1);
            left = Binary(token, kind, left, right, returnBool, matching);
        }

        _nesting--;
        return left;
    }

    private void Enter()
    {
        if (++_nesting > MaxDepth) throw TooDeep();
    }

    private PromQlSyntaxException TooDeep() =>
        Fault(Current.Position, string.Create(CultureInfo.InvariantCulture, $"expression nests deeper than {MaxDepth} levels"));

    /// <summary>Chains of operators are parsed in a loop but evaluated by recursion, so the depth of the tree counts, not that of the text.</summary>
    private T Deeper<T>(T expression, params ReadOnlySpan<PromExpr?> children) where T : PromExpr
    {
        var depth = 0;
        foreach (var child in children)
            if (child is not null && _depths.TryGetValue(child, out var known)) depth = Math.Max(depth, known.Value);
        if (depth + 1 > MaxDepth) throw TooDeep();
        _depths.Add(expression, new StrongBox<int>(depth + 1));
        return expression;
    }

    private bool TryOperator(out BinaryKind kind)
    {
        kind = default;
        return Current.Kind is TokenKind.Operator or TokenKind.Word && s_operators.TryGetValue(Current.Text, out kind);
    }

    private PromExpr Operand()
    {
        var token = Current;
        if (token.IsOperator("-") || token.IsOperator("+"))
        {
            _at++;
            // As tight as a product: only ^ (and what stands behind the operand) binds tighter.
            var operand = Expression(BinaryKind.Power.Precedence());
            var negative = token.Text == "-";
            if (operand is NumberExpr number) return new NumberExpr(negative ? -number.Value : number.Value) { Position = token.Position };
            if (operand.Type is not (PromType.Scalar or PromType.Vector))
                throw Fault(token.Position, $"unary expression only allowed on expressions of type scalar or instant vector, got {PromText.Quote(PromTypes.Describe(operand.Type))}");
            return Deeper(new UnaryExpr(negative, operand) { Position = token.Position }, operand);
        }

        var expression = Primary();
        while (true)
        {
            if (Current.Kind == TokenKind.LeftBracket) expression = Bracketed(expression);
            else if (Current.Is("offset")) expression = Offset(expression);
            else if (Current.Kind == TokenKind.At) expression = At(expression);
            else return expression;
        }
    }

    private PromExpr Primary()
    {
        var token = Current;
        switch (token.Kind)
        {
            case TokenKind.LeftParen:
                _at++;
                var inner = Expression(0);
                Expect(TokenKind.RightParen, "");
                return Deeper(new ParenExpr(inner) { Position = token.Position }, inner);
            case TokenKind.Number:
                _at++;
                return new NumberExpr(Number(token)) { Position = token.Position };
            case TokenKind.String:
                _at++;
                return new StringExpr(token.Text) { Position = token.Position };
            case TokenKind.Word:
                if (AggregationKinds.TryFind(token.Text, out var aggregation) && IsAggregation()) return Aggregation(aggregation);
                if (_tokens[_at + 1].Kind == TokenKind.LeftParen && !IsKeyword(token.Text)) return Call();
                return Selector();
            case TokenKind.MetricName or TokenKind.LeftBrace:
                return Selector();
            default:
                throw Unexpected("");
        }
    }

    private static bool IsKeyword(string word) =>
        s_operators.ContainsKey(word) || s_notMetrics.Contains(word) || word.ToUpperInvariant() is "BY" or "WITHOUT" or "OFFSET" or "BOOL" or "START" or "END";

    private bool IsAggregation()
    {
        var next = _tokens[_at + 1];
        return next.Kind == TokenKind.LeftParen || next.Is("by") || next.Is("without");
    }

    private SelectorExpr Selector()
    {
        var token = Current;
        var name = "";
        if (token.Kind is TokenKind.MetricName or TokenKind.Word)
        {
            if (s_notMetrics.Contains(token.Text)) throw Unexpected("");
            name = token.Text;
            _at++;
        }
        else if (token.Kind != TokenKind.LeftBrace)
        {
            throw Unexpected("");
        }

        var matchers = ImmutableArray.CreateBuilder<LabelMatcher>();
        if (Current.Kind == TokenKind.LeftBrace)
        {
            _at++;
            while (Current.Kind != TokenKind.RightBrace)
            {
                matchers.Add(Matcher());
                if (Current.Kind == TokenKind.Comma) _at++;
                else if (Current.Kind != TokenKind.RightBrace) throw Unexpected(" in label matching, expected \",\" or \"}\"");
            }

            _at++;
        }

        if (name.Length > 0)
        {
            foreach (var matcher in matchers)
            {
                if (matcher.Name == LabelSet.MetricNameLabel)
                    throw Fault(token.Position, $"metric name must not be set twice: {PromText.Quote(name)} or {PromText.Quote(matcher.Value)}");
            }

            matchers.Add(new LabelMatcher(LabelSet.MetricNameLabel, MatchKind.Equal, name));
        }

        if (matchers.All(matcher => matcher.MatchesEmpty)) throw Fault(token.Position, "vector selector must contain at least one non-empty matcher");
        return new SelectorExpr(name, matchers.ToImmutable()) { Position = token.Position };
    }

    private LabelMatcher Matcher()
    {
        var name = Current;
        if (name.Kind != TokenKind.Word) throw Unexpected(" in label matching, expected identifier or \"}\"");
        _at++;
        var symbol = Current;
        var kind = symbol.Kind != TokenKind.Operator ? throw Unexpected(" in label matching, expected label matching operator") : symbol.Text switch
        {
            "=" => MatchKind.Equal,
            "!=" => MatchKind.NotEqual,
            "=~" => MatchKind.Regex,
            "!~" => MatchKind.NotRegex,
            _ => throw Unexpected(" in label matching, expected label matching operator"),
        };
        _at++;
        var value = Current;
        Expect(TokenKind.String, " in label matching, expected string");
        try
        {
            return new LabelMatcher(name.Text, kind, value.Text);
        }
        catch (FormatException fault)
        {
            throw Fault(name.Position, fault.Message);
        }
    }

    private CallExpr Call()
    {
        var token = Current;
        if (PromFunction.Find(token.Text) is not { } function) throw Fault(token.Position, $"unknown function with name {PromText.Quote(token.Text)}");
        _at++;
        var arguments = Arguments();
        if (arguments.Length < function.Required || (arguments.Length > function.Arguments.Length && !function.Repeats))
        {
            var exact = function.Required == function.Arguments.Length && !function.Repeats;
            var least = arguments.Length < function.Required;
            var wanted = least ? function.Required : function.Arguments.Length;
            throw Fault(token.Position, string.Create(CultureInfo.InvariantCulture,
                $"expected {(exact ? "" : least ? "at least " : "at most ")}{wanted} argument(s) in call to {PromText.Quote(function.Name)}, got {arguments.Length}"));
        }

        for (var i = 0; i < arguments.Length; i++)
            ExpectType(arguments[i], function.Arguments[Math.Min(i, function.Arguments.Length - 1)], $"call to function {PromText.Quote(function.Name)}");
        return Deeper(new CallExpr(function, arguments) { Position = token.Position }, arguments.AsSpan());
    }

    private ImmutableArray<PromExpr> Arguments()
    {
        Expect(TokenKind.LeftParen, "");
        if (Current.Kind == TokenKind.RightParen)
        {
            _at++;
            return [];
        }

        var arguments = ImmutableArray.CreateBuilder<PromExpr>();
        while (true)
        {
            arguments.Add(Expression(0));
            if (Current.Kind == TokenKind.RightParen) break;
            var comma = Current;
            Expect(TokenKind.Comma, "");
            if (Current.Kind == TokenKind.RightParen) throw Fault(comma.Position, "trailing commas not allowed in function call args");
        }

        _at++;
        return arguments.ToImmutable();
    }

    private AggregationExpr Aggregation(AggregationKind kind)
    {
        var token = Current;
        _at++;
        ImmutableArray<string> labels = [];
        var without = false;
        var hasModifier = TryGrouping(ref labels, ref without);
        var arguments = Arguments();
        if (!hasModifier) TryGrouping(ref labels, ref without);
        if (arguments.Length == 0) throw Fault(token.Position, "no arguments for aggregate expression provided");
        var wanted = AggregationKinds.HasParameter(kind) ? 2 : 1;
        if (arguments.Length != wanted)
            throw Fault(token.Position, string.Create(CultureInfo.InvariantCulture, $"wrong number of arguments for aggregate expression provided, expected {wanted}, got {arguments.Length}"));
        var operand = arguments[^1];
        ExpectType(operand, PromType.Vector, "aggregation expression");
        if (wanted == 2) ExpectType(arguments[0], kind == AggregationKind.CountValues ? PromType.String : PromType.Scalar, "aggregation parameter");
        return Deeper(new AggregationExpr(kind, operand, wanted == 2 ? arguments[0] : null, labels, without) { Position = token.Position }, arguments.AsSpan());
    }

    private bool TryGrouping(ref ImmutableArray<string> labels, ref bool without)
    {
        if (!Current.Is("by") && !Current.Is("without")) return false;
        without = Current.Is("without");
        _at++;
        labels = Labels();
        return true;
    }

    private ImmutableArray<string> Labels()
    {
        Expect(TokenKind.LeftParen, " in grouping opts, expected \"(\"");
        var labels = ImmutableArray.CreateBuilder<string>();
        while (Current.Kind != TokenKind.RightParen)
        {
            // The one word that Prometheus' grammar leaves out here.
            if (Current.Is("without")) throw Unexpected(" in grouping opts, expected label");
            labels.Add(Current.Text);
            Expect(TokenKind.Word, " in grouping opts, expected label");
            if (Current.Kind == TokenKind.Comma) _at++;
            else if (Current.Kind != TokenKind.RightParen) throw Unexpected(" in grouping opts, expected \",\" or \")\"");
        }

        _at++;
        return labels.ToImmutable();
    }

    private (bool ReturnBool, VectorMatching? Matching) Modifiers(BinaryKind kind)
    {
        var returnBool = false;
        if (Current.Is("bool"))
        {
            if (!kind.IsComparison()) throw Fault(Current.Position, "bool modifier can only be used on comparison operators");
            returnBool = true;
            _at++;
        }

        if (!Current.Is("on") && !Current.Is("ignoring")) return (returnBool, null);
        var on = Current.Is("on");
        _at++;
        var labels = Labels();
        var cardinality = MatchCardinality.OneToOne;
        ImmutableArray<string> include = [];
        if (Current.Is("group_left") || Current.Is("group_right"))
        {
            cardinality = Current.Is("group_left") ? MatchCardinality.ManyToOne : MatchCardinality.OneToMany;
            _at++;
            if (Current.Kind == TokenKind.LeftParen) include = Labels();
        }

        return (returnBool, new VectorMatching(on, labels, cardinality, include));
    }

    private BinaryExpr Binary(PromToken token, BinaryKind kind, PromExpr left, PromExpr right, bool returnBool, VectorMatching? matching)
    {
        if (left.Type is not (PromType.Scalar or PromType.Vector) || right.Type is not (PromType.Scalar or PromType.Vector))
            throw Fault(left.Type is PromType.Scalar or PromType.Vector ? right.Position : left.Position, "binary expression must contain only scalar and instant vector types");
        var vectors = left.Type == PromType.Vector && right.Type == PromType.Vector;
        if (kind.IsComparison() && !returnBool && left.Type == PromType.Scalar && right.Type == PromType.Scalar)
            throw Fault(left.Position, "comparisons between scalars must use BOOL modifier");
        if (kind.IsSet() && !vectors) throw Fault(left.Position, $"set operator {PromText.Quote(kind.Symbol())} not allowed in binary scalar expression");
        if (matching is not null)
        {
            if (!vectors && matching.Labels.Length > 0) throw Fault(left.Position, "vector matching only allowed between instant vectors");
            if (kind.IsSet() && matching.Cardinality != MatchCardinality.OneToOne) throw Fault(token.Position, $"no grouping allowed for {PromText.Quote(kind.Symbol())} operation");
            if (matching.On)
            {
                foreach (var label in matching.Include)
                {
                    if (matching.Labels.Contains(label, StringComparer.Ordinal))
                        throw Fault(token.Position, $"label {PromText.Quote(label)} must not occur in ON and GROUP clause at once");
                }
            }
        }

        var kept = vectors ? matching ?? VectorMatching.Default : VectorMatching.Default;
        return Deeper(new BinaryExpr(kind, left, right, returnBool, kept) { Position = left.Position }, left, right);
    }

    private PromExpr Bracketed(PromExpr expression)
    {
        var bracket = Current;
        _at++;
        var range = Duration(" in subquery or range selector, expected duration");
        if (Current.Kind == TokenKind.RightBracket)
        {
            _at++;
            if (expression is not SelectorExpr selector) throw Fault(expression.Position, "ranges only allowed for vector selectors");
            if (selector.Shift.OffsetMs != 0) throw Fault(bracket.Position, "no offset modifiers allowed before range");
            if (selector.Shift.At != AtKind.None) throw Fault(bracket.Position, "no @ modifiers allowed before range");
            return new RangeExpr(selector, range) { Position = expression.Position };
        }

        Expect(TokenKind.Colon, " in subquery or range selector, expected \":\" or \"]\"");
        long? step = null;
        if (Current.Kind != TokenKind.RightBracket) step = Duration(" in subquery selector, expected duration or \"]\"");
        Expect(TokenKind.RightBracket, " in subquery selector, expected \"]\"");
        if (expression.Type != PromType.Vector)
            throw Fault(expression.Position, $"subquery is only allowed on instant vector, got {PromTypes.Describe(expression.Type)} instead");
        return Deeper(new SubqueryExpr(expression, range, step) { Position = expression.Position }, expression);
    }

    private long Duration(string place)
    {
        var token = Current;
        if (token.Kind != TokenKind.Duration) throw Unexpected(place);
        _at++;
        if (!PromDuration.TryParse(token.Text, out var milliseconds)) throw Fault(token.Position, $"not a valid duration string: {PromText.Quote(token.Text)}");
        return milliseconds > 0 ? milliseconds : throw Fault(token.Position, "duration must be greater than 0");
    }

    private PromExpr Offset(PromExpr expression)
    {
        var token = Current;
        _at++;
        var sign = 1;
        if (Current.IsOperator("-"))
        {
            sign = -1;
            _at++;
        }

        var offset = sign * Duration(" in offset, expected duration");
        var shift = ShiftOf(expression) ?? throw Fault(token.Position, "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery");
        if (shift.OffsetMs != 0) throw Fault(token.Position, "offset may not be set multiple times");
        return WithShift(expression, shift with { OffsetMs = offset });
    }

    private PromExpr At(PromExpr expression)
    {
        var token = Current;
        _at++;
        AtKind kind;
        long milliseconds = 0;
        if (Current.Is("start") || Current.Is("end"))
        {
            kind = Current.Is("start") ? AtKind.Start : AtKind.End;
            _at++;
            Expect(TokenKind.LeftParen, " in @, expected \"(\"");
            Expect(TokenKind.RightParen, " in @, expected \")\"");
        }
        else
        {
            var sign = 1;
            if (Current.IsOperator("-") || Current.IsOperator("+"))
            {
                sign = Current.Text == "-" ? -1 : 1;
                _at++;
            }

            var number = Current;
            Expect(TokenKind.Number, " in @, expected timestamp");
            var seconds = sign * Number(number);
            if (!(Math.Abs(seconds) < long.MaxValue / 1000.0))
                throw Fault(number.Position, $"timestamp out of bounds for @ modifier: {PromNumber.ToText(seconds)}");
            kind = AtKind.Time;
            milliseconds = (long)Math.Round(seconds * 1000, MidpointRounding.AwayFromZero);
        }

        var shift = ShiftOf(expression) ?? throw Fault(token.Position, "@ modifier must be preceded by an instant vector selector or range vector selector or a subquery");
        if (shift.At != AtKind.None) throw Fault(token.Position, "@ <timestamp> may not be set multiple times");
        return WithShift(expression, shift with { At = kind, AtMs = milliseconds });
    }

    private static TimeShift? ShiftOf(PromExpr expression) => expression switch
    {
        SelectorExpr selector => selector.Shift,
        RangeExpr range => range.Selector.Shift,
        SubqueryExpr subquery => subquery.Shift,
        _ => null,
    };

    private PromExpr WithShift(PromExpr expression, TimeShift shift) => expression switch
    {
        SelectorExpr selector => selector.With(shift),
        RangeExpr range => new RangeExpr(range.Selector.With(shift), range.RangeMs) { Position = range.Position },
        SubqueryExpr subquery => Deeper(subquery.With(shift), subquery.Inner),
        _ => throw new InvalidOperationException($"{expression.GetType().Name} has no time of its own."),
    };

    private double Number(PromToken token)
    {
        var text = token.Text.AsSpan();
        if (text.StartsWith("0x") || text.StartsWith("0X"))
        {
            if (ulong.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) && hex <= long.MaxValue) return hex;
            throw Fault(token.Position, $"error parsing number: {token.Text} is out of range");
        }

        // A leading zero makes a whole number octal, as in Go.
        if (text.Length > 1 && text[0] == '0' && text.IndexOfAnyExceptInRange('0', '7') < 0 && text.Length <= 22)
        {
            Int128 octal = 0;
            foreach (var digit in text) octal = (octal * 8) + (digit - '0');
            if (octal <= long.MaxValue) return (double)octal;
        }

        return PromNumber.TryParse(text, out var value) ? value : throw Fault(token.Position, $"error parsing number: {PromText.Quote(token.Text)}");
    }

    private void ExpectType(PromExpr expression, PromType wanted, string context)
    {
        if (expression.Type != wanted)
            throw Fault(expression.Position, $"expected type {PromTypes.Describe(wanted)} in {context}, got {PromTypes.Describe(expression.Type)}");
    }

    private void Expect(TokenKind kind, string place)
    {
        if (Current.Kind != kind) throw Unexpected(place);
        _at++;
    }

    private PromQlSyntaxException Unexpected(string place) => Fault(Current.Position, $"unexpected {Current.Describe()}{place}");

    private PromQlSyntaxException Fault(int position, string reason) => new(_query, position, reason);
}
