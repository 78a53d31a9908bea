using System.Collections.Immutable;
using MeshConsole.Mesh.Snapshots;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Mesh.Prometheus;

/// <summary>
/// Reads the telemetry of one cluster for everybody: at aligned instants, one refresh at a time, each number with the age of
/// its own query. While Prometheus does not answer at all, one small question every few seconds waits for it to come back.
/// </summary>
public sealed partial class TelemetryPoller : ITelemetrySource
{
    /// <summary>Time for the small question: with the wait before it, an answer is noticed within ten seconds.</summary>
    private static readonly TimeSpan s_probeTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Symbols under which the table is left alone, however few are in use.</summary>
    private const int SymbolsWorthKeeping = 50_000;

    private readonly string _cluster;
    private readonly PrometheusClient _client;
    private readonly ITelemetryDialect _dialect;
    private readonly TelemetrySettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger<TelemetryPoller> _logger;
    private readonly TelemetryRefresh _refresh;
    private readonly TelemetryAnswers _answers = new();
    private readonly SortedDictionary<string, QuerySource> _queries = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SymbolTable _symbols = new();
    private int _symbolsInUse = SymbolsWorthKeeping;
    private bool _reachable = true;
    private volatile bool _severalClusters;
    private volatile TelemetryFrame? _frame;
    private SourceStatus[] _sources;

    public TelemetryPoller(string cluster, PrometheusClient client, ITelemetryDialect dialect, TelemetrySettings settings, TimeProvider time, ILogger<TelemetryPoller> logger)
    {
        ArgumentException.ThrowIfNullOrEmpty(cluster);
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(dialect);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(time);
        _cluster = cluster;
        _client = client;
        _dialect = dialect;
        _settings = settings;
        _time = time;
        _logger = logger;
        _refresh = new TelemetryRefresh(client, dialect, settings.MaxParallelQueries);
        var now = time.GetUtcNow();
        foreach (var query in dialect.Queries(settings.RateWindow, severalClusters: false))
        {
            _queries.Add(query.Name, new QuerySource(query.Name, now));
        }

        _sources = [.. _queries.Values.Select(query => query.Status)];
    }

    public event Action? Changed;

    public TelemetryFrame? Frame => _frame;

    public ImmutableArray<SourceStatus> Sources => [.. Volatile.Read(ref _sources)];

    public Task Ready => _ready.Task;

    /// <summary>Queries sent to Prometheus since the start.</summary>
    public long QueriesSent => _client.QueriesSent;

