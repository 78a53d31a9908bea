using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Tests.Prometheus;
using MeshConsole.Testing;
using static MeshConsole.Mesh.Tests.Prometheus.ScriptedPrometheus;

namespace MeshConsole.Mesh.Tests.Changes.Gates;

/// <summary>What the reader makes of answers, one fact at a time.</summary>
public sealed class PrometheusGateReaderTests
{
    private static readonly DateTimeOffset s_from = Given.Now.AddMinutes(-5);

    [Fact]
    public async Task ReadAsync_BothArms_AreCountedFromOneAnswerAsTheirCallersSawThem()
    {
        using var prometheus = new ScriptedPrometheus(request => Vector(request.Query.Contains("_bucket", StringComparison.Ordinal)
            ? [Bucket("v1", "500", 880), Bucket("v1", "1000", 890), Bucket("v1", "+Inf", 900), Bucket("v2", "500", 70), Bucket("v2", "1000", 95), Bucket("v2", "+Inf", 100.5), Bucket("v2", "+Inf", 7000, reporter: "destination")]
            :
            [
                Requests("v1", 890, 200), Requests("v1", 6, 503), Requests("v1", 4, 0, "DC"),
                Requests("v2", 90, 200), Requests("v2", 2, 404), Requests("v2", 4.5, 200, grpc: "14"), Requests("v2", 4, 0, "UC"),

                // Attempts that the callee counted of the same caller are no more requests; of a caller without a proxy they are.
                Requests("v2", 900, 503, reporter: "destination"), Requests("v2", 3, 200, reporter: "destination", source: "unknown"),
                Requests("v2", 5, 200, reporter: "waypoint", source: "batch"), Requests("v2", 5000, 200, reporter: "destination", source: "batch"),
                Requests("v3", 77, 503),
            ]));
        var evidence = await ReadAsync(prometheus);

        evidence.Problem.ShouldBeNull();
        evidence.Stable.ShouldBe(new GateCounts(900, 6, 900, 20, 500));
        evidence.Canary.ShouldBe(new GateCounts(108.5, 8.5, 100.5, 30.5, 500));
        evidence.StableShare.ShouldBe(0.9);
        prometheus.Requests.Count.ShouldBe(2);
        evidence.Queries.Order(StringComparer.Ordinal).ShouldBe(prometheus.Requests.Select(r => r.Query).Order(StringComparer.Ordinal));
        prometheus.Requests.ShouldAllBe(r => r.Parameters["time"] == Given.Now.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture));
        evidence.Queries[0].ShouldContain("increase(istio_requests_total{destination_workload_namespace=~\"payments\",destination_workload=~\"card-processor-v1|card-processor-v2\"}[300s])");
        evidence.Queries[0].ShouldContain("destination_service=~\"card-processor\\\\.payments\\\\.svc\\\\.cluster\\\\.local\"");
    }

    [Fact]
    public async Task ReadAsync_NoSeries_IsNotZero()
    {
        using var prometheus = new ScriptedPrometheus(_ => Json(EmptyVector));
        var evidence = await ReadAsync(prometheus);
        evidence.Problem.ShouldBeNull();
        evidence.Canary.ShouldBe(new GateCounts(null, null, null, null, null));
        Look(evidence).Verdict.ShouldBe(GateVerdict.Error);
        (await ShareAsync(prometheus)).ShouldBeNull();
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("+Inf")]
    [InlineData("-3")]
    public async Task ReadAsync_SenselessCounter_IsAProblem(string value)
    {
        using var prometheus = new ScriptedPrometheus(_ => Vector(Requests("v1", 900, 200), Requests("v2", 90, 200).Replace("\"90\"", $"\"{value}\"", StringComparison.Ordinal)));
        var evidence = await ReadAsync(prometheus);
        evidence.Problem.ShouldNotBeNull();
        evidence.Canary.ShouldBeNull();
        Look(evidence).Verdict.ShouldBe(GateVerdict.Error);
    }

    [Fact]
    public async Task ReadAsync_PartialAnswer_IsAProblem()
    {
        using var prometheus = new ScriptedPrometheus(_ => Json("""{"status":"success","warnings":["store 10.0.0.7 is away"],"data":{"resultType":"vector","result":[]}}"""));
        (await ReadAsync(prometheus)).Problem.ShouldBe("Prometheus warns that its answer may not be whole: store 10.0.0.7 is away");
    }

    [Fact]
    public async Task ReadAsync_DurationsFail_KeepsTheErrors()
    {
        using var prometheus = new ScriptedPrometheus(request => request.Query.Contains("_bucket", StringComparison.Ordinal)
            ? Json("""{"status":"error","errorType":"execution","error":"too many samples"}""", System.Net.HttpStatusCode.UnprocessableEntity)
            : Vector(Requests("v1", 900, 200), Requests("v2", 30, 503)));
        var look = Look(await ReadAsync(prometheus));
        look.Trips.ShouldBeTrue();
        look.Results.Single(r => r.Code == "latency").Message.ShouldContain("too many samples");
    }

    [Fact]
    public async Task ReadAsync_SeveralClusters_AreNeverMixed()
    {
        using var other = new ScriptedPrometheus(_ => Vector(Requests("v2", 90, 200, cluster: "east"), Requests("v2", 900, 503, cluster: "west")));
        (await ReadAsync(other)).Problem.ShouldBe("The counters are of several clusters (east, west), and none is called test. Name the cluster in the configuration as telemetry does.");
        using var own = new ScriptedPrometheus(_ => Vector(Requests("v2", 90, 200, cluster: "test"), Requests("v2", 900, 503, cluster: "west")));
        (await ReadAsync(own)).Canary!.Errors.ShouldBe(0);
    }

    [Fact]
    public async Task ReadAsync_RequestsThatReachedNoWorkload_AreKeptApart()
    {
        using var prometheus = new ScriptedPrometheus(request => request.Query.Contains("_bucket", StringComparison.Ordinal) ? Json(EmptyVector)
            : Vector(Requests("v1", 900, 200), Requests("unknown", 99, 503, "UH"), Requests("unknown", 50, 503, "UH", host: "other.payments.svc.cluster.local")));
        var evidence = await ReadAsync(prometheus);
        evidence.Lost.ShouldBe(99);
        evidence.Canary!.Requests.ShouldBeNull();
        Look(evidence).Trips.ShouldBeTrue("the stable backend answers, so the lost ones are the canary's");
        (await ShareAsync(prometheus)).ShouldBeNull();
    }

    [Fact]
    public async Task ReadAsync_ArmsThatShareOrSelectNothingKnown_AreAProblem()
    {
        using var prometheus = new ScriptedPrometheus(_ => throw new InvalidOperationException("nothing may be asked"));
        (await ReadAsync(prometheus, GatePlans.Snapshot(canaryLabels: "app=card-processor"))).Problem.ShouldBe("v1 and v2 both select payments/card-processor-v1: their requests cannot be told apart.");
        (await ReadAsync(prometheus, plan: GatePlans.Plan("http", (GatePlans.Host, "v1"), (GatePlans.Host, "v7")))).Problem!.ShouldContain("Subset v7");
        (await ReadAsync(prometheus, plan: GatePlans.Plan("http", (GatePlans.Host, "v1"), ("gone.payments.svc.cluster.local", null)))).Problem!.ShouldContain("gone.payments");
        (await ReadAsync(prometheus, GatePlans.Snapshot(read: false))).Problem!.ShouldContain("have not been read");
        (await ReadAsync(prometheus, MeshSnapshot.Empty)).Problem.ShouldBe("Nothing is known of cluster test yet.");
        (await new PrometheusGateReader(_ => null, new FakeMeshSnapshots(GatePlans.Snapshot())).ReadAsync(GatePlans.Plan(), s_from, Given.Now, CancellationToken.None)).Problem.ShouldBe("No Prometheus is configured for cluster test.");
    }

    [Fact]
    public async Task ReadAsync_ShortWindow_AsksNothingAndWaits()
    {
        using var prometheus = new ScriptedPrometheus(_ => throw new InvalidOperationException("nothing may be asked"));
        var evidence = await Reader(prometheus, GatePlans.Snapshot()).ReadAsync(GatePlans.Plan(), Given.Now.AddSeconds(-20), Given.Now, CancellationToken.None);
        Look(evidence).Verdict.ShouldBe(GateVerdict.InsufficientData);
        Look(evidence).Results[0].Expected.ShouldBe(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task ReadAsync_Tcp_CountsConnections()
    {
        using var prometheus = new ScriptedPrometheus(_ => Vector(Requests("v1", 900, 0), Requests("v2", 90, 0), Requests("v2", 10, 0, "UF")));
        var evidence = await ReadAsync(prometheus, GatePlans.Snapshot(protocol: "tcp"), GatePlans.Plan("tcp"));
        evidence.Connections.ShouldBeTrue();
        evidence.Canary.ShouldBe(new GateCounts(100, 10, null, null, null));
        evidence.Queries.ShouldHaveSingleItem().ShouldContain("istio_tcp_connections_opened_total");
        Look(evidence).Results.ShouldNotContain(r => r.Code == "latency");
    }

    [Fact]
    public async Task CanaryShareAsync_IsOfAllBackends_AndNullWithoutTraffic()
    {
        using var prometheus = new ScriptedPrometheus(_ => Vector(Requests("v1", 900, 200), Requests("v2", 90, 200), Requests("v2", 10, 503)));
        (await ShareAsync(prometheus)).ShouldBe(0.1);
        using var still = new ScriptedPrometheus(_ => Vector(Requests("v1", 0, 200), Requests("v2", 0, 200)));
        (await ShareAsync(still)).ShouldBeNull();
        using var none = new ScriptedPrometheus(_ => Vector(Requests("v1", 900, 200)));
        (await ShareAsync(none)).ShouldBe(0, "its callers report, and count nothing sent there");
        using var blind = new ScriptedPrometheus(_ => Vector(Requests("v1", 900, 200, reporter: "destination")));
        (await ShareAsync(blind)).ShouldBeNull();
        using var away = new ScriptedPrometheus(_ => throw new HttpRequestException("away"));
        (await ShareAsync(away)).ShouldBeNull();
    }

    private static GateLook Look(GateEvidence evidence) => GateEvaluator.Look(evidence, GateSettings.Default, []);

    private static PrometheusGateReader Reader(ScriptedPrometheus prometheus, MeshSnapshot snapshot)
    {
#pragma warning disable CA2000 // The handler is the test's.
        var client = new PrometheusClient(new HttpClient(prometheus, disposeHandler: false), new PrometheusEndpoint(new Uri("http://prometheus.test:9090")), TimeProvider.System);
#pragma warning restore CA2000
        return new PrometheusGateReader(_ => new GateSource(client, TimeSpan.FromSeconds(30)), new FakeMeshSnapshots(snapshot));
    }

    private static Task<GateEvidence> ReadAsync(ScriptedPrometheus prometheus, MeshSnapshot? snapshot = null, ChangePlan? plan = null) =>
        Reader(prometheus, snapshot ?? GatePlans.Snapshot()).ReadAsync(plan ?? GatePlans.Plan(), s_from, Given.Now, CancellationToken.None);

    private static Task<double?> ShareAsync(ScriptedPrometheus prometheus) =>
        Reader(prometheus, GatePlans.Snapshot()).CanaryShareAsync(GatePlans.Plan(), s_from, Given.Now, CancellationToken.None);

    private static string Requests(string version, double count, int code, string flags = "-", string grpc = "", string reporter = "source", string source = "payment-api", string cluster = "", string host = GatePlans.Host) =>
        Series(Text(count), [.. Ends(version, reporter, source, cluster, host), FormattableString.Invariant($"response_code={code}"), $"response_flags={flags}", $"grpc_response_status={grpc}"]);

    private static string Bucket(string version, string bound, double count, string reporter = "source") =>
        Series(Text(count), [.. Ends(version, reporter, "payment-api", "", GatePlans.Host), $"le={bound}"]);

    private static string[] Ends(string version, string reporter, string source, string cluster, string host) =>
    [
        $"reporter={reporter}", $"source_workload={source}", "source_workload_namespace=payments", $"destination_workload={(version == "unknown" ? version : $"card-processor-{version}")}",
        $"destination_workload_namespace={(version == "unknown" ? version : "payments")}", $"destination_service={host}", $"destination_cluster={cluster}",
    ];

    private static string Text(double count) => count.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
