using System.Globalization;
using System.Text.Json.Nodes;
using MeshConsole.System.Tests.ByHand;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>
/// The 23 services of the payments mesh, with the console between a real API server that holds their objects and a real
/// Prometheus that scrapes their counters. What the console says is compared with what the test works out itself from the raw
/// samples that Prometheus scraped, at the very instant at which the console asked.
/// </summary>
public sealed class SimulatedMeshTests
{
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(30);
    private static readonly string[] s_grpcFaults = ["2", "4", "8", "13", "14", "15"];

    [SkippableFact]
    public async Task Figures_OfTheScrapedMesh_EqualTheRawCounters()
    {
        Requires.Kubernetes();
        Requires.Prometheus();
        await using var simulator = await SimulatorProcess.StartAsync();
        await using var prometheus = await RealPrometheus.StartAsync(RealPrometheus.Job("mesh", simulator.MetricsAddress, TimeSpan.FromSeconds(3)));
        await using var cluster = await RealKubernetes.StartAsync();
        await ClusterCopy.CopyAsync(simulator.Kubernetes, cluster.Admin, (plural, @namespace, name) =>
            plural is "virtualservices" or "destinationrules" && @namespace == "payments" && name == "card-processor");
        await cluster.Admin.CreateAsync(CardProcessor.VirtualServices, CardProcessor.VirtualService);
        await cluster.Admin.CreateAsync(CardProcessor.DestinationRules, CardProcessor.DestinationRule);
        await Eventually.BecomesAsync(
            "the window is full of samples",
            TimeSpan.FromSeconds(90),
            token => prometheus.QueryAsync("count_over_time(up{job=\"mesh\"}[36s]) >= 12", cancellationToken: token),
            samples => samples.Count == 1);

        var settings = HandMeshRig.Settings(cluster.WriteKubeconfig(), prometheus.Address, TimeSpan.FromSeconds(10));
        settings["Telemetry:RateWindow"] = s_window.ToString();
        await using var console = await ConsoleProcess.StartAsync(settings);
        await console.UntilReadyAsync();

        var (at, topology, mtls, hops, routes) = await OfOneInstantAsync(console, prometheus);
        var requests = await prometheus.RawAsync(Range("istio_requests_total"), at);
        requests.Count.ShouldBeGreaterThan(100);

        CompareEdges(topology, requests, at);
        CompareMutualTls(mtls, requests, at);
        await CompareHopsAsync(hops, prometheus, at);
        CompareRoutes(routes, requests, at);
    }

    /// <summary>Answers that all stem from one refresh, and the instant of it as Prometheus logged it.</summary>
    private static async Task<(DateTimeOffset At, JsonNode Topology, JsonNode Mtls, JsonNode Hops, JsonNode Routes)> OfOneInstantAsync(ConsoleProcess console, RealPrometheus prometheus)
    {
        for (var attempt = 0; attempt < 10; attempt++)
        {
            var before = await LastRefreshAsync(prometheus);
            var topology = await console.GetJsonAsync("api/v1/topology?view=workload");
            var mtls = await console.GetJsonAsync("api/v1/mtls");
            var hops = await console.GetJsonAsync("api/v1/latency/hops");
            var routes = await console.GetJsonAsync("api/v1/routes?namespace=payments");
            var again = await console.GetJsonAsync("api/v1/topology?view=workload");

            // Old enough that every query of it has been answered and shown, and no newer one has begun.
            if (before is { } instant && await LastRefreshAsync(prometheus) == instant && TimeProvider.System.GetUtcNow() - instant > TimeSpan.FromSeconds(5)
                && JsonNode.DeepEquals(topology["edges"], again["edges"]) && topology["edges"]!.AsArray().Count > 0)
            {
                return (instant, topology, mtls, hops, routes);
            }

            await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        }

        throw new TimeoutException("No quiet moment between two refreshes was found.");
    }

