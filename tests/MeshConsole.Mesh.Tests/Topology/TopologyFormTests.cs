using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Panels;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;
using MeshConsole.Mesh.Topology.Compare;
using MeshConsole.Testing;
using static MeshConsole.Testing.SampleMesh;

namespace MeshConsole.Mesh.Tests.Topology;

/// <summary>What stands between callers and callees. Every expected number is worked out by hand from the rates that the sample states.</summary>
public sealed class TopologyFormTests
{
    private const string Gateway = "main/istio-system/gateway/istio-ingressgateway";
    private const string Api = "main/payments/workload/payment-api";
    private const string ApiService = "main/payments/service/payment-api";
    private const string CardService = "main/payments/service/card-processor";
    private const string Pay = "main/istio-system/operation/POST /v1/payments";
    private const string Look = "main/istio-system/operation/GET /v1/payments";

    private static readonly TopologyForm s_services = TopologyForm.Of(TopologyLevel.Workload, services: true);
    private static readonly TopologyForm s_operations = TopologyForm.Of(TopologyLevel.Workload, operations: true);
    private static readonly TopologyForm s_both = TopologyForm.Of(TopologyLevel.Workload, services: true, operations: true);

    public static TheoryData<string> Texts =>
    [
        "workload", "versionedApp", "service", "app", "namespace",
        "workload,services", "versionedApp,services", "app,services",
        "workload,operations", "versionedApp,operations", "service,operations", "app,operations",
        "workload,services,operations", "versionedApp,services,operations", "app,services,operations",
    ];

    [Theory]
    [MemberData(nameof(Texts))]
    public void Text_OfAForm_ReadsBackToIt(string text)
    {
        var form = TopologyForm.Parse(text);

        form.ShouldNotBeNull();
        form.Value.ToString().ShouldBe(text);
        TopologyForm.Parse(form.Value.ToString()).ShouldBe(form);
    }

