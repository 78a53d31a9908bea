using System.Collections.Immutable;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Prometheus;

/// <summary>
/// The last hour of a cluster's traffic from range queries: asked at whole minutes, once however many ask, and kept, so that
/// each later minute costs the one point that is new. Nothing is asked while nobody looks.
/// </summary>
public sealed class TrafficHistory : IDisposable
{
    /// <summary>How far back it reaches.</summary>
    public static readonly TimeSpan Span = TimeSpan.FromHours(1);

    /// <summary>Time between two points.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromMinutes(1);

    /// <summary>Scopes kept: the address bar makes new ones at will.</summary>
    private const int HistoriesKept = 48;

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

    /// <summary>
    /// The last hour up to the newest minute that was surely scraped. A failure is in the answer beside the points that are
    /// known; the next one who asks after <see cref="TelemetrySettings.RefreshInterval"/> tries again.
    /// </summary>
    public async Task<TrafficSpan> ReadAsync(HistoryPart part, HistoryScope scope, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(scope);

        // A window shorter than the step would not see what happens between two points.
        var window = _settings.RateWindow > Step ? _settings.RateWindow : Step;
        var query = _dialect.HistoryQuery(part, scope, window);
        var now = _time.GetUtcNow();
        var end = Minute(now - _settings.RefreshInterval);
        Entry entry;
        Task reading;
        lock (_lock)
        {
            entry = Find(query);
            if (entry.Reading.IsCompleted && entry.Through < end && (entry.Fault is null || now - entry.FaultAt >= _settings.RefreshInterval))
            {
                // Whoever asked first may go away; the others still wait for the answer. The query ends by its own timeout.
                entry.Reading = FetchAsync(entry, part, Math.Max(entry.Through, end - Steps - 1) + 1, end, CancellationToken.None);
            }

            reading = entry.Reading;
        }

        await reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            var points = new ReporterTraffic?[Steps + 1];
            for (var i = 0; i < points.Length; i++)
            {
                points[i] = entry.Points.GetValueOrDefault(end - Steps + i);
            }

            return new TrafficSpan(At(end - Steps), Step, ImmutableArray.Create(points), entry.Fault?.Message);
        }
    }

    public void Dispose() => _turns.Dispose();

    private static long Steps => Span.Ticks / Step.Ticks;

    /// <summary>Whole minutes since the Unix epoch, as Prometheus aligns them.</summary>
    private static long Minute(DateTimeOffset instant) => (instant - DateTimeOffset.UnixEpoch).Ticks / Step.Ticks;

    private static DateTimeOffset At(long minute) => DateTimeOffset.UnixEpoch + (minute * Step);

    private Entry Find(string query)
    {
        var node = _entries.First;
        while (node is not null && !string.Equals(node.Value.Query, query, StringComparison.Ordinal))
        {
            node = node.Next;
        }

        if (node is null)
        {
            node = new LinkedListNode<Entry>(new Entry(query));
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
            var answer = await _client.QueryRangeAsync(entry.Query, At(from), At(to), Step, cancellationToken).ConfigureAwait(false);
            var read = Read(part, answer);
            lock (_lock)
            {
                foreach (var (minute, traffic) in read)
                {
                    entry.Points[minute] = traffic;
                }

                foreach (var old in entry.Points.Keys.Where(minute => minute < to - Steps).ToList())
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

    private Dictionary<long, ReporterTraffic> Read(HistoryPart part, PrometheusAnswer answer)
    {
        var samples = new Dictionary<long, List<HistorySample>>();
        foreach (var series in answer.Series)
        {
            foreach (var point in series.Points)
            {
                // What is no number is a gap: a rate over a single sample, a counter that was never written.
                if (double.IsFinite(point.Value))
                {
                    var minute = (long)Math.Round(point.Timestamp / Step.TotalSeconds);
                    if (!samples.TryGetValue(minute, out var atMinute))
                    {
                        samples[minute] = atMinute = [];
                    }

                    atMinute.Add(new HistorySample(series.Labels, point.Value));
                }
            }
        }

        return samples.ToDictionary(entry => entry.Key, entry => _dialect.ReadHistory(part, entry.Value));
    }

    /// <summary>Guarded by the lock, but for the query.</summary>
    private sealed class Entry(string query)
    {
        public string Query => query;

        public SortedDictionary<long, ReporterTraffic> Points { get; } = [];

        /// <summary>The last minute that was answered for.</summary>
        public long Through { get; set; } = long.MinValue;

        public Task Reading { get; set; } = Task.CompletedTask;

        public PrometheusException? Fault { get; set; }

        public DateTimeOffset FaultAt { get; set; }
    }
}
