using System.Collections.Frozen;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;
using MeshConsole.Mesh.Triage;
using MeshConsole.Testing;
using static MeshConsole.Testing.SampleMesh;

namespace MeshConsole.Mesh.Tests.Snapshots;

/// <summary>Proxies that run and are not scraped: what only they count becomes unknown, never zero, healthy or encrypted.</summary>
public sealed class ScrapeGapsTests
{
    private static readonly Peer s_gateway = Peer("istio-system", "istio-ingressgateway", "istio-ingressgateway");
    private static readonly Peer s_api = Peer("payments", "payment-api", "payment-api", "v1");
    private static readonly Peer s_v1 = Peer("payments", "card-processor-v1", "card-processor", "v1");
    private static readonly Peer s_ledger = Peer("payments", "ledger", "ledger", "v1");

    [Fact]
    public void Build_EveryProxyScraped_HasNoGap() => Snapshots(PaymentsEdges(), lost: []).ScrapeGaps.ShouldBeEmpty();

    [Fact]
    public void Build_ProxyMissing_IsCountedAgainstTheReadyOnes()
    {
        // Three pods of the card processor, two of the ledger; no proxy at the batch job and at istiod.
        var gaps = Snapshots(PaymentsEdges(), lost: ["card-processor-v1-5d8f7c9b64-00001", "card-processor-v1-5d8f7c9b64-00003", "ledger-5d8f7c9b64-00001", "ledger-5d8f7c9b64-00002"]).ScrapeGaps;

        gaps.OrderBy(gap => gap.Key.Name, StringComparer.Ordinal).Select(gap => (gap.Key.Name, gap.Value.Missing, gap.Value.Running)).ShouldBe([("card-processor-v1", 2, 3), ("ledger", 2, 2)]);
    }

    [Fact]
    public void Build_PodNewOrLeavingOrNotReady_IsNotExpectedYet()
    {
        var pods = Pods("payments", "ledger", count: 4);
        pods = pods.SetItem(0, pods[0] with { Meta = pods[0].Meta with { CreatedAt = Now.AddSeconds(-90) } })
            .SetItem(1, pods[1] with { Meta = pods[1].Meta with { DeletedAt = Now.AddSeconds(-5) } })
            .SetItem(2, pods[2] with { Ready = false });

        var cluster = Cluster(Objects(pods: pods, deployments: [Deployment("payments", "ledger", 4)]), [], Scraped(["other/other"]));

        cluster.ScrapeGaps.ShouldHaveSingleItem().Value.ShouldBe(new ScrapeGap(1, 1), "only the fourth should be scraped");
    }

    [Fact]
    public void Build_AnswerNamesNoPod_IsNotKnownAndAccusesNobody() =>
        Cluster(PaymentsObjects(), PaymentsEdges(), Scraped([])).ScrapeGaps.ShouldBeEmpty();

    [Theory]
    [InlineData(60, true)]
    [InlineData(61, false)]
    public void Build_AnswerOld_SaysNothingOfNow(int age, bool current) =>
        (Cluster(PaymentsObjects(), PaymentsEdges(), Scraped(["other/other"]) with { At = Now.AddSeconds(-age) }).ScrapeGaps.Count > 0).ShouldBe(current);

    [Theory]
    [InlineData(2, 3, "2 of 3 proxies are not scraped: their traffic is not counted.")]
    [InlineData(1, 3, "1 of 3 proxies is not scraped: its traffic is not counted.")]
    [InlineData(1, 1, "The only proxy is not scraped: its traffic is not counted.")]
    [InlineData(3, 3, "None of 3 proxies is scraped: their traffic is not counted.")]
    public void Node_NotScrapedWhole_IsUnknownAndSaysHowMuch(int missing, int running, string reason)
    {
        var names = Enumerable.Range(1, missing).Select(i => $"ledger-5d8f7c9b64-{i:00000}").ToArray();
        var objects = Objects(pods: Pods("payments", "ledger", count: running), deployments: [Deployment("payments", "ledger", running)]);
        var edge = Edge(s_api, s_ledger, fromSource: Requests(10), fromDestination: Requests(10, security: SampleSecurity.Mutual));

        var node = Draw(Cluster(objects, [edge], Scraped(objects, names, "other/other"))).Nodes.Single(node => node.Name == "ledger");

        node.Health.ShouldBe(Health.Unknown);
        node.Reasons[0].ShouldBe(reason);
        node.Reasons.ShouldNotContain("No request fails.");
        node.RequestsPerSecond.ShouldBe(10);
    }

