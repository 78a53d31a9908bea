using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;
using MeshConsole.Testing;
using static MeshConsole.Testing.SampleMesh;

namespace MeshConsole.Mesh.Tests.Topology;

public sealed class TopologyBuilderTests
{
    private static readonly Peer s_api = Peer("payments", "payment-api", "payment-api", "v1");
    private static readonly Peer s_ledger = Peer("payments", "ledger", "ledger", "v1");

    [Fact]
    public void Build_PaymentsByWorkload_HasEveryNodeOnceWithItsKind()
    {
        var view = Build(Payments());

        view.Nodes.Select(node => node.Id).ShouldBe(
        [
            "main/batch/workload/nightly-export",
            "main/istio-system/gateway/istio-ingressgateway",
            "main/payments/workload/card-processor-v1",
            "main/payments/workload/card-processor-v2",
            "main/payments/workload/ledger",
            "main/payments/workload/payment-api",
            "main/payments/workload/postgres",
            "main/payments/workload/settlement",
            "main/unknown/external/api.fraud.example.com",
            "main/unknown/unknown/unknown",
        ]);
        var v2 = view.Nodes.Single(node => node.Name == "card-processor-v2");
        (v2.App, v2.Version, v2.Mesh, v2.ReadyReplicas, v2.DesiredReplicas).ShouldBe(("card-processor", "v2", DataPlane.Sidecar, 1, 1));
        view.Nodes.Single(node => node.Name == "nightly-export").Mesh.ShouldBe(DataPlane.None);
        view.Nodes.Single(node => node.Kind == NodeKind.External).Mesh.ShouldBeNull();
        view.Window.ShouldBe(60);
        view.Nodes.ShouldAllBe(node => node.Reasons.Length > 0);
    }

    [Fact]
    public void Build_PaymentsByWorkload_TellsWhoReports()
    {
        var view = Build(Payments());

        view.Edges.Select(edge => (Short(edge.Source), Short(edge.Target), edge.Protocol, edge.ReportedBy)).ShouldBe(
        [
            ("istio-ingressgateway", "payment-api", "http", "both"),
            ("ledger", "postgres", "tcp", "both"),
            ("payment-api", "card-processor-v1", "http", "both"),
            ("payment-api", "card-processor-v2", "http", "both"),
            ("payment-api", "ledger", "grpc", "both"),
            ("payment-api", "api.fraud.example.com", "http", "source"),
            ("unknown", "ledger", "grpc", "destination"),
        ]);
    }

    [Fact]
    public void Build_BothReporters_AreNeverAddedUp()
    {
        var edge = Find(Payments(), "payment-api", "card-processor-v2");

        edge.RequestsPerSecond.ShouldBe(10);
        edge.ErrorRatio!.Value.ShouldBe(0.1, 1e-12);
        edge.ClientErrorRatio.ShouldBe(0);
        edge.Responses.ShouldBe([new ResponseShare("200", "-", 9), new ResponseShare("503", "-", 1)]);
        edge.Service.ShouldBe("card-processor.payments.svc.cluster.local");
        edge.Mtls.ShouldBe(new EdgeMutualTls(MutualTlsState.Mutual, 1, null));
        edge.SourcePrincipal.ShouldBe("spiffe://cluster.local/ns/payments/sa/payment-api");
        edge.DestinationPrincipal.ShouldBe("spiffe://cluster.local/ns/payments/sa/card-processor");
        edge.Health.ShouldBe(Health.Failing);
    }

