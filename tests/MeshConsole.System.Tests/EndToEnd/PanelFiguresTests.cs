using System.Globalization;
using System.Text.Json.Nodes;
using MeshConsole.System.Tests.ByHand;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>
/// Every number of a node's and of an edge's panel against what the test works out from the raw samples that a real Prometheus
/// scraped: rates, sums, shares, quantiles and tries, at the newest refresh and at a pinned instant. The ledger is retried in
/// this mesh, so that what callers and callees count differs.
/// </summary>
public sealed class PanelFiguresTests
{
    private const string Ledger = "finance/ledger";
    private const string Api = "payments/payment-api";

    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_refresh = TimeSpan.FromSeconds(10);
    private static readonly string[] s_pair = ["source_workload_namespace", "source_workload", "destination_workload_namespace", "destination_workload", "request_protocol"];
    private static readonly string[] s_grpcFaults = ["2", "4", "8", "13", "14", "15"];

    /// <summary>Of requests of which no try reached the callee, as Envoy's access log flags them.</summary>
    private static readonly string[] s_unreached = ["UH", "UF", "UO", "NR", "NC", "DF", "FI", "RL", "UAEX", "OM", "DO", "UDO", "IH", "DPE"];

    [SkippableFact]
    public async Task Panels_NowAndAtAPinnedInstant_EqualTheRawCounters()
    {
        Requires.Prometheus();
        await using var simulator = await SimulatorProcess.StartAsync();
        using (var http = new HttpClient())
        {
            using var switched = await http.PutAsync(new Uri(simulator.PrometheusAddress, "simulator/scenarios/retry-storm"), null);
            switched.EnsureSuccessStatusCode();
        }

        await using var prometheus = await RealPrometheus.StartAsync(RealPrometheus.Job("mesh", simulator.MetricsAddress, TimeSpan.FromSeconds(3)));
        var settings = HandMeshRig.Settings(simulator.KubeconfigFile, prometheus.Address, s_refresh);
        settings["Telemetry:RateWindow"] = s_window.ToString();
        await using var console = await ConsoleProcess.StartAsync(settings);
        await console.UntilReadyAsync();
        await Eventually.BecomesAsync(
            "a window of samples lies in the past",
            TimeSpan.FromSeconds(150),
            token => prometheus.QueryAsync("count_over_time(up{job=\"mesh\"}[75s]) >= 24", cancellationToken: token),
            samples => samples.Count == 1);

        // At a pinned instant every query is of that instant, moved back to a whole refresh.
        var pinned = TimeProvider.System.GetUtcNow().AddSeconds(-25);
        var at = new DateTimeOffset(pinned.UtcTicks - (pinned.UtcTicks % s_refresh.Ticks), TimeSpan.Zero);
        foreach (var (id, subject) in Subjects())
        {
            var panel = await console.GetJsonAsync($"api/v1/topology/panel?selected={Uri.EscapeDataString(id)}&at={Uri.EscapeDataString(pinned.ToString("O", CultureInfo.InvariantCulture))}");
            await CompareAsync(panel, subject, prometheus, at, at);
        }

        var (now, buckets, panels) = await OfOneRefreshAsync(console, prometheus);
        foreach (var (panel, subject) in panels.Zip(Subjects().Select(one => one.Subject)))
        {
            await CompareAsync(panel, subject, prometheus, now, buckets);
        }
    }

    private static (string Id, Subject Subject)[] Subjects()
    {
        string Node(string name) => $"{HandMeshRig.Cluster}/{name.Split('/')[0]}/workload/{name.Split('/')[1]}";
        return
        [
            (Node(Ledger), new Subject("node", series => Target(series) == Ledger, series => Source(series) == Ledger)),
            ($"{Node(Api)}|{Node(Ledger)}|grpc", new Subject("edge", series => Source(series) == Api && Target(series) == Ledger && series["request_protocol"] == "grpc", null)),
        ];
    }

    /// <summary>Answers that stem from one refresh, the instant of it, and that of the histograms, as Prometheus logged them.</summary>
    private static async Task<(DateTimeOffset At, DateTimeOffset Buckets, JsonNode[] Panels)> OfOneRefreshAsync(ConsoleProcess console, RealPrometheus prometheus)
    {
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var before = await LastAsync(prometheus, "rate(istio_requests_total");
            var panels = await ReadAsync();
            var again = await ReadAsync();
            if (before is { } instant && await LastAsync(prometheus, "rate(istio_requests_total") == instant && TimeProvider.System.GetUtcNow() - instant > TimeSpan.FromSeconds(4)
                && panels.Zip(again).All(pair => JsonNode.DeepEquals(pair.First["traffic"], pair.Second["traffic"])))
            {
                return (instant, (await LastAsync(prometheus, "rate(istio_request_duration_milliseconds_bucket"))!.Value, panels);
            }

            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        }