    [Fact]
    public void Node_NotScrapedAndFailing_StaysFailingWithBothReasons()
    {
        var edge = Edge(s_api, s_ledger, fromSource: Requests(5, others: new ResponseRate(503, null, "-", 5)));

        var node = Draw(Snapshots([edge], lost: ["ledger-5d8f7c9b64-00001"])).Nodes.Single(node => node.Name == "ledger");

        node.Health.ShouldBe(Health.Failing);
        node.Reasons[^1].ShouldBe("1 of 2 proxies is not scraped: its traffic is not counted.");
    }

    [Fact]
    public void Edge_CalleeNotScraped_HasTheRateOfTheCallerAndUnknownProtection()
    {
        var edge = Draw(Snapshots([Edge(s_api, s_ledger, fromSource: Requests(10))], lost: ["ledger-5d8f7c9b64-00001", "ledger-5d8f7c9b64-00002"])).Edges.ShouldHaveSingleItem();

        edge.RequestsPerSecond.ShouldBe(10);
        edge.Health.ShouldBe(Health.Healthy, "the caller counts all it sends");
        edge.Mtls.ShouldBe(new EdgeMutualTls(MutualTlsState.Unknown, null, "Telemetry missing: none of 2 proxies of the callee is scraped."));
    }

    [Fact]
    public void Edge_CalleeScrapedInPart_IsNotCalledEncrypted()
    {
        var edge = Draw(Snapshots([Edge(s_api, s_ledger, fromSource: Requests(10), fromDestination: Requests(5, security: SampleSecurity.Mutual))], lost: ["ledger-5d8f7c9b64-00001"])).Edges.ShouldHaveSingleItem();

        edge.Mtls.State.ShouldBe(MutualTlsState.Unknown);
        edge.Mtls.Reason.ShouldBe("All requests that are counted arrive over mutual TLS. Telemetry missing: 1 of 2 proxies of the callee is not scraped.");
    }

    [Fact]
    public void Edge_CalleeScrapedInPartAndPlaintextSeen_StaysPlaintext()
    {
        var edge = Draw(Snapshots([Edge(s_api, s_ledger, fromDestination: Requests(5, security: SampleSecurity.Plaintext))], lost: ["ledger-5d8f7c9b64-00001"])).Edges.ShouldHaveSingleItem();

        edge.Mtls.State.ShouldBe(MutualTlsState.Plaintext);
        edge.Mtls.Reason!.ShouldEndWith("Telemetry missing: 1 of 2 proxies of the callee is not scraped.");
    }

    [Theory]
    [InlineData(true, false, true, MutualTlsState.Idle, Health.Idle)] // The callee is scraped whole and counts nothing.
    [InlineData(true, false, false, MutualTlsState.Unknown, Health.Unknown)]
    [InlineData(false, true, true, MutualTlsState.Idle, Health.Idle)] // The caller is scraped whole and sends nothing.
    [InlineData(true, true, true, MutualTlsState.Unknown, Health.Unknown)]
    public void Edge_CountsZero_IsIdleOnlyWhereOneEndIsScrapedWhole(bool callerLost, bool calleeLost, bool calleeReports, MutualTlsState state, Health health)
    {
        string[] lost = [.. callerLost ? ["payment-api-5d8f7c9b64-00001"] : Array.Empty<string>(), .. calleeLost ? ["ledger-5d8f7c9b64-00001"] : Array.Empty<string>()];

        var edge = Draw(Snapshots([Edge(s_api, s_ledger, fromSource: Requests(0), fromDestination: calleeReports ? Requests(0) : null)], lost)).Edges.ShouldHaveSingleItem();

        (edge.Mtls.State, edge.Health).ShouldBe((state, health));
    }