    [Fact]
    public void Build_RetriesAndRefusals_RateAndErrorsAreTheCallersAndLatencyIsTheCallees()
    {
        // The caller sent 10/s: 8 answered, 1 found no healthy host (UH), 1 timed out (UT).
        // The callee saw 12/s, because some were tried again, and answered 3 of them with 503.
        var source = Requests(8, 20, others: [new ResponseRate(503, null, "UH", 1), new ResponseRate(504, null, "UT", 1)]);
        var destination = Requests(9, 15, SampleSecurity.Mutual, null, new ResponseRate(503, null, "-", 3));

        var edge = One(Edge(s_api, s_ledger, "http", source, destination));

        edge.RequestsPerSecond.ShouldBe(10);
        edge.ErrorRatio!.Value.ShouldBe(0.2, 1e-12);
        edge.LatencyMs!.Mean!.Value.ShouldBe(15, 1e-9);
        edge.ClientLatencyMs!.Mean!.Value.ShouldBe(20, 1e-9);
        edge.LatencyMs.P99.ShouldBeNull("no histogram is known");

        // Clean requests: 8/s at the caller, 12/s at the callee.
        edge.OverheadMs!.Mean!.Value.ShouldBe(5, 1e-9);
        edge.OverheadMs.Reliable.ShouldBeFalse();
        edge.OverheadMs.Reason!.ShouldContain("1.5 requests for each");
    }

    [Fact]
    public void Build_CallerWithoutProxy_CountsWhatArrived()
    {
        var edge = Find(Payments(), "unknown", "ledger");

        edge.ReportedBy.ShouldBe("destination");
        edge.RequestsPerSecond.ShouldBe(2);
        edge.ClientLatencyMs.ShouldBeNull();
        edge.LatencyMs!.Mean!.Value.ShouldBe(5, 1e-9);
        edge.OverheadMs.ShouldBe(new OverheadMs(null, false, "The caller has no proxy that reports."));
        edge.Mtls.State.ShouldBe(MutualTlsState.Plaintext);
        edge.Mtls.Ratio.ShouldBe(0);
        edge.Mtls.Reason.ShouldBe("The caller has no proxy, so it cannot be named.");
        edge.SourcePrincipal.ShouldBeNull();
    }

    [Fact]
    public void Build_ExternalHost_IsReportedBySourceWithUnknownProtection()
    {
        var edge = Find(Payments(), "payment-api", "api.fraud.example.com");

        edge.ReportedBy.ShouldBe("source");
        edge.LatencyMs.ShouldBeNull();
        edge.ClientLatencyMs!.Mean.ShouldBe(80);
        edge.Mtls.ShouldBe(new EdgeMutualTls(MutualTlsState.Unknown, null, "The callee is outside the mesh: nobody there reports."));
        edge.OverheadMs!.Reason.ShouldBe("The callee has no proxy that reports.");
    }

    [Fact]
    public void Build_Tcp_HasConnectionsAndBytesAndNoRequests()
    {
        var edge = Find(Payments(), "ledger", "postgres");

        edge.RequestsPerSecond.ShouldBeNull();
        edge.ErrorRatio.ShouldBeNull();
        edge.ConnectionsPerSecond.ShouldBe(0.5);
        edge.BytesPerSecond.ShouldBe(new BytesPerSecond(20_000, 90_000));
        edge.OverheadMs.ShouldBeNull();
        edge.Mtls.State.ShouldBe(MutualTlsState.Mutual);
        edge.Health.ShouldBe(Health.Healthy);
    }

    [Fact]
    public void Build_LongLivedConnections_AreJudgedByTheirBytes()
    {
        var quiet = Connections(0, SampleSecurity.Mutual, 100, 200) with { ByteSecurity = new SecuritySplit(300, 0, 0) };

        var edge = One(Edge(s_api, s_ledger, "tcp", fromDestination: quiet));

        edge.Mtls.ShouldBe(new EdgeMutualTls(MutualTlsState.Mutual, 1, null));
        edge.Health.ShouldBe(Health.Healthy);
    }

