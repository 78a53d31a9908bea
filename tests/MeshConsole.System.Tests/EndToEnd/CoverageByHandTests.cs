using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Mtls.History;
using MeshConsole.Mesh.Mtls.Readiness;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Prometheus.Istio;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.System.Tests.ByHand;
using MeshConsole.Testing;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>
/// Coverage and readiness from raw counters that a real Prometheus scraped, against sums made by hand. What is exposed, per
/// second, with the traps in it:
/// <code>
/// http web → ledger      source       unknown     28       callers never know: not counted
///                        destination  mutual_tls  30       two of them retries: they arrived
/// http unknown → ledger  destination  none         5       plaintext
/// http web → shop        waypoint     mutual_tls   4, none 1       the only reporter
/// http web → cart        waypoint     mutual_tls   6
///                        destination  mutual_tls   6       the same requests again: counted once
/// http web → odd         destination  (no label)   2, unknown 3     nobody can tell
/// tcp  web → db          destination  mutual_tls   2, none 0.25, unknown 0.25     Envoy: unknown is unknown
/// tcp  web → amb         ztunnel      mutual_tls   1.5, unknown 0.5               ztunnel: unknown is plaintext
///                        ztunnel      source       unknown 9       not counted
/// tcp  web → old         destination  none         no connection opened, 700 bytes
/// </code>
/// Requests: mutual 30 + 4 + 6 = 40, plaintext 5 + 1 = 6, unknown 2 + 3 = 5. Connections: mutual 3.5, plaintext 0.75, unknown 0.25.
/// </summary>
public sealed class CoverageByHandTests
{
    private const string Cluster = "real";
    private const double Exact = 1e-6;

    private static readonly TimeSpan s_past = TimeSpan.FromMinutes(10);

    [SkippableFact]
    public async Task Coverage_OfSidecarAndAmbientSeries_EqualsTheSumsByHand()
    {
        Requires.Prometheus();
        await using var metrics = new LinearMetrics();
        Expose(metrics);
        await metrics.StartAsync();
        await using var prometheus = await RealPrometheus.StartAsync(metrics.ScrapeConfig, metrics.History(s_past, TimeSpan.FromSeconds(5)));
        using var http = new HttpClient();
        var client = new PrometheusClient(http, new PrometheusEndpoint(prometheus.Address), TimeProvider.System);
        var settings = new TelemetrySettings { RefreshInterval = TimeSpan.FromSeconds(5) };

        // Half a minute ago all is history that was written down, whatever the scrapes do.
        var frame = await new TelemetryHistory(Cluster, client, new IstioDialect(), settings, () => false).AtAsync(TimeProvider.System.GetUtcNow().AddSeconds(-30), TimeSpan.FromMinutes(1), CancellationToken.None);
        var snapshot = new MeshSnapshot(1, frame.At, [SnapshotBuilder.Build(Cluster, SampleMesh.NoObjects, [], frame, null)]);
        var view = MtlsCoverageBuilder.Build(snapshot, MeshQuery.All);

        Near(view.Coverage.RequestClasses, new SecuritySplit(40, 6, 5));
        view.Coverage.Requests!.Value.ShouldBe(40 / 51.0, Exact);
        Near(view.Coverage.ConnectionClasses, new SecuritySplit(3.5, 0.75, 0.25));
        view.Coverage.Connections!.Value.ShouldBe(3.5 / 4.5, Exact);
        Near(view.Coverage.ByteClasses, new SecuritySplit(100, 700, 0));

        // Edges: web→ledger, web→cart mutual; unknown→ledger, web→shop, web→db, web→amb, web→old plaintext; web→odd unknown.
        view.Coverage.EdgeClasses.ShouldBe(new SecuritySplit(2, 5, 1));
        view.Coverage.Edges!.Value.ShouldBe(2 / 8.0, Exact);
        view.Coverage.WorkloadClasses.ShouldBe(new SecuritySplit(1, 5, 1));
        view.Coverage.LongLivedEdges.ShouldBe(1);
        view.Plaintext.Select(edge => Name(edge.Target)).ShouldBe(["amb", "db", "ledger", "old", "shop"]);
        view.Unknown.Select(edge => Name(edge.Target)).ShouldBe(["db", "odd"]);

        await CompareHistoryAsync(client, settings, snapshot);
        await CompareReadinessAsync(client, settings, snapshot);
    }

    /// <summary>The chart's sums are Prometheus's own; the waypoint that stands beside a callee is left out by the query.</summary>
    private static async Task CompareHistoryAsync(PrometheusClient client, TelemetrySettings settings, MeshSnapshot snapshot)
    {
        using var traffic = new TrafficHistory(client, new IstioDialect(), settings, TimeProvider.System);
        var trends = new CoverageTrendReader(() => new Dictionary<string, TrafficHistory>(StringComparer.Ordinal) { [Cluster] = traffic });
        foreach (var (measure, expected) in new[]
        {
            (CoverageMeasure.Requests, new SecuritySplit(40, 6, 5)),
            (CoverageMeasure.Connections, new SecuritySplit(3.5, 0.75, 0.25)),
            (CoverageMeasure.Bytes, new SecuritySplit(100, 700, 0)),
        })
        {
            var trend = (await trends.ReadAsync(snapshot, MeshQuery.All, null, measure, HistoryRange.Hour, CancellationToken.None))!;
            trend.Fault.ShouldBeNull();
            trend.Points[0].ShouldBeNull("an hour ago there was no history");
            Near(trend.Points.Last(point => point is not null && point.Total > 0), expected);
        }

        var ofOne = (await trends.ReadAsync(snapshot, MeshQuery.All, new WorkloadId(Cluster, "payments", "ledger"), CoverageMeasure.Requests, HistoryRange.Hour, CancellationToken.None))!;
        Near(ofOne.Points.Last(point => point is not null && point.Total > 0), new SecuritySplit(30, 5, 0));
    }

