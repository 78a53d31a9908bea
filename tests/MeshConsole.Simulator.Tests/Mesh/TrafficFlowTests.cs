using System.Text.Json.Nodes;
using MeshConsole.Simulator.Blueprints;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Simulator.Prometheus;
using MeshConsole.Simulator.Traffic;

namespace MeshConsole.Simulator.Tests.Mesh;

public sealed class TrafficFlowTests
{
    private static readonly (string, string) s_source = ("reporter", "source");
    private static readonly (string, string) s_destination = ("reporter", "destination");
    private static readonly (string, string) s_toBack = ("destination_service_name", "back");

    [Fact]
    public void Demand_OfTheGateway_ArrivesAtBothEndsOfEveryHop()
    {
        using var mesh = new TinyMesh();

        var counted = mesh.Count(24);

        var expected = TinyMesh.Demand * counted.Seconds;
        counted.Requests(s_source, ("destination_service_name", "front")).ShouldBe(expected, expected * 0.15);
        foreach (var service in (string[])["front", "back"])
            counted.Requests(s_source, ("destination_service_name", service)).ShouldBe(counted.Requests(s_destination, ("destination_service_name", service)), 1);
        // Whoever serves passes on one call per request.
        counted.Requests(s_source, s_toBack).ShouldBe(counted.Requests(s_destination, ("destination_service_name", "front")), 5);
    }

    [Theory]
    [InlineData(90, 10, 0.1)]
    [InlineData(1, 3, 0.75)]
    [InlineData(100, 0, 0)]
    public void Weights_OfARoute_AreTheSharesThatAreObserved(int v1, int v2, double share)
    {
        using var mesh = new TinyMesh(objects: [TinyMesh.BackRule(), TinyMesh.BackRoute(TinyMesh.Split(v1, v2))]);

        var counted = mesh.Count(60);

        // Three standard deviations of as many draws as there are requests, and some for rounding.
        var all = counted.Requests(s_source, s_toBack);
        counted.Requests(s_source, s_toBack, ("destination_workload", "back-v2")).ShouldBe(all * share, 3 + (3 * Math.Sqrt(all * share * (1 - share))));
    }

    [Fact]
    public void HeaderRule_ForEnterprise_TakesAllOfThemToV2()
    {
        const string Rule = """
            { "match": [{ "headers": { "x-merchant-tier": { "exact": "enterprise" } } }], "route": [{ "destination": { "host": "back", "subset": "v2" } }] },
            """;
        using var mesh = new TinyMesh(enterprise: 0.25, objects: [TinyMesh.BackRule(), TinyMesh.BackRoute(Rule + TinyMesh.Split(100, 0))]);

        var counted = mesh.Count(60);

        var all = counted.Requests(s_source, s_toBack);
        counted.Requests(s_source, s_toBack, ("destination_workload", "back-v2")).ShouldBe(all * 0.25, 2);
    }

    [Fact]
    public void PatchedWeight_MovesTheTrafficFromTheNextScrapeOn()
    {
        using var mesh = new TinyMesh(objects: [TinyMesh.BackRule(), TinyMesh.BackRoute(TinyMesh.Split(100, 0))]);
        mesh.Run(3);

        mesh.Objects.Update(ResourceTypes.VirtualServices, "shop", "back", route =>
        {
            route["spec"]!["http"]![0]!["route"]![0]!["weight"] = 0;
            route["spec"]!["http"]![0]!["route"]![1]!["weight"] = 100;
        });
        var counted = mesh.Count(1, settle: 0);

        counted.Requests(s_source, ("destination_workload", "back-v1")).ShouldBe(0);
        counted.Requests(s_source, ("destination_workload", "back-v2")).ShouldBeGreaterThan(TinyMesh.Demand * 5 * 0.7);
    }

