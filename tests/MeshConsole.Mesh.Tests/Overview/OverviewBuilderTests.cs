using System.Collections.Immutable;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Tests.Certificates;

namespace MeshConsole.Mesh.Tests.Overview;

public sealed class OverviewBuilderTests
{
    private static readonly Workload s_gateway = Given.Workload("ingress", "infra", labels: "istio=ingress", gateway: true);
    private static readonly ImmutableArray<SourceStatus> s_live =
    [
        new("kubernetes/pods", SourceState.Live, Given.Now, Given.Now, null),
        new("prometheus/requests", SourceState.Live, Given.Now, Given.Now, null),
    ];

    [Fact]
    public void Signals_AreThoseOfTheGateways()
    {
        // 95 good, 3 refused and 2 failed of 100 at the gateway; the mesh behind it is not counted again.
        var view = Build(Healthy(edges:
        [
            Given.Edge("ingress", "api", sourceNamespace: "infra", fromSource: Given.Http(ok: 95, refused: 3, failed: 2, durations: new Histogram([10, 100, double.PositiveInfinity], [90, 100, 100])) with { DurationSum = 1200, DurationCount = 100 }, fromDestination: Given.Http(mutual: 60, plaintext: 20)),
            Given.Edge("api", "ledger", fromSource: Given.Http(ok: 400), fromDestination: Given.Http(mutual: 20)),
        ]));
        view.Signals.RequestsPerSecond.ShouldBe(100);
        view.Signals.SuccessRatio!.Value.ShouldBe(0.98, 1e-12);
        view.Signals.P99Ms!.Value.ShouldBe(91, 1e-9); // rank 99: nine tenths of the way from 10 to 100
        view.Signals.MeanMs.ShouldBe(12);
        view.Signals.PlaintextRatio!.Value.ShouldBe(0.2, 1e-12);
        view.Signals.Scope.ShouldBe("at gateway ingress");
        view.Coverage.Requests!.Value.ShouldBe(0.8, 1e-12);
        view.Revision.ShouldBe(42);
        view.ObservedAt.ShouldBe(Given.Now);
    }

    [Fact]
    public void Signals_NoGatewayTraffic_AreOverAllEdges()
    {
        var signals = Build(Healthy(edges: [Given.Edge("api", "ledger", fromSource: Given.Http(ok: 3)), Given.Edge("bare", "ledger", fromDestination: Given.Http(ok: 1))])).Signals;
        signals.RequestsPerSecond.ShouldBe(4);
        signals.SuccessRatio.ShouldBe(1);
        signals.P99Ms.ShouldBeNull();
        signals.MeanMs.ShouldBeNull();
        signals.PlaintextRatio.ShouldBeNull();
        signals.Scope.ShouldBe("over all edges, as callers see them");
    }

    [Fact]
    public void Signals_NoTraffic_IsZeroAndTelemetryMissingIsNull()
    {
        Build(Healthy()).Signals.ShouldBe(new GoldenSignals(null, 0, null, null, null, "no requests in the window"));
        var blind = Build(Healthy() with { Telemetry = null, Edges = [] }).Signals;
        blind.RequestsPerSecond.ShouldBeNull();
        blind.SuccessRatio.ShouldBeNull();
        blind.Scope.ShouldStartWith("Telemetry of cluster test is not known");
    }

    [Fact]
    public void Problems_HealthyMesh_HasNone() =>
        Build(Healthy(edges: [Given.Edge("api", "ledger", fromSource: Given.Http(ok: 100), fromDestination: Given.Http(mutual: 100))])).Problems.ShouldBeEmpty();

    [Fact]
    public void Problems_Failing_CauseComesBeforeEffect()
    {
        var problems = Build(Healthy(edges:
        [
            Given.Edge("ingress", "api", sourceNamespace: "infra", fromSource: Given.Http(ok: 60, failed: 40)),
            Given.Edge("api", "ledger", fromSource: Given.Http(ok: 10, failed: 30)),
        ])).Problems;
        problems.Select(p => (p.Severity, p.Title)).ShouldBe([("critical", "payments/ledger is failing"), ("critical", "payments/api is failing")]);
        problems[0].Detail.ShouldStartWith("75\u2009% of requests fail");
        problems[1].Detail.ShouldEndWith("It calls ledger, which is in trouble.");
        problems[0].Page.ShouldBe("topology?selected=test%2Fpayments%2Fworkload%2Fledger");
    }

