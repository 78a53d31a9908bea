using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Panels;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;
using MeshConsole.Testing;
using static MeshConsole.Testing.SampleMesh;

namespace MeshConsole.Mesh.Tests.Panels;

/// <summary>Every expected number is worked out by hand from the rates that the sample states.</summary>
public sealed class PanelBuilderTests
{
    private const string Api = "main/payments/workload/payment-api";
    private static readonly Peer s_api = Peer("payments", "payment-api", "payment-api", "v1");
    private static readonly Peer s_ledger = Peer("payments", "ledger", "ledger", "v1");

    [Fact]
    public void Build_OfAWorkload_KeepsBothReportersApartInEachDirection()
    {
        var panel = Build(Payments(), Api)!;

        panel.Kind.ShouldBe(PanelKind.Node);
        panel.Traffic.Select(traffic => (traffic.Direction, traffic.Peers)).ShouldBe([(PanelDirection.In, 1), (PanelDirection.Out, 4)]);

        // 90 to v1, 10 to v2 (1 fails), 50 to the ledger, 5 to a host outside that reports nothing.
        var sent = panel.Traffic[1].Requests!;
        sent.RequestsPerSecond.ShouldBe(155);
        sent.ErrorRatio!.Value.ShouldBe(1 / 155.0, 1e-12);
        (sent.Client!.RequestsPerSecond, sent.Client.Hops, sent.Client.HopsInAll).ShouldBe((155, 4, 4));
        (sent.Server!.RequestsPerSecond, sent.Server.Hops, sent.Server.HopsInAll).ShouldBe((150, 3, 4));
        sent.Client.SuccessRatio!.Value.ShouldBe(154 / 155.0, 1e-12);
        sent.Server.SuccessRatio!.Value.ShouldBe(149 / 150.0, 1e-12);
        sent.Client.Responses.Select(line => (line.Code, line.GrpcStatus, line.RequestsPerSecond, line.Outcome)).ShouldBe(
        [
            ("200", null, 104, ResponseClass.Success),
            ("200", 0, 50, ResponseClass.Success),
            ("503", null, 1, ResponseClass.Failure),
        ]);
        sent.Client.Responses[0].Share!.Value.ShouldBe(104 / 155.0, 1e-12);
        panel.Traffic[1].Connections.ShouldBeNull();
    }

    [Fact]
    public void Build_Retries_TellSuccessBeforeAndAfterThem()
    {
        // The caller sent 10/s: 8 answered, 1 found no healthy host (UH), 1 timed out (UT). The callee saw 12 tries, 3 of them failed.
        var edge = Edge(s_api, s_ledger, "http",
            Requests(8, 20, others: [new ResponseRate(503, null, "UH", 1), new ResponseRate(504, null, "UT", 1)]),
            Requests(9, 15, SampleSecurity.Mutual, null, new ResponseRate(503, null, "-", 3)));

        var requests = Build(Snapshot(Objects(), edge), "main/payments/workload/payment-api|main/payments/workload/ledger|http")!.Traffic.ShouldHaveSingleItem().Requests!;

        requests.Retries.EffectiveSuccessRatio!.Value.ShouldBe(0.8, 1e-12);
        requests.Retries.ActualSuccessRatio!.Value.ShouldBe(0.75, 1e-12);
        (requests.Retries.RequestsPerSecond, requests.Retries.TriesPerSecond, requests.Retries.UnreachedPerSecond).ShouldBe((10, 12, 1));
        requests.Retries.TriesPerRequest!.Value.ShouldBe(12 / 9.0, 1e-12);
        requests.Retries.Reason.ShouldStartWith("Callees see more tries than callers make requests");
        requests.Client!.Responses.Single(line => line.Code == "503").Flags.ShouldBe([ResponseFlags.Of("UH")[0]]);
        requests.Client.Latency!.MeanMs.ShouldBe(20);
        requests.Server!.Latency!.MeanMs.ShouldBe(15);
    }

    [Fact]
    public void Build_Retries_WithOneReporter_AreNotGuessed()
    {
        var retries = Build(Payments(), "main/unknown/unknown/unknown")!.Traffic.ShouldHaveSingleItem().Requests!.Retries;

        (retries.EffectiveSuccessRatio, retries.ActualSuccessRatio, retries.TriesPerRequest).ShouldBe((null, null, null));
        retries.Reason.ShouldBe("No caller's proxy reports, so requests cannot be told from tries.");
    }