    [Fact]
    public void Build_TwoServicesOnOnePair_AreOneEdgeAndNotTwiceTheTraffic()
    {
        // The caller called "ledger"; the callee's proxy took the traffic for "ledger-headless", which selects the same pods.
        var called = Edge(s_api, s_ledger, "http", fromSource: Requests(10, 12), service: "ledger");
        var answered = Edge(s_api, s_ledger, "http", fromDestination: Requests(10, 10, SampleSecurity.Mutual), service: "ledger-headless");
        var objects = Objects(
            pods: [.. Pods("payments", "payment-api"), .. Pods("payments", "ledger")],
            services: [Service("payments", "ledger"), Service("payments", "ledger-headless", selector: ("app", "ledger"))]);

        foreach (var level in Enum.GetValues<TopologyLevel>())
        {
            var edge = TopologyBuilder.Build(Snapshot(objects, called, answered), MeshQuery.All, level).Edges.ShouldHaveSingleItem();
            edge.RequestsPerSecond.ShouldBe(10, level.ToString());
            edge.ReportedBy.ShouldBe("both", level.ToString());
            edge.Service.ShouldBe("ledger.payments.svc.cluster.local", level.ToString());
            edge.OverheadMs!.Mean!.Value.ShouldBe(2, 1e-9, level.ToString());
        }
    }

    [Fact]
    public void Build_ByService_MergesVersionsAndShowsIdleServices()
    {
        var view = Build(Payments(), TopologyLevel.Service);

        view.Nodes.Select(node => node.Id).ShouldBe(
        [
            "main/batch/workload/nightly-export",
            "main/istio-system/gateway/istio-ingressgateway",
            "main/payments/service/card-processor",
            "main/payments/service/ledger",
            "main/payments/service/payment-api",
            "main/payments/service/postgres",
            "main/payments/service/settlement",
            "main/unknown/external/api.fraud.example.com",
            "main/unknown/unknown/unknown",
        ]);
        var edge = view.Edges.Single(edge => edge.Target == "main/payments/service/card-processor");
        edge.Source.ShouldBe("main/payments/service/payment-api");
        edge.RequestsPerSecond.ShouldBe(100);
        edge.ErrorRatio!.Value.ShouldBe(0.01, 1e-12);
        edge.Responses.ShouldBe([new ResponseShare("200", "-", 99), new ResponseShare("503", "-", 1)]);
        edge.Health.ShouldBe(Health.Degraded);
    }

    [Fact]
    public void Build_ByApp_MergesVersionsAndNamesTheFailingOne()
    {
        var view = Build(Payments(), TopologyLevel.App);

        var app = view.Nodes.Single(node => node.Id == "main/payments/app/card-processor");
        (app.App, app.Version, app.ReadyReplicas, app.DesiredReplicas, app.RequestsPerSecond).ShouldBe(("card-processor", null, 4, 4, 100d));
        app.Health.ShouldBe(Health.Degraded);
        app.Reasons.ShouldContain("card-processor-v2 is failing.");
    }

    [Fact]
    public void Build_ByNamespace_KeepsTrafficInsideOfOneAsALoop()
    {
        var view = Build(Payments(), TopologyLevel.Namespace);

        view.Nodes.Select(node => node.Id).ShouldBe(
        [
            "main/batch/namespace/batch",
            "main/istio-system/namespace/istio-system",
            "main/payments/namespace/payments",
            "main/unknown/external/api.fraud.example.com",
            "main/unknown/unknown/unknown",
        ]);
        view.Edges.Select(edge => (Short(edge.Source), Short(edge.Target), edge.Protocol, edge.RequestsPerSecond)).ShouldBe(
        [
            ("istio-system", "payments", "http", 100d),
            ("payments", "payments", "grpc", 50d),
            ("payments", "payments", "http", 100d),
            ("payments", "payments", "tcp", null),
            ("payments", "api.fraud.example.com", "http", 5d),
            ("unknown", "payments", "grpc", 2d),
        ]);
    }

    [Fact]
    public void Build_NamespaceFilter_KeepsEdgesWithEitherEndInsideAndTheOtherEnd()
    {
        var view = TopologyBuilder.Build(Payments(), MeshQuery.For(null, ["istio-system"]), TopologyLevel.Workload);

        view.Nodes.Select(node => node.Name).ShouldBe(["istio-ingressgateway", "payment-api"]);
        view.Edges.ShouldHaveSingleItem().Target.ShouldBe("main/payments/workload/payment-api");
        view.Nodes[1].RequestsPerSecond.ShouldBe(100, "a node's numbers do not depend on the filter");
    }