    [Theory]
    [InlineData("namespace,services,operations", "namespace")]
    [InlineData("service,services", "service")]
    [InlineData("workload,operations,services", "workload,services,operations")]
    [InlineData("workload,services,services", "workload,services")]
    public void Text_WithWhatALevelHasNoPlaceFor_IsTheLevel(string text, string form) => TopologyForm.Parse(text)!.Value.ToString().ShouldBe(form);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(",services")]
    [InlineData("workload,")]
    [InlineData("workload, services")]
    [InlineData("Workload")]
    [InlineData("services")]
    public void Text_WithAWordThatMeansNothing_IsNoForm(string? text) => TopologyForm.Parse(text).ShouldBeNull();

    [Fact]
    public void Services_StandBetween_WithWhatIsCalledAndWhoAnswers()
    {
        var view = Build(Payments(), s_services);

        // 90 to v1 and 10 to v2, of which 1 fails: 100 to the service, 1 %.
        var called = view.Edges.Single(edge => edge.Target == CardService);
        (called.Source, called.RequestsPerSecond, called.ErrorRatio, called.Mtls.State).ShouldBe((Api, 100, 0.01, MutualTlsState.Mutual));
        view.Edges.Where(edge => edge.Source == CardService).Select(edge => (Short(edge.Target), edge.RequestsPerSecond, edge.ErrorRatio)).ShouldBe([("card-processor-v1", 90, 0), ("card-processor-v2", 10, 0.1)]);

        // The job without a proxy at 2/s and the API at 50/s.
        view.Edges.Where(edge => Short(edge.Target) == "ledger" && edge.Target.Contains("/service/", StringComparison.Ordinal)).Select(edge => (Short(edge.Source), edge.RequestsPerSecond)).ShouldBe([("payment-api", 50), ("unknown", 2)]);
        var answered = view.Edges.Single(edge => edge.Target == "main/payments/workload/ledger");
        (answered.Source, answered.RequestsPerSecond, answered.Mtls.State).ShouldBe(("main/payments/service/ledger", 52, MutualTlsState.Mixed));
        answered.Mtls.Ratio!.Value.ShouldBe(50 / 52.0, 1e-12);

        // Outside of the mesh nothing stands between, and a service that nobody calls is not drawn.
        view.Edges.Single(edge => Short(edge.Target) == "api.fraud.example.com").Source.ShouldBe(Api);
        view.Nodes.Where(node => node.Kind == NodeKind.Service).Select(node => node.Name).ShouldBe(["card-processor", "ledger", "payment-api", "postgres"]);
        var service = view.Nodes.Single(node => node.Id == CardService);
        (service.RequestsPerSecond, service.ErrorRatio, service.ReadyReplicas, service.DesiredReplicas, service.Mesh).ShouldBe((100, 0.01, 4, 4, DataPlane.Sidecar));
        service.Reasons.ShouldContain("card-processor-v2 is failing.");
        view.Edges.Single(edge => edge.Source == CardService && edge.Target.EndsWith("v1", StringComparison.Ordinal)).LatencyMs!.Mean!.Value.ShouldBe(10, 1e-9);
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void Forms_OfOneMesh_AgreeOnEveryNodeThatAllHave(string text)
    {
        var form = TopologyForm.Parse(text)!.Value;
        var plain = Build(Classified(), form.Level).Nodes.ToDictionary(node => node.Id, StringComparer.Ordinal);
        var view = Build(Classified(), form);

        view.Nodes.Select(node => node.Id).ShouldBeUnique();
        view.Edges.Select(edge => edge.Key).ShouldBeUnique();
        view.Edges.ShouldAllBe(edge => view.Nodes.Any(node => node.Id == edge.Source) && view.Nodes.Any(node => node.Id == edge.Target));
        foreach (var node in plain.Values)
        {
            var same = view.Nodes.Single(other => other.Id == node.Id);
            (same.RequestsPerSecond, same.Health, same.ReadyReplicas).ShouldBe((node.RequestsPerSecond, node.Health, node.ReadyReplicas), $"{text} {node.Id}");
        }

        // What enters a node that stands between leaves it again.
        foreach (var between in view.Nodes.Where(node => !plain.ContainsKey(node.Id)))
        {
            var sent = view.Edges.Where(edge => edge.Source == between.Id).Sum(edge => edge.RequestsPerSecond ?? edge.ConnectionsPerSecond ?? 0);
            var arrived = view.Edges.Where(edge => edge.Target == between.Id).Sum(edge => edge.RequestsPerSecond ?? edge.ConnectionsPerSecond ?? 0);
            sent.ShouldBe(arrived, 1e-9, $"{text} {between.Id}");
        }
    }

    [Fact]
    public void Service_ThatNobodyAnswersFor_EndsTheWay()
    {
        // UH: the caller's proxy found no healthy host, so it names no workload.
        var lost = Edge(Peer("payments", "payment-api", "payment-api", "v1"), UnknownPeer(), fromSource: Requests(0, others: new ResponseRate(503, null, "UH", 3)), host: "settlement.payments.svc.cluster.local");

        var view = Build(Snapshot(ClusterOf(PaymentsObjects(), [.. PaymentsEdges(), lost])), s_services);

        view.Edges.Where(edge => Short(edge.Target) == "settlement").ShouldHaveSingleItem().Target.ShouldBe("main/payments/service/settlement");
        view.Edges.ShouldNotContain(edge => edge.Source == "main/payments/service/settlement");
        var scope = TopologyScope.Parse("services", null, null).Of(view, TopologyLevel.Workload);
        scope.Nodes.ShouldNotContain(node => node.Id == "main/payments/service/settlement");
        scope.Nodes.ShouldContain(node => node.Id == CardService, "it passes requests on");
    }

    [Fact]
    public void Operations_OfAGateway_StandBetweenItAndWhomItCalls()
    {
        // 100/s by the gateway: 60 payments of which 3 fail, 30 looks, 10 that nobody classified.
        var view = Build(Classified(), s_operations);

        view.Edges.Where(edge => edge.Source == Gateway).Select(edge => (Short(edge.Target), edge.RequestsPerSecond, edge.ErrorRatio)).ShouldBe([("GET /v1/payments", 30, 0), ("POST /v1/payments", 60, 0.05), ("payment-api", 10, 0)]);
        view.Edges.Where(edge => edge.Target == Api).Select(edge => (edge.Source, edge.RequestsPerSecond)).ShouldBe([(Gateway, 10), (Look, 30), (Pay, 60)]);
        view.Edges.Where(edge => edge.Source is Gateway or Pay or Look).ShouldAllBe(edge => edge.Mtls.State == MutualTlsState.Mutual);
        view.Edges.Where(edge => edge.Source == Pay).ShouldHaveSingleItem().LatencyMs.ShouldBeNull("nobody measures it by operation");
        var node = view.Nodes.Single(one => one.Id == Pay);
        (node.Kind, node.RequestsPerSecond, node.ErrorRatio, node.Health).ShouldBe((NodeKind.Operation, 60, 0.05, Health.Failing));
        Build(Classified(), TopologyLevel.Workload).Edges.Single(edge => edge.Source == Gateway).RequestsPerSecond.ShouldBe(100);
    }

    [Fact]
    public void Operations_BeforeServices_LeaveTheWayFromTheServiceWhole()
    {
        var view = Build(Classified(), s_both);

        view.Edges.Where(edge => edge.Target == ApiService).Select(edge => (edge.Source, edge.RequestsPerSecond)).ShouldBe([(Gateway, 10), (Look, 30), (Pay, 60)]);
        var answered = view.Edges.Single(edge => edge.Target == Api);
        (answered.Source, answered.RequestsPerSecond, answered.ErrorRatio).ShouldBe((ApiService, 100, 0.03));
        answered.LatencyMs!.Mean!.Value.ShouldBe(35, 1e-9);
    }

    [Theory]
    [InlineData(100, 0, MutualTlsState.Mutual)]
    [InlineData(0, 100, MutualTlsState.Plaintext)]
    [InlineData(60, 40, MutualTlsState.Unknown)]
    public void Operations_ThatOnlyTheGatewayNames_AreProtectedAsAllOfTheEdge(double mutual, double plaintext, MutualTlsState state)
    {
        var edge = ClassifiedEdge();
        edge = edge with { FromDestination = edge.FromDestination! with { RequestSecurity = new SecuritySplit(mutual, plaintext, 0) } };

        var mtls = Build(Snapshot(ClusterOf(PaymentsObjects(), [edge])), s_operations).Edges.Single(one => one.Source == Pay).Mtls;

        mtls.State.ShouldBe(state);
        if (state == MutualTlsState.Unknown)
        {
            mtls.Reason.ShouldBe("60\u2009% of what the gateway sends there arrives over mutual TLS; of which operations cannot be told.");
        }
    }

    [Fact]
    public void Operations_ThatTheCalleeNamesToo_HaveItsWord()
    {
        var edge = ClassifiedEdge();
        edge = edge with { Operations = [.. edge.Operations.Select(operation => operation with { FromDestination = Requests(operation.FromSource!.RequestsPerSecond!.Value, security: operation.Name is "GET /v1/payments" ? SampleSecurity.Plaintext : SampleSecurity.Mutual) })] };

        var view = Build(Snapshot(ClusterOf(PaymentsObjects(), [edge])), s_operations);

        view.Edges.Single(one => one.Source == Look).Mtls.State.ShouldBe(MutualTlsState.Plaintext);
        (view.Edges.Single(one => one.Source == Pay).Mtls.State, view.Edges.Single(one => one.Source == Pay).ReportedBy).ShouldBe((MutualTlsState.Mutual, "both"));
    }

    [Fact]
    public void Operations_OfWhoIsNoGateway_AreNotDrawn() =>
        Build(Snapshot(ClusterOf(PaymentsObjects(), [ClassifiedEdge() with { Source = Peer("payments", "settlement") }])), s_operations)
            .Edges.ShouldHaveSingleItem().RequestsPerSecond.ShouldBe(100);

    [Fact]
    public void Panels_OfWhatStandsBetween_CountWhatPassesIt()
    {
        Rates(s_both, Pay).ShouldBe([(PanelDirection.In, 60), (PanelDirection.Out, 60)]);
        Rates(s_both, ApiService).ShouldBe([(PanelDirection.In, 100), (PanelDirection.Out, 100)]);
        Rates(s_services, CardService).ShouldBe([(PanelDirection.In, 100), (PanelDirection.Out, 100)]);
        Rates(s_both, $"{Gateway}|{Pay}|http").ShouldBe([(PanelDirection.Edge, 60)]);
        Rates(s_services, $"{CardService}|main/payments/workload/card-processor-v2|http").ShouldBe([(PanelDirection.Edge, 10)]);
        Rates(s_both, Gateway).ShouldBe([(PanelDirection.Out, 100)]);

        (PanelDirection, double?)[] Rates(TopologyForm form, string id) =>
            [.. PanelBuilder.Build(Classified(), MeshQuery.All, form, id)!.Traffic.Select(traffic => (traffic.Direction, traffic.Requests!.RequestsPerSecond))];
    }

    [Fact]
    public void Histories_OfWhatStandsBetween_AskForTheSameRequests()
    {
        var called = Scope(s_services, $"{Api}|{CardService}|http", PanelDirection.Edge);
        (Ends(called.From), called.Hosts.ShouldHaveSingleItem(), called.Reached, called.Operation).ShouldBe(("payments:payment-api", "card-processor.payments.svc.cluster.local", false, null));
        var answered = Scope(s_services, $"{CardService}|main/payments/workload/card-processor-v2|http", PanelDirection.Edge);
        (Ends(answered.From), Ends(answered.To), answered.Hosts.ShouldHaveSingleItem(), answered.Reached).ShouldBe(("payments:payment-api", "payments:card-processor-v2", "card-processor.payments.svc.cluster.local", true));
        var operation = Scope(s_operations, $"{Gateway}|{Pay}|http", PanelDirection.Edge);
        (Ends(operation.From), Ends(operation.To), operation.Operation).ShouldBe(("istio-system:istio-ingressgateway", "payments:payment-api", "POST /v1/payments"));
        Scope(s_operations, $"{Gateway}|{Api}|http", PanelDirection.Edge).Operation.ShouldBe("", "what is not classified");
        Scope(s_operations, Pay, PanelDirection.In).Operation.ShouldBe("POST /v1/payments");

        // The workloads at both ends are asked for as without anything between.
        var api = Scope(s_both, Api, PanelDirection.In);
        (Ends(api.From), Ends(api.To), api.Hosts.Length, api.Operation).ShouldBe(("", "payments:payment-api", 0, null));

        static string Ends(IEnumerable<HistoryEnd> ends) => string.Join("; ", ends.Select(end => $"{end.Namespace}:{string.Join(',', end.Workloads)}"));

        static HistoryScope Scope(TopologyForm form, string id, PanelDirection direction) =>
            PanelBuilder.Build(Classified(), MeshQuery.All, form, id)!.Traffic.Single(traffic => traffic.Direction == direction).History["main"];
    }

    [Fact]
    public void Comparison_OfWhatStandsBetween_KnowsWhoCounts()
    {
        var moment = TopologyMoment.Of(Classified(), MeshQuery.All, s_both);

        moment.Watched.ShouldContain(Pay);
        TopologyComparison.Of(moment, moment).Differences.ShouldBeEmpty();
        var quiet = TopologyComparison.Of(moment, TopologyMoment.Of(Payments(), MeshQuery.All, s_both)).Differences;
        quiet.ShouldContain(difference => difference.Id == Pay && difference.Kind == DifferenceKind.Vanished);
        quiet.ShouldNotContain(difference => difference.Kind == DifferenceKind.Unknown && difference.Measure == "requests");
    }

    private static TopologyView Build(MeshSnapshot snapshot, TopologyForm form) => TopologyBuilder.Build(snapshot, MeshQuery.All, form);

    private static MeshSnapshot Classified() => Snapshot(ClusterOf(PaymentsObjects(), [ClassifiedEdge(), .. PaymentsEdges().Skip(1)]));

    /// <summary>The gateway's call of the API, told apart by the gateway alone.</summary>
    private static Edge ClassifiedEdge()
    {
        var edge = PaymentsEdges()[0];
        var failed = new ResponseRate(503, null, "-", 3);
        return edge with
        {
            FromSource = Requests(97, 36.2, others: failed),
            Operations =
            [
                new EdgeOperation("GET /v1/payments", Requests(30) with { DurationSum = null, DurationCount = null }, null),
                new EdgeOperation("POST /v1/payments", Requests(57, others: failed) with { DurationSum = null, DurationCount = null }, null),
                new EdgeOperation(null, Requests(10) with { DurationSum = null, DurationCount = null }, null),
            ],
        };
    }

    private static string Short(string id) => id.Split('/', 4)[3];
}