    [Fact]
    public void Problems_OneCallerRefused_IsAnEdge()
    {
        var problems = Build(Healthy(edges:
        [
            Given.Edge("api", "ledger", fromSource: Given.Http(ok: 10000)),
            Given.Edge("batch", "ledger", fromSource: Given.Http(failed: 5)),
        ])).Problems;
        var problem = problems.ShouldHaveSingleItem();
        problem.Title.ShouldBe("Calls from payments/batch to payments/ledger fail");
        problem.Severity.ShouldBe("critical");
    }

    [Fact]
    public void Problems_Sources_AllOfPrometheusIsOneProblem()
    {
        ImmutableArray<SourceStatus> sources =
        [
            new("kubernetes/pods", SourceState.Live, Given.Now, Given.Now, null),
            new("kubernetes/secrets", SourceState.Stale, Given.Now, Given.Now.AddMinutes(-1), "403."),
            new("kubernetes/virtualservices", SourceState.Disabled, Given.Now, null, "No such kind."),
            new("prometheus/requests", SourceState.Stale, Given.Now.AddMinutes(-5), Given.Now.AddMinutes(-6), "Timeout after 10 s at prometheus:9090."),
            new("prometheus/tcp-opened", SourceState.Failed, Given.Now.AddMinutes(-4), null, "x"),
        ];
        Build(Healthy() with { Sources = sources }).Problems.Select(p => (p.Severity, p.Title, p.Detail)).ShouldBe(
        [
            ("critical", "Prometheus of cluster test has not answered since 02:04:00 UTC", "Timeout after 10 s at prometheus:9090."),
            ("warning", "The Kubernetes API of cluster test does not answer 1 of 3 questions (kubernetes/secrets)", "403."),
        ]);
    }

    [Fact]
    public void Problems_StuckPods_AreNamedWithTheirReasons()
    {
        // No controller says how many replicas there should be, so only the pods tell.
        var workload = Given.Workload("agent", pods: [Given.Pod("a", waiting: "CrashLoopBackOff"), Given.Pod("b", waiting: "ImagePullBackOff"), Given.Pod("c"), Given.Pod("d", waiting: "ContainerCreating")]) with { DesiredReplicas = null };
        var problem = Build(Healthy(workloads: [workload])).Problems.ShouldHaveSingleItem();
        problem.ShouldBe(new OverviewProblem("warning", "2 of 4 pods of payments/agent do not start", "CrashLoopBackOff × 1, ImagePullBackOff × 1.", "topology?selected=test%2Fpayments%2Fworkload%2Fagent"));
    }

    [Fact]
    public void Problems_StuckPodsOfAWorkloadAlreadyInTrouble_AreToldOnce()
    {
        var workload = Given.Workload("agent", pods: [Given.Pod("a", waiting: "CrashLoopBackOff"), Given.Pod("b")]);
        var problem = Build(Healthy(workloads: [workload])).Problems.ShouldHaveSingleItem();
        problem.Title.ShouldBe("payments/agent is degraded");
        problem.Detail.ShouldContain("CrashLoopBackOff");
    }

    [Fact]
    public void Problems_Certificates_FewAreNamedManyAreOne()
    {
        ProxyCertificateSample Late(string pod) => new("payments", pod, "default", 9 * 3600, Given.Now);
        var one = Build(Healthy(workloads: [Given.Workload("api")], certificates: [Late("api-a"), Late("api-b")])).Problems.ShouldHaveSingleItem();
        one.Severity.ShouldBe("warning");
        one.Title.ShouldBe("Certificate service account payments/api (workload) is late");
        one.Detail.ShouldStartWith("Late by 3 h");
        one.Page.ShouldBe("certificates?selected=test%2Fpayments%2Fworkload%2Fapi");

        var many = Enumerable.Range(1, 5).Select(i => Given.Workload($"w{i}")).ToArray();
        var all = Build(Healthy(workloads: many, certificates: [.. many.SelectMany(w => w.Pods).Select(p => Late(p.Meta.Name))])).Problems.ShouldHaveSingleItem();
        all.Title.ShouldBe("5 workload certificates are late");
        all.Page.ShouldBe("certificates?state=late");
    }

