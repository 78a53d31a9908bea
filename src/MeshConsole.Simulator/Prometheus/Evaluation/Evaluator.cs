using MeshConsole.Simulator.Prometheus.Language;

namespace MeshConsole.Simulator.Prometheus.Evaluation;

/// <summary>
/// Evaluates one query, bottom up: every expression gives its values for all steps at once, so that each series is read from the
/// store once however many steps there are.
/// </summary>
internal sealed class Evaluator(LabelIndex index, EngineOptions options, long queryStartMs, long queryEndMs, EvaluationBudget budget)
{
    private readonly long _lookbackMs = (long)options.Lookback.TotalMilliseconds;
    private readonly long _subqueryStepMs = (long)options.SubqueryStep.TotalMilliseconds;

    public static string Text(PromExpr expression) => Unwrapped(expression) is StringExpr literal
        ? literal.Value
        : throw new InvalidOperationException($"{expression} is not a string.");

    public static PromExpr Unwrapped(PromExpr expression)
    {
        while (expression is ParenExpr paren) expression = paren.Inner;
        return expression;
    }

    /// <summary>One number for each step.</summary>
    public double[] Scalar(PromExpr expression, TimeGrid grid)
    {
        switch (expression)
        {
            case NumberExpr number: return Filled(grid.Count, number.Value);
            case ParenExpr paren: return Scalar(paren.Inner, grid);
            case UnaryExpr unary:
                var operand = Scalar(unary.Operand, grid);
                if (unary.Negative)
                    for (var step = 0; step < operand.Length; step++) operand[step] = -operand[step];
                return operand;
            case BinaryExpr binary: return BinaryOperations.Scalars(binary.Kind, Scalar(binary.Left, grid), Scalar(binary.Right, grid));
            case CallExpr call: return ScalarCall(call, grid);
            default: throw new InvalidOperationException($"{expression} is not a scalar.");
        }
    }

    /// <summary>A table that the caller owns.</summary>
    public VectorTable Vector(PromExpr expression, TimeGrid grid)
    {
        switch (expression)
        {
            case ParenExpr paren: return Vector(paren.Inner, grid);
            case SelectorExpr selector: return Select(selector, grid, wantTime: false);
            case UnaryExpr unary:
                var operand = Vector(unary.Operand, grid);
                if (!unary.Negative) return operand;
                for (var row = 0; row < operand.Rows; row++)
                    foreach (ref var cell in operand.Row(row))
                        if (!StaleMarker.Is(cell)) cell = -cell;
                return operand.WithoutNames(mayMerge: false);
            case BinaryExpr binary: return Binary(binary, grid);
            case AggregationExpr aggregation:
                var parameter = aggregation.Parameter is { Type: PromType.Scalar } scalar ? Scalar(scalar, grid) : null;
                var label = aggregation.Parameter is { Type: PromType.String } text ? Text(text) : null;
                return Aggregations.Apply(aggregation, Vector(aggregation.Operand, grid), parameter, label, budget);
            case CallExpr call: return VectorCall(call, grid);
            default: throw new InvalidOperationException($"{expression} is not a vector.");
        }
    }

    /// <summary>The samples in a range before the only step of the grid.</summary>
    public List<(LabelSet Labels, long[] Times, double[] Values)> Matrix(PromExpr expression, TimeGrid grid)
    {
        var found = new List<(LabelSet, long[], double[])>();
        using var source = RangeSource(expression, grid);
        using var buffer = new SampleBuffer();
        for (var row = 0; row < source.Rows; row++)
        {
            source.Fill(row, buffer);
            if (buffer.Count == 0) continue;
            budget.Charge(buffer.Count);
            found.Add((source.Labels(row), buffer.Times.ToArray(), buffer.Values.ToArray()));
        }

        return found;
    }

    private static double[] Filled(int count, double value)
    {
        var values = new double[count];
        Array.Fill(values, value);
        return values;
    }

    private VectorTable Binary(BinaryExpr binary, TimeGrid grid)
    {
        if (binary.Left.Type == PromType.Scalar)
        {
            var scalar = Scalar(binary.Left, grid);
            return BinaryOperations.VectorAndScalar(binary, Vector(binary.Right, grid), scalar, swapped: true);
        }

        var left = Vector(binary.Left, grid);
        if (binary.Right.Type == PromType.Scalar) return BinaryOperations.VectorAndScalar(binary, left, Scalar(binary.Right, grid), swapped: false);
        return BinaryOperations.Vectors(binary, left, Vector(binary.Right, grid), budget);
    }

