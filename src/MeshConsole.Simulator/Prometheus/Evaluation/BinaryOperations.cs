using System.Text;
using MeshConsole.Simulator.Prometheus.Language;

namespace MeshConsole.Simulator.Prometheus.Evaluation;

/// <summary>Operators between scalars and vectors, vector matching included, with Prometheus' rules and words.</summary>
internal static class BinaryOperations
{
    /// <summary>The operator on two numbers; <paramref name="keep"/> is the outcome of a comparison.</summary>
    public static double Compute(BinaryKind kind, double left, double right, out bool keep)
    {
        keep = true;
        switch (kind)
        {
            case BinaryKind.Add: return left + right;
            case BinaryKind.Subtract: return left - right;
            case BinaryKind.Multiply: return left * right;
            case BinaryKind.Divide: return left / right;
            case BinaryKind.Modulo: return left % right;
            case BinaryKind.Power: return Math.Pow(left, right);
            case BinaryKind.Atan2: return Math.Atan2(left, right);
        }

        keep = kind switch
        {
            BinaryKind.Equal => left == right,
            BinaryKind.NotEqual => left != right,
            BinaryKind.Greater => left > right,
            BinaryKind.Less => left < right,
            BinaryKind.GreaterOrEqual => left >= right,
            BinaryKind.LessOrEqual => left <= right,
            _ => throw new InvalidOperationException($"Unknown operator: {kind}"),
        };
        return left;
    }

    public static double[] Scalars(BinaryKind kind, double[] left, double[] right)
    {
        var result = new double[left.Length];
        for (var step = 0; step < result.Length; step++)
        {
            var value = Compute(kind, left[step], right[step], out var keep);
            result[step] = kind.IsComparison() ? (keep ? 1 : 0) : value;
        }

        return result;
    }

    /// <summary>Changes the vector in place.</summary>
    /// <param name="swapped">The scalar stands on the left.</param>
    public static VectorTable VectorAndScalar(BinaryExpr expression, VectorTable vector, double[] scalar, bool swapped)
    {
        var kind = expression.Kind;
        var comparison = kind.IsComparison();
        for (var row = 0; row < vector.Rows; row++)
        {
            var cells = vector.Row(row);
            for (var step = 0; step < cells.Length; step++)
            {
                var cell = cells[step];
                if (StaleMarker.Is(cell)) continue;
                var value = swapped ? Compute(kind, scalar[step], cell, out var keep) : Compute(kind, cell, scalar[step], out keep);
                if (!comparison) cells[step] = value;
                else if (expression.ReturnBool) cells[step] = keep ? 1 : 0;
                else if (!keep) cells[step] = StaleMarker.Value;
            }
        }

        if (comparison && !expression.ReturnBool)
        {
            vector.RemoveEmptyRows();
            return vector;
        }

        return vector.WithoutNames(mayMerge: true);
    }

    /// <summary>Disposes both inputs.</summary>
    public static VectorTable Vectors(BinaryExpr expression, VectorTable left, VectorTable right, EvaluationBudget budget)
    {
        using (left)
        using (right)
            return expression.Kind.IsSet() ? Sets(expression, left, right, budget) : Matched(expression, left, right, budget);
    }

    private static VectorTable Sets(BinaryExpr expression, VectorTable left, VectorTable right, EvaluationBudget budget)
    {
        var groups = new GroupTable();
        var leftGroups = groups.Assign(left, Projection(expression.Matching, left));
        var rightGroups = groups.Assign(right, Projection(expression.Matching, right));
        var steps = left.Steps;
        var present = new bool[groups.Count];
        var output = new VectorTable(steps, budget, left.Rows) { DistinctWithoutName = left.DistinctWithoutName && expression.Kind != BinaryKind.Or };
        for (var row = 0; row < left.Rows; row++) output.AddRow(left.Labels(row), left.Row(row));
        var extra = expression.Kind == BinaryKind.Or ? output.Rows : -1;
        if (extra >= 0)
            for (var row = 0; row < right.Rows; row++) output.AddRow(right.Labels(row), right.Row(row));
        for (var step = 0; step < steps; step++)
        {
            budget.Check();
            Array.Clear(present);
            if (extra >= 0)
            {
                for (var row = 0; row < left.Rows; row++)
                    if (!StaleMarker.Is(left.Row(row)[step])) present[leftGroups[row]] = true;
                for (var row = 0; row < right.Rows; row++)
                    if (present[rightGroups[row]]) output.Row(extra + row)[step] = StaleMarker.Value;
            }
            else
            {
                for (var row = 0; row < right.Rows; row++)
                    if (!StaleMarker.Is(right.Row(row)[step])) present[rightGroups[row]] = true;
                for (var row = 0; row < left.Rows; row++)
                    if (present[leftGroups[row]] != (expression.Kind == BinaryKind.And)) output.Row(row)[step] = StaleMarker.Value;
            }
        }

        output.RemoveEmptyRows();
        return extra >= 0 ? output.Merged(mayMerge: true) : output;
    }

