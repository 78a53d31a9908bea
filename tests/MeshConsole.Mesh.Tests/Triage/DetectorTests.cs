using System.Collections.Immutable;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Tests.Certificates;
using MeshConsole.Mesh.Triage;

namespace MeshConsole.Mesh.Tests.Triage;

/// <summary>What each detector sees of a small mesh, and what it leaves alone; every number is said in the test.</summary>
public sealed class DetectorTests
{
    private static readonly Workload s_gateway = Given.Workload("ingress", "infra", labels: "istio=ingress", gateway: true);

    private static readonly ImmutableArray<SourceStatus> s_live =
    [
        new("kubernetes/pods", SourceState.Live, Given.Now, Given.Now, null),
        new("prometheus/requests", SourceState.Live, Given.Now, Given.Now, null),
    ];

    private readonly TriageEngine _engine = new();

    [Fact]
    public void HealthyMesh_HasNoProblem() =>
        Look(Healthy(edges: [Given.Edge("api", "ledger", fromSource: Given.Http(ok: 100), fromDestination: Given.Http(mutual: 100))])).ShouldBeEmpty();

    [Fact]
    public void OneCallerRefused_IsAProblemOfTheEdge()
    {
        // 5 of 10,005 at ledger are no trouble of ledger; of batch they are all.
        var problem = Look(Refused()).ShouldHaveSingleItem();
        problem.Id.ShouldBe("edge-errors:test/payments/workload/batch|test/payments/workload/ledger|http");
        problem.Title.ShouldBe("Calls from payments/batch to payments/ledger fail");
        problem.Severity.ShouldBe(TriageSeverity.Critical);
        problem.Detail.ShouldBe("100\u2009% of 5 requests/s fail, though payments/ledger serves its other callers.");
        problem.Page.ShouldBe("topology?selected=test%2Fpayments%2Fworkload%2Fbatch%7Ctest%2Fpayments%2Fworkload%2Fledger%7Chttp");
    }

    [Fact]
    public void OneCallerRefused_ExplainsThatItFailsItself()
    {
        var problem = Look(Refused(Given.Edge("web", "batch", fromSource: Given.Http(failed: 5)))).ShouldHaveSingleItem();
        problem.Code.ShouldBe("edge-errors");
        problem.BlastRadius.Symptoms.ShouldBe(["test/payments/workload/batch"]);
    }

    [Fact]
    public void OneCallerRefusedForAnHour_IsNoNews()
    {
        var usual = TrafficBaseline.Of(Given.Snapshot(Refused()), Given.Now.AddMinutes(-10));
        Look(Refused(), usual).ShouldBeEmpty();
    }

    [Fact]
    public void Sources_AllOfOneSystem_AreOneProblem()
    {
        ImmutableArray<SourceStatus> sources =
        [
            new("kubernetes/pods", SourceState.Live, Given.Now, Given.Now, null),
            new("kubernetes/secrets", SourceState.Stale, Given.Now, Given.Now.AddMinutes(-1), "403."),
            new("kubernetes/virtualservices", SourceState.Disabled, Given.Now, null, "No such kind."),
            new("prometheus/requests", SourceState.Stale, Given.Now.AddMinutes(-5), Given.Now.AddMinutes(-6), "Timeout after 10 s at prometheus:9090."),
            new("prometheus/tcp-opened", SourceState.Failed, Given.Now.AddMinutes(-4), null, "x"),
        ];
        var problems = Look(Healthy() with { Sources = sources });
        problems.Select(p => (p.Severity, p.Title, p.Detail)).ShouldBe(
        [
            (TriageSeverity.Critical, "Prometheus of cluster test does not answer", "Timeout after 10 s at prometheus:9090."),
            (TriageSeverity.Warning, "The Kubernetes API of cluster test does not answer 1 of 3 questions", "403."),
        ]);
        problems[0].Evidence[0].ShouldBe(new TriageEvidence("Last answer", "2026-03-01 02:04:00 UTC"));
        problems[1].Evidence.ShouldContain(new TriageEvidence("kubernetes/secrets", "stale"));
    }