    [Fact]
    public void Retries_OfAFailingServer_RaiseWhatItCountsAndNotWhatTheCallerCounts()
    {
        const string Retried = """, "retries": { "attempts": 2, "retryOn": "503" }""";
        using var mesh = new TinyMesh(objects: [TinyMesh.BackRule(), TinyMesh.BackRoute(TinyMesh.Split(100, 0, Retried))]);
        mesh.Model.Traffic.Workload(TinyMesh.BackV1).Fault = new WorkloadFault(0.3, 503, 1, 0);

        var counted = mesh.Count(60);

        var asked = counted.Requests(s_source, s_toBack);
        asked.ShouldBe(counted.Requests(s_destination, ("destination_service_name", "front")), asked * 0.01);
        // 1 + 0.3 + 0.3² attempts; 0.3³ of the requests fail for good.
        counted.Requests(s_destination, s_toBack).ShouldBe(asked * 1.39, asked * 0.002);
        counted.Requests(s_source, s_toBack, ("response_code", "503"), ("response_flags", "URX")).ShouldBe(asked * 0.027, 4);
        counted.Requests(s_destination, s_toBack, ("response_code", "503")).ShouldBe(asked * 1.39 * 0.3, 4);
        // The caller's own callers see those as failures of the front.
        counted.Requests(s_source, ("destination_service_name", "front"), ("response_code", "500")).ShouldBe(asked * 0.027, 8);
    }

    [Fact]
    public void Retries_OnOtherConditions_AreNotMade()
    {
        const string Retried = """, "retries": { "attempts": 2, "retryOn": "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes" }""";
        using var mesh = new TinyMesh(objects: [TinyMesh.BackRule(), TinyMesh.BackRoute(TinyMesh.Split(100, 0, Retried))]);
        mesh.Model.Traffic.Workload(TinyMesh.BackV1).Fault = new WorkloadFault(0.3, 503, 1, 0);

        var counted = mesh.Count(24);

        counted.Requests(s_destination, s_toBack).ShouldBe(counted.Requests(s_source, s_toBack), 2);
        counted.Requests(s_source, s_toBack, ("response_code", "503"), ("response_flags", "-")).ShouldBe(counted.Requests(s_source, s_toBack) * 0.3, 3);
    }

    [Fact]
    public void Timeout_OfTheRoute_IsA504AtTheCallerAndGivenUpAtTheServer()
    {
        using var mesh = new TinyMesh(objects: [TinyMesh.BackRule(), TinyMesh.BackRoute(TinyMesh.Split(100, 0, """, "timeout": "0.5s" """))]);
        mesh.Model.Traffic.Workload(TinyMesh.BackV1).Fault = new WorkloadFault(0, 503, 1, 60_000);

        var counted = mesh.Count(24);

        var asked = counted.Requests(s_source, s_toBack);
        counted.Requests(s_source, s_toBack, ("response_code", "504"), ("response_flags", "UT")).ShouldBe(asked, 2);
        counted.Requests(s_destination, s_toBack, ("response_code", "0"), ("response_flags", "DC")).ShouldBe(asked, 2);
        counted.MeanMs(s_destination, s_toBack).ShouldBeInRange(480, 501);
    }

    [Fact]
    public void Subset_WithoutPods_IsAnsweredByTheCallersProxy()
    {
        using var mesh = new TinyMesh(objects: [TinyMesh.BackRule(), TinyMesh.BackRoute("""{ "route": [{ "destination": { "host": "back", "subset": "v9" } }] }""")]);

        var counted = mesh.Count(12);

        counted.Requests(s_source, s_toBack, ("response_code", "503"), ("response_flags", "UH"), ("destination_workload", "unknown")).ShouldBeGreaterThan(4_000);
        counted.Requests(s_destination, s_toBack).ShouldBe(0);
    }

    [Fact]
    public void InjectedFault_IsSeenByTheCallerAlone()
    {
        const string Fault = """, "fault": { "abort": { "percentage": { "value": 25 }, "httpStatus": 418 } }""";
        using var mesh = new TinyMesh(objects: [TinyMesh.BackRule(), TinyMesh.BackRoute(TinyMesh.Split(100, 0, Fault))]);

        var counted = mesh.Count(24);

        var asked = counted.Requests(s_source, s_toBack);
        counted.Requests(s_source, s_toBack, ("response_code", "418"), ("response_flags", "FI")).ShouldBe(asked * 0.25, 2);
        counted.Requests(s_destination, s_toBack).ShouldBe(asked * 0.75, 2);
    }