    [Fact]
    public void Build_OtherCluster_IsEmpty()
    {
        var view = TopologyBuilder.Build(Payments(), MeshQuery.For("elsewhere", []), TopologyLevel.Workload);

        view.Nodes.ShouldBeEmpty();
        view.Edges.ShouldBeEmpty();
    }

    [Fact]
    public void Build_CalleeNeverReached_IsTheServiceThatWasCalled()
    {
        var refused = Edge(s_api, UnknownPeer(), fromSource: Requests(0, others: new ResponseRate(503, null, "UH", 4)), host: "ledger.payments.svc.cluster.local");
        var objects = Objects(pods: [.. Pods("payments", "payment-api"), .. Pods("payments", "ledger")], services: [Service("payments", "ledger")]);

        var edge = Build(Snapshot(objects, refused)).Edges.ShouldHaveSingleItem();

        edge.Target.ShouldBe("main/payments/service/ledger");
        edge.ErrorRatio.ShouldBe(1);
        edge.Health.ShouldBe(Health.Failing);
        edge.Mtls.Reason.ShouldBe("The requests reached no workload of the service.");
    }

    [Fact]
    public void Build_SelfCalls_AreAnEdgeOfTheirOwn()
    {
        var edge = One(Edge(s_api, s_api, "http", Requests(3, 5), Requests(3, 4, SampleSecurity.Mutual)));

        edge.Source.ShouldBe(edge.Target);
        edge.RequestsPerSecond.ShouldBe(3);
    }

    [Fact]
    public void Build_OneQueryUnanswered_IsNullAndNotZero()
    {
        var traffic = new ReporterTraffic { RequestsPerSecond = null, DurationSum = null };

        var edge = One(Edge(s_api, s_ledger, "http", traffic));

        edge.RequestsPerSecond.ShouldBeNull();
        edge.ErrorRatio.ShouldBeNull();
        edge.ClientErrorRatio.ShouldBeNull();
        edge.ClientLatencyMs.ShouldBeNull();
        edge.BytesPerSecond.ShouldBeNull();
        edge.Mtls.State.ShouldBe(MutualTlsState.Unknown);
        edge.Health.ShouldBe(Health.Unknown);
    }

    [Fact]
    public void Build_NoTrafficInTheWindow_IsIdle()
    {
        var edge = One(Edge(s_api, s_ledger, "http", Requests(0), Requests(0)));

        edge.RequestsPerSecond.ShouldBe(0);
        edge.ErrorRatio.ShouldBeNull();
        edge.Mtls.State.ShouldBe(MutualTlsState.Idle);
        edge.Mtls.Ratio.ShouldBeNull();
        edge.Health.ShouldBe(Health.Idle);
    }

    [Fact]
    public void Build_GrpcErrors_AreCountedByStatus()
    {
        // 14 (unavailable) is the server's, 5 (not found) the caller's, 200/0 is fine; code 0 with DC is nobody's.
        var traffic = Requests(0, others:
        [
            new ResponseRate(200, 0, "-", 6), new ResponseRate(200, 14, "-", 2), new ResponseRate(200, 5, "-", 1), new ResponseRate(0, null, "DC", 1),
        ]);

        var edge = One(Edge(s_api, s_ledger, "grpc", traffic));

        edge.ErrorRatio!.Value.ShouldBe(0.2, 1e-12);
        edge.ClientErrorRatio!.Value.ShouldBe(0.1, 1e-12);
        edge.Responses.ShouldContain(new ResponseShare("200", "-", 2, 14));
    }

