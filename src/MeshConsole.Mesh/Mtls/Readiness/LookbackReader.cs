using System.Collections.Frozen;
using System.Collections.Immutable;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Prometheus.Istio;

namespace MeshConsole.Mesh.Mtls.Readiness;

/// <summary>
/// Asks Prometheus for the evidence of a look-back: five queries for the whole mesh of one cluster, once however many ask and
/// whatever scope they judge, and nothing while nobody wants to know. Safe for several threads.
/// </summary>
public sealed class LookbackReader : IDisposable
{
    /// <summary>Look-backs kept: the address bar makes new ones at will.</summary>
    private const int Kept = 16;

    /// <summary>A look-back over days reads more than a refresh does.</summary>
    private static readonly TimeSpan s_shortestTimeout = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan s_shortestSlot = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly LinkedList<Entry> _entries = [];
    private readonly string _cluster;
    private readonly PrometheusClient _client;
    private readonly TelemetrySettings _settings;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _turns;

    /// <param name="cluster">Configured name of the cluster whose Prometheus answers.</param>
    public LookbackReader(string cluster, PrometheusClient client, TelemetrySettings settings, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrEmpty(cluster);
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(time);
        _cluster = cluster;
        _client = client;
        _settings = settings;
        _time = time;
        _turns = new SemaphoreSlim(settings.MaxParallelQueries);
    }