    private static async Task CompareReadinessAsync(PrometheusClient client, TelemetrySettings settings, MeshSnapshot snapshot)
    {
        using var reader = new LookbackReader(Cluster, client, settings, TimeProvider.System);
        var evidence = await reader.ReadAsync(TimeSpan.FromMinutes(5), CancellationToken.None);

        evidence.Faults.ShouldBeEmpty();
        var counts = evidence.Unprotected!.Value
            .GroupBy(one => $"{one.Source.Name} {one.Target.Name} {one.Measure} {(one.Known ? "plaintext" : "unknown")}", one => one.Count, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Sum(), StringComparer.Ordinal);
        counts.Keys.Order(StringComparer.Ordinal).ShouldBe(
        [
            "unknown ledger Requests plaintext", "web amb Connections plaintext", "web db Connections plaintext", "web db Connections unknown",
            "web odd Requests unknown", "web old Bytes plaintext", "web shop Requests plaintext",
        ], ignoreOrder: true);
        counts["unknown ledger Requests plaintext"].ShouldBe(5 * 300, 5 * 15);
        counts["web odd Requests unknown"].ShouldBe(5 * 300, 5 * 15);
        counts["web old Bytes plaintext"].ShouldBe(700 * 300, 700 * 15);
        evidence.Arrivals!.Keys.Select(id => id.Name).Order(StringComparer.Ordinal).ShouldBe(["amb", "cart", "db", "ledger", "odd", "old", "shop"]);
        var span = evidence.Proxies!.ShouldHaveSingleItem().Value;
        (TimeSpan.FromMinutes(5) - span.Covered).ShouldBeLessThanOrEqualTo(evidence.Slot);
        span.First.ShouldBeLessThanOrEqualTo(evidence.Start + evidence.Slot);

        var readiness = new StrictReadinessReader(new FakeMeshSnapshots(snapshot), () => new Dictionary<string, LookbackReader>(StringComparer.Ordinal) { [Cluster] = reader }, CertificateThresholds.Default);
        (await readiness.AskAsync(new StrictScope(Cluster), TimeSpan.FromMinutes(5), CancellationToken.None)).Verdict.ShouldBe(ReadinessVerdict.Unproven, "no pods are known here");
    }

    private static void Expose(LinearMetrics metrics)
    {
        Requests("source", "web", "ledger", "unknown", 28);
        Requests("destination", "web", "ledger", "mutual_tls", 30);
        Requests("destination", "unknown", "ledger", "none", 5);
        Requests("waypoint", "web", "shop", "mutual_tls", 4);
        Requests("waypoint", "web", "shop", "none", 1);
        Requests("waypoint", "web", "cart", "mutual_tls", 6);
        Requests("destination", "web", "cart", "mutual_tls", 6);
        Requests("destination", "web", "odd", null, 2);
        Requests("destination", "web", "odd", "unknown", 3);
        Tcp("destination", "web", "db", "mutual_tls", "db-1", 2, 100);
        Tcp("destination", "web", "db", "none", "db-1", 0.25, 0);
        Tcp("destination", "web", "db", "unknown", "db-1", 0.25, 0);
        Tcp("destination", "web", "amb", "mutual_tls", "ztunnel-x1", 1.5, 0);
        Tcp("destination", "web", "amb", "unknown", "ztunnel-x1", 0.5, 0);
        Tcp("source", "web", "amb", "unknown", "ztunnel-x2", 9, 5_000);
        Tcp("destination", "web", "old", "none", "old-1", 0, 700);

        // Only that there are samples counts, not what they say.
        metrics.Counter("istio_build", "namespace=\"payments\",pod=\"ledger-1\",component=\"proxy\",tag=\"1.30.3\"", 0);

        void Requests(string reporter, string source, string target, string? policy, double perSecond) =>
            metrics.Counter("istio_requests_total", $"{Ends(reporter, source, target, "http", policy)},response_code=\"200\",grpc_response_status=\"\",response_flags=\"-\"", perSecond);

        void Tcp(string reporter, string source, string target, string policy, string pod, double opened, double bytes)
        {
            var labels = $"{Ends(reporter, source, target, "tcp", policy)},response_flags=\"-\",namespace=\"payments\",pod=\"{pod}\"";
            metrics.Counter("istio_tcp_connections_opened_total", labels, opened);
            metrics.Counter("istio_tcp_sent_bytes_total", labels, bytes * 0.25);
            metrics.Counter("istio_tcp_received_bytes_total", labels, bytes * 0.75);
        }

        static string Ends(string reporter, string source, string target, string protocol, string? policy) =>
            $"reporter=\"{reporter}\",source_workload=\"{source}\",source_workload_namespace=\"{(source == "unknown" ? "unknown" : "payments")}\",destination_workload=\"{target}\",destination_workload_namespace=\"payments\","
            + $"destination_service=\"{target}.payments.svc.cluster.local\",destination_service_name=\"{target}\",destination_service_namespace=\"payments\",request_protocol=\"{protocol}\""
            + (policy is null ? "" : $",connection_security_policy=\"{policy}\"");
    }

    private static void Near(SecuritySplit? actual, SecuritySplit expected)
    {
        actual.ShouldNotBeNull();
        actual.Mutual.ShouldBe(expected.Mutual, Exact * 1000);
        actual.Plaintext.ShouldBe(expected.Plaintext, Exact * 1000);
        actual.Unknown.ShouldBe(expected.Unknown, Exact * 1000);
    }

    private static string Name(string node) => node.Split('/')[^1];
}