    [Fact]
    public void Build_QuantilesOfTwoVersions_ComeFromMergedBuckets()
    {
        // v1: 90 of 90 under 10 ms. v2: 10 of 10 between 100 and 1000. Merged p50: rank 50 of 90 in 0..10 = 5.5556; p95: rank 95
        // is the 5th of 10 in 100..1000 = 550. (The mean of both quantiles would be 529.5.)
        var v1 = Histogram((10, 90), (100, 0), (1000, 0), (double.PositiveInfinity, 0));
        var v2 = Histogram((10, 0), (100, 0), (1000, 10), (double.PositiveInfinity, 0));
        var edges = new[]
        {
            Edge(s_api, Peer("payments", "card-v1", "card", "v1"), fromDestination: Requests(90, 5, SampleSecurity.Mutual, v1)),
            Edge(s_api, Peer("payments", "card-v2", "card", "v2"), fromDestination: Requests(10, 500, SampleSecurity.Mutual, v2)),
        };

        var edge = Build(Snapshot(Objects(), edges), TopologyLevel.App).Edges.ShouldHaveSingleItem();

        edge.LatencyMs!.P50!.Value.ShouldBe(50 / 9.0, 1e-9);
        edge.LatencyMs.P95!.Value.ShouldBe(550, 1e-9);
        edge.LatencyMs.Mean!.Value.ShouldBe(((90 * 5) + (10 * 500)) / 100.0, 1e-9);
    }

    [Fact]
    public void Build_AboveTheHighestBound_IsThatBound()
    {
        var traffic = Requests(10, 5000, SampleSecurity.Mutual, Histogram((1000, 0), (double.PositiveInfinity, 10)));

        One(Edge(s_api, s_ledger, "http", fromDestination: traffic)).LatencyMs!.P50.ShouldBe(1000);
    }

    [Fact]
    public void Build_SomePlaintext_IsMixedWithItsShare()
    {
        var traffic = Requests(10) with { RequestSecurity = new SecuritySplit(7.5, 2.5, 0) };

        var edge = One(Edge(s_api, s_ledger, "http", fromDestination: traffic));

        edge.Mtls.State.ShouldBe(MutualTlsState.Mixed);
        edge.Mtls.Ratio.ShouldBe(0.75);
        edge.Mtls.Reason!.ShouldContain("75");
    }

    [Theory]
    [InlineData(10, 0, 0, MutualTlsState.Mutual, 1.0)]
    [InlineData(0, 10, 0, MutualTlsState.Plaintext, 0.0)]
    [InlineData(0, 0, 10, MutualTlsState.Unknown, null)]
    [InlineData(5, 0, 5, MutualTlsState.Unknown, null)]
    [InlineData(0, 5, 5, MutualTlsState.Plaintext, 0.0)]
    [InlineData(4, 4, 2, MutualTlsState.Mixed, 0.4)]
    public void Build_Protection_IsReadFromTheCalleesWord(double mutual, double plaintext, double unknown, MutualTlsState state, double? ratio)
    {
        var callee = Requests(10) with { RequestSecurity = new SecuritySplit(mutual, plaintext, unknown) };

        // The caller's word is a lie on purpose: it must not count.
        var caller = Requests(10) with { RequestSecurity = new SecuritySplit(plaintext, mutual, 0) };

        var edge = One(Edge(s_api, s_ledger, "http", caller, callee));

        (edge.Mtls.State, edge.Mtls.Ratio).ShouldBe((state, ratio));
        (edge.Mtls.Reason is null).ShouldBe(state == MutualTlsState.Mutual);
    }

    [Fact]
    public void Build_WaypointOnly_IsBothTheCallersAndTheCalleesView()
    {
        var edge = One(Edge(s_api, s_ledger, "http", fromWaypoint: Requests(10, 8, SampleSecurity.Mutual)));

        edge.ReportedBy.ShouldBe("waypoint");
        edge.RequestsPerSecond.ShouldBe(10);
        edge.LatencyMs!.Mean!.Value.ShouldBe(8, 1e-9);
        edge.ClientLatencyMs.ShouldBeNull();
        edge.Mtls.State.ShouldBe(MutualTlsState.Mutual);
        edge.OverheadMs!.Reason.ShouldBe("Only the waypoint on the way measures.");
    }

