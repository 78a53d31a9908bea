namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>
/// Holds the lease of the executor. Whether it is still good is judged on this process's own forward-only clock, counted from
/// before the store was asked: a process that was stopped for longer than the lease knows so before it writes, whatever the
/// store or the wall clock say.
/// </summary>
internal sealed class LeaseKeeper(ILeaseStore store, TimeProvider time, string holder, ExecutorSettings settings)
{
    private readonly Lock _lock = new();
    private HeldLease? _lease;
    private long _askedAt;

    /// <summary>The lease, while it surely holds; a fifth of its length is kept back for a write that is on its way.</summary>
    public HeldLease? Usable
    {
        get
        {
            lock (_lock)
            {
                return _lease is not null && Left > TimeSpan.Zero ? _lease : null;
            }
        }
    }

    /// <summary>How long a write may take at most.</summary>
    public TimeSpan Left => (settings.Lease * 0.8) - time.GetElapsedTime(_askedAt);

    /// <summary>Takes or renews the lease where that is due.</summary>
    /// <returns>Whether it is held, and whether it was held without a gap since the last call.</returns>
    public async Task<(bool Held, bool Unbroken)> KeepAsync(CancellationToken cancellationToken)
    {
        var unbroken = Usable is not null;
        if (unbroken && time.GetElapsedTime(_askedAt) < settings.Lease / 3)
        {
            return (true, true);
        }

        var askedAt = time.GetTimestamp();
        HeldLease? lease;
        try
        {
            lease = await store.TryAcquireAsync(ExecutorSettings.LeaseName, holder, settings.Lease, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it was: there is time left to try again.
        catch (Exception) when (unbroken && !cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            // A store that stutters does not end a lease that has time left; the next call tries again.
            return (Usable is not null, true);
        }

        lock (_lock)
        {
            _lease = lease;
            _askedAt = askedAt;
        }

        return (lease is not null, unbroken);
    }

    /// <summary>The store says that somebody else holds it.</summary>
    public void Lost()
    {
        lock (_lock)
        {
            _lease = null;
        }
    }

    public async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        HeldLease? lease;
        lock (_lock)
        {
            (lease, _lease) = (_lease, null);
        }

        if (lease is not null)
        {
            await store.ReleaseAsync(lease, cancellationToken).ConfigureAwait(false);
        }
    }
}
