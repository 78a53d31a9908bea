using MeshConsole.Simulator.Prometheus.Language;

namespace MeshConsole.Simulator.Prometheus.Evaluation;

/// <summary>Evaluates PromQL over a store, with the semantics of Prometheus 2.42.</summary>
internal sealed class PromQlEngine(SampleStore store, EngineOptions options)
{
    public EngineOptions Options => options;

    /// <exception cref="PromQlExecutionException">The series do not fit the expression, or are too many.</exception>
    public QueryAnswer Instant(PromExpr expression, long timeMs, CancellationToken cancellationToken)
    {
        var grid = TimeGrid.At(timeMs);
        var evaluator = NewEvaluator(timeMs, timeMs, cancellationToken);
        switch (expression.Type)
        {
            case PromType.String:
                return new QueryAnswer { Grid = grid, Type = PromType.String, Text = Evaluator.Text(expression) };
            case PromType.Scalar:
                return new QueryAnswer { Grid = grid, Type = PromType.Scalar, Scalar = evaluator.Scalar(expression, grid) };
            case PromType.Matrix:
                return new QueryAnswer { Grid = grid, Type = PromType.Matrix, Matrix = evaluator.Matrix(expression, grid) };
            case PromType.Vector:
                return new QueryAnswer { Grid = grid, Type = PromType.Vector, Vector = evaluator.Vector(expression, grid) };
            default:
                throw new InvalidOperationException($"Unknown type: {expression.Type}");
        }
    }

    /// <param name="endMs">The end that was asked for, which need not be a step: it is what <c>@ end()</c> means.</param>
    /// <exception cref="PromQlExecutionException">The series do not fit the expression, or are too many.</exception>
    public QueryAnswer Range(PromExpr expression, TimeGrid grid, long endMs, CancellationToken cancellationToken)
    {
        var evaluator = NewEvaluator(grid.StartMs, endMs, cancellationToken);
        if (expression.Type == PromType.Scalar)
            return new QueryAnswer { Grid = grid, Type = PromType.Scalar, Scalar = evaluator.Scalar(expression, grid) };
        var vector = evaluator.Vector(expression, grid);
        vector.RemoveEmptyRows();
        var labels = Enumerable.Range(0, vector.Rows).Select(vector.Labels).ToArray();
        var order = Enumerable.Range(0, vector.Rows).ToArray();
        Array.Sort(labels, order, LabelOrder.Instance);
        return new QueryAnswer { Grid = grid, Type = PromType.Vector, Vector = vector, Order = order };
    }

    private Evaluator NewEvaluator(long startMs, long endMs, CancellationToken cancellationToken) =>
        new(store.Index, options, startMs, endMs, new EvaluationBudget(options.MaxSamples, cancellationToken));

    private sealed class LabelOrder : IComparer<LabelSet>
    {
        public static readonly LabelOrder Instance = new();

        public int Compare(LabelSet? x, LabelSet? y)
        {
            for (var i = 0; i < x!.Count && i < y!.Count; i++)
            {
                var order = string.CompareOrdinal(x.Names[i], y.Names[i]);
                if (order == 0) order = string.CompareOrdinal(x.Values[i], y.Values[i]);
                if (order != 0) return order;
            }

            return x.Count - y!.Count;
        }
    }
}