    [Theory]
    [InlineData(20, "warning", "about to expire")]
    [InlineData(6, "critical", "about to expire")]
    [InlineData(-1, "critical", "expired")]
    public void Problems_GatewayCertificate_SeverityFollowsTheDaysLeft(double days, string severity, string words)
    {
        var objects = Given.NoObjects with { Secrets = [Issued.Secret("pay", "infra", null, ("tls.crt", [Issued.Days("CN=pay.example", 60, days)]))], Gateways = [Given.Object("Gateway", "edge", """{"servers":[{"hosts":["pay.example"],"tls":{"credentialName":"pay"}}]}""")] };
        var problem = Build(Healthy(objects, [s_gateway])).Problems.ShouldHaveSingleItem();
        problem.Severity.ShouldBe(severity);
        problem.Title.ShouldBe($"Certificate CN=pay.example (gateway) is {words}");
    }

    [Fact]
    public void Problems_CertificateOfTwoRows_IsToldOnceByWhoPresentsIt()
    {
        var objects = Given.NoObjects with
        {
            Secrets = [Issued.Secret("pay", "infra", null, ("tls.crt", [Issued.Days("CN=pay.example", 85, 5)]))],
            Gateways = [Given.Object("Gateway", "edge", """{"servers":[{"hosts":["pay.example"],"tls":{"credentialName":"pay"}}]}""")],
            Certificates = [Given.Object("Certificate", "pay", """{"secretName":"pay"}""", "infra", status: """{"notBefore":"2025-12-06T02:10:00Z","notAfter":"2026-03-06T02:10:00Z","renewalTime":"2026-02-04T02:10:00Z"}""")],
        };
        var view = Build(Healthy(objects, [s_gateway]));
        view.Problems.ShouldHaveSingleItem().Title.ShouldBe("Certificate CN=pay.example (gateway) is about to expire");
        view.NextExpiries.Count(c => c.Kind is CertificateKind.Gateway or CertificateKind.CertManager).ShouldBe(1);
    }

    [Fact]
    public void Problems_Plaintext_IsAWarningWithTheFirstReason()
    {
        var problem = Build(Healthy(workloads: [Given.Workload("ledger")], edges: [Given.Edge("unknown", "ledger", fromDestination: Given.Http(ok: 2, plaintext: 2)), Given.Edge("unknown", "api", fromDestination: Given.Http(ok: 1, plaintext: 1))])).Problems.ShouldHaveSingleItem();
        problem.Severity.ShouldBe("warning");
        problem.Title.ShouldBe("2 edges carry plaintext");
        problem.Detail.ShouldStartWith("3 requests/s arrive unencrypted. To payments/ledger from an unknown caller:");
        problem.Page.ShouldBe("mtls");
    }

    [Fact]
    public void ControlPlane_AllReady_IsHealthyWithItsNumbers()
    {
        var summary = Build(Healthy(Istiod(2, 2), controlPlane:
        [
            new("pilot_xds", Given.Labels("version=1.30.3"), 20),
            new("pilot_xds", Given.Labels("version=1.30.2"), 3),
            new("pilot_info", Given.Labels("version=1.30.3-abc-Clean"), 1),
            new("pilot_proxy_convergence_time_p99", Given.Labels(), 0.4),
            new("pilot_total_xds_rejects", Given.Labels("type=cds"), 0),
        ])).ControlPlane;
        summary.State.ShouldBe("healthy");
        summary.Reasons.ShouldBe(["istiod: 2 of 2 replicas ready.", "23 proxies are connected."]);
        (summary.Version, summary.ReadyReplicas, summary.DesiredReplicas, summary.ConnectedProxies, summary.ConvergenceP99Seconds, summary.RejectsPerSecond)
            .ShouldBe(("1.30.3-abc-Clean", 2, 2, 23, 0.4, 0));
    }