    [Fact]
    public void StrictServer_RefusesAProxyThatSpeaksPlaintext()
    {
        using var mesh = new TinyMesh(objects: [TinyMesh.Strict("shop"), TinyMesh.BackRule("""{ "tls": { "mode": "DISABLE" } }""")]);

        var counted = mesh.Count(12);

        counted.Requests(s_source, s_toBack, ("response_code", "503"), ("response_flags", "UF,URX")).ShouldBe(counted.Requests(s_source, s_toBack), 1);
        counted.Requests(s_destination, s_toBack).ShouldBe(0);
    }

    [Fact]
    public void PermissiveServer_CountsPlaintextAsSuch()
    {
        using var mesh = new TinyMesh(objects: [TinyMesh.BackRule("""{ "tls": { "mode": "DISABLE" } }""")]);

        var counted = mesh.Count(12);

        counted.Requests(s_destination, s_toBack, ("connection_security_policy", "none"), ("source_workload", "front"), ("source_principal", "unknown"))
            .ShouldBe(counted.Requests(s_source, s_toBack), 1);
        counted.Requests(s_destination, s_toBack, ("connection_security_policy", "mutual_tls")).ShouldBe(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void CallerWithoutProxy_IsUnknownOrRefused(bool strict)
    {
        static MeshBlueprint WithJob(MeshBlueprint blueprint) => blueprint with
        {
            Demands = [new("outside/job", new(TinyMesh.BackHost, 1), 20, 0) { Daily = false }],
        };
        using var mesh = new TinyMesh(WithJob, objects: strict ? [TinyMesh.Strict("shop")] : []);

        var counted = mesh.Count(24);

        counted.Requests(s_source).ShouldBe(0);
        if (strict) counted.Requests(s_destination).ShouldBe(0);
        else counted.Requests(s_destination, s_toBack, ("source_workload", "unknown"), ("source_canonical_revision", "latest"), ("connection_security_policy", "none")).ShouldBe(20 * counted.Seconds, 20 * counted.Seconds * 0.2);
    }

    [Fact]
    public void OutlierDetection_TakesOutHalfOfTheFailingPodsAndTheOtherHalfServesOn()
    {
        const string Outliers = """{ "outlierDetection": { "consecutive5xxErrors": 3, "baseEjectionTime": "300s", "maxEjectionPercent": 50 } }""";
        using var mesh = new TinyMesh(objects: [TinyMesh.BackRule(Outliers), TinyMesh.BackRoute(TinyMesh.Split(0, 100))]);
        mesh.Model.Traffic.Workload(TinyMesh.BackV2).Fault = new WorkloadFault(1, 500, 1, 0);

        var counted = mesh.Count(6, settle: 3);

        var gained = counted.Series("istio_requests_total", s_destination, s_toBack, ("response_code", "500"))
            .Select(series => CountedSamples.Samples(series, mesh.Model.TickedAt - TimeSpan.FromSeconds(30), mesh.Model.TickedAt).Values).Select(values => values[^1] - values[0]).Order().ToList();
        gained.Count.ShouldBe(2);
        gained[0].ShouldBe(0);
        gained[1].ShouldBeGreaterThan(2_000);
    }

    [Fact]
    public void OutlierDetection_ThatMayTakeAll_LeavesNobodyToAnswer()
    {
        const string Outliers = """{ "outlierDetection": { "consecutive5xxErrors": 3, "baseEjectionTime": "300s", "maxEjectionPercent": 100 } }""";
        using var mesh = new TinyMesh(objects: [TinyMesh.BackRule(Outliers), TinyMesh.BackRoute(TinyMesh.Split(0, 100))]);
        mesh.Model.Traffic.Workload(TinyMesh.BackV2).Fault = new WorkloadFault(1, 500, 1, 0);

        var counted = mesh.Count(6, settle: 3);

        counted.Requests(s_source, s_toBack, ("response_flags", "UH")).ShouldBe(counted.Requests(s_source, s_toBack), 1);
        counted.Requests(s_destination, s_toBack).ShouldBe(0);
    }

    [Fact]
    public void ConnectionLimit_OverflowsAsErlangsFormulaSays()
    {
        using var mesh = new TinyMesh(objects: [TinyMesh.BackRule("""{ "connectionPool": { "http": { "http2MaxRequests": 2 } } }"""), TinyMesh.BackRoute(TinyMesh.Split(100, 0))]);
        mesh.Model.Traffic.Workload(TinyMesh.BackV1).Fault = new WorkloadFault(0, 503, 0.001, 20);

        var counted = mesh.Count(60, settle: 3);

        // Two client pods of 50/s each, 20 ms per request: one request in flight on average, two places: (1/2) / (1 + 1 + 1/2) = 0.2.
        var asked = counted.Requests(s_source, s_toBack);
        counted.Requests(s_source, s_toBack, ("response_code", "503"), ("response_flags", "UO")).ShouldBe(asked * 0.2, asked * 0.03);
        counted.Requests(s_destination, s_toBack).ShouldBe(counted.Requests(s_source, s_toBack, ("response_flags", "-")), 2);
    }

    [Fact]
    public void HttpRoute_WithAServiceAsParent_SplitsByItsWeights()
    {
        const string Route = """
            {
              "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": { "name": "front", "namespace": "shop" },
              "spec": {
                "parentRefs": [{ "group": "", "kind": "Service", "name": "front" }],
                "rules": [{ "backendRefs": [{ "name": "front", "port": 80, "weight": 4 }, { "name": "back", "port": 80, "weight": 1 }] }]
              }
            }
            """;
        static MeshBlueprint WithCaller(MeshBlueprint blueprint) => blueprint with
        {
            Demands = [new("shop/store", new("front.shop.svc.cluster.local", 1), 100, 0) { Daily = false }],
        };
        using var mesh = new TinyMesh(WithCaller, objects: Route);

        var counted = mesh.Count(60);

        var all = counted.Requests(s_source, ("source_workload", "store"));
        counted.Requests(s_source, ("source_workload", "store"), s_toBack).ShouldBe(all * 0.2, 3 * Math.Sqrt(all * 0.16));
    }

    [Fact]
    public void Connections_OverTcp_CountBytesAtBothEnds()
    {
        static MeshBlueprint WithStore(MeshBlueprint blueprint) => blueprint with
        {
            Demands = [new(TinyMesh.Front, new("store.shop.svc.cluster.local", 1), 50, 0) { Daily = false }],
        };
        using var mesh = new TinyMesh(WithStore);

        var counted = mesh.Count(24);

        counted.Requests(("destination_service_name", "store")).ShouldBe(0);
        var statements = 50 * counted.Seconds;
        foreach (var reporter in (string[])["source", "destination"])
        {
            counted.Increase("istio_tcp_received_bytes_total", ("reporter", reporter)).ShouldBe(statements * 100, statements * 15);
            counted.Increase("istio_tcp_sent_bytes_total", ("reporter", reporter)).ShouldBe(statements * 1_000, statements * 150);
            counted.Increase("istio_tcp_connections_opened_total", ("reporter", reporter)).ShouldBeGreaterThan(100);
        }

        counted.Increase("istio_tcp_sent_bytes_total", s_destination, ("connection_security_policy", "mutual_tls"))
            .ShouldBe(counted.Increase("istio_tcp_sent_bytes_total", s_source), 4);
    }

    [Fact]
    public void Overhead_OfAHop_IsAboutAMillisecond()
    {
        using var mesh = new TinyMesh();

        var counted = mesh.Count(60);

        foreach (var service in (string[])["front", "back"])
        {
            var client = counted.MeanMs(s_source, ("destination_service_name", service), ("response_flags", "-"));
            var server = counted.MeanMs(s_destination, ("destination_service_name", service), ("response_flags", "-"));
            (client - server).ShouldBeInRange(0.95, 1.45);
        }

        // The front waits for the back: its own 10 ms, the back's 20 and the way there.
        counted.MeanMs(s_destination, ("destination_service_name", "front")).ShouldBeInRange(26, 37);
    }

    [Fact]
    public void DeletedPod_ComesBackUnderAnotherNameAndCountsFromZero()
    {
        using var mesh = new TinyMesh();
        mesh.Run(3);
        var old = mesh.Objects.List(ResourceTypes.Pods, "shop").First(pod => pod.Name.StartsWith("back-v1-", StringComparison.Ordinal));

        mesh.Objects.Delete(ResourceTypes.Pods, "shop", old.Name);
        mesh.Run(3);

        var pods = mesh.Objects.List(ResourceTypes.Pods, "shop").Where(pod => pod.Name.StartsWith("back-v1-", StringComparison.Ordinal)).ToList();
        pods.Count.ShouldBe(2);
        pods.ShouldNotContain(pod => pod.Name == old.Name);
        var created = pods.Single(pod => pod.ToJson()["metadata"]!["creationTimestamp"]!.GetValue<string>().StartsWith("2026-03-02", StringComparison.Ordinal));
        var counted = new CountedSamples(mesh.Model.Samples, mesh.Model.TickedAt - TimeSpan.FromSeconds(15), mesh.Model.TickedAt);
        counted.Series("istio_requests_total", ("pod", created.Name), s_destination)
            .ShouldHaveSingleItem().Newest!.Value.Value.ShouldBeInRange(200, 1_000);
        counted.Series("istio_requests_total", ("pod", old.Name), s_destination).ShouldAllBe(series => StaleMarker.Is(series.Newest!.Value.Value));
        var slice = mesh.Objects.List(ResourceTypes.EndpointSlices, "shop").Single(slice => slice.Labels["kubernetes.io/service-name"] == "back").ToJson();
        ((JsonArray)slice["endpoints"]!).Select(endpoint => endpoint!["targetRef"]!["name"]!.GetValue<string>()).ShouldContain(created.Name);
    }

    [Fact]
    public void ScaledDeployment_HasAsManyPodsAsItAsksFor()
    {
        using var mesh = new TinyMesh();

        mesh.Objects.Update(ResourceTypes.Deployments, "shop", "front", deployment => deployment["spec"]!["replicas"] = 4);
        mesh.Run(1);
        mesh.Objects.List(ResourceTypes.Pods, "shop").Count(pod => pod.Labels["app"] == "front").ShouldBe(4);

        mesh.Objects.Update(ResourceTypes.Deployments, "shop", "front", deployment => deployment["spec"]!["replicas"] = 1);
        mesh.Run(1);
        mesh.Objects.List(ResourceTypes.Pods, "shop").Count(pod => pod.Labels["app"] == "front").ShouldBe(1);
        mesh.Objects.Get(ResourceTypes.Deployments, "shop", "front").ToJson()["status"]!["readyReplicas"]!.GetValue<int>().ShouldBe(1);
    }

    [Fact]
    public void Routes_ThatLoop_DoNotGrowWithoutLimit()
    {
        // The back calls the front, and the front the back.
        static MeshBlueprint WithLoop(MeshBlueprint blueprint) => blueprint with
        {
            Workloads = [.. blueprint.Workloads.Select(workload => workload.App == "back" ? workload with { Calls = [new("front.shop.svc.cluster.local", 0.5)] } : workload)],
        };
        using var mesh = new TinyMesh(WithLoop);

        var counted = mesh.Count(24, settle: 12);

        // 100 + 50 + 25 + … = 200 requests per second.
        var expected = 2 * TinyMesh.Demand * counted.Seconds;
        counted.Requests(s_destination, ("destination_service_name", "front")).ShouldBe(expected, expected * 0.15);
    }

    [Fact]
    public void UnknownRouteAtTheGateway_IsA404OfItsOwn()
    {
        using var mesh = new TinyMesh();
        mesh.Objects.Delete(ResourceTypes.VirtualServices, "edge", "shop");

        var counted = mesh.Count(6);

        counted.Requests(s_source, ("source_workload", "gateway"), ("response_code", "404"), ("response_flags", "NR"), ("destination_service", "shop.example")).ShouldBeGreaterThan(2_000);
        counted.Requests(s_destination).ShouldBe(0);
    }

    [Fact]
    public void SameSeed_GivesTheSameSamples_AndAnotherSeedDoesNot()
    {
        double[] Values(int seed)
        {
            using var mesh = new TinyMesh(seed: seed);
            mesh.Run(6);
            return [.. new CountedSamples(mesh.Model.Samples, mesh.Model.TickedAt, mesh.Model.TickedAt).Series("istio_requests_total").Select(series => series.Newest!.Value.Value)];
        }

        var first = Values(5);
        first.ShouldNotBeEmpty();
        Values(5).ShouldBe(first);
        Values(6).ShouldNotBe(first);
    }
}
