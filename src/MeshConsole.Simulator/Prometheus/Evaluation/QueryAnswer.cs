using MeshConsole.Simulator.Prometheus.Language;

namespace MeshConsole.Simulator.Prometheus.Evaluation;

/// <summary>What a query evaluated to. Holds pooled memory until disposed.</summary>
internal sealed class QueryAnswer : IDisposable
{
    public required TimeGrid Grid { get; init; }

    public required PromType Type { get; init; }

    /// <summary>Of a vector, or of anything in a range query.</summary>
    public VectorTable? Vector { get; init; }

    /// <summary>The order in which the rows are to be given; null for their own.</summary>
    public int[]? Order { get; init; }

    /// <summary>One number for each step.</summary>
    public double[]? Scalar { get; init; }

    public string? Text { get; init; }

    /// <summary>Of a range vector: the samples themselves.</summary>
    public IReadOnlyList<(LabelSet Labels, long[] Times, double[] Values)>? Matrix { get; init; }

    public void Dispose() => Vector?.Dispose();
}