    private static VectorTable Matched(BinaryExpr expression, VectorTable left, VectorTable right, EvaluationBudget budget)
    {
        var matching = expression.Matching;
        // The side that may have several series for one of the other.
        var swapped = matching.Cardinality == MatchCardinality.OneToMany;
        var (many, one) = swapped ? (right, left) : (left, right);
        var groups = new GroupTable();
        var manyGroups = groups.Assign(many, Projection(matching, many));
        var oneGroups = groups.Assign(one, Projection(matching, one));
        var oneRow = new int[groups.Count];
        var matchedAt = new int[groups.Count];
        Array.Fill(matchedAt, -1);
        var result = new ResultRows(expression, many, one, budget);
        for (var step = 0; step < left.Steps; step++)
        {
            budget.Check();
            if (!HasSamples(many, step) || !HasSamples(one, step)) continue;
            Array.Fill(oneRow, -1);
            for (var row = 0; row < one.Rows; row++)
            {
                if (StaleMarker.Is(one.Row(row)[step])) continue;
                ref var known = ref oneRow[oneGroups[row]];
                if (known >= 0) throw ManyToMany(groups[oneGroups[row]], swapped ? "left" : "right", one.Labels(row), one.Labels(known));
                known = row;
            }

            for (var row = 0; row < many.Rows; row++)
            {
                var manyValue = many.Row(row)[step];
                if (StaleMarker.Is(manyValue) || oneRow[manyGroups[row]] is var other && other < 0) continue;
                var oneValue = one.Row(other)[step];
                var value = swapped
                    ? Compute(expression.Kind, oneValue, manyValue, out var keep)
                    : Compute(expression.Kind, manyValue, oneValue, out keep);
                if (expression.ReturnBool) value = keep ? 1 : 0;
                else if (!keep) continue;
                if (matching.Cardinality == MatchCardinality.OneToOne)
                {
                    if (matchedAt[manyGroups[row]] == step)
                        throw new PromQlExecutionException("multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)");
                    matchedAt[manyGroups[row]] = step;
                }

                result.Set(row, other, manyGroups[row], step, value);
            }
        }

        return result.Table;
    }

    private static bool HasSamples(VectorTable table, int step)
    {
        for (var row = 0; row < table.Rows; row++)
            if (!StaleMarker.Is(table.Row(row)[step])) return true;
        return false;
    }

    private static LabelProjection Projection(VectorMatching matching, VectorTable table) =>
        matching.On ? LabelProjection.Only(matching.Labels, table.NameHidden) : LabelProjection.Without(matching.Labels);

    private static PromQlExecutionException ManyToMany(LabelSet group, string side, LabelSet first, LabelSet second) => new(
        $"found duplicate series for the match group {Braced(group)} on the {side} hand-side of the operation: [{Braced(first)}, {Braced(second)}]"
        + ";many-to-many matching not allowed: matching labels must be unique on one side");

    private static string Braced(LabelSet labels)
    {
        var text = new StringBuilder("{");
        for (var i = 0; i < labels.Count; i++)
        {
            text.Append(i > 0 ? ", " : "").Append(labels[i].Key).Append('=');
            PromText.AppendQuoted(text, labels[i].Value);
        }

        return text.Append('}').ToString();
    }

    /// <summary>The rows of the result, one for each distinct set of labels that a pair of series gives.</summary>
    private sealed class ResultRows
    {
        private readonly BinaryExpr _expression;
        private readonly VectorTable _many;
        private readonly VectorTable _one;
        private readonly bool _dropName;
        private readonly Dictionary<LabelSet, int> _rows = [];
        private readonly (int One, int Row)[] _last;
        private readonly List<int> _groupOf = [];

        public ResultRows(BinaryExpr expression, VectorTable many, VectorTable one, EvaluationBudget budget)
        {
            _expression = expression;
            _many = many;
            _one = one;
            _dropName = !expression.Kind.IsComparison() || expression.ReturnBool;
            _last = new (int, int)[many.Rows];
            Array.Fill(_last, (-1, -1));
            Table = new VectorTable(many.Steps, budget, many.Rows) { DistinctWithoutName = _dropName };
        }

        public VectorTable Table { get; }

        public void Set(int manyRow, int oneRow, int group, int step, double value)
        {
            ref var last = ref _last[manyRow];
            if (last.One != oneRow)
            {
                var labels = LabelsOf(manyRow, oneRow);
                if (!_rows.TryGetValue(labels, out var row))
                {
                    _rows[labels] = row = Table.AddRow(labels);
                    _groupOf.Add(-1);
                }

                last = (oneRow, row);
            }

            ref var cell = ref Table.Row(last.Row)[step];
            if (!StaleMarker.Is(cell))
            {
                throw _expression.Matching.Cardinality != MatchCardinality.OneToOne && _groupOf[last.Row] == group
                    ? new PromQlExecutionException("multiple matches for labels: grouping labels must ensure unique matches")
                    : VectorTable.SameLabels();
            }

            _groupOf[last.Row] = group;
            cell = value;
        }

        private LabelSet LabelsOf(int manyRow, int oneRow)
        {
            var matching = _expression.Matching;
            var builder = new LabelSetBuilder();
            var many = _many.Labels(manyRow);
            for (var i = 0; i < many.Count; i++)
            {
                var (name, value) = many[i];
                if (_dropName && name == LabelSet.MetricNameLabel) continue;
                if (matching.Cardinality == MatchCardinality.OneToOne && matching.Labels.Contains(name, StringComparer.Ordinal) != matching.On) continue;
                builder.Set(name, value);
            }

            if (matching.Include.Length > 0)
            {
                var one = _one.Labels(oneRow);
                foreach (var name in matching.Include) builder.Set(name, one[name]);
            }

            return builder.Build();
        }
    }
}
