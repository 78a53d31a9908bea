using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace MeshConsole.Simulator.Prometheus.Language;

/// <summary>Writes an expression as text that parses to the same expression. Parentheses are nodes of their own, so none are added.</summary>
internal static class PromPrinter
{
    public static string Print(PromExpr expression)
    {
        var text = new StringBuilder();
        Write(text, expression);
        return text.ToString();
    }

    private static void Write(StringBuilder text, PromExpr expression)
    {
        switch (expression)
        {
            case NumberExpr number:
                // Without the plus, which would bind less tightly than a power behind it.
                text.Append(double.IsPositiveInfinity(number.Value) ? "Inf" : PromNumber.ToText(number.Value));
                break;
            case StringExpr literal:
                PromText.AppendQuoted(text, literal.Value);
                break;
            case ParenExpr paren:
                text.Append('(');
                Write(text, paren.Inner);
                text.Append(')');
                break;
            case UnaryExpr unary:
                text.Append(unary.Negative ? '-' : '+');
                Write(text, unary.Operand);
                break;
            case SelectorExpr selector:
                WriteSelector(text, selector);
                WriteShift(text, selector.Shift);
                break;
            case RangeExpr range:
                WriteSelector(text, range.Selector);
                text.Append('[').Append(PromDuration.Format(range.RangeMs)).Append(']');
                WriteShift(text, range.Selector.Shift);
                break;
            case SubqueryExpr subquery:
                Write(text, subquery.Inner);
                text.Append('[').Append(PromDuration.Format(subquery.RangeMs)).Append(':');
                if (subquery.StepMs is { } step) text.Append(PromDuration.Format(step));
                text.Append(']');
                WriteShift(text, subquery.Shift);
                break;
            case CallExpr call:
                text.Append(call.Function.Name).Append('(');
                WriteList(text, call.Arguments);
                text.Append(')');
                break;
            case AggregationExpr aggregation:
                WriteAggregation(text, aggregation);
                break;
            case BinaryExpr binary:
                WriteBinary(text, binary);
                break;
            default:
                throw new InvalidOperationException($"Unknown expression: {expression.GetType().Name}");
        }
    }

    private static void WriteSelector(StringBuilder text, SelectorExpr selector)
    {
        text.Append(selector.MetricName);
        var shown = selector.MetricName.Length == 0 ? selector.Matchers : selector.Matchers.Where(matcher => matcher.Name != LabelSet.MetricNameLabel).ToImmutableArray();
        if (shown.Length > 0) text.Append('{').AppendJoin(',', shown).Append('}');
    }

    private static void WriteShift(StringBuilder text, TimeShift shift)
    {
        switch (shift.At)
        {
            case AtKind.None: break;
            case AtKind.Time: text.Append(CultureInfo.InvariantCulture, $" @ {shift.AtMs / 1000m}"); break;
            case AtKind.Start: text.Append(" @ start()"); break;
            case AtKind.End: text.Append(" @ end()"); break;
            default: throw new InvalidOperationException($"Unknown moment: {shift.At}");
        }

        if (shift.OffsetMs > 0) text.Append(" offset ").Append(PromDuration.Format(shift.OffsetMs));
        else if (shift.OffsetMs < 0) text.Append(" offset -").Append(PromDuration.Format(-shift.OffsetMs));
    }

    private static void WriteAggregation(StringBuilder text, AggregationExpr aggregation)
    {
        text.Append(AggregationKinds.Name(aggregation.Kind));
        if (aggregation.Without || aggregation.Labels.Length > 0)
            text.Append(aggregation.Without ? " without (" : " by (").AppendJoin(", ", aggregation.Labels).Append(") ");
        text.Append('(');
        if (aggregation.Parameter is { } parameter)
        {
            Write(text, parameter);
            text.Append(", ");
        }

        Write(text, aggregation.Operand);
        text.Append(')');
    }

    private static void WriteBinary(StringBuilder text, BinaryExpr binary)
    {
        Write(text, binary.Left);
        text.Append(' ').Append(binary.Kind.Symbol());
        if (binary.ReturnBool) text.Append(" bool");
        var matching = binary.Matching;
        if (matching.On || matching.Labels.Length > 0 || matching.Cardinality != MatchCardinality.OneToOne)
        {
            text.Append(matching.On ? " on (" : " ignoring (").AppendJoin(", ", matching.Labels).Append(')');
            if (matching.Cardinality != MatchCardinality.OneToOne)
                text.Append(matching.Cardinality == MatchCardinality.ManyToOne ? " group_left (" : " group_right (").AppendJoin(", ", matching.Include).Append(')');
        }

        text.Append(' ');
        Write(text, binary.Right);
    }

    private static void WriteList(StringBuilder text, ImmutableArray<PromExpr> expressions)
    {
        for (var i = 0; i < expressions.Length; i++)
        {
            if (i > 0) text.Append(", ");
            Write(text, expressions[i]);
        }
    }
}
