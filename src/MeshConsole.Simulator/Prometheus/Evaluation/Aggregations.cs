using System.Runtime.InteropServices;
using MeshConsole.Simulator.Prometheus.Language;

namespace MeshConsole.Simulator.Prometheus.Evaluation;

/// <summary>The aggregations over vectors as Prometheus 2.42 computes them, in its order and with its formulas.</summary>
internal static class Aggregations
{
    /// <summary>Aggregates and disposes the input.</summary>
    /// <param name="parameter">One number for each step; of topk, bottomk and quantile.</param>
    /// <param name="label">Of count_values.</param>
    public static VectorTable Apply(AggregationExpr expression, VectorTable input, double[]? parameter, string? label, EvaluationBudget budget)
    {
        using (input)
        {
            if (expression.Kind == AggregationKind.CountValues) return CountValues(expression, input, label!, budget);
            var groups = new GroupTable();
            var projection = expression.Without ? LabelProjection.Without(expression.Labels) : LabelProjection.Only(expression.Labels, input.NameHidden);
            var groupOf = groups.Assign(input, projection);
            switch (expression.Kind)
            {
                case AggregationKind.Topk or AggregationKind.Bottomk:
                    return Ranked(expression.Kind == AggregationKind.Topk, input, parameter!, groups.Count, groupOf, budget);
                case AggregationKind.Quantile:
                    return Quantile(expression, input, parameter!, groups, groupOf, budget);
                default:
                    return Folded(expression, input, groups, groupOf, budget);
            }
        }
    }

    private static VectorTable Output(AggregationExpr expression, int steps, GroupTable groups, EvaluationBudget budget)
    {
        // Groups differ; without the name they do as long as it is not one of the labels they are made by.
        var distinct = expression.Without || !expression.Labels.Contains(LabelSet.MetricNameLabel, StringComparer.Ordinal);
        var output = new VectorTable(steps, budget, groups.Count) { DistinctWithoutName = distinct };
        for (var group = 0; group < groups.Count; group++) output.AddRow(groups[group]);
        return output;
    }

    private static VectorTable Folded(AggregationExpr expression, VectorTable input, GroupTable groups, int[] groupOf, EvaluationBudget budget)
    {
        var output = Output(expression, input.Steps, groups, budget);
        var kind = expression.Kind;
        var counts = kind is AggregationKind.Avg or AggregationKind.Stddev or AggregationKind.Stdvar ? new double[groups.Count * input.Steps] : [];
        var means = kind is AggregationKind.Stddev or AggregationKind.Stdvar ? new double[groups.Count * input.Steps] : [];
        for (var row = 0; row < input.Rows; row++)
        {
            if ((row & 1023) == 0) budget.Check();
            var values = input.Row(row);
            var target = output.Row(groupOf[row]);
            var place = groupOf[row] * input.Steps;
            for (var step = 0; step < values.Length; step++)
            {
                var value = values[step];
                if (StaleMarker.Is(value)) continue;
                ref var result = ref target[step];
                var isFirst = StaleMarker.Is(result);
                switch (kind)
                {
                    case AggregationKind.Sum:
                        result = isFirst ? value : result + value;
                        break;
                    case AggregationKind.Count:
                        result = isFirst ? 1 : result + 1;
                        break;
                    case AggregationKind.Group:
                        result = 1;
                        break;
                    case AggregationKind.Min:
                        if (isFirst || value < result || double.IsNaN(result)) result = value;
                        break;
                    case AggregationKind.Max:
                        if (isFirst || value > result || double.IsNaN(result)) result = value;
                        break;
                    case AggregationKind.Avg:
                        Average(ref result, ref counts[place + step], value, isFirst);
                        break;
                    case AggregationKind.Stddev or AggregationKind.Stdvar:
                        if (isFirst) result = 0;
                        var delta = value - means[place + step];
                        means[place + step] += delta / ++counts[place + step];
                        result += delta * (value - means[place + step]);
                        break;
                    default:
                        throw new InvalidOperationException($"Unknown aggregation: {kind}");
                }
            }
        }

        if (counts.Length > 0 && kind != AggregationKind.Avg)
        {
            for (var group = 0; group < output.Rows; group++)
            {
                var cells = output.Row(group);
                for (var step = 0; step < cells.Length; step++)
                {
                    if (StaleMarker.Is(cells[step])) continue;
                    var variance = cells[step] / counts[(group * cells.Length) + step];
                    cells[step] = kind == AggregationKind.Stddev ? Math.Sqrt(variance) : variance;
                }
            }
        }

        return output;
    }