    /// <summary>What is usual is read with the same queries over an hour that is past: the refreshes are those over the rate window.</summary>
    private static async Task<DateTimeOffset?> LastRefreshAsync(RealPrometheus prometheus) =>
        (await prometheus.LoggedQueriesAsync()).LastOrDefault(query =>
            query.Query.Contains("rate(istio_requests_total", StringComparison.Ordinal) && query.Query.Contains("[30s]", StringComparison.Ordinal))?.Start;

    private static void CompareEdges(JsonNode topology, IReadOnlyList<PrometheusSeries> requests, DateTimeOffset at)
    {
        // As the caller has it: what the source reports, else a waypoint, else the callee.
        var byReporter = Grouped(requests, at);
        var compared = 0;
        foreach (var edge in topology["edges"]!.AsArray().Select(edge => edge!).Where(edge => Text(edge["protocol"]) != "tcp"))
        {
            var key = $"{NameOf(edge["source"])}>{NameOf(edge["target"])}>{Text(edge["protocol"])}";
            var view = new[] { "source", "waypoint", "destination" }.Select(reporter => byReporter.GetValueOrDefault($"{reporter}>{key}")).FirstOrDefault(found => found is not null);
            if (view is null)
            {
                // Ends that telemetry does not name (external hosts) are gathered under names of the console.
                Text(edge["target"])!.ShouldMatch("/(external|unknown)/", edge.ToJsonString());
                continue;
            }

            compared++;
            Near(edge["requestsPerSecond"], view.Total, key);
            if (view.Total > 0)
            {
                Near(edge["errorRatio"], view.Failed / view.Total, key + " errors");
            }
        }

        compared.ShouldBeGreaterThanOrEqualTo(20);

        // And nothing that is known at both ends is missing.
        var shown = topology["edges"]!.AsArray().Select(edge => $"{NameOf(edge!["source"])}>{NameOf(edge["target"])}>{Text(edge["protocol"])}").ToHashSet(StringComparer.Ordinal);
        foreach (var key in byReporter.Keys.Select(key => key[(key.IndexOf('>', StringComparison.Ordinal) + 1)..]).Distinct(StringComparer.Ordinal).Where(key => !key.Contains("unknown", StringComparison.Ordinal)))
        {
            shown.ShouldContain(key);
        }
    }

    private static void CompareMutualTls(JsonNode mtls, IReadOnlyList<PrometheusSeries> requests, DateTimeOffset at)
    {
        var byPolicy = CounterRate.SumBy(requests.Where(series => series["reporter"] is "destination" or "waypoint"), at, s_window, "connection_security_policy");
        var mutual = byPolicy.GetValueOrDefault("mutual_tls");
        var plaintext = byPolicy.GetValueOrDefault("none");
        mutual.ShouldBeGreaterThan(0);
        Near(mtls["coverage"]!["mutualRequestsPerSecond"], mutual, "mutual");
        Near(mtls["coverage"]!["plaintextRequestsPerSecond"], plaintext, "plaintext");
        Near(mtls["coverage"]!["requests"], mutual / byPolicy.Values.Sum(), "coverage");
    }

    private static async Task CompareHopsAsync(JsonNode hops, RealPrometheus prometheus, DateTimeOffset at)
    {
        string[] ends = ["reporter", "source_workload_namespace", "source_workload", "destination_workload_namespace", "destination_workload", "request_protocol"];
        var sums = CounterRate.SumBy(await prometheus.RawAsync(Range("istio_request_duration_milliseconds_sum"), at), at, s_window, ends);
        var counts = CounterRate.SumBy(await prometheus.RawAsync(Range("istio_request_duration_milliseconds_count"), at), at, s_window, ends);
        var clean = "{response_flags=\"-\"}";
        var cleanSums = CounterRate.SumBy(await prometheus.RawAsync(Range("istio_request_duration_milliseconds_sum" + clean), at), at, s_window, ends);
        var cleanCounts = CounterRate.SumBy(await prometheus.RawAsync(Range("istio_request_duration_milliseconds_count" + clean), at), at, s_window, ends);

        var compared = 0;
        foreach (var hop in hops.AsArray().Select(hop => hop!))
        {
            var key = $"{NameOf(hop["source"])}/{NameOf(hop["target"])}/{Text(hop["protocol"])}";
            var (client, server) = ($"source/{key}", $"destination/{key}");
            if (!counts.TryGetValue(client, out var sent) || !counts.TryGetValue(server, out var received) || sent < 0.2 || received < 0.2)
            {
                continue;
            }

            compared++;
            Near(hop["server"]!["mean"], sums[server] / received, key + " server");
            Near(hop["client"]!["mean"], sums[client] / sent, key + " client");
            if (hop["overhead"]!["reliable"]!.GetValue<bool>())
            {
                var expected = (cleanSums[client] / cleanCounts[client]) - (cleanSums[server] / cleanCounts[server]);
                hop["overhead"]!["meanMs"]!.GetValue<double>().ShouldBe(expected, 1e-6 * (sums[client] / sent), key + " overhead");
            }
        }

        compared.ShouldBeGreaterThanOrEqualTo(10);
    }