    /// <param name="wantTime">The time of the sample (seconds) instead of its value.</param>
    private VectorTable Select(SelectorExpr selector, TimeGrid grid, bool wantTime)
    {
        var at = new ShiftedGrid(grid, selector.Shift, queryStartMs, queryEndMs);
        var series = index.Select(selector.Matchers, at.First - _lookbackMs, at.Last);
        var table = new VectorTable(grid.Count, budget, series.Count) { DistinctWithoutName = HasOneName(selector) };
        if (at.Count == 1 || at.IsFixed)
        {
            foreach (var one in series)
            {
                if (!one.TryGetAt(at.First, out var time, out var value) || time < at.First - _lookbackMs || StaleMarker.Is(value)) continue;
                table.Row(table.AddRow(one.Labels)).Fill(wantTime ? time / 1000.0 : value);
            }

            return table;
        }

        using var buffer = new SampleBuffer();
        foreach (var one in series)
        {
            buffer.Clear();
            one.CopyTo(buffer, at.First - _lookbackMs, at.Last);
            var times = buffer.Times;
            var values = buffer.Values;
            var cells = table.Row(table.AddRow(one.Labels));
            var any = false;
            var last = -1;
            for (var step = 0; step < cells.Length; step++)
            {
                var now = at[step];
                while (last + 1 < times.Length && times[last + 1] <= now) last++;
                if (last < 0 || times[last] < now - _lookbackMs || StaleMarker.Is(values[last])) continue;
                cells[step] = wantTime ? times[last] / 1000.0 : values[last];
                any = true;
            }

            if (!any) table.RemoveLastRow();
        }

        return table;
    }

    private static bool HasOneName(SelectorExpr selector) =>
        selector.Matchers.Any(matcher => matcher is { Name: LabelSet.MetricNameLabel, Kind: MatchKind.Equal });

    private IRangeSource RangeSource(PromExpr expression, TimeGrid grid)
    {
        switch (Unwrapped(expression))
        {
            case RangeExpr range:
                var at = new ShiftedGrid(grid, range.Selector.Shift, queryStartMs, queryEndMs);
                return new SelectedRanges(index, range, at, HasOneName(range.Selector));
            case SubqueryExpr subquery:
                return new SubqueryRanges(this, subquery, new ShiftedGrid(grid, subquery.Shift, queryStartMs, queryEndMs));
            default:
                throw new InvalidOperationException($"{expression} is not a range vector.");
        }
    }

    private double[] ScalarCall(CallExpr call, TimeGrid grid)
    {
        switch (call.Function.Name)
        {
            case "pi": return Filled(grid.Count, Math.PI);
            case "time":
                var times = new double[grid.Count];
                for (var step = 0; step < times.Length; step++) times[step] = grid[step] / 1000.0;
                return times;
            case "scalar":
                using (var vector = Vector(call.Arguments[0], grid))
                {
                    var values = new double[grid.Count];
                    for (var step = 0; step < values.Length; step++)
                    {
                        var count = 0;
                        values[step] = double.NaN;
                        for (var row = 0; row < vector.Rows && count < 2; row++)
                        {
                            if (StaleMarker.Is(vector.Row(row)[step])) continue;
                            values[step] = ++count == 1 ? vector.Row(row)[step] : double.NaN;
                        }
                    }

                    return values;
                }

            default: throw new InvalidOperationException($"{call.Function.Name} does not give a scalar.");
        }
    }