    [Theory]
    [InlineData(1.9, false)]
    [InlineData(2, true)]
    public void Answers_ThatTakeSecondsInTheMedian_AreSlow(double middle, bool slow)
    {
        // Of 0.1, the middle one and 12 s; the dear question alone is no slowness, and what is silent has no time.
        ImmutableArray<SourceStatus> sources =
        [
            Answered("prometheus/requests", 0.1), Answered("prometheus/tcp-opened", middle), Answered("prometheus/duration-buckets", 12),
            Answered("kubernetes/pods", 60), Answered("kubernetes/services", 60), Answered("kubernetes/secrets", 60),
            new("prometheus/control-plane", SourceState.Disabled, Given.Now, null, "No such metric.", Cost: new SourceCost(TimeSpan.FromSeconds(60), 1)),
        ];
        var problems = Look(Healthy() with { Sources = sources });
        if (!slow)
        {
            problems.ShouldBeEmpty();
            return;
        }

        var problem = problems.ShouldHaveSingleItem();
        (problem.Id, problem.Severity, problem.Title, problem.Detail).ShouldBe(
            ("source:test/prometheus", TriageSeverity.Warning, "Prometheus of cluster test answers slowly", "Half of its answers took 2.0 s or longer."));
        problem.Evidence.ShouldContain(new TriageEvidence("Time of an answer (median)", "2.0 s"));

        // Two answers are too few to say so.
        Look(Healthy() with { Sources = [Answered("prometheus/requests", 9), Answered("prometheus/tcp-opened", 9)] }).ShouldBeEmpty();

        static SourceStatus Answered(string name, double seconds) =>
            new(name, SourceState.Live, Given.Now, Given.Now, null, Cost: new SourceCost(TimeSpan.FromSeconds(seconds), 1));
    }

    /// <summary>5 requests/s from batch end with UF; ledger takes mTLS only, and a rule of ours tells callers to send plaintext.</summary>
    [Fact]
    public void CallersTold_ToSendWhatTheModeRefuses_AreTheProblem_AndTheirFailuresAreNotARiddleBesideIt()
    {
        var mesh = Refused() with { Workloads = [Given.Workload("ledger"), Given.Workload("batch")], Services = [Given.Service("ledger", workloads: ["ledger"])] };
        var disagree = mesh with { Objects = Strict(Disable("ledger")) };
        var problem = Look(disagree).ShouldHaveSingleItem();
        (problem.Id, problem.Severity, problem.Title).ShouldBe(("mtls-refused:test/payments/workload/ledger", TriageSeverity.Critical, "payments/ledger and payments/batch do not agree on mutual TLS"));
        problem.Detail.ShouldBe("DestinationRule payments/plain sets tls mode DISABLE for callers of ledger.payments.svc.cluster.local: they send plaintext, which STRICT refuses: the calls fail (503, flags UF or UC).");
        problem.Evidence.ShouldContain(new TriageEvidence("Refused calls of payments/batch", "5 requests/s of 5"));
        problem.NextSteps[0].Page.ShouldBe("mtls?show=policies&q=ledger");

        // An hour of it is no news, and with modes that agree the same failures are of the edge alone.
        new TriageEngine().Look(Input(disagree, TrafficBaseline.Of(Given.Snapshot(disagree), Given.Now.AddMinutes(-10)))).ShouldBeEmpty();
        new TriageEngine().Look(Input(mesh with { Objects = Strict() })).ShouldHaveSingleItem().Code.ShouldBe("edge-errors");
    }

    /// <summary>Where nobody was reached only the Service is known; all of it fails, and one problem tells of it.</summary>
    [Fact]
    public void RefusalOfAllCallers_AtTheService_IsOneProblem_AndExplainsTheirs()
    {
        var service = Given.Service("ledger", workloads: ["ledger"]);
        var cluster = Healthy(
            Strict(Disable("ledger")),
            [Given.Workload("ledger"), Given.Workload("api")],
            [Given.Edge("web", "api", fromSource: Given.Http(ok: 5, failed: 5)), Given.Edge("api", "unknown", fromSource: Given.Http(failed: 5), host: "ledger.payments.svc.cluster.local", targetNamespace: "payments")],
            [service]);

        var problem = Look(cluster).ShouldHaveSingleItem();

        problem.Id.ShouldBe("mtls-refused:test/payments/service/ledger");
        problem.Detail.ShouldContain("100\u2009% of 5 requests/s fail");
        problem.BlastRadius.Symptoms.ShouldBe(["test/payments/workload/api"]);
    }

