namespace MeshConsole.Endpoints;

/// <summary>
/// One computation for all who ask for its result: whoever asks first computes, the others wait without a thread. Two
/// hundred streams that wake at once and block on one lock would take every thread that could send. Waiters go on side by
/// side, not one after the other on the thread that computed. A failure is the result too.
/// </summary>
internal sealed class SharedComputation<T>(Func<T> compute)
{
    private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _begun;

    /// <summary>The result, now or later.</summary>
    public Task<T> GetAsync()
    {
        if (Interlocked.Exchange(ref _begun, 1) != 0)
        {
            return _result.Task;
        }

        try
        {
            _result.SetResult(compute());
        }
#pragma warning disable CA1031 // Whoever asked gets it; nobody may wait for ever.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _result.SetException(exception);
        }

        return _result.Task;
    }
}