    [Theory]
    [InlineData(0, 2, null, null, "failing", "No replica of istiod is ready")]
    [InlineData(0, 0, null, null, "failing", "istiod is scaled to zero")]
    [InlineData(1, 2, null, null, "degraded", "istiod: 1 of 2 replicas ready.")]
    [InlineData(2, 2, 0.5, null, "degraded", "Proxies refuse configuration (0.5 rejects/s).")]
    [InlineData(2, 2, null, 12.0, "degraded", "A change takes 12\u2009s to reach the proxies")]
    public void ControlPlane_Trouble_IsJudgedAndAProblem(int ready, int desired, double? rejects, double? convergence, string state, string reason)
    {
        var samples = ImmutableArray.CreateBuilder<ControlPlaneSample>();
        if (rejects is { } rate)
        {
            samples.Add(new("pilot_total_xds_rejects", Given.Labels("type=cds"), rate));
        }

        if (convergence is { } seconds)
        {
            samples.Add(new("pilot_proxy_convergence_time_p99", Given.Labels(), seconds));
        }

        var view = Build(Healthy(Istiod(ready, desired), controlPlane: samples.ToImmutable()));
        view.ControlPlane.State.ShouldBe(state);
        view.ControlPlane.Reasons[0].ShouldStartWith(reason);
        view.Problems[0].Title.ShouldBe(state == "failing" ? "istiod is down" : "istiod is degraded");
        view.Problems[0].Severity.ShouldBe(state == "failing" ? "critical" : "warning");
    }

    [Fact]
    public void ControlPlane_NothingVisible_IsUnknownAndNoProblem()
    {
        var view = Build(Healthy());
        view.ControlPlane.State.ShouldBe("unknown");
        view.ControlPlane.Reasons.ShouldHaveSingleItem().ShouldStartWith("No Deployment of istiod is visible");
        view.Problems.ShouldBeEmpty();
        Build(Healthy(Given.NoObjects with { Deployments = default })).ControlPlane.Reasons[0].ShouldStartWith("Deployments are not known");
        var nan = Build(Healthy(controlPlane: [new("pilot_proxy_convergence_time_p99", Given.Labels(), double.NaN)])).ControlPlane;
        nan.ConvergenceP99Seconds.ShouldBeNull();
    }

    [Theory]
    [InlineData(9, 1, 99, 1, "critical", "10\u2009% of its requests fail, 1\u2009% of v1.")] // 10 % against 1 %
    [InlineData(97, 3, 999, 1, "warning", "3\u2009% of its requests fail, 0.1\u2009% of v1.")]
    [InlineData(97, 3, 98, 2, null, null)] // not twice as bad
    [InlineData(999, 5, 1000, 0, null, null)] // under the floor
    [InlineData(0.05, 0.05, 1000, 0, null, null)] // six requests in the window
    public void Canaries_WorseThanStable_IsAProblem(double ok, double failed, double stableOk, double stableFailed, string? severity, string? detail)
    {
        var view = Build(Canary(Given.Http(ok: ok, failed: failed), Given.Http(ok: stableOk, failed: stableFailed)));
        view.Canaries.ShouldHaveSingleItem().Id.ShouldBe("test/payments/VirtualService/card/http/0");
        var problem = view.Problems.SingleOrDefault(p => p.Title.StartsWith("Canary", StringComparison.Ordinal));
        problem?.Severity.ShouldBe(severity);
        (problem is null).ShouldBe(severity is null);
        if (problem is not null)
        {
            problem.Title.ShouldBe("Canary v2 of payments/card is worse than v1");
            problem.Detail.ShouldBe($"{detail} It has 10\u2009% of the rule (all requests).");
            problem.Page.ShouldBe("traffic?selected=test%2Fpayments%2FVirtualService%2Fcard%2Fhttp%2F0");
        }
    }

    [Fact]
    public void Canaries_Slower_IsAWarning()
    {
        Histogram Under(double ms) => new([10, ms, double.PositiveInfinity], [0, 100, 100]);
        var view = Build(Canary(Given.Http(ok: 100, durations: Under(500)), Given.Http(ok: 100, durations: Under(100))));
        var problem = view.Problems.ShouldHaveSingleItem();
        problem.Severity.ShouldBe("warning");
        problem.Detail.ShouldStartWith("Its p99 is 495\u2009ms, that of v1 99.1\u2009ms.");
    }

    [Fact]
    public void Canaries_WholeRules_AreNone()
    {
        var objects = Given.NoObjects with { VirtualServices = [Given.Object("VirtualService", "card", """{"http":[{"route":[{"destination":{"host":"card","subset":"v1"},"weight":100},{"destination":{"host":"card","subset":"v2"},"weight":0}]},{"route":[{"destination":{"host":"card"}}]}]}""")] };
        Build(Healthy(objects)).Canaries.ShouldBeEmpty();
    }