    /// <summary>A caller without proxy has no reporter of its own: the callee's ztunnel counts what it denies.</summary>
    [Theory]
    [InlineData("STRICT", "mtls-refused")]
    [InlineData("PERMISSIVE", "connections")] // Who may connect and is denied all the same is denied by something else.
    public void DeniedConnectionsOfACallerWithoutProxy_AreRefusalsWhereTheModeSaysSo(string mode, string code)
    {
        var cluster = Healthy(
            Policy(mode),
            [Given.Workload("ledger", plane: DataPlane.Ambient), Given.Workload("legacy", plane: DataPlane.None)],
            [Given.Edge("legacy", "ledger", fromDestination: Given.Tcp(plaintext: 1) with { FailedConnectionsPerSecond = 1 }, protocol: "tcp")]);

        var problem = Look(cluster).ShouldHaveSingleItem();

        problem.Id.ShouldBe($"{code}:test/payments/workload/ledger");
        problem.Detail.ShouldBe(mode == "STRICT"
            ? "Payments/legacy has no proxy and sends plaintext, which STRICT (PeerAuthentication payments/default) refuses."
            : "100\u2009% of 1 connections/s come to nothing.");
    }

    [Theory]
    [InlineData(0.1, false)] // Six in the minute.
    [InlineData(0.2, true)] // Twelve, and one in twenty.
    [InlineData(0.19, false)] // Not one in twenty.
    public void FailedConnections_CountFromANumberAndAShareOn(double failed, bool seen)
    {
        var cluster = Healthy(edges:
        [
            Given.Edge("api", "ledger", fromSource: Given.Tcp(mutual: 4) with { FailedConnectionsPerSecond = failed }, protocol: "tcp"),
            Given.Edge("web", "ledger", fromSource: Given.Tcp(mutual: 100), protocol: "tcp"),
        ]);
        var problem = Look(cluster).SingleOrDefault();
        problem?.Title.ShouldBe("Connections from payments/api to payments/ledger fail");
        problem?.Detail.ShouldBe("5\u2009% of 4 connections/s come to nothing, though payments/ledger takes those of its other callers.");
        (problem is not null).ShouldBe(seen);
        new TriageEngine().Look(Input(cluster, TrafficBaseline.Of(Given.Snapshot(cluster), Given.Now.AddMinutes(-10)))).ShouldBeEmpty("it has been so for an hour");
    }

    [Theory]
    [InlineData("UO", "payments/ledger is saturated: its circuit breaker is open", "0.2 requests/s are refused before they reach it: a limit of the connection pool was reached.")]
    [InlineData("UH", "payments/ledger has no healthy instance for some of its callers", "0.2 requests/s are refused before they reach it: no healthy instance to send to.")]
    public void RefusalsOfACircuitBreaker_CountLongBeforeFailuresDo(string flag, string title, string detail)
    {
        // 12 in the minute of 6,012: two in a thousand.
        var cluster = Healthy(edges: [Given.Edge("api", "ledger", fromSource: Flagged(flag, 0.2))]);
        var problem = Look(cluster).ShouldHaveSingleItem();
        (problem.Id, problem.Severity, problem.Title, problem.Detail).ShouldBe(("saturation:test/payments/workload/ledger", TriageSeverity.Warning, title, detail));
        problem.NextSteps.ShouldNotBeEmpty();

        new TriageEngine().Look(Input(cluster, TrafficBaseline.Of(Given.Snapshot(cluster), Given.Now.AddMinutes(-10)))).ShouldBeEmpty("it has been so for an hour");
        new TriageEngine().Look(Input(Healthy(edges: [Given.Edge("api", "ledger", fromSource: Flagged(flag, 0.1))]))).ShouldBeEmpty("six are too few");
    }

