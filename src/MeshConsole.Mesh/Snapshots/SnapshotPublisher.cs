using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>
/// The one writer of the store. A change is published at once when nothing was published for a quarter of a second, else at
/// the end of that quarter, together with whatever else changed: at most four snapshots per second, however busy the
/// cluster is. Only clusters that changed are built again, and of those only the parts that did.
/// </summary>
public sealed partial class SnapshotPublisher
{
    /// <summary>Shortest time between two snapshots.</summary>
    public static readonly TimeSpan MinimumInterval = TimeSpan.FromMilliseconds(250);

    private readonly ImmutableArray<ClusterSources> _clusters;
    private readonly MeshSnapshotStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger<SnapshotPublisher> _logger;
    private readonly int[] _dirty;

    // One place is enough: it says that something changed; what changed stands in _dirty.
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <param name="clusters">In the order of the configuration.</param>
    public SnapshotPublisher(IEnumerable<ClusterSources> clusters, MeshSnapshotStore store, TimeProvider time, ILogger<SnapshotPublisher> logger)
    {
        ArgumentNullException.ThrowIfNull(clusters);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(time);
        _clusters = [.. clusters];
        _store = store;
        _time = time;
        _logger = logger;
        _dirty = new int[_clusters.Length];
    }

    /// <summary>Publishes until cancelled. Listens to the sources only while it runs.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var handlers = new Action[_clusters.Length];
        for (var i = 0; i < _clusters.Length; i++)
        {
            var index = i;
            handlers[i] = () => Mark(index);
            _clusters[i].Objects.Changed += handlers[i];
            _clusters[i].Telemetry.Changed += handlers[i];
            if (_clusters[i].Prober is { } prober)
            {
                prober.Changed += handlers[i];
            }

            Mark(i);
        }

        try
        {
            await PublishAsync(Task.WhenAll(_clusters.SelectMany(cluster => new[] { cluster.Objects.Ready, cluster.Telemetry.Ready })), cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end that was asked for.
        }
        finally
        {
            for (var i = 0; i < _clusters.Length; i++)
            {
                _clusters[i].Objects.Changed -= handlers[i];
                _clusters[i].Telemetry.Changed -= handlers[i];
                if (_clusters[i].Prober is { } prober)
                {
                    prober.Changed -= handlers[i];
                }
            }
        }
    }

    private async Task PublishAsync(Task ready, CancellationToken cancellationToken)
    {
        // The last source may become ready without a change of its own: it still is news.
        _ = ready.ContinueWith(_ => _wake.Writer.TryWrite(true), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        while (await _wake.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            _wake.Reader.TryRead(out _);

            // Read before building: what becomes ready while the snapshot is built is not in it.
            var complete = ready.IsCompleted;
            try
            {
                if (Build() is { } snapshot)
                {
                    _store.Publish(snapshot);
                }

                if (complete)
                {
                    _store.SetReady();
                }
            }
#pragma warning disable CA1031 // A snapshot that cannot be built must not end the publishing of later ones.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Log.BuildFailed(_logger, exception);
            }

            await Task.Delay(MinimumInterval, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The next snapshot; null when nothing changed.</summary>
    private MeshSnapshot? Build()
    {
        var current = _store.Current;
        var clusters = current.Clusters.ToBuilder();
        var changed = false;
        for (var i = 0; i < _clusters.Length; i++)
        {
            // The mark is taken before the source is read: a change in between marks it again and is published next time.
            if (Interlocked.Exchange(ref _dirty[i], 0) == 0)
            {
                continue;
            }

            var source = _clusters[i];
            var previous = i < clusters.Count ? clusters[i] : null;
            var built = SnapshotBuilder.Build(source.Name, source.Objects.Objects, source.Objects.Sources.AddRange(source.Telemetry.Sources), source.Telemetry.Frame, previous, source.RootNamespace) with
            {
                Served = source.Prober?.Served ?? [],
                Clocks = source.Clocks(),
            };
            changed = true;
            if (previous is null)
            {
                clusters.Insert(i, built);
            }
            else
            {
                clusters[i] = built;
            }
        }

        return changed ? new MeshSnapshot(current.Revision + 1, _time.GetUtcNow(), clusters.ToImmutable()) : null;
    }

    private void Mark(int cluster)
    {
        Interlocked.Exchange(ref _dirty[cluster], 1);
        _wake.Writer.TryWrite(true);
    }

    private static partial class Log
    {
        [LoggerMessage(2201, LogLevel.Error, "A snapshot could not be built; the one before stays")]
        public static partial void BuildFailed(ILogger logger, Exception exception);
    }
}
