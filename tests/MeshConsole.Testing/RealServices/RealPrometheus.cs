using System.Globalization;
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
    public static string Job(string name, Uri target, TimeSpan interval) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        - job_name: {name}
          honor_labels: true
          honor_timestamps: false
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
        var form = new Dictionary<string, string> { ["query"] = query };
        if (at is { } instant)
        {
            form["time"] = (instant.ToUnixTimeMilliseconds() / 1000.0).ToString("0.###", CultureInfo.InvariantCulture);
        }

        using var content = new FormUrlEncodedContent(form);
        using var response = await _http.PostAsync(new Uri("api/v1/query", UriKind.Relative), content, cancellationToken);
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken))!;
        if (answer["status"]?.GetValue<string>() != "success")
        {
            throw new InvalidOperationException($"{query}: {answer.ToJsonString()}");
        }

        var data = answer["data"]!;
        var results = data["resultType"]!.GetValue<string>() == "scalar"
            ? [new JsonObject { ["metric"] = new JsonObject(), ["value"] = data["result"]!.DeepClone() }]
            : data["result"]!.AsArray().Select(item => item!);
        return
        [
            .. results.Select(item => new PrometheusSample(
                item["metric"]!.AsObject().ToDictionary(label => label.Key, label => label.Value!.GetValue<string>(), StringComparer.Ordinal),
                ParseValue(item["value"]![1]!.GetValue<string>()))),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _http.Dispose();
        _scratch.Dispose();
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
            ? "global:\n  scrape_interval: 1m\n"
            : $"global:\n  scrape_interval: 1m\nscrape_configs:\n{scrapeConfigs}");

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

/// <summary>One series of an instant answer.</summary>
public sealed record PrometheusSample(IReadOnlyDictionary<string, string> Labels, double Value)
{
    /// <summary>The label's value, or "" as Prometheus itself treats a missing label.</summary>
    public string this[string label] => Labels.TryGetValue(label, out var value) ? value : "";
}