    [Fact]
    public void Edge_ThatOnlyLostProxiesReported_StaysAsUnknownUntilTheyAreBack()
    {
        var before = Snapshots(PaymentsEdges(), lost: []);
        string[] lost = ["payment-api-5d8f7c9b64-00001", "payment-api-5d8f7c9b64-00002", "card-processor-v1-5d8f7c9b64-00001", "card-processor-v1-5d8f7c9b64-00002", "card-processor-v1-5d8f7c9b64-00003"];
        var left = PaymentsEdges().Where(edge => !(edge.Source == s_api && edge.Target == s_v1)).ToArray();

        var cluster = Snapshots(left, lost, before);

        var edge = Draw(cluster).Edges.Single(edge => edge.Source.EndsWith("/payment-api", StringComparison.Ordinal) && edge.Target.EndsWith("/card-processor-v1", StringComparison.Ordinal));
        (edge.RequestsPerSecond, edge.ErrorRatio, edge.Health, edge.Mtls.State).ShouldBe((null, null, Health.Unknown, MutualTlsState.Unknown));
        edge.Mtls.Reason.ShouldBe("Telemetry missing: none of 3 proxies of the callee is scraped.");
        cluster.Edges.Length.ShouldBe(PaymentsEdges().Length);

        // It lasts as long as the gap, and not a refresh longer.
        var still = Snapshots(left, lost, cluster);
        still.Edges.Length.ShouldBe(PaymentsEdges().Length);
        Snapshots(left, [], still).Edges.Length.ShouldBe(left.Length);
    }

    [Fact]
    public void Edge_GoneWhileBothEndsAreScraped_IsGone()
    {
        var before = Snapshots(PaymentsEdges(), lost: []);
        Snapshots([], ["ledger-5d8f7c9b64-00001"], before).Edges
            .ShouldAllBe(edge => edge.Source.Workload.Name == "ledger" || edge.Target.Workload.Name == "ledger");
    }

    [Fact]
    public void Edge_OfNow_IsNotCarriedIntoThePast()
    {
        var now = Snapshots(PaymentsEdges(), lost: []);
        var frame = Frame([], Now.AddHours(-1)) with { ScrapedProxies = Scraped(PaymentsObjects(), ["ledger-5d8f7c9b64-00001"]) with { At = Now.AddHours(-1) } };

        var past = SnapshotBuilder.Build(SampleMesh.Cluster, PaymentsObjects(), LiveSources(), frame, now);

        past.ScrapeGaps.ShouldNotBeEmpty();
        past.Edges.ShouldBeEmpty();
    }

    [Fact]
    public void Coverage_WorkloadNotScraped_IsNotKnownAndSaidInEverySum()
    {
        string[] lost = ["ledger-5d8f7c9b64-00001", "ledger-5d8f7c9b64-00002", "payment-api-5d8f7c9b64-00001"];
        var view = MtlsCoverageBuilder.Build(Snapshot(Snapshots(PaymentsEdges(), lost)), MeshQuery.All);
        var payments = view.Namespaces.Single(row => row.Namespace == "payments");

        var ledger = payments.Workloads.Single(row => row.Name == "ledger").Coverage;
        (ledger.Requests, ledger.MutualRequestsPerSecond).ShouldBe((null, null));
        ledger.Message.ShouldBe("Telemetry missing: none of 2 proxies of payments/ledger is scraped.");
        var api = payments.Workloads.Single(row => row.Name == "payment-api").Coverage;
        api.Requests.ShouldBe(1);
        api.Message!.ShouldContain("Not counted: Telemetry missing: 1 of 2 proxies of payments/payment-api is not scraped.");
        payments.Coverage.Message!.ShouldContain("Not counted: Telemetry missing: 3 of 4 proxies of 2 workloads are not scraped.");
        view.Coverage.Message!.ShouldContain("3 of 4 proxies of 2 workloads in cluster main are not scraped.");
        view.Namespaces.Single(row => row.Namespace == "istio-system").Coverage.Message!.ShouldNotContain("Telemetry missing");
    }

    [Fact]
    public void Coverage_NothingCountedAnywhere_IsNotNoTraffic()
    {
        var view = MtlsCoverageBuilder.Build(Snapshot(Snapshots([], ["ledger-5d8f7c9b64-00001"])), MeshQuery.All);

        view.Coverage.Requests.ShouldBeNull();
        view.Coverage.Message.ShouldBe("Telemetry missing: 1 of 2 proxies of payments/ledger in cluster main is not scraped.");
    }

