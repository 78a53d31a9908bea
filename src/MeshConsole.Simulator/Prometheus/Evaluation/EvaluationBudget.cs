namespace MeshConsole.Simulator.Prometheus.Evaluation;

/// <summary>How much one query may hold in memory, and whether it is still wanted.</summary>
internal sealed class EvaluationBudget(long maxSamples, CancellationToken cancellationToken)
{
    private long _held;

    /// <exception cref="PromQlExecutionException">The query holds too many samples.</exception>
    /// <exception cref="OperationCanceledException">Nobody waits for it any more.</exception>
    public void Charge(long samples)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _held += samples;
        if (_held > maxSamples) throw new PromQlExecutionException("query processing would load too many samples into memory in query execution");
    }

    public void Release(long samples) => _held -= samples;

    public void Check() => cancellationToken.ThrowIfCancellationRequested();
}
