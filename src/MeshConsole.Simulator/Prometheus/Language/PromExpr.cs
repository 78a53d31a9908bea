using System.Collections.Immutable;

namespace MeshConsole.Simulator.Prometheus.Language;

/// <summary>A node of a parsed expression. <see cref="object.ToString"/> gives text that parses to the same expression.</summary>
internal abstract class PromExpr
{
    /// <summary>Where the expression starts in the query's text.</summary>
    public int Position { get; init; }

    public abstract PromType Type { get; }

    public sealed override string ToString() => PromPrinter.Print(this);
}

internal sealed class NumberExpr(double value) : PromExpr
{
    public double Value { get; } = value;

    public override PromType Type => PromType.Scalar;
}

internal sealed class StringExpr(string value) : PromExpr
{
    public string Value { get; } = value;

    public override PromType Type => PromType.String;
}

internal sealed class ParenExpr(PromExpr inner) : PromExpr
{
    public PromExpr Inner { get; } = inner;

    public override PromType Type => Inner.Type;
}

internal sealed class UnaryExpr(bool negative, PromExpr operand) : PromExpr
{
    public bool Negative { get; } = negative;

    public PromExpr Operand { get; } = operand;

    public override PromType Type => Operand.Type;
}

/// <summary>The moment that <c>@</c> names.</summary>
internal enum AtKind
{
    None,
    Time,
    Start,
    End,
}

/// <summary>The modifiers behind a selector or a subquery.</summary>
/// <param name="OffsetMs">Milliseconds into the past; negative for the future.</param>
/// <param name="AtMs">Unix milliseconds; meaningful for <see cref="AtKind.Time"/> only.</param>
internal readonly record struct TimeShift(long OffsetMs, AtKind At, long AtMs);

internal sealed class SelectorExpr(string metricName, ImmutableArray<LabelMatcher> matchers, TimeShift shift = default) : PromExpr
{
    /// <summary>The name in front of the braces; "" when there is none. The matchers hold it, too.</summary>
    public string MetricName { get; } = metricName;

    public ImmutableArray<LabelMatcher> Matchers { get; } = matchers;

    public TimeShift Shift { get; } = shift;

    public override PromType Type => PromType.Vector;

    public SelectorExpr With(TimeShift shift) => new(MetricName, Matchers, shift) { Position = Position };
}

internal sealed class RangeExpr(SelectorExpr selector, long rangeMs) : PromExpr
{
    public SelectorExpr Selector { get; } = selector;

    public long RangeMs { get; } = rangeMs;

    public override PromType Type => PromType.Matrix;
}

internal sealed class SubqueryExpr(PromExpr inner, long rangeMs, long? stepMs, TimeShift shift = default) : PromExpr
{
    public PromExpr Inner { get; } = inner;

    public long RangeMs { get; } = rangeMs;

    /// <summary>Null for the evaluator's default.</summary>
    public long? StepMs { get; } = stepMs;

    public TimeShift Shift { get; } = shift;

    public override PromType Type => PromType.Matrix;

    public SubqueryExpr With(TimeShift shift) => new(Inner, RangeMs, StepMs, shift) { Position = Position };
}

internal sealed class CallExpr(PromFunction function, ImmutableArray<PromExpr> arguments) : PromExpr
{
    public PromFunction Function { get; } = function;

    public ImmutableArray<PromExpr> Arguments { get; } = arguments;

    public override PromType Type => Function.Returns;
}

internal enum AggregationKind
{
    Sum,
    Avg,
    Count,
    Min,
    Max,
    Group,
    Stddev,
    Stdvar,
    Topk,
    Bottomk,
    CountValues,
    Quantile,
}

internal sealed class AggregationExpr(AggregationKind kind, PromExpr operand, PromExpr? parameter, ImmutableArray<string> labels, bool without) : PromExpr
{
    public AggregationKind Kind { get; } = kind;

    public PromExpr Operand { get; } = operand;

    /// <summary>Of topk, bottomk, quantile (a scalar) and count_values (a string).</summary>
    public PromExpr? Parameter { get; } = parameter;

    public ImmutableArray<string> Labels { get; } = labels;

    public bool Without { get; } = without;

    public override PromType Type => PromType.Vector;
}

internal enum BinaryKind
{
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Atan2,
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    And,
    Or,
    Unless,
}

internal enum MatchCardinality
{
    OneToOne,
    ManyToOne,
    OneToMany,
}

/// <summary>Which series of two vectors belong together.</summary>
/// <param name="On">True for <c>on</c>; false for <c>ignoring</c>.</param>
/// <param name="Include">Labels that group_left or group_right takes over from the side of one.</param>
internal sealed record VectorMatching(bool On, ImmutableArray<string> Labels, MatchCardinality Cardinality, ImmutableArray<string> Include)
{
    public static readonly VectorMatching Default = new(false, [], MatchCardinality.OneToOne, []);
}

internal sealed class BinaryExpr(BinaryKind kind, PromExpr left, PromExpr right, bool returnBool, VectorMatching matching) : PromExpr
{
    public BinaryKind Kind { get; } = kind;

    public PromExpr Left { get; } = left;

    public PromExpr Right { get; } = right;

    public bool ReturnBool { get; } = returnBool;

    /// <summary>Only of two vectors.</summary>
    public VectorMatching Matching { get; } = matching;

    public override PromType Type => Left.Type == PromType.Scalar && Right.Type == PromType.Scalar ? PromType.Scalar : PromType.Vector;
}

internal static class BinaryKinds
{
    public static bool IsSet(this BinaryKind kind) => kind is BinaryKind.And or BinaryKind.Or or BinaryKind.Unless;

    public static bool IsComparison(this BinaryKind kind) => kind is >= BinaryKind.Equal and <= BinaryKind.LessOrEqual;

    /// <summary>Higher binds tighter.</summary>
    public static int Precedence(this BinaryKind kind) => kind switch
    {
        BinaryKind.Or => 1,
        BinaryKind.And or BinaryKind.Unless => 2,
        >= BinaryKind.Equal and <= BinaryKind.LessOrEqual => 3,
        BinaryKind.Add or BinaryKind.Subtract => 4,
        BinaryKind.Multiply or BinaryKind.Divide or BinaryKind.Modulo or BinaryKind.Atan2 => 5,
        BinaryKind.Power => 6,
        _ => throw new InvalidOperationException($"Unknown operator: {kind}"),
    };

    public static string Symbol(this BinaryKind kind) => kind switch
    {
        BinaryKind.Add => "+",
        BinaryKind.Subtract => "-",
        BinaryKind.Multiply => "*",
        BinaryKind.Divide => "/",
        BinaryKind.Modulo => "%",
        BinaryKind.Power => "^",
        BinaryKind.Atan2 => "atan2",
        BinaryKind.Equal => "==",
        BinaryKind.NotEqual => "!=",
        BinaryKind.Greater => ">",
        BinaryKind.Less => "<",
        BinaryKind.GreaterOrEqual => ">=",
        BinaryKind.LessOrEqual => "<=",
        BinaryKind.And => "and",
        BinaryKind.Or => "or",
        BinaryKind.Unless => "unless",
        _ => throw new InvalidOperationException($"Unknown operator: {kind}"),
    };
}