    [Fact]
    public void Build_Latency_HasQuantilesWithTheirBuckets()
    {
        // 90/s: a tenth up to 5 ms, eight tenths up to 25, a tenth up to 100. p50: rank 45 is 36 of the 72 in 5..25, so 15;
        // p95: rank 85.5 is half of the 9 in 25..100, so 62.5; p99: rank 89.1 is 8.1 of 9, so 92.5.
        var latency = Build(Payments(), "main/payments/workload/card-processor-v1")!.Traffic[0].Requests!.Server!.Latency!;

        latency.MeanMs.ShouldBe(10);
        latency.Quantiles.Select(quantile => (quantile.Quantile, Math.Round(quantile.ValueMs, 9), quantile.LowerMs, quantile.UpperMs)).ShouldBe(
            [(0.5, 15, 5, 25), (0.9, 25, 5, 25), (0.95, 62.5, 25, 100), (0.99, 92.5, 25, 100)]);
        latency.Buckets.Select(bucket => (bucket.LowerMs, bucket.UpperMs, Math.Round(bucket.RequestsPerSecond, 9), Math.Round(bucket.Share, 9))).ShouldBe(
            [(0, 5, 9, 0.1), (5, 25, 72, 0.8), (25, 100, 9, 0.1), (100, null, 0, 0)]);
    }

    [Fact]
    public void Build_OfANamespaceInAnotherView_IsABoxWithWhatCrossesItsBorder()
    {
        var box = Build(Payments(), "main/payments/namespace/payments")!;

        box.Kind.ShouldBe(PanelKind.Box);

        // In: the gateway's 100 and 2 of an unknown caller. Out: 5 to a host. Within: 90 + 10 + 50, and TCP to postgres.
        box.Traffic.Select(traffic => (traffic.Direction, traffic.Requests!.RequestsPerSecond)).ShouldBe([(PanelDirection.In, 102), (PanelDirection.Out, 5), (PanelDirection.Within, 150)]);
        box.Traffic[0].Requests!.Client!.RequestsPerSecond.ShouldBe(100);
        box.Traffic[0].Requests!.Client!.Hops.ShouldBe(1);
        box.Traffic[0].Requests!.Server!.RequestsPerSecond.ShouldBe(102);
        box.Traffic[2].Connections!.Client!.OpenedPerSecond.ShouldBe(0.5);
        box.Traffic[2].Connections!.Server!.SentBytesPerSecond.ShouldBe(20_000);
        box.WorkloadCount.ShouldBe(6);
        box.PodCount.ShouldBe(10);
    }

    [Fact]
    public void Build_OfAnAppInTheViewByVersion_AddsUpItsVersions()
    {
        var box = PanelBuilder.Build(Payments(), MeshQuery.All, TopologyLevel.VersionedApp, "main/payments/app/card-processor")!;
        var canary = PanelBuilder.Build(Payments(), MeshQuery.All, TopologyLevel.VersionedApp, "main/payments/app/card-processor/v2")!;

        box.Kind.ShouldBe(PanelKind.Box);
        (box.Traffic[0].Requests!.RequestsPerSecond, box.Traffic[0].Requests!.ErrorRatio).ShouldBe((100, 0.01));
        box.Workloads.ShouldBe(["main/payments/workload/card-processor-v1", "main/payments/workload/card-processor-v2"]);
        canary.Kind.ShouldBe(PanelKind.Node);
        (canary.Traffic[0].Requests!.RequestsPerSecond, canary.Traffic[0].Requests!.ErrorRatio).ShouldBe((10, 0.1));
    }

    [Fact]
    public void Build_OfNothing_IsTheMeshAndOfACluster_ItsBox()
    {
        // 100 + 90 + 10 + 50 + 2 + 5.
        var mesh = Build(Payments(), null)!;
        mesh.Kind.ShouldBe(PanelKind.Mesh);
        mesh.Traffic.ShouldHaveSingleItem().Requests!.RequestsPerSecond.ShouldBe(257);

        // Narrowed to a namespace: what has an end in it.
        PanelBuilder.Build(Payments(), MeshQuery.For(null, ["istio-system"]), TopologyLevel.Workload, "")!.Traffic.ShouldHaveSingleItem().Requests!.RequestsPerSecond.ShouldBe(100);

        var cluster = Build(Payments(), "cluster/main")!;
        cluster.Kind.ShouldBe(PanelKind.Box);
        cluster.Traffic.ShouldHaveSingleItem().Direction.ShouldBe(PanelDirection.Within);
        Build(Payments(), "cluster/other").ShouldBeNull();
        Build(Payments(), "main/payments/workload/gone").ShouldBeNull();
        Build(Payments(), "nonsense").ShouldBeNull();
    }

    [Fact]
    public void Build_ANodeThatCallsItself_SaysHowMuchOfItThatIs()
    {
        // 3/s of its own and 7/s of another: 10/s arrive, 3/s are sent.
        var panel = Build(Snapshot(Objects(), Edge(s_api, s_api, fromSource: Requests(3)), Edge(s_ledger, s_api, fromSource: Requests(7))), Api)!;

        panel.Traffic.Select(traffic => (traffic.Direction, traffic.Requests!.RequestsPerSecond)).ShouldBe([(PanelDirection.In, 10), (PanelDirection.Out, 3), (PanelDirection.Within, 3)]);
    }