    [Fact]
    public void Build_TelemetryNotThere_LeavesNodesUnknownAndNeverHealthy()
    {
        var cluster = ClusterOf(PaymentsObjects(), null, sources: [new SourceStatus(SourceNames.Requests, SourceState.Failed, Now, null, "Prometheus at p:9090 accepts no connection.")]);

        var view = Build(Snapshot(cluster));

        view.Edges.ShouldBeEmpty();
        view.Nodes.ShouldAllBe(node => node.Health == Health.Unknown && node.RequestsPerSecond == null && node.ErrorRatio == null);
        view.Nodes[0].Reasons[0].ShouldContain("accepts no connection");
    }

    [Fact]
    public void Build_TelemetryStale_KeepsRatesButCallsNothingHealthy()
    {
        var cluster = ClusterOf(PaymentsObjects(), PaymentsEdges(), sources: [new SourceStatus(SourceNames.Requests, SourceState.Stale, Now, Now.AddMinutes(-3), "Prometheus at p:9090 did not answer within 10 s.")]);

        var view = Build(Snapshot(cluster));

        view.Edges.ShouldAllBe(edge => edge.Health == Health.Unknown);
        var api = view.Nodes.Single(node => node.Name == "payment-api");
        api.Health.ShouldBe(Health.Unknown);
        api.RequestsPerSecond.ShouldBe(100);
        api.Reasons[0].ShouldContain("did not answer within 10 s");
    }

    [Theory]
    [InlineData(3, 3, Health.Idle, null)]
    [InlineData(3, 2, Health.Degraded, "2 of 3 replicas are ready.")]
    [InlineData(3, 0, Health.Failing, "None of 3 replicas is ready.")]
    public void Build_Replicas_AreJudgedWithoutTraffic(int desired, int ready, Health health, string? reason)
    {
        var pods = Pods("payments", "ledger", count: desired).Select((pod, i) => pod with { Ready = i < ready });
        var objects = Objects(pods: pods, deployments: [Deployment("payments", "ledger", desired)]);

        var node = Build(Snapshot(ClusterOf(objects, []))).Nodes.ShouldHaveSingleItem();

        node.Health.ShouldBe(health);
        node.Reasons[0].ShouldBe(reason ?? "No traffic in the last 60\u2009s.");
    }

    [Fact]
    public void Build_DeploymentScaledToZero_IsNoPartOfThePicture() =>
        Build(Snapshot(Objects(deployments: [Deployment("payments", "ledger", 0)]))).Nodes.ShouldBeEmpty();

    [Fact]
    public void Build_PodsThatCannotStart_SayWhy()
    {
        var pods = Pods("payments", "ledger", count: 2).Select(pod => pod with
        {
            Ready = false,
            Containers = [pod.Containers[0] with { WaitingReason = "CrashLoopBackOff", Ready = false }, pod.Containers[1]],
        });

        var node = Build(Snapshot(Objects(pods: pods, deployments: [Deployment("payments", "ledger")]))).Nodes.ShouldHaveSingleItem();

        node.Health.ShouldBe(Health.Failing);
        node.Reasons[0].ShouldBe("None of 2 replicas is ready (CrashLoopBackOff × 2).");
    }