    /// <summary>Whether telemetry has shown workloads of more than one cluster.</summary>
    public bool SeveralClusters => _severalClusters;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await RefreshAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Nothing that one refresh meets may end the polling; the next one is a fresh try.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Log.RefreshBroke(_logger, exception, _cluster);
                FailAll($"A refresh broke off with a fault of the console ({exception.GetType().Name}).");
            }

            try
            {
                await NextAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task NextAsync(CancellationToken cancellationToken)
    {
        if (!_reachable)
        {
            await Task.Delay(_settings.RetryInterval * (0.8 + (Random.Shared.NextDouble() * 0.4)), _time, cancellationToken).ConfigureAwait(false);
            return;
        }

        // Multiples of the interval, so that replicas and caches in front of Prometheus see the same instants.
        var (now, interval) = (_time.GetUtcNow().Ticks, _settings.RefreshInterval.Ticks);
        var next = now - (now % interval) + interval;

        // A delay has whole milliseconds and may end early: all would be asked once for the second before, and at once again.
        // A clock that is set back meanwhile is not waited for.
        while (next - _time.GetUtcNow().Ticks is > 0 and var left && left <= interval)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(TimeSpan.FromTicks(left).TotalMilliseconds)), _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var at = new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
        if (!_reachable && await ProbeAsync(at, cancellationToken).ConfigureAwait(false) is { } fault)
        {
            FailAll(fault.Message);
            return;
        }

        var due = _dialect.Queries(_settings.RateWindow, _severalClusters).Where(query => _queries[query.Name].IsDue(now, query.Every)).ToList();
        var outcomes = await _refresh.RunAsync(due, at, _symbols, _severalClusters, _answers, cancellationToken).ConfigureAwait(false);
        Take(outcomes);
        _ready.TrySetResult();
    }

    /// <summary>Null when Prometheus answers.</summary>
    private async Task<PrometheusException?> ProbeAsync(DateTimeOffset at, CancellationToken cancellationToken)
    {
        try
        {
            var symbols = new SymbolTable();
            await _client.QueryAsync("1", at, symbols, new SeriesCollector(symbols), s_probeTimeout, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (PrometheusException exception)
        {
            return exception;
        }
    }

    private void Take(IReadOnlyList<QueryOutcome> outcomes)
    {
        var now = _time.GetUtcNow();
        var gap = IsGap(outcomes);
        var anyAnswer = false;
        foreach (var outcome in outcomes)
        {
            var source = _queries[outcome.Query.Name];
            if (outcome.Answer is { } answer && !(gap && outcome.Query.ShowsTraffic))
            {
                anyAnswer = true;
                _answers.Set(outcome.Query.Name, answer);
                if (source.Succeeded(now, outcome.Receipt!))
                {
                    Log.Live(_logger, _cluster, outcome.Query.Name);
                }
            }
            else
            {
                anyAnswer |= outcome.Answer is not null;
                var reason = outcome.Fault?.Message
                    ?? $"Prometheus holds no traffic of the mesh with two samples in the last {PromQl.Duration(_settings.RateWindow)}: check that the proxies are scraped.";
                if (source.Failed(now, reason, Consequence(source.Status)))
                {
                    Log.NotLive(_logger, _cluster, outcome.Query.Name, reason);
                }
            }
        }

        _reachable = anyAnswer;
        if (!anyAnswer && outcomes.Count > 0)
        {
            // Whoever was not asked this time would not have been answered either.
            FailAll(outcomes[0].Fault!.Message);
            return;
        }

        if (anyAnswer && _answers.All.Any())
        {
            CompactSymbols();
            var frame = _dialect.Frame(_cluster, _symbols, _answers, _settings.RateWindow);
            _severalClusters = frame.Edges.Any(edge => IsElsewhere(edge.Source.Workload.Cluster) || IsElsewhere(edge.Target.Workload.Cluster));
            _frame = frame;
        }

        PublishStates();
    }

    /// <summary>
    /// Counters stay where they are without traffic, so a mesh without any traffic series is a mesh that was not scraped
    /// (twice in the window): rates are not known, which is not the same as zero.
    /// </summary>
    private static bool IsGap(IReadOnlyList<QueryOutcome> outcomes)
    {
        var answers = outcomes.Where(outcome => outcome.Query.ShowsTraffic && outcome.Answer is not null).Select(outcome => outcome.Answer!).ToList();
        return answers.Count > 0 && answers.All(answer => answer.Series == 0);
    }

    private bool IsElsewhere(string cluster) => !string.Equals(cluster, _cluster, StringComparison.Ordinal);

    private void FailAll(string reason)
    {
        var now = _time.GetUtcNow();
        _reachable = false;
        foreach (var (name, source) in _queries)
        {
            if (source.Failed(now, reason, Consequence(source.Status)))
            {
                Log.NotLive(_logger, _cluster, name, reason);
            }
        }

        PublishStates();
        _ready.TrySetResult();
    }

    private static string Consequence(SourceStatus status) =>
        status.LastSuccess is null ? "Nothing is known from it yet; the console keeps trying." : "What is shown is its last good answer; the console keeps trying.";

    private void PublishStates()
    {
        Volatile.Write(ref _sources, [.. _queries.Values.Select(query => query.Status)]);
        Changed?.Invoke();
    }

    /// <summary>Names of workloads come and go: when most symbols are of the past, those in use move to a new table.</summary>
    private void CompactSymbols()
    {
        if (_symbols.Count < 2 * _symbolsInUse)
        {
            return;
        }

        var fresh = new SymbolTable();
        foreach (var answer in _answers.All)
        {
            if (ReferenceEquals(answer.Symbols, _symbols))
            {
                answer.MoveTo(fresh);
            }
        }

        _symbols = fresh;
        _symbolsInUse = Math.Max(SymbolsWorthKeeping, fresh.Count);
    }

    private static partial class Log
    {
        [LoggerMessage(2101, LogLevel.Information, "Cluster {Cluster}: {Query} is live")]
        public static partial void Live(ILogger logger, string cluster, string query);

        [LoggerMessage(2102, LogLevel.Warning, "Cluster {Cluster}: {Query} gives nothing new: {Reason}")]
        public static partial void NotLive(ILogger logger, string cluster, string query, string reason);

        [LoggerMessage(2103, LogLevel.Error, "Cluster {Cluster}: a refresh of telemetry broke off")]
        public static partial void RefreshBroke(ILogger logger, Exception exception, string cluster);
    }
}