    private static void Average(ref double mean, ref double count, double value, bool isFirst)
    {
        count++;
        if (isFirst)
        {
            mean = value;
            return;
        }

        // An infinite mean stays, unless the opposite infinity or NaN comes.
        if (double.IsInfinity(mean) && (value == mean || double.IsFinite(value))) return;
        mean += (value / count) - (mean / count);
    }

    private static VectorTable Quantile(AggregationExpr expression, VectorTable input, double[] parameter, GroupTable groups, int[] groupOf, EvaluationBudget budget)
    {
        var output = Output(expression, input.Steps, groups, budget);
        var rowsOf = RowsByGroup(groups.Count, groupOf);
        var values = new List<double>();
        for (var group = 0; group < groups.Count; group++)
        {
            budget.Check();
            var cells = output.Row(group);
            for (var step = 0; step < input.Steps; step++)
            {
                values.Clear();
                foreach (var row in rowsOf[group])
                    if (!StaleMarker.Is(input.Row(row)[step])) values.Add(input.Row(row)[step]);
                if (values.Count > 0) cells[step] = Quantiles.Of(parameter[step], CollectionsMarshal.AsSpan(values));
            }
        }

        return output;
    }

    /// <summary>The k highest (or lowest) of each group keep their labels. In an instant query they come in order, group by group.</summary>
    private static VectorTable Ranked(bool highest, VectorTable input, double[] parameter, int groupCount, int[] groupOf, EvaluationBudget budget)
    {
        var output = new VectorTable(input.Steps, budget) { DistinctWithoutName = input.DistinctWithoutName };
        var rowsOf = RowsByGroup(groupCount, groupOf);
        var outputRow = new int[input.Rows];
        Array.Fill(outputRow, -1);
        for (var step = 0; step < input.Steps; step++)
        {
            var k = CountOf(parameter[step]);
            if (k < 1) continue;
            foreach (var rows in rowsOf)
            {
                budget.Check();
                foreach (var (row, value) in RankedHeap.Top(rows, row => input.Row(row)[step], (int)Math.Min(k, rows.Count), highest))
                {
                    if (outputRow[row] < 0) outputRow[row] = output.AddRow(input.Labels(row));
                    output.Row(outputRow[row])[step] = value;
                }
            }
        }

        return output;
    }

    private static long CountOf(double parameter)
    {
        if (!(parameter is >= long.MinValue and <= long.MaxValue))
            throw new PromQlExecutionException($"Scalar value {PromNumber.ToText(parameter)} overflows int64");
        return parameter >= long.MaxValue ? long.MaxValue : (long)parameter;
    }

    private static VectorTable CountValues(AggregationExpr expression, VectorTable input, string label, EvaluationBudget budget)
    {
        if (!PromQlParser.IsLabelName(label)) throw new PromQlExecutionException($"invalid label name {PromText.Quote(label)}");
        var output = new VectorTable(input.Steps, budget);
        var groups = new GroupTable();
        var projection = expression.Without
            ? LabelProjection.Without(expression.Labels)
            : LabelProjection.Only(expression.Labels.Append(label), nameHidden: false);
        for (var row = 0; row < input.Rows; row++)
        {
            budget.Check();
            var labels = input.Labels(row);
            var values = input.Row(row);
            for (var step = 0; step < values.Length; step++)
            {
                if (StaleMarker.Is(values[step])) continue;
                var group = groups.Find(labels.With(label, PromNumber.ToPlainText(values[step])), projection);
                while (output.Rows < groups.Count) output.AddRow(groups[output.Rows]);
                ref var count = ref output.Row(group)[step];
                count = StaleMarker.Is(count) ? 1 : count + 1;
            }
        }

        return output;
    }

    private static List<int>[] RowsByGroup(int groupCount, int[] groupOf)
    {
        var rows = new List<int>[groupCount];
        for (var group = 0; group < groupCount; group++) rows[group] = [];
        for (var row = 0; row < groupOf.Length; row++) rows[groupOf[row]].Add(row);
        return rows;
    }
}