    [Fact]
    public void Build_CallsInACircle_AreCountedOncePerNode()
    {
        var circle = Snapshot(Objects(), Edge(s_api, s_ledger, fromSource: Requests(4)), Edge(s_ledger, s_api, fromSource: Requests(6)));

        Build(circle, Api)!.Traffic.Select(traffic => (traffic.Direction, traffic.Requests!.RequestsPerSecond)).ShouldBe([(PanelDirection.In, 6), (PanelDirection.Out, 4)]);
        Build(circle, "")!.Traffic.ShouldHaveSingleItem().Requests!.RequestsPerSecond.ShouldBe(10);
    }

    [Fact]
    public void Build_AnEdgeToNowhere_HasItsCallersWordAlone()
    {
        var nowhere = Edge(s_api, UnknownPeer(), fromSource: Requests(0, others: new ResponseRate(503, null, "UH", 2)), host: "unknown") with { ServiceNamespace = "unknown" };

        var requests = Build(Snapshot(Objects(), nowhere), "main/unknown/unknown/unknown")!.Traffic.ShouldHaveSingleItem().Requests!;

        (requests.RequestsPerSecond, requests.ErrorRatio, requests.Server).ShouldBe((2, 1, null));
        requests.Retries.Reason.ShouldBe("No callee's proxy reports, so tries cannot be counted.");
    }

    [Fact]
    public void Build_NumbersThatAreNone_AreNotKnownAndSpoilNothing()
    {
        var broken = new ReporterTraffic
        {
            Responses = [new ResponseRate(200, null, "-", double.NaN), new ResponseRate(500, null, "-", 1)],
            RequestsPerSecond = null,
            DurationSum = double.NaN,
            DurationCount = 1,
            Durations = Histogram((5, double.NaN), (25, double.NaN), (double.PositiveInfinity, double.NaN)),
        };

        var requests = Build(Snapshot(Objects(), Edge(s_api, s_ledger, fromSource: broken, fromDestination: Requests(10))), Api)!.Traffic.ShouldHaveSingleItem().Requests!;

        requests.RequestsPerSecond.ShouldBeNull();
        requests.Client!.Responses.ShouldHaveSingleItem().Code.ShouldBe("500");
        requests.Client.Latency.ShouldBeNull("a mean of no number is none");
        requests.Retries.EffectiveSuccessRatio.ShouldBeNull();
        requests.Server!.RequestsPerSecond.ShouldBe(10);
    }

    [Theory]
    [InlineData("</script><img src=x onerror=alert(1)>")]
    [InlineData("\u202egnp.exe\u202c")]
    [InlineData("a/b|c/d|http")]
    public void Build_HostileNames_AreFoundByTheirIdAndStayText(string name)
    {
        var peer = Peer("payments", name, name, name);
        var snapshot = Snapshot(Objects(), Edge(s_api, peer, fromSource: Requests(3)));

        foreach (var level in Enum.GetValues<TopologyLevel>())
        {
            var view = TopologyBuilder.Build(snapshot, MeshQuery.All, level);
            foreach (var node in view.Nodes)
            {
                PanelBuilder.Build(snapshot, MeshQuery.All, level, node.Id)!.Kind.ShouldBe(PanelKind.Node, $"{level} {node.Id}");
            }

            foreach (var edge in view.Edges)
            {
                PanelBuilder.Build(snapshot, MeshQuery.All, level, edge.Key)!.Traffic.ShouldHaveSingleItem().Requests!.RequestsPerSecond.ShouldBe(3, $"{level} {edge.Key}");
            }
        }
    }

    [Fact]
    public void Build_ANameOf5000Characters_IsANodeAsAnyOther()
    {
        var name = new string('n', 5_000);
        var snapshot = Snapshot(Objects(), Edge(s_api, Peer("payments", name), fromSource: Requests(3)));

        Build(snapshot, $"main/payments/workload/{name}")!.Traffic.ShouldHaveSingleItem().Requests!.RequestsPerSecond.ShouldBe(3);
    }

