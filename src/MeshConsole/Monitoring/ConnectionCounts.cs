namespace MeshConsole.Monitoring;

/// <summary>How many readers are connected.</summary>
internal sealed class ConnectionCounts
{
    private int _hubStreams;

    public int HubStreams => Volatile.Read(ref _hubStreams);

    /// <summary>Counts a stream until the returned lease is disposed.</summary>
    public IDisposable OpenHubStream()
    {
        Interlocked.Increment(ref _hubStreams);
        return new Lease(this);
    }

    private sealed class Lease(ConnectionCounts counts) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                Interlocked.Decrement(ref counts._hubStreams);
            }
        }
    }
}