    [Fact]
    public void Plaintext_CallerNotScraped_IsNotExplainedByWhatWasNotSeen()
    {
        var edge = Edge(s_api, s_ledger, fromDestination: Requests(2, security: SampleSecurity.Plaintext));

        Reason([]).ShouldBe("payments/payment-api has a proxy and nothing read here explains it.");
        Reason(["payment-api-5d8f7c9b64-00001"]).ShouldBe("payments/payment-api has a proxy. Telemetry missing: 1 of 2 proxies of the caller is not scraped, so whether this traffic went through it is not known.");

        string Reason(string[] lost) => MtlsCoverageBuilder.Build(Snapshot(Snapshots([edge], lost)), MeshQuery.All).Plaintext.ShouldHaveSingleItem().Reason;
    }

    [Fact]
    public void Route_BackendNotScrapedAndUnseen_HasNoShareOfZero()
    {
        var route = Object("networking.istio.io/v1", "VirtualService", "payments", "ledger", """{"hosts":["ledger"],"http":[{"route":[{"destination":{"host":"ledger"}}]}]}""");
        var objects = PaymentsObjects() with { VirtualServices = [route] };

        Live([]).ShouldBe(0);
        Live(["ledger-5d8f7c9b64-00001"]).ShouldBeNull();

        double? Live(string[] lost) => RouteInventory.Build(Snapshot(Cluster(objects, [], Scraped(objects, lost))), MeshQuery.All).ShouldHaveSingleItem().Backends[0].Live?.RequestsPerSecond;
    }

    [Fact]
    public void Triage_SaysWhichProxiesAreNotScraped()
    {
        string[] lost = ["ledger-5d8f7c9b64-00001", "card-processor-v1-5d8f7c9b64-00001", "card-processor-v1-5d8f7c9b64-00002"];
        var input = TriageInput.Of(Snapshot(Snapshots(PaymentsEdges(), lost)), new MeshViews(CertificateThresholds.Default), CertificateThresholds.Default, TrafficBaseline.None, []);

        var problem = new TriageEngine().Look(input).Single(problem => problem.Code == "scrapes");
        problem.Concerns.ShouldBe(["main/payments"]);
        problem.Title.ShouldBe("Telemetry missing: 3 proxies of 2 workloads in cluster main are not scraped");
        problem.Detail.ShouldBe("payments/card-processor-v1 (2 of 3), payments/ledger (1 of 2): traffic that only they count is not known.");
        Overview(lost).Signals.RequestsPerSecond.ShouldBe(100);
    }

    [Fact]
    public void Overview_GatewayNotScraped_DoesNotMeasureSomethingElseInstead()
    {
        var edges = PaymentsEdges().Where(edge => edge.Source != s_gateway).ToArray();

        var signals = Overview(["istio-ingressgateway-5d8f7c9b64-00001", "istio-ingressgateway-5d8f7c9b64-00002"], edges).Signals;

        (signals.RequestsPerSecond, signals.SuccessRatio).ShouldBe((null, null));
        signals.Scope.ShouldBe("telemetry missing: none of 2 proxies of the gateways is scraped");
    }

    private static OverviewView Overview(string[] lost, Edge[]? edges = null) =>
        OverviewBuilder.Build(Snapshot(Snapshots(edges ?? PaymentsEdges(), lost)), MeshQuery.All, CertificateThresholds.Default);

    private static TopologyView Draw(ClusterSnapshot cluster) => TopologyBuilder.Build(Snapshot(cluster), MeshQuery.All, TopologyLevel.Workload);

    /// <summary>The payments mesh with these pods' proxies not scraped.</summary>
    private static ClusterSnapshot Snapshots(Edge[] edges, string[] lost, ClusterSnapshot? previous = null) =>
        Cluster(PaymentsObjects(), edges, Scraped(PaymentsObjects(), lost), previous);

    private static ClusterSnapshot Cluster(ClusterObjects objects, Edge[] edges, ScrapedProxies scraped, ClusterSnapshot? previous = null) =>
        SnapshotBuilder.Build(SampleMesh.Cluster, objects, LiveSources(), Frame(edges) with { ScrapedProxies = scraped }, previous);

    private static ScrapedProxies Scraped(ClusterObjects objects, string[] lost, params string[] others) =>
        Scraped([.. objects.Pods.Where(pod => !lost.Contains(pod.Meta.Name)).Select(pod => $"{pod.Meta.Namespace}/{pod.Meta.Name}"), .. others]);

    private static ScrapedProxies Scraped(string[] pods) => new(Now, pods.Select(pod => pod.Split('/')).Select(pod => (pod[0], pod[1])).ToFrozenSet());
}
