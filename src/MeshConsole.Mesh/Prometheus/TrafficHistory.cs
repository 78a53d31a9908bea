using System.Collections.Immutable;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Prometheus;

/// <summary>
/// A cluster's traffic over the last hour, or a longer range, from range queries: asked at whole steps (minutes, for the hour),
/// once however many ask, and kept, so that each later step costs the one point that is new. Nothing is asked while nobody looks.
/// </summary>
public sealed class TrafficHistory : IDisposable
{
    /// <summary>How far back it reaches unless another range is asked for.</summary>
    public static readonly TimeSpan Span = HistoryRange.Hour.Span;

    /// <summary>Time between two points of it.</summary>
    public static readonly TimeSpan Step = HistoryRange.Hour.Step;

    /// <summary>Scopes kept: the address bar makes new ones at will.</summary>
    private const int HistoriesKept = 96;

    private readonly Lock _lock = new();
    private readonly LinkedList<Entry> _entries = [];
    private readonly PrometheusClient _client;
    private readonly ITelemetryDialect _dialect;
    private readonly TelemetrySettings _settings;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _turns;

    public TrafficHistory(PrometheusClient client, ITelemetryDialect dialect, TelemetrySettings settings, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(dialect);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(time);
        _client = client;
        _dialect = dialect;
        _settings = settings;
        _time = time;
        _turns = new SemaphoreSlim(settings.MaxParallelQueries);
    }

    /// <summary>The last hour; see the overload.</summary>
    public Task<TrafficSpan> ReadAsync(HistoryPart part, HistoryScope scope, CancellationToken cancellationToken) =>
        ReadAsync(part, scope, HistoryRange.Hour, cancellationToken);

    /// <summary>
    /// The range up to the newest step that was surely scraped. A failure is in the answer beside the points that are
    /// known; the next one who asks after <see cref="TelemetrySettings.RefreshInterval"/> tries again.
    /// </summary>
    public Task<TrafficSpan> ReadAsync(HistoryPart part, HistoryScope scope, HistoryRange range, CancellationToken cancellationToken) =>
        ReadAsync(part, scope, range, null, cancellationToken);

    /// <summary>The same up to a past instant, moved back to a whole step.</summary>
    /// <param name="until">Null, or later than the newest step, for that one.</param>
    public async Task<TrafficSpan> ReadAsync(HistoryPart part, HistoryScope scope, HistoryRange range, DateTimeOffset? until, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(scope);
        ArgumentNullException.ThrowIfNull(range);

        // A window shorter than the step would not see what happens between two points.
        var window = _settings.RateWindow > range.Step ? _settings.RateWindow : range.Step;
        var query = _dialect.HistoryQuery(part, scope, window);
        var now = _time.GetUtcNow();
        var end = (now - _settings.RefreshInterval - DateTimeOffset.UnixEpoch).Ticks / range.Step.Ticks;
        long? pinned = until is { } instant && (instant - DateTimeOffset.UnixEpoch).Ticks / range.Step.Ticks is var asked && asked < end ? asked : null;
        end = pinned ?? end;
        var steps = range.Span.Ticks / range.Step.Ticks;
        Entry entry;
        Task reading;
        lock (_lock)
        {
            entry = Find(query, range, pinned);
            if (entry.Reading.IsCompleted && entry.Through < end && (entry.Fault is null || now - entry.FaultAt >= _settings.RefreshInterval))
            {
                // Whoever asked first may go away; the others still wait for the answer. The query ends by its own timeout.
                entry.Reading = FetchAsync(entry, part, Math.Max(entry.Through, end - steps - 1) + 1, end, CancellationToken.None);
            }

            reading = entry.Reading;
        }

        await reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            var points = new ReporterTraffic?[steps + 1];
            for (var i = 0; i < points.Length; i++)
            {
                points[i] = entry.Points.GetValueOrDefault(end - steps + i);
            }

            return new TrafficSpan(entry.At(end - steps), range.Step, ImmutableArray.Create(points), entry.Fault?.Message);
        }
    }

    public void Dispose() => _turns.Dispose();

    private Entry Find(string query, HistoryRange range, long? until)
    {
        var node = _entries.First;
        while (node is not null && (node.Value.Range != range || node.Value.Until != until || !string.Equals(node.Value.Query, query, StringComparison.Ordinal)))
        {
            node = node.Next;
        }

        if (node is null)
        {
            node = new LinkedListNode<Entry>(new Entry(query, range, until));
            while (_entries.Count >= HistoriesKept)
            {
                _entries.RemoveLast();
            }
        }
        else
        {
            _entries.Remove(node);
        }

        _entries.AddFirst(node);
        return node.Value;
    }

    private async Task FetchAsync(Entry entry, HistoryPart part, long from, long to, CancellationToken cancellationToken)
    {
        // The caller holds the lock until the first wait.
        await Task.Yield();
        await _turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var answer = await _client.QueryRangeAsync(entry.Query, entry.At(from), entry.At(to), entry.Range.Step, cancellationToken).ConfigureAwait(false);
            var read = Read(part, answer, entry.Range.Step);
            lock (_lock)
            {
                foreach (var (step, traffic) in read)
                {
                    entry.Points[step] = traffic;
                }

                foreach (var old in entry.Points.Keys.Where(step => step < to - (entry.Range.Span.Ticks / entry.Range.Step.Ticks)).ToList())
                {
                    entry.Points.Remove(old);
                }

                entry.Through = to;
                entry.Fault = null;
            }
        }
        catch (PrometheusException exception)
        {
            lock (_lock)
            {
                (entry.Fault, entry.FaultAt) = (exception, _time.GetUtcNow());
            }
        }
        finally
        {
            _turns.Release();
        }
    }

    private Dictionary<long, ReporterTraffic> Read(HistoryPart part, PrometheusAnswer answer, TimeSpan step)
    {
        var samples = new Dictionary<long, List<HistorySample>>();
        var unknown = new HashSet<long>();
        foreach (var series in answer.Series)
        {
            foreach (var point in series.Points)
            {
                // Where a part is no number the whole is not known: left out, it would count as nothing.
                var at = (long)Math.Round(point.Timestamp / step.TotalSeconds);
                if (!double.IsFinite(point.Value))
                {
                    unknown.Add(at);
                    continue;
                }

                if (!samples.TryGetValue(at, out var then))
                {
                    samples[at] = then = [];
                }

                then.Add(new HistorySample(series.Labels, point.Value));
            }
        }

        return samples.Where(entry => !unknown.Contains(entry.Key)).ToDictionary(entry => entry.Key, entry => _dialect.ReadHistory(part, entry.Value));
    }

    /// <summary>Guarded by the lock, but for the query.</summary>
    private sealed class Entry(string query, HistoryRange range, long? until)
    {
        /// <summary>The step at which it ends for good; null for one that grows.</summary>
        public long? Until => until;

        public string Query => query;

        public HistoryRange Range => range;

        public SortedDictionary<long, ReporterTraffic> Points { get; } = [];

        /// <summary>The last step that was answered for.</summary>
        public long Through { get; set; } = long.MinValue;

        public Task Reading { get; set; } = Task.CompletedTask;

        public PrometheusException? Fault { get; set; }

        public DateTimeOffset FaultAt { get; set; }

        /// <summary>The instant of a step, counted from the Unix epoch, as Prometheus aligns them.</summary>
        public DateTimeOffset At(long step) => DateTimeOffset.UnixEpoch + (step * range.Step);
    }
}
