using System.Globalization;
using System.Text;
using System.Text.Json;
using MeshConsole.Mesh.Prometheus.Istio;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.Benchmarks;

/// <summary>
/// What seven days of readiness cost Prometheus, in counts and not in time: the samples that each query of a look-back reads
/// and holds at once, by a real Prometheus's own account over a week of samples of one proxy and of three, and from that for
/// the mesh, whose series are counted: both grow with the number of series in a straight line, the first from nothing.
/// </summary>
internal static class LookbackCost
{
    /// <summary>As Prometheus ships: a query that holds more is refused.</summary>
    private const double MaxSamples = 50_000_000;

    private static readonly TimeSpan s_lookback = TimeSpan.FromDays(7);
    private static readonly TimeSpan s_scrape = TimeSpan.FromSeconds(15);

    /// <summary>A 240th of the look-back, as the reader takes it.</summary>
    private static readonly TimeSpan s_slot = s_lookback / 240;

    private static readonly (string Name, string Query, string[] Selectors)[] s_queries =
    [
        ("plaintext requests", IstioReadinessQueries.Requests, ["istio_requests_total{reporter=~\"destination|waypoint\",connection_security_policy!=\"mutual_tls\"}"]),
        ("plaintext connections", IstioReadinessQueries.Connections, ["istio_tcp_connections_opened_total{reporter=\"destination\",connection_security_policy!=\"mutual_tls\"}"]),
        ("plaintext bytes", IstioReadinessQueries.Bytes, ["istio_tcp_received_bytes_total{reporter=\"destination\",connection_security_policy!=\"mutual_tls\"}"]),
        (
            "what arrived",
            IstioReadinessQueries.Arrivals,
            ["istio_requests_total{reporter=~\"destination|waypoint\"}", "istio_tcp_connections_opened_total{reporter=\"destination\"}", "istio_tcp_received_bytes_total{reporter=\"destination\"}"]),
        ("when proxies were scraped", IstioReadinessQueries.Scrapes, ["istio_build{component=~\"proxy|ztunnel\"}"]),
    ];

    public static async Task ReportAsync(MeasuredMesh mesh, CancellationToken cancellationToken)
    {
        if (ToolLocator.Prometheus is null)
        {
            Row.Write("a look-back of 7 days", $"not measured: no Prometheus on this machine", "—");
            return;
        }

        var end = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / 15 * 15).AddMinutes(-5);
        using var http = new HttpClient { Timeout = TimeSpan.FromMinutes(5) };
        var one = await MeasureAsync(http, 1, end, cancellationToken);
        var three = await MeasureAsync(http, 3, end, cancellationToken);
        Row.Write("queries of a look-back, whatever its length and scope", $"{s_queries.Length} instant queries; their subqueries have {s_lookback / s_slot:F0} steps", "≤ 11,000 points");
        for (var i = 0; i < s_queries.Length; i++)
        {
            var whole = await CountAsync(http, mesh.Mesh.PrometheusUrl, s_queries[i].Selectors, null, cancellationToken);
            var perSeries = three[i].Read / three[i].Series;
            var held = one[i].Held + ((three[i].Held - one[i].Held) / (three[i].Series - one[i].Series) * Math.Max(0, whole - one[i].Series));
            Row.Write($"7 days at 15 s: {s_queries[i].Name}", $"{perSeries:N0} samples read per series; of the {whole:N0} series of the mesh {perSeries * whole:N0} read, {held:N0} held at once", $"≤ {MaxSamples.ToString("N0", CultureInfo.InvariantCulture)} held");
        }
    }

    private static async Task<(double Read, double Held, double Series)[]> MeasureAsync(HttpClient http, int proxies, DateTimeOffset end, CancellationToken cancellationToken)
    {
        await using var prometheus = await RealPrometheus.StartAsync(openMetrics: History(proxies, end), cancellationToken: cancellationToken);
        var measured = new List<(double, double, double)>();
        foreach (var (_, query, selectors) in s_queries)
        {
            var text = query.Replace("$window", Seconds(s_lookback), StringComparison.Ordinal).Replace("$slot", Seconds(s_slot), StringComparison.Ordinal);
            using var answer = await AskAsync(http, prometheus.Address, text, end, cancellationToken);
            var samples = answer.RootElement.GetProperty("data").GetProperty("stats").GetProperty("samples");
            measured.Add((samples.GetProperty("totalQueryableSamples").GetDouble(), samples.GetProperty("peakSamples").GetDouble(), await CountAsync(http, prometheus.Address, selectors, end, cancellationToken)));
        }

        return [.. measured];
    }

    private static string Seconds(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:F0}s");

    private static async Task<double> CountAsync(HttpClient http, Uri prometheus, string[] selectors, DateTimeOffset? at, CancellationToken cancellationToken)
    {
        var sum = 0.0;
        foreach (var selector in selectors)
        {
            using var answer = await AskAsync(http, prometheus, $"count({selector})", at, cancellationToken);
            var result = answer.RootElement.GetProperty("data").GetProperty("result");
            sum += result.GetArrayLength() == 0 ? 0 : double.Parse(result[0].GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture);
        }

        return sum;
    }

    private static async Task<JsonDocument> AskAsync(HttpClient http, Uri prometheus, string query, DateTimeOffset? at, CancellationToken cancellationToken)
    {
        var form = new Dictionary<string, string> { ["query"] = query, ["stats"] = "all" };
        if (at is { } instant)
        {
            form["time"] = instant.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        }

        using var content = new FormUrlEncodedContent(form);
        using var response = await http.PostAsync(new Uri(prometheus, "api/v1/query"), content, cancellationToken);
        response.EnsureSuccessStatusCode();
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
    }

    /// <summary>A week of each metric that a look-back reads, of so many proxies, in OpenMetrics text.</summary>
    private static string History(int proxies, DateTimeOffset end)
    {
        var text = new StringBuilder();
        var last = end.ToUnixTimeSeconds();
        var step = (long)s_scrape.TotalSeconds;
        foreach (var metric in new[] { "istio_build", "istio_requests_total", "istio_tcp_connections_opened_total", "istio_tcp_received_bytes_total", "istio_tcp_sent_bytes_total" })
        {
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {metric} unknown\n");
            for (var proxy = 0; proxy < proxies; proxy++)
            {
                foreach (var policy in metric == "istio_build" ? [""] : new[] { "none", "mutual_tls" })
                {
                    var labels = metric == "istio_build"
                        ? $"component=\"proxy\",namespace=\"a\",pod=\"p{proxy}\""
                        : $"reporter=\"destination\",source_workload=\"s\",source_workload_namespace=\"a\",destination_workload=\"t{proxy}\",destination_workload_namespace=\"a\",connection_security_policy=\"{policy}\",namespace=\"a\",pod=\"p{proxy}\"";
                    for (var at = last - (long)s_lookback.TotalSeconds; at <= last; at += step)
                    {
                        text.Append(CultureInfo.InvariantCulture, $"{metric}{{{labels}}} {(metric == "istio_build" ? 1 : at - last + (long)s_lookback.TotalSeconds)} {at}\n");
                    }
                }
            }
        }

        return text.Append("# EOF\n").ToString();
    }
}