    [Fact]
    public void Build_Objects_AreThoseThatHoldForIt()
    {
        var objects = PaymentsObjects() with
        {
            VirtualServices = [Object("networking.istio.io/v1", "VirtualService", "payments", "card-processor", """{"hosts":["card-processor"],"http":[{"timeout":"8s","retries":{"attempts":2},"route":[{"destination":{"host":"card-processor","subset":"v1"},"weight":90},{"destination":{"host":"card-processor","subset":"v2"},"weight":10}]}]}""")],
            DestinationRules = [Object("networking.istio.io/v1", "DestinationRule", "payments", "card-processor", """{"host":"card-processor","trafficPolicy":{"outlierDetection":{"consecutive5xxErrors":5}},"subsets":[{"name":"v1"},{"name":"v2"}]}""")],
            PeerAuthentications = [PeerAuthentication("istio-system", "default", "PERMISSIVE"), PeerAuthentication("batch", "default", "STRICT")],
            AuthorizationPolicies = [Object("security.istio.io/v1", "AuthorizationPolicy", "payments", "only-api", """{"selector":{"matchLabels":{"app":"card-processor"}},"action":"DENY","rules":[{}]}""")],
        };

        var panel = Build(Snapshot(ClusterOf(objects, PaymentsEdges())), "main/payments/workload/card-processor-v1")!;

        panel.Objects.Select(item => (item.Kind, $"{item.Namespace}/{item.Name}", item.What, item.Whole)).ShouldBe(
        [
            ("AuthorizationPolicy", "payments/only-api", "DENY, 1 rule", false),
            ("DestinationRule", "payments/card-processor", "2 subsets, outlier detection", false),
            ("PeerAuthentication", "istio-system/default", "mode PERMISSIVE", true),
            ("VirtualService", "payments/card-processor", "1 rule, split by weight, timeout 8s, up to 2 retries", false),
        ]);
    }

    [Fact]
    public void Build_Pods_ShowThoseInTroubleFirst()
    {
        var cluster = PaymentsCluster();
        var workload = cluster.Workloads.Single(one => one.Id.Name == "card-processor-v1");
        var crashing = workload.Pods[2] with { Ready = false, Containers = [new Container("app", "app:1", false, false, 7, "CrashLoopBackOff", []), .. workload.Pods[2].Containers.Skip(1)] };
        var snapshot = Snapshot(cluster with { Workloads = cluster.Workloads.Replace(workload, workload with { Pods = workload.Pods.SetItem(2, crashing) }) });

        var pods = Build(snapshot, "main/payments/workload/card-processor-v1")!.Pods;

        (pods[0].Waiting, pods[0].Restarts, pods[0].Ready, pods[0].Version).ShouldBe(("CrashLoopBackOff", 7, false, "v1"));
        pods.Skip(1).ShouldAllBe(pod => pod.Ready && pod.Restarts == 0 && pod.ProxyVersion == "1.30.3");
    }

    [Fact]
    public void Build_SourcesThatFail_AreSaid()
    {
        var lost = PaymentsCluster() with { Sources = [new SourceStatus(SourceNames.Requests, SourceState.Stale, Now.AddMinutes(-1), Now.AddMinutes(-1), "Timeout.")] };

        Build(Snapshot(lost), Api)!.Missing.ShouldHaveSingleItem().ShouldContain("Timeout.");
        Build(Payments(), Api)!.Missing.ShouldBeEmpty();
    }

    [Fact]
    public void Build_History_AsksForTheSameCalls()
    {
        HistoryScope Scope(string id, PanelDirection direction, TopologyLevel level = TopologyLevel.Workload) =>
            PanelBuilder.Build(Payments(), MeshQuery.All, level, id)!.Traffic.Single(traffic => traffic.Direction == direction).History["main"];
        string Ends(IEnumerable<HistoryEnd> ends) => string.Join("; ", ends.Select(end => $"{(end.Except ? "not " : "")}{end.Namespace}:{string.Join(',', end.Workloads)}"));

        var arrives = Scope(Api, PanelDirection.In);
        (Ends(arrives.From), Ends(arrives.To)).ShouldBe(("", "payments:payment-api"));
        var edge = Scope($"{Api}|main/payments/workload/ledger|grpc", PanelDirection.Edge);
        (Ends(edge.From), Ends(edge.To), edge.Protocol).ShouldBe(("payments:payment-api", "payments:ledger", "grpc"));
        var box = Scope("main/payments/app/card-processor", PanelDirection.In);
        (Ends(box.From), Ends(box.To)).ShouldBe(("not payments:; not payments:card-processor-v1,card-processor-v2", "payments:card-processor-v1,card-processor-v2"));
        var space = Scope("main/payments/namespace/payments", PanelDirection.Out);
        (Ends(space.From), Ends(space.To)).ShouldBe(("payments:", "not payments:"));
        Scope($"{Api}|main/unknown/external/api.fraud.example.com|http", PanelDirection.Edge).Hosts.ShouldBe(["api.fraud.example.com"]);
        Scope("main/payments/service/card-processor", PanelDirection.In, TopologyLevel.Service).Hosts.ShouldBe(["card-processor.payments.svc.cluster.local"]);
        Scope("", PanelDirection.All).ShouldBe(HistoryScope.All);
    }

    private static PanelView? Build(MeshSnapshot snapshot, string? id) => PanelBuilder.Build(snapshot, MeshQuery.All, TopologyLevel.Workload, id);
}