    /// <summary>
    /// The evidence of the look-back that ends now, or ended a moment ago: an answer is kept for a refresh, and the longer the
    /// look-back is, the longer (a 240th of it, at most five minutes). What could not be read is null and named in it.
    /// </summary>
    internal async Task<LookbackEvidence> ReadAsync(TimeSpan lookback, CancellationToken cancellationToken)
    {
        Task<LookbackEvidence> reading;
        lock (_lock)
        {
            reading = Find(lookback, _time.GetUtcNow()).Reading;
        }

        return await reading.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _turns.Dispose();

    /// <summary>
    /// Twice the time between two scrapes at least, and a 240th of a long look-back. The rate window tells the time between
    /// scrapes of now; older samples may lie further apart (another interval then, downsampling), so that half a minute
    /// without one is no gap however short the window is.
    /// </summary>
    internal TimeSpan SlotOf(TimeSpan lookback)
    {
        var least = Math.Max(_settings.RateWindow.TotalSeconds / 2, s_shortestSlot.TotalSeconds);
        return TimeSpan.FromSeconds(Math.Ceiling(Math.Max(least, lookback.TotalSeconds / 240)));
    }

    private TimeSpan FreshFor(TimeSpan lookback) =>
        TimeSpan.FromTicks(Math.Clamp(lookback.Ticks / 240, _settings.RefreshInterval.Ticks, Math.Max(TimeSpan.FromMinutes(5).Ticks, _settings.RefreshInterval.Ticks)));

    private Entry Find(TimeSpan lookback, DateTimeOffset now)
    {
        var node = _entries.First;
        while (node is not null && node.Value.Lookback != lookback)
        {
            node = node.Next;
        }

        if (node is not null)
        {
            _entries.Remove(node);

            // A question that failed is asked again at the next refresh, and an answer under way is waited for.
            var keep = node.Value.Faulty ? _settings.RefreshInterval : FreshFor(lookback);
            if (!node.Value.Reading.IsCompleted || now - node.Value.AskedAt < keep)
            {
                _entries.AddFirst(node);
                return node.Value;
            }
        }

        while (_entries.Count >= Kept)
        {
            _entries.RemoveLast();
        }

        // Whoever asked first may go away; the others still wait for the answer. Each query ends by its own timeout.
        var entry = new Entry(lookback, now, FetchAsync);
        _entries.AddFirst(entry);
        return entry;
    }

    private async Task<LookbackEvidence> FetchAsync(Entry entry)
    {
        // The caller holds the lock until the first wait.
        await Task.Yield();
        var lookback = entry.Lookback;
        var at = new DateTimeOffset(entry.AskedAt.UtcTicks - (entry.AskedAt.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
        var slot = SlotOf(lookback);
        var faults = new List<LookbackFault>();
        var answers = await Task.WhenAll(
            AskAsync("plaintext requests", IstioReadinessQueries.Requests),
            AskAsync("plaintext connections", IstioReadinessQueries.Connections),
            AskAsync("plaintext bytes", IstioReadinessQueries.Bytes),
            AskAsync("what arrived", IstioReadinessQueries.Arrivals),
            AskAsync("when proxies were scraped", IstioReadinessQueries.Scrapes)).ConfigureAwait(false);
        var read = Read(answers, lookback, at, slot, [.. faults.OrderBy(fault => fault.Question, StringComparer.Ordinal)]);
        lock (_lock)
        {
            entry.Faulty = !read.Faults.IsEmpty;
        }

        return read;

        async Task<PrometheusAnswer?> AskAsync(string what, string query)
        {
            var text = query.Replace("$window", PromQl.Duration(lookback), StringComparison.Ordinal).Replace("$slot", PromQl.Duration(slot), StringComparison.Ordinal);
            await _turns.WaitAsync().ConfigureAwait(false);
            try
            {
                var timeout = _client.Endpoint.QueryTimeout > s_shortestTimeout ? _client.Endpoint.QueryTimeout : s_shortestTimeout;
                var symbols = new SymbolTable();
                var collector = new SeriesCollector(symbols);
                var receipt = await _client.QueryAsync(text, at, symbols, collector, timeout, CancellationToken.None).ConfigureAwait(false);
                return new PrometheusAnswer(collector.Series, receipt);
            }
            catch (PrometheusException exception)
            {
                lock (faults)
                {
                    faults.Add(new LookbackFault(what, exception.Message));
                }

                return null;
            }
            finally
            {
                _turns.Release();
            }
        }
    }

    /// <param name="answers">In the order of the questions; null where there is none.</param>
    private LookbackEvidence Read(PrometheusAnswer?[] answers, TimeSpan lookback, DateTimeOffset at, TimeSpan slot, ImmutableArray<LookbackFault> faults)
    {
        // One of three answers would pass for all that there is.
        ImmutableArray<UnprotectedTraffic>? unprotected = answers is [{ } requests, { } connections, { } bytes, _, _]
            ? [.. Unprotected(requests, TrafficMeasure.Requests), .. Unprotected(connections, TrafficMeasure.Connections), .. Unprotected(bytes, TrafficMeasure.Bytes)]
            : null;
        return new LookbackEvidence(lookback, at, slot, unprotected, answers[3] is { } arrived ? Arrived(arrived) : null, answers[4] is { } scraped ? Scraped(scraped, slot) : null, faults);
    }

    private IEnumerable<UnprotectedTraffic> Unprotected(PrometheusAnswer answer, TrafficMeasure measure)
    {
        foreach (var (labels, count) in Values(answer))
        {
            if (count <= 0)
            {
                continue;
            }

            // ztunnel writes "unknown" where Envoy writes "none"; all else that is not "none" is a proxy that could not tell.
            var policy = Label(labels, "connection_security_policy");
            var known = policy == "none" || (measure != TrafficMeasure.Requests && policy == WorkloadId.UnknownName && labels.GetValueOrDefault("app") == "ztunnel");
            yield return new UnprotectedTraffic(End(labels, "source"), End(labels, "destination"), Label(labels, "destination_service"), measure, known, count);
        }
    }

    private FrozenDictionary<WorkloadId, Arrivals> Arrived(PrometheusAnswer answer)
    {
        var arrived = new Dictionary<WorkloadId, Arrivals>();
        foreach (var (labels, count) in Values(answer))
        {
            if (count <= 0)
            {
                continue;
            }

            var (target, from, own) = (End(labels, "destination"), Label(labels, "source_cluster"), Label(labels, "destination_cluster"));
            var sum = arrived.GetValueOrDefault(target) ?? new Arrivals(0, 0, 0, []);
            sum = labels.GetValueOrDefault("measure") switch
            {
                "requests" => sum with { Requests = sum.Requests + count },
                "connections" => sum with { Connections = sum.Connections + count },
                _ => sum with { Bytes = sum.Bytes + count },
            };
            var foreign = from != WorkloadId.UnknownName && own != WorkloadId.UnknownName && from != own && !sum.Clusters.Contains(from, StringComparer.Ordinal);
            arrived[target] = foreign ? sum with { Clusters = [.. sum.Clusters.Add(from).Order(StringComparer.Ordinal)] } : sum;
        }

        return arrived.ToFrozenDictionary();
    }

    private static FrozenDictionary<(string Namespace, string Pod), ScrapedSpan> Scraped(PrometheusAnswer answer, TimeSpan slot)
    {
        var spans = new Dictionary<(string Namespace, string Pod), ScrapedSpan>();
        foreach (var (labels, value) in Values(answer))
        {
            if (labels.GetValueOrDefault("pod") is not { Length: > 0 } pod)
            {
                continue;
            }

            var key = (labels.GetValueOrDefault("namespace") ?? "", pod);
            var span = spans.GetValueOrDefault(key);
            spans[key] = labels.GetValueOrDefault("measure") switch
            {
                "slots" => span with { Covered = slot * value },
                "first" => span with { First = DateTimeOffset.UnixEpoch.AddSeconds(value) },
                _ => span with { Last = DateTimeOffset.UnixEpoch.AddSeconds(value) },
            };
        }

        return spans.ToFrozenDictionary();
    }

    private static IEnumerable<(ImmutableSortedDictionary<string, string> Labels, double Value)> Values(PrometheusAnswer answer) => answer.Series
        .Where(series => series.Points is [{ Value: var value }] && double.IsFinite(value))
        .Select(series => (series.Labels, series.Points[0].Value));

    private WorkloadId End(ImmutableSortedDictionary<string, string> labels, string side) =>
        new(_cluster, Label(labels, side + "_workload_namespace"), Label(labels, side + "_workload"));

    /// <summary>An absent label says as little as <c>unknown</c>.</summary>
    private static string Label(ImmutableSortedDictionary<string, string> labels, string name) =>
        labels.GetValueOrDefault(name) is { Length: > 0 } value ? value : WorkloadId.UnknownName;

    /// <summary>Guarded by the lock.</summary>
    private sealed class Entry
    {
        public Entry(TimeSpan lookback, DateTimeOffset askedAt, Func<Entry, Task<LookbackEvidence>> read)
        {
            (Lookback, AskedAt) = (lookback, askedAt);
            Reading = read(this);
        }

        public TimeSpan Lookback { get; }

        public DateTimeOffset AskedAt { get; }

        public Task<LookbackEvidence> Reading { get; }

        /// <summary>Whether a question of it was not answered.</summary>
        public bool Faulty { get; set; }
    }
}
