using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>
/// Holds the newest snapshot and hands it to whoever watches. Written by one <see cref="SnapshotPublisher"/>; every watcher
/// has room for one snapshot, so a slow one costs nothing and always gets the newest.
/// </summary>
public sealed class MeshSnapshotStore : IMeshSnapshots
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ImmutableList<Channel<MeshSnapshot>> _watchers = [];
    private volatile MeshSnapshot _current = MeshSnapshot.Empty;

    public MeshSnapshot Current => _current;

    public Task Ready => _ready.Task;

    /// <summary>Watchers at the moment.</summary>
    public int Watchers => Volatile.Read(ref _watchers).Count;

    public async IAsyncEnumerable<MeshSnapshot> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<MeshSnapshot>(new BoundedChannelOptions(1)
        {
            FullMode = BoundedChannelFullMode.DropOldest,
            SingleReader = true,
            AllowSynchronousContinuations = false,
        });
        lock (_lock)
        {
            // Under the lock of Publish: a snapshot published meanwhile is either the one written here or follows it.
            channel.Writer.TryWrite(_current);
            _watchers = _watchers.Add(channel);
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
                _watchers = _watchers.Remove(channel);
            }
        }
    }

    /// <summary>Makes <paramref name="snapshot"/> the current one. Revisions must grow.</summary>
    internal void Publish(MeshSnapshot snapshot)
    {
        lock (_lock)
        {
            if (snapshot.Revision <= _current.Revision)
            {
                throw new ArgumentException($"Revision {snapshot.Revision} does not follow {_current.Revision}.", nameof(snapshot));
            }

            _current = snapshot;
            foreach (var watcher in _watchers)
            {
                watcher.Writer.TryWrite(snapshot);
            }
        }
    }

    internal void SetReady() => _ready.TrySetResult();
}