    private static void CompareRoutes(JsonNode routes, IReadOnlyList<PrometheusSeries> requests, DateTimeOffset at)
    {
        var rules = routes.AsArray().Select(rule => rule!).Where(rule => Text(rule["object"]!["name"]) == "card-processor").OrderBy(rule => rule["rule"]!["index"]!.GetValue<int>()).ToList();
        rules.Count.ShouldBe(2);
        rules[0]["rule"]!["matches"]!.AsArray().Count.ShouldBe(1);
        var backends = rules[1]["backends"]!.AsArray().Select(backend => backend!).ToList();
        backends.Select(backend => backend["share"]!.GetValue<double>()).ShouldBe([0.9, 0.1]);

        // All that reaches a version, as its callers have it.
        var sent = CounterRate.SumBy(
            requests.Where(series => series["reporter"] == "source" && series["destination_service"] == HandMesh.CardProcessorHost && series["destination_workload_namespace"] == "payments"),
            at,
            s_window,
            "destination_version");
        Near(backends[0]["live"]!["requestsPerSecond"], sent["v1"], "v1-stable");
        Near(backends[1]["live"]!["requestsPerSecond"], sent["v2"], "v2-new-provider");
    }

    private static Dictionary<string, Outcome> Grouped(IReadOnlyList<PrometheusSeries> requests, DateTimeOffset at)
    {
        var groups = new Dictionary<string, Outcome>(StringComparer.Ordinal);
        foreach (var series in requests)
        {
            if (CounterRate.Of(series.Samples, at, s_window) is not { } rate)
            {
                continue;
            }

            var key = $"{series["reporter"]}>{series["source_workload_namespace"]}/{series["source_workload"]}>{series["destination_workload_namespace"]}/{series["destination_workload"]}>{series["request_protocol"]}";
            var before = groups.GetValueOrDefault(key) ?? new Outcome(0, 0);
            groups[key] = new Outcome(before.Total + rate, before.Failed + (IsFailed(series) ? rate : 0));
        }

        return groups;
    }

    /// <summary>What the server or the mesh failed to do; not what the client got wrong or gave up.</summary>
    private static bool IsFailed(PrometheusSeries series) =>
        series["request_protocol"] == "grpc" && series["grpc_response_status"].Length > 0
            ? s_grpcFaults.Contains(series["grpc_response_status"], StringComparer.Ordinal)
            : series["response_code"] == "0"
                ? !series["response_flags"].Split(',').Contains("DC", StringComparer.Ordinal)
                : series["response_code"].StartsWith('5');

    private static string Range(string selector) => string.Create(CultureInfo.InvariantCulture, $"{selector}[{s_window.TotalSeconds:0}s]");

    /// <summary><c>namespace/name</c> of a node id.</summary>
    private static string NameOf(JsonNode? id)
    {
        var parts = Text(id)!.Split('/', 4);
        return $"{parts[1]}/{parts[3]}";
    }

    private static void Near(JsonNode? actual, double expected, string what) =>
        actual.ShouldNotBeNull(what).GetValue<double>().ShouldBe(expected, Math.Max(1e-9, Math.Abs(expected) * 1e-6), what);

    private static string? Text(JsonNode? node) => node?.GetValue<string>();

    private sealed record Outcome(double Total, double Failed);
}