    private VectorTable VectorCall(CallExpr call, TimeGrid grid)
    {
        var name = call.Function.Name;
        var arguments = call.Arguments;
        if (RangeFunctions.Exists(name)) return OverRanges(call, grid, keepNames: name == "last_over_time");
        if (ElementFunctions.Find(name) is { } element) return EachElement(call, element, grid);
        switch (name)
        {
            case "vector":
                var single = new VectorTable(grid.Count, budget, 1) { DistinctWithoutName = true };
                single.AddRow(LabelSet.Empty, Scalar(arguments[0], grid));
                return single;
            case "timestamp":
                return (Unwrapped(arguments[0]) is SelectorExpr selector ? Select(selector, grid, wantTime: true) : WithTime(Vector(arguments[0], grid), grid)).WithoutNames(mayMerge: true);
            case "absent":
                return Absent(AbsentLabels(arguments[0]), Vector(arguments[0], grid));
            case "absent_over_time":
                var present = new CallExpr(PromFunction.Find("present_over_time")!, arguments);
                return Absent(AbsentLabels(arguments[0]), OverRanges(present, grid, keepNames: true));
            case "sort": return Sorted(Vector(arguments[0], grid), descending: false);
            case "sort_desc": return Sorted(Vector(arguments[0], grid), descending: true);
            case "histogram_quantile": return Histograms.Quantile(Scalar(arguments[0], grid), Vector(arguments[1], grid), budget);
            case "label_replace":
                return LabelFunctions.Replace(Vector(arguments[0], grid), Text(arguments[1]), Text(arguments[2]), Text(arguments[3]), Text(arguments[4]));
            case "label_join":
                return LabelFunctions.Join(Vector(arguments[0], grid), Text(arguments[1]), Text(arguments[2]), arguments.Skip(3).Select(Text).ToArray());
            default: throw new InvalidOperationException($"Unknown function: {name}");
        }
    }

    private static VectorTable WithTime(VectorTable table, TimeGrid grid)
    {
        for (var row = 0; row < table.Rows; row++)
        {
            var cells = table.Row(row);
            for (var step = 0; step < cells.Length; step++)
                if (!StaleMarker.Is(cells[step])) cells[step] = grid[step] / 1000.0;
        }

        return table;
    }

    private VectorTable EachElement(CallExpr call, ElementFunction function, TimeGrid grid)
    {
        VectorTable table;
        if (call.Arguments.Length == 0)
        {
            // The functions of dates take the time of evaluation when nothing is given.
            table = new VectorTable(grid.Count, budget, 1) { DistinctWithoutName = true };
            var now = table.Row(table.AddRow(LabelSet.Empty));
            for (var step = 0; step < now.Length; step++) now[step] = grid[step] / 1000.0;
        }
        else
        {
            table = Vector(call.Arguments[0], grid);
        }

        var first = call.Arguments.Length > 1 ? Scalar(call.Arguments[1], grid) : null;
        var second = call.Arguments.Length > 2 ? Scalar(call.Arguments[2], grid) : null;
        for (var row = 0; row < table.Rows; row++)
        {
            var cells = table.Row(row);
            for (var step = 0; step < cells.Length; step++)
                if (!StaleMarker.Is(cells[step])) cells[step] = function(cells[step], first?[step], second?[step]);
        }

        table.RemoveEmptyRows();
        return table.WithoutNames(mayMerge: true);
    }

    private VectorTable OverRanges(CallExpr call, TimeGrid grid, bool keepNames)
    {
        var function = RangeFunctions.Find(call.Function.Name);
        var rangeAt = call.Arguments[0].Type == PromType.Matrix ? 0 : 1;
        double[]? first = null, second = null;
        for (var i = 0; i < call.Arguments.Length; i++)
        {
            if (i == rangeAt) continue;
            var scalar = Scalar(call.Arguments[i], grid);
            if (first is null) first = scalar;
            else second = scalar;
        }

        using var source = RangeSource(call.Arguments[rangeAt], grid);
        using var buffer = new SampleBuffer();
        var table = new VectorTable(grid.Count, budget, source.Rows) { DistinctWithoutName = source.DistinctWithoutName };
        for (var row = 0; row < source.Rows; row++)
        {
            source.Fill(row, buffer);
            if (buffer.Count == 0) continue;
            var times = buffer.Times;
            var values = buffer.Values;
            var cells = table.Row(table.AddRow(source.Labels(row)));
            var any = false;
            int from = 0, to = 0;
            for (var step = 0; step < cells.Length; step++)
            {
                var end = source.At[step];
                var start = end - source.RangeMs;
                while (to < times.Length && times[to] <= end) to++;
                while (from < to && times[from] < start) from++;
                if (from == to) continue;
                cells[step] = function(new RangeWindow(times[from..to], values[from..to], start, end, grid[step], first?[step] ?? 0, second?[step] ?? 0));
                any |= !StaleMarker.Is(cells[step]);
            }

            if (!any) table.RemoveLastRow();
        }

        return keepNames ? table : table.WithoutNames(mayMerge: false);
    }

