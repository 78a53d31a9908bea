using System.Runtime.CompilerServices;
using System.Threading.Channels;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Testing;

/// <summary>Snapshots that a test publishes by hand. Like the real store it gives a slow reader the newest and nothing in between.</summary>
public sealed class FakeMeshSnapshots(MeshSnapshot? first = null) : IMeshSnapshots
{
    private readonly Lock _lock = new();
    private readonly List<Channel<MeshSnapshot>> _readers = [];
    private MeshSnapshot _current = first ?? MeshSnapshot.Empty;

    public MeshSnapshot Current
    {
        get
        {
            lock (_lock)
            {
                return _current;
            }
        }
    }

    public Task Ready => Task.CompletedTask;

    /// <summary>How many are watching; zero once every page has gone.</summary>
    public int Watchers
    {
        get
        {
            lock (_lock)
            {
                return _readers.Count;
            }
        }
    }

    public void Publish(MeshSnapshot snapshot)
    {
        lock (_lock)
        {
            _current = snapshot;
            foreach (var reader in _readers)
            {
                reader.Writer.TryWrite(snapshot);
            }
        }
    }

    public async IAsyncEnumerable<MeshSnapshot> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<MeshSnapshot>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_lock)
        {
            _readers.Add(channel);
            channel.Writer.TryWrite(_current);
        }

        try
        {
            await foreach (var snapshot in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return snapshot;
            }
        }
        finally
        {
            lock (_lock)
            {
                _readers.Remove(channel);
            }
        }
    }
}