    /// <summary>140 ms against 130 an hour ago and 60 at the same time of the day before: no step, and more than twice.</summary>
    [Fact]
    public void Latency_ThatCreeps_IsSeenAgainstTheDayBefore_AtTheFourthLook()
    {
        var (hour, day) = (Usual(130), Usual(60));
        var input = Input(Slow(140), hour) with { DayBefore = day };

        for (var look = 1; look < 4; look++)
        {
            _engine.Look(input).ShouldBeEmpty();
        }

        var problem = _engine.Look(input).ShouldHaveSingleItem();
        problem.Id.ShouldBe("latency:test/payments/workload/ledger");
        problem.Detail.ShouldBe("It takes 140\u2009ms on average where it took 60\u2009ms a day before at this time; in the hour before it was 130\u2009ms already.");
        problem.Evidence.ShouldContain(new TriageEvidence("Mean duration a day before at this time", "60\u2009ms"));

        var (engine, without) = (new TriageEngine(), Input(Slow(140), hour));
        Enumerable.Range(0, 6).SelectMany(_ => engine.Look(without)).ShouldBeEmpty("nothing is known of the day before");
    }

    [Fact]
    public void Latency_ThatComesEveryDay_IsAProblem_ThatSaysSo()
    {
        var input = Input(Slow(140), Usual(60)) with { DayBefore = Usual(135) };
        _engine.Look(input).ShouldBeEmpty();
        _engine.Look(input).ShouldHaveSingleItem().Detail.ShouldBe("It takes 140\u2009ms on average where it took 60\u2009ms in the hour before. A day before at this time it was 135\u2009ms.");
    }

    [Fact]
    public void StuckPods_AreNamedWithTheirReasons()
    {
        var workload = Given.Workload("agent", pods: [Given.Pod("a", waiting: "CrashLoopBackOff"), Given.Pod("b", waiting: "ImagePullBackOff"), Given.Pod("c"), Given.Pod("d", waiting: "ContainerCreating")]) with { DesiredReplicas = null };
        var problem = Look(Healthy(workloads: [workload])).ShouldHaveSingleItem();
        (problem.Severity, problem.Title, problem.Detail, problem.Page).ShouldBe(
            (TriageSeverity.Warning, "2 of 4 pods of payments/agent do not start", "CrashLoopBackOff × 1, ImagePullBackOff × 1.", "topology?selected=test%2Fpayments%2Fworkload%2Fagent"));
    }

    [Fact]
    public void MissingReplicas_CountAfterAMinute_AndOnceWithTheirReason()
    {
        // Four looks are a minute: a rollout is over by then. A crash says so at once, and then it is not said twice.
        var few = Healthy(workloads: [Given.Workload("agent") with { DesiredReplicas = 3, ReadyReplicas = 2 }]);
        for (var look = 1; look < 4; look++)
        {
            Look(few).ShouldBeEmpty($"look {look}");
        }

        Look(few).ShouldHaveSingleItem().Title.ShouldBe("2 of 3 replicas of payments/agent are ready");

        var crashing = Given.Workload("other", pods: [Given.Pod("a", waiting: "CrashLoopBackOff"), Given.Pod("b")]) with { DesiredReplicas = 2, ReadyReplicas = 1 };
        var engine = new TriageEngine();
        for (var look = 1; look <= 5; look++)
        {
            engine.Look(Input(Healthy(workloads: [crashing]))).ShouldHaveSingleItem().Code.ShouldBe("pods");
        }
    }

    [Fact]
    public void NoReplica_IsCriticalAtTheSecondLook()
    {
        var none = Healthy(workloads: [Given.Workload("agent") with { DesiredReplicas = 2, ReadyReplicas = 0 }]);
        Look(none).ShouldBeEmpty();
        var problem = Look(none).ShouldHaveSingleItem();
        (problem.Severity, problem.Title).ShouldBe((TriageSeverity.Critical, "No replica of payments/agent is ready"));
    }

