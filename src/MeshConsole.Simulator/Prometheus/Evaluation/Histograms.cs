using System.Runtime.InteropServices;

namespace MeshConsole.Simulator.Prometheus.Evaluation;

/// <summary>histogram_quantile: series that differ in <c>le</c> only are the buckets of one histogram.</summary>
internal static class Histograms
{
    /// <summary>Disposes the input.</summary>
    /// <param name="quantile">One for each step.</param>
    public static VectorTable Quantile(double[] quantile, VectorTable input, EvaluationBudget budget)
    {
        using (input)
        {
            var groups = new GroupTable();
            var projection = LabelProjection.Without(["le"]);
            var bounds = new Dictionary<string, double?>(StringComparer.Ordinal);
            var buckets = new List<List<(double UpperBound, int Row)>>();
            for (var row = 0; row < input.Rows; row++)
            {
                var labels = input.RawLabels(row);
                var le = labels["le"];
                if (!bounds.TryGetValue(le, out var bound)) bounds[le] = bound = PromNumber.TryParse(le, out var number) ? number : null;
                // A series without a bound is no bucket.
                if (bound is null) continue;
                var group = groups.Find(labels, projection);
                if (group == buckets.Count) buckets.Add([]);
                buckets[group].Add((bound.Value, row));
            }

            var output = new VectorTable(input.Steps, budget, groups.Count) { DistinctWithoutName = true };
            var present = new List<(double UpperBound, double Count)>();
            for (var group = 0; group < groups.Count; group++)
            {
                if ((group & 255) == 0) budget.Check();
                buckets[group].Sort(static (a, b) => a.UpperBound.CompareTo(b.UpperBound));
                var cells = output.Row(output.AddRow(groups[group]));
                for (var step = 0; step < cells.Length; step++)
                {
                    present.Clear();
                    foreach (var (bound, row) in buckets[group])
                        if (input.Row(row)[step] is var count && !StaleMarker.Is(count)) present.Add((bound, count));
                    if (present.Count > 0) cells[step] = Quantiles.OfBuckets(quantile[step], CollectionsMarshal.AsSpan(present));
                }

                if (output.IsEmptyRow(output.Rows - 1)) output.RemoveLastRow();
            }

            return output;
        }
    }
}
