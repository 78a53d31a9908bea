using System.Collections.Immutable;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Prometheus;

/// <summary>
/// Telemetry at past instants: the same queries, asked once however many ask for them, and kept for a while because the past
/// does not change.
/// </summary>
public sealed class TelemetryHistory : IDisposable
{
    private const int FramesKept = 12;

    /// <summary>Instants read at a time, however many replay: the rest waits its turn, so that the past never crowds out the present.</summary>
    private const int FramesRead = 2;

    private readonly Lock _lock = new();
    private readonly LinkedList<Entry> _entries = [];
    private readonly string _cluster;
    private readonly ITelemetryDialect _dialect;
    private readonly TelemetrySettings _settings;
    private readonly TelemetryRefresh _refresh;
    private readonly Func<bool> _severalClusters;
    private readonly SemaphoreSlim _turns = new(FramesRead);

    /// <param name="severalClusters">Whether telemetry has shown more than one cluster; asked before each read.</param>
    public TelemetryHistory(string cluster, PrometheusClient client, ITelemetryDialect dialect, TelemetrySettings settings, Func<bool> severalClusters)
    {
        ArgumentException.ThrowIfNullOrEmpty(cluster);
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(dialect);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(severalClusters);
        _cluster = cluster;
        _dialect = dialect;
        _settings = settings;
        _severalClusters = severalClusters;
        _refresh = new TelemetryRefresh(client, dialect, settings.MaxParallelQueries);
    }

    /// <summary>
    /// The frame at <paramref name="at"/>, moved back to a multiple of the refresh interval. Parts that could not be read are
    /// missing in it; when none could, it fails.
    /// </summary>
    /// <param name="window">Rate window; null for the configured one.</param>
    /// <exception cref="PrometheusException">No query was answered.</exception>
    public async Task<TelemetryFrame> AtAsync(DateTimeOffset at, TimeSpan? window, CancellationToken cancellationToken)
    {
        var ticks = at.UtcTicks - (at.UtcTicks % _settings.RefreshInterval.Ticks);
        var aligned = new DateTimeOffset(ticks, TimeSpan.Zero);
        var entry = Find(aligned, window ?? _settings.RateWindow);
        try
        {
            return await entry.Frame.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PrometheusException)
        {
            // A failure is not the past: the next one who asks tries again.
            lock (_lock)
            {
                _entries.Remove(entry);
            }

            throw;
        }
        finally
        {
            Leave(entry);
        }
    }

    public void Dispose() => _turns.Dispose();

    private Entry Find(DateTimeOffset at, TimeSpan window)
    {
        lock (_lock)
        {
            var node = _entries.First;
            while (node is not null && (node.Value.At != at || node.Value.Window != window))
            {
                node = node.Next;
            }

            if (node is not null)
            {
                _entries.Remove(node);
                _entries.AddFirst(node);
                node.Value.Waiting++;
                return node.Value;
            }

            var entry = new Entry(at, window) { Waiting = 1 };
            entry.Frame = new Lazy<Task<TelemetryFrame>>(() => ReadAsync(at, window, entry.Abandoned.Token));
            _entries.AddFirst(entry);

            // What is still waited for stays, or the next one who asks would ask Prometheus again.
            for (var old = _entries.Last; old is not null && _entries.Count > FramesKept;)
            {
                var newer = old.Previous;
                if (old.Value.Waiting == 0)
                {
                    _entries.Remove(old);
                }

                old = newer;
            }

            return entry;
        }
    }

    /// <summary>Whoever asked first may go away; the others still wait for the answer. When nobody does any more it is read for nobody, and ends.</summary>
    private void Leave(Entry entry)
    {
        lock (_lock)
        {
            if (--entry.Waiting > 0 || entry.Frame.Value.IsCompleted)
            {
                return;
            }

            _entries.Remove(entry);
        }

        entry.Abandoned.Cancel();
    }

    private async Task<TelemetryFrame> ReadAsync(DateTimeOffset at, TimeSpan window, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await AskAsync(at, window, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turns.Release();
        }
    }

    private async Task<TelemetryFrame> AskAsync(DateTimeOffset at, TimeSpan window, CancellationToken cancellationToken)
    {
        var several = _severalClusters();
        var symbols = new SymbolTable();
        var answers = new TelemetryAnswers();
        var outcomes = await _refresh.RunAsync(_dialect.Queries(window, several), at, symbols, several, null, cancellationToken).ConfigureAwait(false);
        foreach (var outcome in outcomes)
        {
            if (outcome.Answer is { } answer)
            {
                answers.Set(outcome.Query.Name, answer);
            }
        }

        return answers.All.Any()
            ? _dialect.Frame(_cluster, symbols, answers, window) with { Unanswered = outcomes.Where(outcome => outcome.Fault is not null).ToImmutableDictionary(outcome => outcome.Query.Name, outcome => outcome.Fault!.Message, StringComparer.Ordinal) }
            : throw outcomes[0].Fault!;
    }

    private sealed class Entry(DateTimeOffset at, TimeSpan window)
    {
        public DateTimeOffset At { get; } = at;

        public TimeSpan Window { get; } = window;

        public Lazy<Task<TelemetryFrame>> Frame { get; set; } = null!;

        /// <summary>Holds neither timer nor handle, so that nothing is left when it is dropped with the entry.</summary>
        public CancellationTokenSource Abandoned { get; } = new();

        /// <summary>Readers that wait for the frame or are about to take it; under the lock.</summary>
        public int Waiting { get; set; }
    }
}