    private VectorTable Sorted(VectorTable table, bool descending)
    {
        // Series of a range query have no order at a step.
        if (table.Steps != 1) return table;
        using (table)
        {
            var order = Enumerable.Range(0, table.Rows)
                .OrderBy(row => double.IsNaN(table.Row(row)[0]))
                .ThenBy(row => descending ? -table.Row(row)[0] : table.Row(row)[0]);
            var sorted = new VectorTable(1, budget, table.Rows) { DistinctWithoutName = table.DistinctWithoutName };
            foreach (var row in order) sorted.AddRow(table.Labels(row), table.Row(row));
            return sorted;
        }
    }

    private VectorTable Absent(LabelSet labels, VectorTable table)
    {
        using (table)
        {
            var absent = new VectorTable(table.Steps, budget, 1) { DistinctWithoutName = true };
            var cells = absent.Row(absent.AddRow(labels));
            cells.Fill(1);
            for (var row = 0; row < table.Rows; row++)
                for (var step = 0; step < cells.Length; step++)
                    if (!StaleMarker.Is(table.Row(row)[step])) cells[step] = StaleMarker.Value;
            absent.RemoveEmptyRows();
            return absent;
        }
    }

    /// <summary>What the missing series would have had: the labels that the selector sets to exactly one value.</summary>
    private static LabelSet AbsentLabels(PromExpr expression)
    {
        var matchers = Unwrapped(expression) switch
        {
            SelectorExpr selector => selector.Matchers,
            RangeExpr range => range.Selector.Matchers,
            _ => [],
        };
        var builder = new LabelSetBuilder();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var matcher in matchers)
        {
            if (matcher.Name == LabelSet.MetricNameLabel) continue;
            if (matcher.Kind == MatchKind.Equal && seen.Add(matcher.Name)) builder.Set(matcher.Name, matcher.Value);
            else builder.Remove(matcher.Name);
        }

        return builder.Build();
    }

    /// <summary>Series with the samples that ranges ending at the steps of a grid can hold.</summary>
    private interface IRangeSource : IDisposable
    {
        int Rows { get; }

        long RangeMs { get; }

        /// <summary>Where the ranges end.</summary>
        ShiftedGrid At { get; }

        bool DistinctWithoutName { get; }

        LabelSet Labels(int row);

        /// <summary>Replaces what the buffer holds by the row's samples, without staleness markers.</summary>
        void Fill(int row, SampleBuffer buffer);
    }

    private sealed class SelectedRanges(LabelIndex index, RangeExpr range, ShiftedGrid at, bool hasOneName) : IRangeSource
    {
        private readonly List<Series> _series = index.Select(range.Selector.Matchers, at.First - range.RangeMs, at.Last);

        public int Rows => _series.Count;

        public long RangeMs => range.RangeMs;

        public ShiftedGrid At => at;

        public bool DistinctWithoutName => hasOneName;

        public LabelSet Labels(int row) => _series[row].Labels;

        public void Fill(int row, SampleBuffer buffer)
        {
            buffer.Clear();
            _series[row].CopyTo(buffer, at.First - range.RangeMs, at.Last);
            buffer.DropStale();
        }

        public void Dispose()
        {
        }
    }

    private sealed class SubqueryRanges : IRangeSource
    {
        private readonly VectorTable _table;
        private readonly TimeGrid _grid;

        public SubqueryRanges(Evaluator evaluator, SubqueryExpr subquery, ShiftedGrid at)
        {
            At = at;
            RangeMs = subquery.RangeMs;
            // Steps lie at multiples of their length, whatever the time of the query.
            var step = subquery.StepMs ?? evaluator._subqueryStepMs;
            var from = at.First - RangeMs;
            var start = from / step * step;
            if (start < from) start += step;
            _grid = start > at.Last ? new TimeGrid(start, step, 0) : TimeGrid.Between(start, at.Last, step);
            _table = _grid.Count == 0 ? new VectorTable(0, evaluator.Budget) : evaluator.Vector(subquery.Inner, _grid);
        }

        public int Rows => _table.Rows;

        public long RangeMs { get; }

        public ShiftedGrid At { get; }

        public bool DistinctWithoutName => _table.DistinctWithoutName || _table.NameHidden;

        public LabelSet Labels(int row) => _table.Labels(row);

        public void Fill(int row, SampleBuffer buffer)
        {
            buffer.Clear();
            var cells = _table.Row(row);
            for (var step = 0; step < cells.Length; step++)
                if (!StaleMarker.Is(cells[step])) buffer.Add(_grid[step], cells[step]);
        }

        public void Dispose() => _table.Dispose();
    }

    private EvaluationBudget Budget => budget;
}
