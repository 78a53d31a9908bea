using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Prometheus.Istio;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.Benchmarks;

/// <summary>
/// What a refresh costs a real Prometheus that scrapes the mesh: its own time by its own metrics, and how long the set of
/// queries takes when it is sent as the console sends it.
/// </summary>
internal static class PrometheusTime
{
    private const int Rounds = 9;

    private static readonly TimeSpan s_scrapeInterval = TimeSpan.FromSeconds(15);
    private static readonly TelemetrySettings s_settings = new();

    public static async Task ReportAsync(MeasuredMesh mesh, CancellationToken cancellationToken)
    {
        if (ToolLocator.Prometheus is null)
        {
            Row.Write("Prometheus's time per refresh", $"not measured: no Prometheus on this machine", "≤ 1.5 s");
            return;
        }

        var job = RealPrometheus.Job("mesh", new Uri(mesh.Mesh.PrometheusUrl, "metrics"), s_scrapeInterval);
        await using var prometheus = await RealPrometheus.StartAsync(job, cancellationToken: cancellationToken);
        using var http = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All }) { BaseAddress = prometheus.Address, Timeout = TimeSpan.FromMinutes(2) };

        var queries = new IstioDialect().Queries(s_settings.RateWindow, severalClusters: false);
        var samples = await UntilFilledAsync(prometheus, cancellationToken);
        var series = (await prometheus.QueryAsync("sum(scrape_samples_scraped)", cancellationToken: cancellationToken))[0].Value;
        var scrape = (await prometheus.QueryAsync("max(scrape_duration_seconds)", cancellationToken: cancellationToken))[0].Value;

        // The first round warms Prometheus's own caches and is not counted.
        try
        {
            await RefreshAsync(http, queries, cancellationToken);
            await ReportAsync(http, "without histograms", [.. queries.Where(query => query.Every == TimeSpan.Zero)], cancellationToken);
            await ReportAsync(http, "with histograms (once a minute)", queries, cancellationToken);
        }
        catch (HttpRequestException exception)
        {
            throw new InvalidOperationException($"Prometheus did not answer to the end; its last words:\n{prometheus.Log}", exception);
        }

        Row.Write("the Prometheus measured", $"2 cores shared with the mesh, {series:N0} series scraped every {s_scrapeInterval.TotalSeconds:F0} s in {scrape:F1} s, {samples:F0} samples of each in the rate window", "—");
    }

    /// <summary>Waits until every counter has as many samples in the rate window as scrapes fit into it.</summary>
    private static async Task<double> UntilFilledAsync(RealPrometheus prometheus, CancellationToken cancellationToken)
    {
        var wanted = Math.Floor(s_settings.RateWindow / s_scrapeInterval);
        var deadline = TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(6);
        while (true)
        {
            var counts = await prometheus.QueryAsync($"min(count_over_time(istio_requests_total[{s_settings.RateWindow.TotalSeconds:F0}s]))", cancellationToken: cancellationToken);
            if (counts is [{ Value: var samples }] && samples >= wanted)
            {
                return samples;
            }

            if (TimeProvider.System.GetUtcNow() > deadline)
            {
                throw new TimeoutException($"Prometheus did not scrape the mesh {wanted:F0} times within its rate window: the machine is too busy for the scrape timeout.\n{prometheus.Log}");
            }

            await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, cancellationToken);
        }
    }

    private static async Task ReportAsync(HttpClient http, string name, IReadOnlyList<TelemetryQuery> queries, CancellationToken cancellationToken)
    {
        var rounds = new List<(double Wall, Cost Cost, IReadOnlyDictionary<string, double> Each)>();
        for (var round = 0; round < Rounds; round++)
        {
            var before = await CostAsync(http, cancellationToken);
            var begun = Stopwatch.GetTimestamp();
            var each = await RefreshAsync(http, queries, cancellationToken);
            var wall = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            rounds.Add((wall, (await CostAsync(http, cancellationToken)) - before, each));
            // Out of step with the scrapes, so that some rounds meet one and some do not.
            await Task.Delay(TimeSpan.FromSeconds(4), TimeProvider.System, cancellationToken);
        }

        Row.Write(
            $"Prometheus's time per refresh, {queries.Count} queries {name}",
            $"processor {Row.Median(rounds.Select(r => r.Cost.Processor)):F2} s; requests {Row.Median(rounds.Select(r => r.Cost.Requests)):F2} s in sum, of it {Row.Median(rounds.Select(r => r.Cost.Evaluation)):F2} s evaluation; {s_settings.MaxParallelQueries} at a time over after {Row.Median(rounds.Select(r => r.Wall)):F2} s (longest of {Rounds}: {rounds.Max(r => r.Wall):F2} s)",
            "≤ 1.5 s without histograms");
        foreach (var query in queries.OrderByDescending(query => Row.Median(rounds.Select(r => r.Each[query.Name]))).Take(4))
        {
            Row.Write($"… of it {query.Name}", $"{Row.Median(rounds.Select(r => r.Each[query.Name])):F2} s", "—");
        }
    }

    /// <summary>Sends the queries as a refresh does, and reads the answers without looking at them.</summary>
    /// <returns>Seconds to the last byte, by query.</returns>
    private static async Task<IReadOnlyDictionary<string, double>> RefreshAsync(HttpClient http, IReadOnlyList<TelemetryQuery> queries, CancellationToken cancellationToken)
    {
        var at = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var waiting = new ConcurrentQueue<TelemetryQuery>(queries);
        var times = new ConcurrentDictionary<string, double>(StringComparer.Ordinal);
        await Task.WhenAll(Enumerable.Range(0, s_settings.MaxParallelQueries).Select(async _ =>
        {
            while (waiting.TryDequeue(out var query))
            {
                var begun = Stopwatch.GetTimestamp();
                using var form = new FormUrlEncodedContent([new("query", query.Text), new("time", at), new("timeout", "60s")]);
                using var response = await http.PostAsync(new Uri("api/v1/query", UriKind.Relative), form, cancellationToken);
                await response.EnsureSuccessStatusCode().Content.CopyToAsync(Stream.Null, cancellationToken);
                times[query.Name] = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            }
        }));
        return times;
    }

    private static async Task<Cost> CostAsync(HttpClient http, CancellationToken cancellationToken)
    {
        using var response = await http.GetAsync(new Uri("metrics", UriKind.Relative), cancellationToken);
        var lines = (await response.Content.ReadAsStringAsync(cancellationToken)).Split('\n');
        return new Cost(
            Value("process_cpu_seconds_total "),
            Value("prometheus_http_request_duration_seconds_sum{handler=\"/api/v1/query\"} "),
            Value("prometheus_engine_query_duration_seconds_sum{slice=\"inner_eval\"} ") + Value("prometheus_engine_query_duration_seconds_sum{slice=\"prepare_time\"} "));

        double Value(string series) =>
            lines.FirstOrDefault(line => line.StartsWith(series, StringComparison.Ordinal)) is { } line ? double.Parse(line[series.Length..], CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>Seconds since the server's start.</summary>
    private readonly record struct Cost(double Processor, double Requests, double Evaluation)
    {
        public static Cost operator -(Cost left, Cost right) => new(left.Processor - right.Processor, left.Requests - right.Requests, left.Evaluation - right.Evaluation);
    }
}
