using System.Collections.Immutable;
using MeshConsole.Mesh.Snapshots;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Mesh.Timeline;

/// <summary>
/// Follows the snapshots, notes what changed from one to the next, and keeps it. The newest entries are in memory too, for
/// everybody who looks; the store is behind them and may be slow or away without holding anything up.
/// </summary>
public sealed partial class TimelineRecorder(IMeshSnapshots snapshots, ITimelineStore store, TimeProvider time, TimeSpan retention, ILogger<TimelineRecorder> logger)
{
    /// <summary>Entries in memory: hours of an ordinary day.</summary>
    private const int Remembered = 2_000;

    /// <summary>Entries that wait for the store; more are a storm whose first hours are lost, and that is logged.</summary>
    private const int Waiting = 10_000;

    private static readonly TimeSpan s_forgetEvery = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private ImmutableArray<TimelineEntry> _recent = [];
    private ImmutableArray<TimelineEntry> _unsaved = [];

    /// <summary>Raised, from the thread that follows, after entries were added.</summary>
    public event Action? Changed;

    /// <summary>The newest first.</summary>
    public ImmutableArray<TimelineEntry> Recent
    {
        get
        {
            lock (_lock)
            {
                return _recent;
            }
        }
    }

    /// <summary>From when on everything was followed; what changed while no console ran is not known. Null before the first snapshot.</summary>
    public DateTimeOffset? WatchedSince { get; private set; }

    /// <summary>Notes something that no watch shows.</summary>
    public void Note(TimelineEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        Add([entry]);
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await RememberAsync(cancellationToken).ConfigureAwait(false);
        var before = MeshSnapshot.Empty;
        var forgotten = DateTimeOffset.MinValue;
        await foreach (var snapshot in snapshots.WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            // Until every source has answered once, what appears has been there all along.
            if (!snapshots.Ready.IsCompleted)
            {
                continue;
            }

            var now = time.GetUtcNow();
            WatchedSince ??= now;
            Add([.. snapshot.Clusters.SelectMany(after => before.Clusters.FirstOrDefault(c => c.Name == after.Name) is { } was ? ClusterDifferences.Between(was, after, now) : [])]);
            before = snapshot;
            await SaveAsync(cancellationToken).ConfigureAwait(false);
            if (now - forgotten > s_forgetEvery)
            {
                forgotten = now;
                await TryAsync(() => store.ForgetAsync(now - retention, cancellationToken)).ConfigureAwait(false);
            }
        }
    }

    private void Add(ImmutableArray<TimelineEntry> entries)
    {
        if (entries.IsEmpty)
        {
            return;
        }

        lock (_lock)
        {
            _recent = [.. entries.Reverse(), .. _recent.Take(Remembered - entries.Length)];
            if (_unsaved.Length > Waiting)
            {
                Log.Dropped(logger, _unsaved.Length);
                _unsaved = [];
            }

            _unsaved = _unsaved.AddRange(entries);
        }

        Changed?.Invoke();
    }

    private async Task RememberAsync(CancellationToken cancellationToken)
    {
        await TryAsync(async () =>
        {
            var kept = await store.SearchAsync(new TimelineFilter(From: time.GetUtcNow() - TimeSpan.FromDays(1), Limit: 1000), cancellationToken).ConfigureAwait(false);
            lock (_lock)
            {
                _recent = [.. _recent, .. kept];
            }

            return kept.Length;
        }).ConfigureAwait(false);
    }

    private async Task SaveAsync(CancellationToken cancellationToken)
    {
        ImmutableArray<TimelineEntry> unsaved;
        lock (_lock)
        {
            unsaved = _unsaved;
        }

        if (unsaved.IsEmpty)
        {
            return;
        }

        await TryAsync(async () =>
        {
            await store.AddAsync(unsaved, cancellationToken).ConfigureAwait(false);
            lock (_lock)
            {
                var saved = unsaved.Select(entry => entry.Id).ToHashSet(StringComparer.Ordinal);
                _unsaved = [.. _unsaved.Where(entry => !saved.Contains(entry.Id))];
            }

            return unsaved.Length;
        }).ConfigureAwait(false);
    }

    /// <summary>A store that fails is logged; what was to be kept waits for the next snapshot.</summary>
    private async Task TryAsync(Func<Task<int>> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Storage.StorageException exception)
        {
            Log.NotKept(logger, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2301, LogLevel.Warning, "The timeline could not reach its store; entries wait in memory")]
        public static partial void NotKept(ILogger logger, Exception exception);

        [LoggerMessage(2302, LogLevel.Error, "{Count} entries of the timeline were waiting for the store and are dropped")]
        public static partial void Dropped(ILogger logger, int count);
    }
}