    [Fact]
    public void Certificates_FewAreNamed_ManyAreOne()
    {
        static ProxyCertificateSample Late(string pod) => new("payments", pod, "default", 9 * 3600, Given.Now);
        var one = Look(Healthy(workloads: [Given.Workload("api")], certificates: [Late("api-a"), Late("api-b")])).ShouldHaveSingleItem();
        one.Severity.ShouldBe(TriageSeverity.Warning);
        one.Title.ShouldBe("Certificate service account payments/api (workload) is late");
        one.Detail.ShouldStartWith("Late by 3 h");
        one.Page.ShouldBe("certificates?selected=test%2Fpayments%2Fworkload%2Fapi");
        one.Concerns.ShouldBe(["test/payments"]);

        var many = Enumerable.Range(1, 5).Select(i => Given.Workload($"w{i}")).ToArray();
        var all = new TriageEngine().Look(Input(Healthy(workloads: many, certificates: [.. many.SelectMany(w => w.Pods).Select(p => Late(p.Meta.Name))]))).ShouldHaveSingleItem();
        all.Id.ShouldBe("certificate:test/workload/late");
        all.Title.ShouldBe("5 workload certificates are late");
        all.Page.ShouldBe("certificates?state=late");
    }

    [Theory]
    [InlineData(20, TriageSeverity.Warning, "is about to expire")]
    [InlineData(6, TriageSeverity.Critical, "is about to expire")]
    [InlineData(-1, TriageSeverity.Critical, "has expired")]
    public void GatewayCertificate_SeverityFollowsTheDaysLeft(double days, TriageSeverity severity, string words)
    {
        var problem = Look(Healthy(GatewayCertificate(Issued.Days("CN=pay.example", 60, days)), [s_gateway])).ShouldHaveSingleItem();
        problem.Severity.ShouldBe(severity);
        problem.Title.ShouldBe($"Certificate CN=pay.example (gateway) {words}");
    }

    [Fact]
    public void CertificateOfTwoRows_IsToldOnceByWhoPresentsIt()
    {
        var objects = GatewayCertificate(Issued.Days("CN=pay.example", 85, 5)) with
        {
            Certificates = [Given.Object("Certificate", "pay", """{"secretName":"pay"}""", "infra", status: """{"notBefore":"2025-12-06T02:10:00Z","notAfter":"2026-03-06T02:10:00Z","renewalTime":"2026-02-04T02:10:00Z"}""")],
        };
        Look(Healthy(objects, [s_gateway])).ShouldHaveSingleItem().Title.ShouldBe("Certificate CN=pay.example (gateway) is about to expire");
    }

    [Fact]
    public void Plaintext_IsAProblemWhereItIsNew()
    {
        Edge Plain(string target, double rate) => Given.Edge("unknown", target, fromDestination: Given.Http(ok: rate, plaintext: rate));
        var before = Healthy(workloads: [Given.Workload("ledger"), Given.Workload("api")], edges: [Plain("api", 1)]);
        var usual = TrafficBaseline.Of(Given.Snapshot(before), Given.Now.AddMinutes(-10));

        Look(before, usual).ShouldBeEmpty("it has always been so");
        var problem = Look(Healthy(workloads: [Given.Workload("ledger"), Given.Workload("api")], edges: [Plain("ledger", 2), Plain("api", 1)]), usual).ShouldHaveSingleItem();
        (problem.Severity, problem.Title).ShouldBe((TriageSeverity.Warning, "An unknown caller sends plaintext to payments/ledger"));
        problem.Detail.ShouldStartWith("2 requests/s arrive unencrypted; in the hour before there was none.");
        problem.Page.ShouldStartWith("mtls?selected=");
    }