        throw new TimeoutException("No quiet moment between two refreshes was found.");

        async Task<JsonNode[]> ReadAsync() => await Task.WhenAll(Subjects().Select(one => console.GetJsonAsync($"api/v1/topology/panel?selected={Uri.EscapeDataString(one.Id)}")));
    }

    /// <summary>The refreshes are those over the rate window, of the whole mesh; what was asked at a pinned instant lies before.</summary>
    private static async Task<DateTimeOffset?> LastAsync(RealPrometheus prometheus, string part) =>
        (await prometheus.LoggedQueriesAsync())
            .Where(query => query.Query.Contains(part, StringComparison.Ordinal) && query.Query.Contains("[30s]", StringComparison.Ordinal) && query.Start == query.End)
            .Select(query => (DateTimeOffset?)query.Start)
            .Max();

    private static async Task CompareAsync(JsonNode panel, Subject subject, RealPrometheus prometheus, DateTimeOffset at, DateTimeOffset bucketsAt)
    {
        Text(panel["kind"]).ShouldBe(subject.Kind);
        panel["window"]!.GetValue<double>().ShouldBe(s_window.TotalSeconds);
        var raw = new Raw(
            await prometheus.RawAsync(Range("istio_requests_total"), at),
            await prometheus.RawAsync(Range("istio_request_duration_milliseconds_sum"), at),
            await prometheus.RawAsync(Range("istio_request_duration_milliseconds_count"), at),
            await prometheus.RawAsync(Range("istio_request_duration_milliseconds_bucket"), bucketsAt),
            await prometheus.RawAsync(Range("istio_tcp_connections_opened_total"), at),
            await prometheus.RawAsync(Range("istio_tcp_sent_bytes_total"), at),
            await prometheus.RawAsync(Range("istio_tcp_received_bytes_total"), at));
        var directions = panel["traffic"]!.AsArray().ToDictionary(traffic => Text(traffic!["direction"])!, traffic => traffic!, StringComparer.Ordinal);
        directions.Keys.ShouldBe(subject.Sent is null ? ["edge"] : ["in", "out"], ignoreOrder: true);
        CompareTraffic(directions[subject.Sent is null ? "edge" : "in"], raw, subject.Arrives, at, bucketsAt, subject.Kind);
        if (subject.Sent is { } sent)
        {
            CompareTraffic(directions["out"], raw, sent, at, bucketsAt, "sent");

            // The ledger keeps its books in a database, over TCP.
            CompareConnections(directions["out"]["connections"]!, raw, sent, at);
        }
    }

    private static void CompareTraffic(JsonNode traffic, Raw raw, Func<PrometheusSeries, bool> of, DateTimeOffset at, DateTimeOffset bucketsAt, string what)
    {
        var series = raw.Requests.Where(of).ToList();
        var pairs = CounterRate.SumBy(series, at, s_window, ["reporter", .. s_pair]);
        if (pairs.Count == 0)
        {
            traffic["requests"].ShouldBeNull(what);
            return;
        }

        // As the topology has it: each pair of workloads by its caller's word, else by its callee's.
        var requests = traffic["requests"]!;
        var keys = pairs.Keys.Select(key => key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..]).Distinct(StringComparer.Ordinal).ToList();
        Near(requests["requestsPerSecond"], keys.Sum(key => pairs.TryGetValue($"source/{key}", out var rate) ? rate : pairs[$"destination/{key}"]), what);
        foreach (var (side, reporter) in new[] { ("client", "source"), ("server", "destination") })
        {
            CompareSide(requests[side], raw, entry => of(entry) && entry["reporter"] == reporter, keys.Count, at, bucketsAt, $"{what} {side}");
        }

        // Retries: over the pairs that both report.
        var both = keys.Where(key => pairs.ContainsKey($"source/{key}") && pairs.ContainsKey($"destination/{key}")).ToHashSet(StringComparer.Ordinal);
        var retries = requests["retries"]!;
        both.Count.ShouldBeGreaterThan(0, what);
        var compared = series.Where(entry => both.Contains(string.Join('/', s_pair.Select(label => entry[label])))).Select(entry => (Series: entry, Rate: CounterRate.Of(entry.Samples, at, s_window) ?? 0)).ToList();
        double Sum(string reporter, Func<PrometheusSeries, bool> counted) => compared.Where(entry => entry.Series["reporter"] == reporter && counted(entry.Series)).Sum(entry => entry.Rate);
        var (sent, tries) = (Sum("source", _ => true), Sum("destination", _ => true));
        var unreached = Sum("source", entry => entry["response_flags"].Split(',').Intersect(s_unreached, StringComparer.Ordinal).Any());
        Near(retries["requestsPerSecond"], sent, what + " requests");
        Near(retries["triesPerSecond"], tries, what + " tries");
        Near(retries["unreachedPerSecond"], unreached, what + " unreached");
        Near(retries["effectiveSuccessRatio"], 1 - (Sum("source", IsFailed) / sent), what + " effective");
        Near(retries["actualSuccessRatio"], 1 - (Sum("destination", IsFailed) / tries), what + " actual");
        Near(retries["triesPerRequest"], tries / (sent - unreached), what + " tries per request");
        if (what is "node" or "edge")
        {
            retries["triesPerRequest"]!.GetValue<double>().ShouldBeGreaterThan(1.2, "the ledger is retried here, or this test shows nothing");
        }
    }

    private static void CompareSide(JsonNode? side, Raw raw, Func<PrometheusSeries, bool> of, int pairs, DateTimeOffset at, DateTimeOffset bucketsAt, string what)
    {
        var rated = raw.Requests.Where(of).Select(entry => (Series: entry, Rate: CounterRate.Of(entry.Samples, at, s_window))).Where(entry => entry.Rate is not null).Select(entry => (entry.Series, Rate: entry.Rate!.Value)).ToList();
        if (rated.Count == 0)
        {
            side.ShouldBeNull(what);
            return;
        }

        var all = rated.Sum(entry => entry.Rate);
        side.ShouldNotBeNull(what);
        Near(side["requestsPerSecond"], all, what);
        Near(side["errorRatio"], rated.Where(entry => IsFailed(entry.Series)).Sum(entry => entry.Rate) / all, what + " errors");
        Near(side["successRatio"], 1 - (rated.Where(entry => IsFailed(entry.Series)).Sum(entry => entry.Rate) / all), what + " success");
        side["hopsInAll"]!.GetValue<int>().ShouldBe(pairs, what);
        side["hops"]!.GetValue<int>().ShouldBe(rated.Select(entry => string.Join('/', s_pair.Select(label => entry.Series[label]))).Distinct(StringComparer.Ordinal).Count(), what);

        // Each way to end, by code, status and flags.
        var expected = rated
            .GroupBy(entry => $"{entry.Series["response_code"]}/{entry.Series["grpc_response_status"]}/{(entry.Series["response_flags"] is "-" or "" ? "" : entry.Series["response_flags"])}", StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Sum(entry => entry.Rate), StringComparer.Ordinal);
        var shown = side["responses"]!.AsArray().ToDictionary(
            line => $"{Text(line!["code"])}/{line["grpcStatus"]?.GetValue<int>()}/{string.Join(',', line["flags"]!.AsArray().Select(flag => Text(flag!["flag"])))}",
            line => line!,
            StringComparer.Ordinal);
        shown.Keys.ShouldBe(expected.Keys, ignoreOrder: true, what);
        foreach (var (key, rate) in expected)
        {
            Near(shown[key]["requestsPerSecond"], rate, $"{what} {key}");
            Near(shown[key]["share"], rate / all, $"{what} {key} share");
        }

        // Durations: the mean from sum and count, quantiles and shares from the buckets.
        var latency = side["latency"]!;
        double Total(IReadOnlyList<PrometheusSeries> metric) => metric.Where(of).Sum(entry => CounterRate.Of(entry.Samples, at, s_window) ?? 0);
        Near(latency["meanMs"], Total(raw.Sums) / Total(raw.Counts), what + " mean");
        var cumulative = raw.Buckets.Where(of)
            .Select(entry => (Bound: Bound(entry["le"]), Rate: CounterRate.Of(entry.Samples, bucketsAt, s_window)))
            .Where(entry => entry.Rate is not null)
            .GroupBy(entry => entry.Bound, entry => entry.Rate!.Value)
            .OrderBy(group => group.Key)
            .Select(group => (Bound: group.Key, UpTo: group.Sum()))
            .ToList();
        foreach (var quantile in latency["quantiles"]!.AsArray())
        {
            var q = quantile!["quantile"]!.GetValue<double>();
            Near(quantile["valueMs"], Quantile(cumulative, q), $"{what} p{q * 100}", 1e-5);
        }

        latency["quantiles"]!.AsArray().Count.ShouldBe(4, what);
        var shares = latency["buckets"]!.AsArray();
        shares.Count.ShouldBe(cumulative.Count, what);
        for (var index = 0; index < cumulative.Count; index++)
        {
            var inside = cumulative[index].UpTo - (index == 0 ? 0 : cumulative[index - 1].UpTo);
            shares[index]!["share"]!.GetValue<double>().ShouldBe(Math.Max(0, inside) / cumulative[^1].UpTo, 1e-6, $"{what} up to {cumulative[index].Bound}");
        }
    }

    private static void CompareConnections(JsonNode connections, Raw raw, Func<PrometheusSeries, bool> of, DateTimeOffset at)
    {
        foreach (var (side, reporter) in new[] { ("client", "source"), ("server", "destination") })
        {
            double Total(IReadOnlyList<PrometheusSeries> metric) => metric.Where(entry => of(entry) && entry["reporter"] == reporter).Sum(entry => CounterRate.Of(entry.Samples, at, s_window) ?? 0);
            Total(raw.Sent).ShouldBeGreaterThan(0, side);
            Near(connections[side]!["openedPerSecond"], Total(raw.Opened), side + " opened");

            // Sent and received are as the callee's end of the connection has them: what it writes goes to the caller.
            Near(connections[side]!["receivedBytesPerSecond"], Total(raw.Sent), side + " to the caller");
            Near(connections[side]!["sentBytesPerSecond"], Total(raw.Received), side + " to the callee");
        }
    }

    /// <summary>Linear within the bucket in which the rank falls, from zero on; the last finite bound for what lies above it.</summary>
    private static double Quantile(List<(double Bound, double UpTo)> cumulative, double quantile)
    {
        var rank = quantile * cumulative[^1].UpTo;
        var at = cumulative.FindIndex(bucket => bucket.UpTo >= rank);
        if (double.IsPositiveInfinity(cumulative[at].Bound))
        {
            return cumulative[^2].Bound;
        }

        var (lower, before) = at == 0 ? (0, 0) : cumulative[at - 1];
        return lower + ((cumulative[at].Bound - lower) * (rank - before) / (cumulative[at].UpTo - before));
    }

    private static bool IsFailed(PrometheusSeries series) =>
        series["request_protocol"] == "grpc" && series["grpc_response_status"].Length > 0 && s_grpcFaults.Contains(series["grpc_response_status"], StringComparer.Ordinal)
        || series["response_code"].StartsWith('5')
        || (series["response_code"] == "0" && !series["response_flags"].Split(',').Contains("DC", StringComparer.Ordinal));

    private static string Source(PrometheusSeries series) => $"{series["source_workload_namespace"]}/{series["source_workload"]}";

    private static string Target(PrometheusSeries series) => $"{series["destination_workload_namespace"]}/{series["destination_workload"]}";

    private static double Bound(string le) => le == "+Inf" ? double.PositiveInfinity : double.Parse(le, NumberStyles.Float, CultureInfo.InvariantCulture);

    private static string Range(string selector) => string.Create(CultureInfo.InvariantCulture, $"{selector}[{s_window.TotalSeconds:0}s]");

    private static string? Text(JsonNode? node) => node?.GetValue<string>();

    private static void Near(JsonNode? actual, double expected, string what, double tolerance = 1e-6) =>
        actual.ShouldNotBeNull(what).GetValue<double>().ShouldBe(expected, Math.Max(1e-9, Math.Abs(expected) * tolerance), what);

    /// <param name="Sent">What is sent; null for an edge.</param>
    private sealed record Subject(string Kind, Func<PrometheusSeries, bool> Arrives, Func<PrometheusSeries, bool>? Sent);

    private sealed record Raw(
        IReadOnlyList<PrometheusSeries> Requests,
        IReadOnlyList<PrometheusSeries> Sums,
        IReadOnlyList<PrometheusSeries> Counts,
        IReadOnlyList<PrometheusSeries> Buckets,
        IReadOnlyList<PrometheusSeries> Opened,
        IReadOnlyList<PrometheusSeries> Sent,
        IReadOnlyList<PrometheusSeries> Received);
}