    [Theory]
    [InlineData(100, 0.9, Health.Healthy)] // 0.9 %
    [InlineData(100, 1, Health.Degraded)]
    [InlineData(100, 4.9, Health.Degraded)]
    [InlineData(100, 5, Health.Failing)]
    [InlineData(0.1, 0.05, Health.Degraded)] // 3 of 6 in the window: too few requests to call it failing
    [InlineData(0.2, 0.04, Health.Degraded)] // 2.4 of 12: too few failures
    [InlineData(0.25, 0.0625, Health.Failing)] // 3.75 of 15
    public void Build_ErrorShare_IsJudgedWithEnoughRequestsOnly(double rate, double failing, Health health)
    {
        var traffic = Requests(rate - failing, others: new ResponseRate(500, null, "-", failing));
        var view = Build(Snapshot(Objects(pods: [.. Pods("payments", "payment-api"), .. Pods("payments", "ledger")]), Edge(s_api, s_ledger, "http", traffic)));

        view.Edges.ShouldHaveSingleItem().Health.ShouldBe(health);
        view.Nodes.Single(node => node.Name == "ledger").Health.ShouldBe(health);
        view.Nodes.Single(node => node.Name == "payment-api").Health.ShouldBe(Health.Healthy);
    }

    [Fact]
    public void Build_WorkloadWithoutProxyOrTraffic_IsUnknownAndNotIdle()
    {
        var node = Build(Snapshot(Objects(pods: Pods("batch", "export", proxy: SampleProxy.None)))).Nodes.ShouldHaveSingleItem();

        node.Health.ShouldBe(Health.Unknown);
        node.Reasons[0].ShouldBe("No proxy: its traffic is not seen.");
    }

    [Fact]
    public void Build_EdgeBetweenClusters_IsToldByBothEnds()
    {
        var api = Peer("payments", "payment-api", cluster: "east");
        var ledger = Peer("payments", "ledger", cluster: "west");
        var east = ClusterOf(Objects(), [Edge(api, ledger, fromSource: Requests(10, 12))], "east");
        var west = ClusterOf(Objects(), [Edge(api, ledger, fromDestination: Requests(10, 10, SampleSecurity.Mutual))], "west");

        var edge = Build(Snapshot(east, west)).Edges.ShouldHaveSingleItem();

        (edge.Source, edge.Target, edge.ReportedBy, edge.RequestsPerSecond).ShouldBe(("east/payments/workload/payment-api", "west/payments/workload/ledger", "both", 10d));
        TopologyBuilder.Build(Snapshot(east, west), MeshQuery.For("west", []), TopologyLevel.Workload).Nodes.Length.ShouldBe(2);
    }

    [Fact]
    public void Build_SameEdgeFromASharedPrometheus_IsNotCountedTwice()
    {
        var edge = Edge(Peer("payments", "payment-api", cluster: "east"), Peer("payments", "ledger", cluster: "west"), fromSource: Requests(10, 12), fromDestination: Requests(10, 10, SampleSecurity.Mutual));

        var view = Build(Snapshot(ClusterOf(Objects(), [edge], "east"), ClusterOf(Objects(), [edge], "west")));

        view.Edges.ShouldHaveSingleItem().RequestsPerSecond.ShouldBe(10);
    }

    [Fact]
    public void Build_HostileNames_AreKeptAsTheyAre()
    {
        var name = new string('x', 5000) + "\"\\\n<script>|/";

        var edge = One(Edge(s_api, Peer("payments", name), "http", Requests(1)));

        edge.Target.ShouldBe($"main/payments/workload/{name}");
    }

    [Fact]
    public void Build_SameSnapshot_IsDrawnOnce()
    {
        var snapshot = Payments();

        TopologyBuilder.Build(snapshot, MeshQuery.All, TopologyLevel.App).ShouldBeSameAs(TopologyBuilder.Build(snapshot, MeshQuery.All, TopologyLevel.App));
    }