    [Theory]
    [InlineData(0, 2, null, TriageSeverity.Critical, "istiod is down")]
    [InlineData(0, 0, null, TriageSeverity.Critical, "istiod is down")]
    [InlineData(1, 2, null, TriageSeverity.Warning, "istiod is degraded")]
    [InlineData(2, 2, 0.5, TriageSeverity.Warning, "istiod is degraded")]
    public void ControlPlaneInTrouble_IsAProblem(int ready, int desired, double? rejects, TriageSeverity severity, string title)
    {
        var objects = Given.NoObjects with { Deployments = [new Controller(Given.Meta("istiod", "istio-system"), "Deployment", desired, ready, ready)] };
        ImmutableArray<ControlPlaneSample> samples = rejects is { } rate ? [new("pilot_total_xds_rejects", Given.Labels("type=cds"), rate)] : [];
        var problem = Look(Healthy(objects, controlPlane: samples)).ShouldHaveSingleItem();
        (problem.Severity, problem.Title).ShouldBe((severity, title));
    }

    [Fact]
    public void ControlPlaneNotVisible_IsNoProblem() => Look(Healthy()).ShouldBeEmpty();

    [Theory]
    [InlineData(9, 1, 99, 1, TriageSeverity.Critical, "10\u2009% of its requests fail, 1\u2009% of v1.")] // 10 % against 1 %
    [InlineData(97, 3, 999, 1, TriageSeverity.Warning, "3\u2009% of its requests fail, 0.1\u2009% of v1.")]
    [InlineData(97, 3, 98, 2, null, null)] // not twice as bad
    [InlineData(999, 5, 1000, 0, null, null)] // under the floor
    [InlineData(0.05, 0.05, 1000, 0, null, null)] // six requests in the window
    public void CanaryWorseThanStable_IsWhatStandsOut(double ok, double failed, double stableOk, double stableFailed, TriageSeverity? severity, string? detail)
    {
        var problem = Look(Canary(Given.Http(ok: ok, failed: failed), Given.Http(ok: stableOk, failed: stableFailed))).FirstOrDefault(p => p.Node == "test/payments/workload/card-v2");
        var suspect = problem?.Suspects.FirstOrDefault(s => s.Title.StartsWith("The new version v2", StringComparison.Ordinal));
        (suspect is null).ShouldBe(detail is null);
        if (suspect is not null)
        {
            problem!.Severity.ShouldBe(severity!.Value);
            suspect.For.ShouldBe([$"{detail} It has 10\u2009% of the rule (all requests)."]);
            suspect.Page.ShouldBe("traffic?selected=test%2Fpayments%2FVirtualService%2Fcard%2Fhttp%2F0");
        }
    }

    [Fact]
    public void CanarySlower_IsAWarning()
    {
        static Histogram Under(double ms) => new([10, ms, double.PositiveInfinity], [0, 100, 100]);
        var problem = Look(Canary(Given.Http(ok: 100, durations: Under(500)), Given.Http(ok: 100, durations: Under(100)))).ShouldHaveSingleItem();
        (problem.Severity, problem.Title).ShouldBe((TriageSeverity.Warning, "Canary v2 of payments/card is worse than v1"));
        problem.Detail.ShouldStartWith("Its p99 is 495\u2009ms, that of v1 99.1\u2009ms.");
    }

    [Fact]
    public void Scope_KeepsWhatConcernsTheNamespace()
    {
        var cluster = Healthy(edges: [Given.Edge("api", "ledger", fromSource: Given.Http(failed: 40)), Given.Edge("a", "b", fromSource: Given.Http(failed: 40), sourceNamespace: "web", targetNamespace: "web")]) with
        {
            Sources = [.. s_live, new("kubernetes/secrets", SourceState.Stale, Given.Now, Given.Now.AddMinutes(-1), "403.")],
        };
        var view = new TriageView(Given.Now, null, Look(cluster), [], []);

        // A source concerns every namespace of its cluster, and none of another one.
        TriageScope.Of(view, MeshQuery.For(null, ["web"])).Problems.Select(p => p.Id).ShouldBe(["errors:test/web/workload/b", "source:test/kubernetes"]);
        TriageScope.Of(view, MeshQuery.For("elsewhere", [])).Problems.ShouldBeEmpty();
    }

    private ImmutableArray<TriageProblem> Look(ClusterSnapshot cluster, TrafficBaseline? usual = null) => _engine.Look(Input(cluster, usual));

