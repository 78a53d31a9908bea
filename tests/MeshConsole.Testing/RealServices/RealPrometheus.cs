using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeshConsole.Testing.RealServices;

/// <summary>
/// A real Prometheus on a loopback port with a scratch store: it scrapes what it is told, or answers from samples that a test
/// loaded. It can be killed and brought back with its data kept.
/// </summary>
public sealed class RealPrometheus : IAsyncDisposable
{
    private static readonly TimeSpan s_startPatience = TimeSpan.FromSeconds(60);

    private readonly ScratchFolder _scratch = ScratchFolder.Create("prometheus");
    private readonly int _port = LoopbackPorts.Take();
    private readonly HttpClient _http;
    private ChildProcess? _process;

    private RealPrometheus() => _http = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(60) };

    public Uri Address => new($"http://127.0.0.1:{_port}/");

    public HttpClient Http => _http;

    private string QueryLog => _scratch.File("queries.log");

    public string Log => _process?.LastLines(100) ?? "";

    /// <param name="scrapeConfigs">The list under <c>scrape_configs</c> in YAML, unindented; empty for none.</param>
    /// <param name="openMetrics">Samples to hold from the start, in OpenMetrics text with timestamps in seconds, ended by <c># EOF</c>.</param>
    public static async Task<RealPrometheus> StartAsync(string scrapeConfigs = "", string? openMetrics = null, CancellationToken cancellationToken = default)
    {
        var prometheus = new RealPrometheus();
        try
        {
            prometheus.WriteConfiguration(scrapeConfigs);
            if (openMetrics is not null)
            {
                await prometheus.LoadAsync(openMetrics);
            }

            await prometheus.StartAgainAsync(cancellationToken);
            return prometheus;
        }
        catch
        {
            await prometheus.DisposeAsync();
            throw;
        }
    }

    /// <summary>One scrape job over HTTP.</summary>
    /// <param name="timestamps">Whether samples keep the times that the target states.</param>
    public static string Job(string name, Uri target, TimeSpan interval, bool timestamps = false) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        - job_name: {name}
          honor_labels: true
          honor_timestamps: {(timestamps ? "true" : "false")}
          scrape_interval: {interval.TotalMilliseconds:0}ms
          scrape_timeout: {Math.Min(interval.TotalMilliseconds, 10_000):0}ms
          metrics_path: {target.AbsolutePath}
          static_configs:
          - targets: ['{target.Authority}']

        """);

    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            await process.DisposeAsync();
        }
    }

    /// <summary>Starts it on its port with its data and waits until it is ready.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken = default)
    {
        if (_process is not null)
        {
            throw new InvalidOperationException("Prometheus runs already.");
        }

        // A killed server leaves its lock behind.
        File.Delete(Path.Combine(_scratch.Folder("data"), "lock"));
        _process = ChildProcess.Start(
            "prometheus",
            ToolLocator.Prometheus!,
            [
                $"--config.file={_scratch.File("prometheus.yml")}",
                $"--storage.tsdb.path={_scratch.Folder("data")}",
                "--storage.tsdb.retention.time=10y",
                $"--web.listen-address=127.0.0.1:{_port}",
                "--web.enable-lifecycle",
                "--log.level=warn",
            ]);
        await _process.WaitUntilAsync(
            async token =>
            {
                using var ready = await _http.GetAsync(new Uri("-/ready", UriKind.Relative), token);
                return ready.IsSuccessStatusCode;
            },
            s_startPatience,
            cancellationToken);
    }

    public void Freeze() => _process!.Freeze();

    public void Thaw() => _process!.Thaw();

    /// <summary>Takes another scrape configuration without a restart.</summary>
    public async Task ReloadAsync(string scrapeConfigs, CancellationToken cancellationToken = default)
    {
        WriteConfiguration(scrapeConfigs);
        using var answer = await _http.PostAsync(new Uri("-/reload", UriKind.Relative), null, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException(await answer.Content.ReadAsStringAsync(cancellationToken));
        }
    }

    /// <summary>
    /// An instant query read by the test itself: label sets as <c>name="value"</c> in label order, without the metric name's
    /// special treatment, and values as Prometheus spells them.
    /// </summary>
    public async Task<IReadOnlyList<PrometheusSample>> QueryAsync(string query, DateTimeOffset? at = null, CancellationToken cancellationToken = default)
    {
        var data = await AskAsync(query, at, cancellationToken);
        var results = data["resultType"]!.GetValue<string>() == "scalar"
            ? [new JsonObject { ["metric"] = new JsonObject(), ["value"] = data["result"]!.DeepClone() }]
            : data["result"]!.AsArray().Select(item => item!);
        return [.. results.Select(item => new PrometheusSample(LabelsOf(item), ParseValue(item["value"]![1]!.GetValue<string>())))];
    }

    /// <summary>
    /// The samples themselves: <c>selector[window]</c> at an instant, as scraped. What a test works out rates from by hand.
    /// </summary>
    public async Task<IReadOnlyList<PrometheusSeries>> RawAsync(string rangeSelector, DateTimeOffset at, CancellationToken cancellationToken = default)
    {
        var answer = await AskAsync(rangeSelector, at, cancellationToken);
        return
        [
            .. answer["result"]!.AsArray().Select(item => new PrometheusSeries(
                LabelsOf(item!),
                [.. item!["values"]!.AsArray().Select(pair => (Milliseconds: (long)Math.Round(pair![0]!.GetValue<double>() * 1000), Value: ParseValue(pair[1]!.GetValue<string>())))])),
        ];
    }

    /// <summary>Every query that was sent to this server so far, with its instant, as the server itself logged it. Oldest first.</summary>
    public async Task<IReadOnlyList<PrometheusLoggedQuery>> LoggedQueriesAsync(CancellationToken cancellationToken = default)
    {
        var path = QueryLog;
        if (!File.Exists(path))
        {
            return [];
        }

        await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        var queries = new List<PrometheusLoggedQuery>();
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            JsonNode entry;
            try
            {
                entry = JsonNode.Parse(line)!;
            }
            catch (JsonException)
            {
                // The last line is still being written.
                break;
            }

            var parameters = entry["params"]!;
            queries.Add(new PrometheusLoggedQuery(
                parameters["query"]!.GetValue<string>(),
                DateTimeOffset.Parse(parameters["start"]!.GetValue<string>(), CultureInfo.InvariantCulture),
                DateTimeOffset.Parse(parameters["end"]!.GetValue<string>(), CultureInfo.InvariantCulture)));
        }

        return queries;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _http.Dispose();
        _scratch.Dispose();
    }

    private static Dictionary<string, string> LabelsOf(JsonNode item) =>
        item["metric"]!.AsObject().ToDictionary(label => label.Key, label => label.Value!.GetValue<string>(), StringComparer.Ordinal);

    private async Task<JsonNode> AskAsync(string query, DateTimeOffset? at, CancellationToken cancellationToken)
    {
        var form = new Dictionary<string, string> { ["query"] = query };
        if (at is { } instant)
        {
            form["time"] = (instant.ToUnixTimeMilliseconds() / 1000.0).ToString("0.###", CultureInfo.InvariantCulture);
        }

        using var content = new FormUrlEncodedContent(form);
        using var response = await _http.PostAsync(new Uri("api/v1/query", UriKind.Relative), content, cancellationToken);
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken))!;
        return answer["status"]?.GetValue<string>() == "success" ? answer["data"]! : throw new InvalidOperationException($"{query}: {answer.ToJsonString()}");
    }

    private static double ParseValue(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        "NaN" => double.NaN,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    private void WriteConfiguration(string scrapeConfigs) => File.WriteAllText(
        _scratch.File("prometheus.yml"),
        scrapeConfigs.Length == 0
            ? $"global:\n  scrape_interval: 1m\n  query_log_file: {QueryLog}\n"
            : $"global:\n  scrape_interval: 1m\n  query_log_file: {QueryLog}\nscrape_configs:\n{scrapeConfigs}");

    private async Task LoadAsync(string openMetrics)
    {
        var samples = _scratch.File("samples.txt");
        await File.WriteAllTextAsync(samples, openMetrics);
        await using var promtool = ChildProcess.Start(
            "promtool",
            ToolLocator.Promtool!,
            ["tsdb", "create-blocks-from", "openmetrics", samples, _scratch.Folder("data")]);
        if (!await promtool.WaitForExitAsync(TimeSpan.FromMinutes(2)) || promtool.ExitCode != 0)
        {
            throw new InvalidOperationException($"promtool did not take the samples.\n{promtool.LastLines(40)}");
        }

        File.Delete(samples);
    }
}

/// <summary>One series of raw samples, oldest first.</summary>
public sealed record PrometheusSeries(IReadOnlyDictionary<string, string> Labels, IReadOnlyList<(long Milliseconds, double Value)> Samples)
{
    public string this[string label] => Labels.TryGetValue(label, out var value) ? value : "";
}

/// <summary>One query as the server logged it; an instant query starts where it ends.</summary>
public sealed record PrometheusLoggedQuery(string Query, DateTimeOffset Start, DateTimeOffset End);

/// <summary>One series of an instant answer.</summary>
public sealed record PrometheusSample(IReadOnlyDictionary<string, string> Labels, double Value)
{
    /// <summary>The label's value, or "" as Prometheus itself treats a missing label.</summary>
    public string this[string label] => Labels.TryGetValue(label, out var value) ? value : "";
}
