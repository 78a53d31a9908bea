using System.Buffers;

namespace MeshConsole.Simulator.Prometheus.Evaluation;

/// <summary>
/// The value of a vector expression at every step: one row for each series, one column for each step, in one pooled array.
/// A cell without a sample holds <see cref="StaleMarker"/>'s bits.
/// </summary>
internal sealed class VectorTable : IDisposable
{
    private readonly EvaluationBudget _budget;
    private readonly List<LabelSet> _labels = [];
    private double[] _cells;

    public VectorTable(int steps, EvaluationBudget budget, int expectedRows = 16)
    {
        Steps = steps;
        _budget = budget;
        _cells = ArrayPool<double>.Shared.Rent(Math.Max(16, (int)Math.Min((long)expectedRows * steps, 1 << 16)));
    }

    public int Steps { get; }

    public int Rows => _labels.Count;

    /// <summary>Whether <c>__name__</c> counts as absent. So the name of 30,000 series is dropped without 30,000 new label sets.</summary>
    public bool NameHidden { get; private set; }

    /// <summary>Whether the rows are known to differ even without their names.</summary>
    public bool DistinctWithoutName { get; set; }

    /// <summary>The labels as kept, the name possibly among them although it is hidden.</summary>
    public LabelSet RawLabels(int row) => _labels[row];

    public LabelSet Labels(int row) => NameHidden ? _labels[row].Without(LabelSet.MetricNameLabel) : _labels[row];

    public Span<double> Row(int row) => _cells.AsSpan(row * Steps, Steps);

    /// <summary>A new row without samples.</summary>
    public int AddRow(LabelSet labels)
    {
        var row = _labels.Count;
        var needed = (long)(row + 1) * Steps;
        _budget.Charge(Steps);
        if (needed > _cells.Length)
        {
            var longer = ArrayPool<double>.Shared.Rent(checked((int)Math.Max(needed, Math.Min(_cells.Length * 2L, int.MaxValue / 2))));
            _cells.AsSpan(0, row * Steps).CopyTo(longer);
            ArrayPool<double>.Shared.Return(_cells);
            _cells = longer;
        }

        _labels.Add(labels);
        Row(row).Fill(StaleMarker.Value);
        return row;
    }

    public void AddRow(LabelSet labels, ReadOnlySpan<double> cells) => cells.CopyTo(Row(AddRow(labels)));

    /// <summary>Takes back the row that was added last.</summary>
    public void RemoveLastRow()
    {
        _labels.RemoveAt(_labels.Count - 1);
        _budget.Release(Steps);
    }

    public void SetLabels(int row, LabelSet labels) => _labels[row] = labels;

    public bool IsEmptyRow(int row)
    {
        foreach (var cell in Row(row))
            if (!StaleMarker.Is(cell)) return false;
        return true;
    }

    public void RemoveEmptyRows()
    {
        var kept = 0;
        for (var row = 0; row < Rows; row++)
        {
            if (IsEmptyRow(row)) continue;
            if (kept != row)
            {
                Row(row).CopyTo(Row(kept));
                _labels[kept] = _labels[row];
            }

            kept++;
        }

        _budget.Release((Rows - kept) * Steps);
        _labels.RemoveRange(kept, Rows - kept);
    }

    /// <summary>
    /// Drops the metric names. Rows that then have the same labels become one, as long as they have no sample at the same step.
    /// </summary>
    /// <param name="mayMerge">False when such rows are an error in any case.</param>
    /// <exception cref="PromQlExecutionException">Two series would be the same.</exception>
    public VectorTable WithoutNames(bool mayMerge)
    {
        if (NameHidden) return this;
        if (DistinctWithoutName || Rows < 2)
        {
            NameHidden = true;
            return this;
        }

        for (var row = 0; row < Rows; row++) _labels[row] = _labels[row].Without(LabelSet.MetricNameLabel);
        return Merged(mayMerge);
    }

    /// <summary>Makes the labels be what they count as, so that they can be changed.</summary>
    public void ShowNames()
    {
        if (!NameHidden) return;
        for (var row = 0; row < Rows; row++) _labels[row] = Labels(row);
        NameHidden = false;
    }

    /// <summary>Joins rows with the same labels.</summary>
    public VectorTable Merged(bool mayMerge)
    {
        var first = new Dictionary<LabelSet, int>(Rows);
        var merged = false;
        for (var row = 0; row < Rows; row++)
        {
            if (first.TryAdd(_labels[row], row)) continue;
            var source = Row(row);
            var target = Row(first[_labels[row]]);
            for (var step = 0; step < Steps; step++)
            {
                if (StaleMarker.Is(source[step])) continue;
                if (!mayMerge || !StaleMarker.Is(target[step])) throw SameLabels();
                target[step] = source[step];
                source[step] = StaleMarker.Value;
                merged = true;
            }
        }

        if (merged) RemoveEmptyRows();
        return this;
    }

    public static PromQlExecutionException SameLabels() => new("vector cannot contain metrics with the same labelset");

    public void Dispose()
    {
        _budget.Release(Rows * Steps);
        ArrayPool<double>.Shared.Return(_cells);
        _cells = [];
        _labels.Clear();
    }
}