    [Fact]
    public void Build_PaymentsByVersionedApp_HasOneNodePerAppAndVersion()
    {
        var view = Build(Payments(), TopologyLevel.VersionedApp);

        view.Nodes.Select(node => (Short(node.Id), node.Kind, node.App, node.Version)).ShouldBe(
        [
            ("nightly-export", NodeKind.App, "nightly-export", null),
            ("istio-ingressgateway", NodeKind.Gateway, "istio-ingressgateway", null),
            ("card-processor/v1", NodeKind.App, "card-processor", "v1"),
            ("card-processor/v2", NodeKind.App, "card-processor", "v2"),
            ("ledger/v1", NodeKind.App, "ledger", "v1"),
            ("payment-api/v1", NodeKind.App, "payment-api", "v1"),
            ("postgres", NodeKind.App, "postgres", null),
            ("settlement/v1", NodeKind.App, "settlement", "v1"),
            ("api.fraud.example.com", NodeKind.External, null, null),
            ("unknown", NodeKind.Unknown, null, null),
        ]);
        view.Nodes.ShouldAllBe(node => node.Id.EndsWith("/" + node.Name, StringComparison.Ordinal));

        // 90/s to v1, 10/s of which 1/s fails to v2: what the view by app adds up to 100/s and 1 %.
        var canary = view.Edges.Single(edge => Short(edge.Target) == "card-processor/v2");
        (canary.RequestsPerSecond, canary.ErrorRatio).ShouldBe((10, 0.1));
        var stable = view.Edges.Single(edge => Short(edge.Target) == "card-processor/v1");
        (stable.RequestsPerSecond, stable.ErrorRatio).ShouldBe((90, 0));
        var app = Build(Payments(), TopologyLevel.App).Edges.Single(edge => Short(edge.Target) == "card-processor");
        (app.RequestsPerSecond, app.ErrorRatio).ShouldBe((100, 0.01));
    }

    [Fact]
    public void Build_TwoWorkloadsOfOneVersion_AreOneNode()
    {
        // 30/s to the first with 3/s failing, 10/s to the second: 40/s, 7.5 %. The version of the third is known to telemetry alone.
        var objects = Objects(pods: [.. Pods("payments", "card-a", app: "card", version: "v1"), .. Pods("payments", "card-b", app: "card", version: "v1")]);
        var view = Build(Snapshot(
            objects,
            Edge(s_api, Peer("payments", "card-a", "card", "stale"), fromSource: Requests(27, others: new ResponseRate(503, null, "-", 3))),
            Edge(s_api, Peer("payments", "card-b", "card", "v1"), fromSource: Requests(10)),
            Edge(s_api, Peer("payments", "card-c", "card", "v9"), fromSource: Requests(2))), TopologyLevel.VersionedApp);

        view.Edges.Select(edge => (Short(edge.Target), edge.RequestsPerSecond, edge.ErrorRatio)).ShouldBe([("card/v1", 40, 0.075), ("card/v9", 2, 0)]);
        var merged = view.Nodes.Single(node => node.Name == "card/v1");
        (merged.DesiredReplicas ?? 0, merged.ReadyReplicas, merged.RequestsPerSecond).ShouldBe((0, 4, 40));
    }

    [Theory]
    [InlineData("card", "v1", "card/v1")]
    [InlineData("card", null, "card")]
    [InlineData("card", "", "card")]
    [InlineData("card/v1", null, "card%2Fv1")]
    [InlineData("a%2Fb", "x/y", "a%252Fb/x/y")]
    public void VersionedApp_NamesOfDifferentApps_NeverMeet(string app, string? version, string name)
    {
        VersionedApp.Name(app, version).ShouldBe(name);
        VersionedApp.Read(name).ShouldBe((app, string.IsNullOrEmpty(version) ? null : version));
    }

    private static TopologyView Build(MeshSnapshot snapshot, TopologyLevel level = TopologyLevel.Workload) => TopologyBuilder.Build(snapshot, MeshQuery.All, level);

    private static TopologyEdge One(Edge edge) =>
        Build(Snapshot(Objects(pods: [.. Pods("payments", "payment-api"), .. Pods("payments", "ledger")]), edge)).Edges.ShouldHaveSingleItem();

    private static TopologyEdge Find(MeshSnapshot snapshot, string source, string target) =>
        Build(snapshot).Edges.Single(edge => Short(edge.Source) == source && Short(edge.Target) == target);

    private static string Short(string id) => id.Split('/', 4)[3];
}