    private static TriageInput Input(ClusterSnapshot cluster, TrafficBaseline? usual = null) =>
        TriageInput.Of(Given.Snapshot(cluster), new MeshViews(CertificateThresholds.Default), CertificateThresholds.Default, usual ?? TrafficBaseline.None, []);

    private static ClusterObjects Strict(params MeshObject[] rules) => Policy("STRICT") with { DestinationRules = [.. rules] };

    private static ClusterObjects Policy(string mode) => Given.NoObjects with
    {
        PeerAuthentications = [Given.Object("PeerAuthentication", "default", """{"mtls":{"mode":"MODE"}}""".Replace("MODE", mode, StringComparison.Ordinal))],
    };

    private static MeshObject Disable(string host) => Given.Object("DestinationRule", "plain", """{"host":"HOST","trafficPolicy":{"tls":{"mode":"DISABLE"}}}""".Replace("HOST", host, StringComparison.Ordinal));

    private static ReporterTraffic Flagged(string flag, double perSecond) =>
        Given.Http(ok: 100) with { Responses = [new ResponseRate(200, null, "-", 100), new ResponseRate(503, null, flag, perSecond)], RequestsPerSecond = 100 + perSecond };

    private static ClusterSnapshot Slow(double meanMs) =>
        Healthy(edges: [Given.Edge("api", "ledger", fromSource: Given.Http(ok: 10), fromDestination: Given.Http(mutual: 10) with { DurationSum = 10 * meanMs, DurationCount = 10 })]);

    private static TrafficBaseline Usual(double meanMs) => TrafficBaseline.Of(Given.Snapshot(Slow(meanMs)), Given.Now.AddMinutes(-10));

    private static ClusterSnapshot Refused(params Edge[] more) => Healthy(edges:
    [
        Given.Edge("api", "ledger", fromSource: Given.Http(ok: 10000)),
        Given.Edge("batch", "ledger", fromSource: Given.Http(failed: 5)),
        .. more,
    ]);

    private static ClusterObjects GatewayCertificate(ImmutableArray<byte> certificate) => Given.NoObjects with
    {
        Secrets = [Issued.Secret("pay", "infra", null, ("tls.crt", [certificate]))],
        Gateways = [Given.Object("Gateway", "edge", """{"servers":[{"hosts":["pay.example"],"tls":{"credentialName":"pay"}}]}""")],
    };

    private static ClusterSnapshot Canary(ReporterTraffic canary, ReporterTraffic stable) => Healthy(
        Given.NoObjects with
        {
            VirtualServices = [Given.Object("VirtualService", "card", """{"http":[{"route":[{"destination":{"host":"card","subset":"v1"},"weight":90},{"destination":{"host":"card","subset":"v2"},"weight":10}]}]}""")],
            DestinationRules = [Given.Object("DestinationRule", "card", """{"host":"card","subsets":[{"name":"v1","labels":{"version":"v1"}},{"name":"v2","labels":{"version":"v2"}}]}""")],
        },
        [Given.Workload("card-v1", labels: "app=card;version=v1"), Given.Workload("card-v2", labels: "app=card;version=v2")],
        [Given.Edge("api", "card-v1", fromSource: stable, host: "card.payments.svc.cluster.local"), Given.Edge("api", "card-v2", fromSource: canary, host: "card.payments.svc.cluster.local")],
        [Given.Service("card", workloads: ["card-v1", "card-v2"])]);

    private static ClusterSnapshot Healthy(
        ClusterObjects? objects = null,
        IEnumerable<Workload>? workloads = null,
        IEnumerable<Edge>? edges = null,
        IEnumerable<Service>? services = null,
        ImmutableArray<ProxyCertificateSample>? certificates = null,
        ImmutableArray<ControlPlaneSample>? controlPlane = null) =>
        Given.ClusterOf(objects, workloads ?? [s_gateway], services, edges, sources: s_live, proxyCertificates: certificates ?? [new("infra", "ingress-a", "default", 80000, Given.Now), new("infra", "ingress-b", "default", 80000, Given.Now)], controlPlane: controlPlane);
}