    [Fact]
    public void NextExpiries_WorkloadsInGoodOrder_DoNotDrownTheOthers()
    {
        var workloads = Enumerable.Range(1, 8).Select(i => Given.Workload($"w{i}")).ToArray();
        var samples = workloads.SelectMany((w, i) => w.Pods.Select(p => new ProxyCertificateSample("payments", p.Meta.Name, "default", (i == 7 ? 9 : 20) * 3600, Given.Now)));
        var objects = Given.NoObjects with { RootConfigMaps = [Issued.RootMap("payments", Issued.Days("O=root", 1, 3000))] };
        var next = Build(Healthy(objects, workloads, certificates: [.. samples])).NextExpiries;
        next.Length.ShouldBe(6);
        (next[0].State, next[0].Kind).ShouldBe((CertificateState.Late, CertificateKind.Workload));
        next[1].Kind.ShouldBe(CertificateKind.Root);
        next.Skip(2).ShouldAllBe(c => c.Kind == CertificateKind.Workload && c.State == CertificateState.Valid);
    }

    [Fact]
    public void Build_NamespaceFilter_ShowsOnlyTheirProblems()
    {
        var cluster = Healthy(edges: [Given.Edge("api", "ledger", fromSource: Given.Http(failed: 40)), Given.Edge("a", "b", fromSource: Given.Http(failed: 40), sourceNamespace: "web", targetNamespace: "web")]);
        OverviewBuilder.Build(Given.Snapshot(cluster), MeshQuery.For(null, ["web"]), CertificateThresholds.Default).Problems
            .ShouldHaveSingleItem().Title.ShouldBe("web/b is failing");
    }

    [Fact]
    public void Build_NothingKnown_DoesNotClaimHealth()
    {
        var view = OverviewBuilder.Build(MeshSnapshot.Empty, MeshQuery.All, CertificateThresholds.Default);
        view.Signals.RequestsPerSecond.ShouldBeNull();
        view.ControlPlane.State.ShouldBe("unknown");
        view.Coverage.Message.ShouldNotBeNull();
        Should.NotThrow(() => Build(Given.ClusterOf(new ClusterObjects(), telemetry: false)));
    }

    private static ClusterSnapshot Canary(ReporterTraffic canary, ReporterTraffic stable) => Healthy(
        Given.NoObjects with
        {
            VirtualServices = [Given.Object("VirtualService", "card", """{"http":[{"route":[{"destination":{"host":"card","subset":"v1"},"weight":90},{"destination":{"host":"card","subset":"v2"},"weight":10}]}]}""")],
            DestinationRules = [Given.Object("DestinationRule", "card", """{"host":"card","subsets":[{"name":"v1","labels":{"version":"v1"}},{"name":"v2","labels":{"version":"v2"}}]}""")],
        },
        [Given.Workload("card-v1", labels: "app=card;version=v1"), Given.Workload("card-v2", labels: "app=card;version=v2")],
        [Given.Edge("api", "card-v1", fromSource: stable, host: "card.payments.svc.cluster.local"), Given.Edge("api", "card-v2", fromSource: canary, host: "card.payments.svc.cluster.local")],
        [Given.Service("card", workloads: ["card-v1", "card-v2"])]);

    private static ClusterObjects Istiod(int ready, int desired) =>
        Given.NoObjects with { Deployments = [new Controller(Given.Meta("istiod", "istio-system"), "Deployment", desired, ready, ready), new Controller(Given.Meta("api"), "Deployment", 5, 0, 0)] };

    private static ClusterSnapshot Healthy(
        ClusterObjects? objects = null,
        IEnumerable<Workload>? workloads = null,
        IEnumerable<Edge>? edges = null,
        IEnumerable<Service>? services = null,
        ImmutableArray<ProxyCertificateSample>? certificates = null,
        ImmutableArray<ControlPlaneSample>? controlPlane = null) =>
        Given.ClusterOf(objects, workloads ?? [s_gateway], services, edges, sources: s_live, proxyCertificates: certificates ?? [new("infra", "ingress-a", "default", 80000, Given.Now), new("infra", "ingress-b", "default", 80000, Given.Now)], controlPlane: controlPlane);

    private static OverviewView Build(ClusterSnapshot cluster) => OverviewBuilder.Build(Given.Snapshot(cluster), MeshQuery.All, CertificateThresholds.Default);
}
