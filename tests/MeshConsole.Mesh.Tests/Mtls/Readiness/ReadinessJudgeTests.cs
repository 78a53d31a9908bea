using System.Collections.Frozen;
using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls.Readiness;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Tests.Mtls.Readiness;

/// <summary>One fact at a time speaks against a mesh that is ready otherwise.</summary>
public sealed partial class ReadinessJudgeTests
{
    private static readonly StrictScope s_mesh = new(Given.Cluster);
    private static readonly StrictScope s_payments = new(Given.Cluster, "payments");
    private static readonly StrictScope s_ledger = new(Given.Cluster, "payments", "ledger");
    private static readonly ImmutableArray<Workload> s_workloads = [Given.Workload("ledger"), Given.Workload("web")];
    private static readonly ImmutableArray<Service> s_services = [Given.Service("ledger"), Given.Service("web")];

    [Fact]
    public void Judge_NothingAgainstIt_IsReady()
    {
        foreach (var scope in new[] { s_mesh, s_payments, s_ledger, s_ledger with { Port = 8080 } })
        {
            var answer = new Mesh().Judge(scope);
            (answer.Verdict, answer.Blockers.Length, answer.Unproven.Length).ShouldBe((ReadinessVerdict.Ready, 0, 0), scope.ToString());
            (answer.Scope, answer.Lookback, answer.At).ShouldBe((scope, TimeSpan.FromHours(1), Given.Now));
        }
    }

    [Fact]
    public void Judge_PlaintextInTheLookback_BlocksTheWorkloadAndAllAboveIt()
    {
        var mesh = new Mesh { Unprotected = [Plaintext("unknown", "ledger", 1234)] };
        foreach (var scope in new[] { s_mesh, s_payments, s_ledger })
        {
            var finding = mesh.Judge(scope).Blockers.Single();
            (finding.Code, finding.Workload).ShouldBe(("plaintext-requests", "payments/ledger"));
            finding.Message.ShouldStartWith("payments/ledger received 1,234 plaintext requests in the last 1 h from a caller without identity.");
            Value(finding, "requests in plaintext").ShouldBe("1,234");
            Value(finding, "caller").ShouldBeNull();
            Value(finding, "query")!.ShouldContain("destination_workload=\"ledger\"");
        }

        mesh.Judge(new StrictScope(Given.Cluster, "payments", "web")).Verdict.ShouldBe(ReadinessVerdict.Ready);
    }

    [Fact]
    public void Judge_OnlyRequestOfAShortJob_Blocks() =>
        new Mesh { Unprotected = [Plaintext("unknown", "ledger", 0.4)] }.Judge(s_ledger).Blockers.Single().Message.ShouldContain("1 plaintext request in");

    [Fact]
    public void Judge_PlaintextNowButNotInTheHistory_Blocks()
    {
        var mesh = new Mesh { Edges = [Given.Edge("unknown", "ledger", fromDestination: Given.Http(plaintext: 2))] };
        var finding = mesh.Judge(s_ledger).Blockers.Single();
        finding.Code.ShouldBe("plaintext-requests");
        Value(finding, "rate now").ShouldBe("2 requests/s");
    }

    [Fact]
    public void Judge_PlaintextNowAndInTheHistory_IsOneFinding()
    {
        var mesh = new Mesh
        {
            Unprotected = [Plaintext("unknown", "ledger", 100)],
            Edges = [Given.Edge("unknown", "ledger", fromDestination: Given.Http(plaintext: 2))],
        };
        var finding = mesh.Judge(s_ledger).Blockers.Single();
        (Value(finding, "requests in plaintext"), Value(finding, "rate now")).ShouldBe(("100", "2 requests/s"));
    }

    [Fact]
    public void Judge_CallerGone_NobodyElseIsAccused()
    {
        var mesh = new Mesh { Workloads = [.. s_workloads, Given.Workload("report", plane: DataPlane.None)], Unprotected = [Plaintext("unknown", "ledger", 9)] };
        var finding = mesh.Judge(s_ledger).Blockers.Single();
        finding.Message.ShouldContain("may be gone");
        finding.Message.ShouldNotContain("report");
    }

    [Fact]
    public void Judge_KnownCallerThatEnded_IsToldToWait()
    {
        var finding = new Mesh { Unprotected = [Plaintext("web", "ledger", 9)] }.Judge(s_ledger).Blockers.Single();
        (Value(finding, "caller"), Value(finding, "cause")).ShouldBe(("payments/web", "ended"));
        finding.Message.ShouldContain("was changed since");
    }

    [Theory]
    [InlineData(0)] // Requests
    [InlineData(1)] // Connections
    [InlineData(2)] // Bytes
    public void Judge_ProxyCouldNotTell_IsUnproven(int measure)
    {
        var answer = new Mesh { Unprotected = [Plaintext("web", "ledger", 7) with { Known = false, Measure = (TrafficMeasure)measure }] }.Judge(s_ledger);
        answer.Verdict.ShouldBe(ReadinessVerdict.Unproven);
        answer.Unproven.Single().Code.ShouldBe("protection-unknown");
    }

    [Fact]
    public void Judge_LongLivedPlaintextConnection_BlocksByItsBytes()
    {
        var answer = new Mesh { Unprotected = [Plaintext("web", "ledger", 5_000) with { Measure = TrafficMeasure.Bytes }] }.Judge(s_ledger);
        var finding = answer.Blockers.Single();
        finding.Code.ShouldBe("plaintext-connections");
        finding.Message.ShouldContain("exchanged 5,000 bytes over plaintext connections that were opened before");
    }

    [Theory]
    [InlineData("DISABLE")]
    [InlineData("SIMPLE")]
    [InlineData("MUTUAL")]
    [InlineData("something")]
    public void Judge_DestinationRuleThatIsNotIstios_Blocks(string mode)
    {
        var mesh = new Mesh { Objects = Given.NoObjects with { DestinationRules = [Given.Object("DestinationRule", "old", """{"host":"ledger","trafficPolicy":{"tls":{"mode":"MODE"}}}""".Replace("MODE", mode, StringComparison.Ordinal))] } };
        var finding = mesh.Judge(s_ledger).Blockers.Single();
        (finding.Code, Value(finding, "object")).ShouldBe(("client-tls", "DestinationRule payments/old"));
        mesh.Judge(new StrictScope(Given.Cluster, "payments", "web")).Verdict.ShouldBe(ReadinessVerdict.Ready);
    }

    [Fact]
    public void Judge_DestinationRuleWithIstiosCertificates_DoesNotBlock() =>
        new Mesh { Objects = Given.NoObjects with { DestinationRules = [Given.Object("DestinationRule", "new", """{"host":"ledger","trafficPolicy":{"tls":{"mode":"ISTIO_MUTUAL"}}}""")] } }.Judge(s_ledger).Verdict.ShouldBe(ReadinessVerdict.Ready);

    [Fact]
    public void Judge_DestinationRuleForOnePort_BlocksThatPortOnly()
    {
        var mesh = new Mesh
        {
            Services = [Given.Service("ledger", ports: [new ServicePort("http", 80, "8080", "TCP", null), new ServicePort("grpc", 81, "9090", "TCP", null)]), Given.Service("web")],
            Objects = Given.NoObjects with { DestinationRules = [Given.Object("DestinationRule", "old", """{"host":"ledger","trafficPolicy":{"portLevelSettings":[{"port":{"number":81},"tls":{"mode":"DISABLE"}}]}}""")] },
        };
        mesh.Judge(s_ledger with { Port = 9090 }).Verdict.ShouldBe(ReadinessVerdict.Blocked);
        mesh.Judge(s_ledger with { Port = 8080 }).Verdict.ShouldBe(ReadinessVerdict.Ready);
        mesh.Judge(s_ledger).Verdict.ShouldBe(ReadinessVerdict.Blocked);
    }

    [Fact]
    public void Judge_PodsWithoutProxy_AreNotCovered()
    {
        var mesh = new Mesh { Workloads = [Given.Workload("ledger", plane: DataPlane.None), Given.Workload("web")] };
        mesh.Judge(s_ledger).Blockers.Single().Message.ShouldBe("None of the 2 pods of payments/ledger has a proxy: STRICT has no effect there, and plaintext goes on being accepted.");
        mesh.Judge(s_payments).Blockers.Single().Code.ShouldBe("not-covered");
    }

    [Fact]
    public void Judge_HalfInjected_IsNotCovered()
    {
        var mesh = new Mesh { Workloads = [Given.Workload("ledger", pods: [Given.Pod("ledger-a"), Given.Pod("ledger-b", proxy: false), Given.Pod("ledger-c")]), Given.Workload("web")] };
        mesh.Judge(s_ledger).Blockers.Single().Message.ShouldStartWith("1 of 3 pods of payments/ledger has no proxy");
    }

    [Fact]
    public void Judge_WithoutProxyAndService_IsACallerAndNotACallee()
    {
        var mesh = new Mesh { Workloads = [.. s_workloads, Given.Workload("job", plane: DataPlane.None)] };
        var answer = mesh.Judge(s_payments);
        answer.Verdict.ShouldBe(ReadinessVerdict.Ready);
        answer.Warnings.Select(found => found.Code).ShouldBe(["possible-callers-without-proxy", "short-look-back", "not-covered"]);
        mesh.Judge(new StrictScope(Given.Cluster, "payments", "job")).Verdict.ShouldBe(ReadinessVerdict.Unproven, "nothing in it could be STRICT");
    }

    [Theory]
    [InlineData("80")]
    [InlineData("8080")]
    public void Judge_CallerTakesThePortPastItsProxy_Blocks(string port)
    {
        var mesh = new Mesh { Workloads = [s_workloads[0], Given.Workload("web", pods: [Given.Pod("web-a", annotations: $"traffic.sidecar.istio.io/excludeOutboundPorts={port}")])] };
        var finding = mesh.Judge(s_ledger).Blockers.Single();
        (finding.Code, Value(finding, "caller")).ShouldBe(("caller-excludes-port", "payments/web"));
    }

    [Fact]
    public void Judge_PortNotCapturedAtTheCallee_Blocks() =>
        new Mesh { Workloads = [Given.Workload("ledger", pods: [Given.Pod("ledger-a", annotations: "traffic.sidecar.istio.io/excludeInboundPorts=8080")]), s_workloads[1]] }
            .Judge(s_ledger).Blockers.Single().Code.ShouldBe("port-not-captured");

    [Theory]
    [InlineData("NodePort", ReadinessVerdict.Blocked)]
    [InlineData("LoadBalancer", ReadinessVerdict.Blocked)]
    [InlineData("ClusterIP", ReadinessVerdict.Ready)]
    public void Judge_ServiceThatIsReachedFromOutside_Blocks(string type, ReadinessVerdict verdict)
    {
        var service = new KubernetesService(Given.Meta("ledger"), type, "10.0.0.1", null, Given.Labels("app=ledger"), [new ServicePort("http", 80, "8080", "TCP", null)]);
        new Mesh { Objects = Given.NoObjects with { Services = [service] } }.Judge(s_ledger).Verdict.ShouldBe(verdict);
    }

    [Fact]
    public void Judge_NoTraffic_IsUnprovenAndNeverReady()
    {
        var mesh = new Mesh { Arrivals = new() { ["web"] = new Arrivals(5, 0, 0, []) } };
        foreach (var scope in new[] { s_mesh, s_payments, s_ledger })
        {
            var answer = mesh.Judge(scope);
            answer.Verdict.ShouldBe(ReadinessVerdict.Unproven);
            answer.Unproven.Single().Code.ShouldBe("no-traffic");
        }
    }

    [Fact]
    public void Judge_NoTrafficAnywhere_IsSaidForTheScope()
    {
        var mesh = new Mesh { Arrivals = [], Services = [] };
        var answer = mesh.Judge(s_payments);
        answer.Verdict.ShouldBe(ReadinessVerdict.Unproven);
        answer.Unproven.Single().Workload.ShouldBeNull();
    }

    [Fact]
    public void Judge_HistoryShorterThanTheLookback_IsUnproven()
    {
        var mesh = new Mesh { ScrapedSince = Given.Now.AddMinutes(-20) };
        foreach (var scope in new[] { s_mesh, s_ledger })
        {
            var answer = mesh.Judge(scope);
            answer.Verdict.ShouldBe(ReadinessVerdict.Unproven);
            var finding = answer.Unproven.Single();
            (finding.Code, finding.Workload).ShouldBe(("short-history", null));
            finding.Message.ShouldContain("for 20 min only, of the 1 h that were asked for");
        }
    }

    [Fact]
    public void Judge_PodsYoungerThanTheLookback_AreUnproven()
    {
        var young = Given.Pod("ledger-a") with { Meta = Given.Meta("ledger-a", createdAt: Given.Now.AddMinutes(-30)) };
        var mesh = new Mesh { Workloads = [Given.Workload("ledger", pods: [young]), s_workloads[1]] };
        mesh.Proxies["ledger-a"] = new ScrapedSpan(TimeSpan.FromMinutes(29), Given.Now.AddMinutes(-29), Given.Now);
        var finding = mesh.Judge(s_ledger).Unproven.Single();
        (finding.Code, finding.Workload).ShouldBe(("short-history", "payments/ledger"));
        finding.Message.ShouldContain("for 29 min only");
    }

    [Fact]
    public void Judge_PredecessorsOfYoungPodsWereScraped_IsReady()
    {
        var young = Given.Pod("ledger-76f5d-aaaaa") with { Meta = Given.Meta("ledger-76f5d-aaaaa", createdAt: Given.Now.AddMinutes(-30)) };
        var mesh = new Mesh { Workloads = [Given.Workload("ledger", pods: [young]), s_workloads[1]] };
        mesh.Proxies["ledger-76f5d-aaaaa"] = new ScrapedSpan(TimeSpan.FromMinutes(29), Given.Now.AddMinutes(-29), Given.Now);
        mesh.Proxies["ledger-old55-bbbbb"] = new ScrapedSpan(TimeSpan.FromMinutes(32), Given.Now.AddMinutes(-60), Given.Now.AddMinutes(-28));
        mesh.Judge(s_ledger).Verdict.ShouldBe(ReadinessVerdict.Ready);

        // One that merely begins with the same letters is another workload's.
        mesh.Proxies.Remove("ledger-old55-bbbbb");
        mesh.Proxies["ledger-audit-old55-bbbbb"] = new ScrapedSpan(TimeSpan.FromMinutes(32), Given.Now.AddMinutes(-60), Given.Now.AddMinutes(-28));
        mesh.Judge(s_ledger).Verdict.ShouldBe(ReadinessVerdict.Unproven);
    }

    /// <summary>Over a week the evidence is no finer than 42 minutes: the last slot may end as long before now.</summary>
    [Fact]
    public void Judge_LongLookback_IsNotHeldAgainstItsOwnResolution()
    {
        var week = TimeSpan.FromDays(7);
        var mesh = new Mesh { Lookback = week, Slot = TimeSpan.FromMinutes(42) };
        foreach (var pod in new[] { "ledger-a", "ledger-b", "ledger-c", "web-a", "web-b" })
        {
            mesh.Proxies[pod] = new ScrapedSpan(week - TimeSpan.FromMinutes(42), Given.Now.AddDays(-7).AddMinutes(41), Given.Now.AddMinutes(-41));
        }

        mesh.Judge(s_ledger).Unproven.ShouldBeEmpty();
    }

    [Fact]
    public void Judge_GapInTheScrapes_IsUnproven()
    {
        var mesh = new Mesh();
        mesh.Proxies["ledger-b"] = mesh.Proxies["ledger-b"] with { Covered = TimeSpan.FromMinutes(50) };
        var finding = mesh.Judge(s_ledger).Unproven.Single();
        finding.Code.ShouldBe("scrape-gap");
        finding.Message.ShouldBe("The proxy of pod payments/ledger-b was not scraped for 10 min of the look-back: what arrived there then may not be counted.");
    }

    [Fact]
    public void Judge_OneLostScrape_IsNoGap()
    {
        var mesh = new Mesh();
        mesh.Proxies["ledger-b"] = mesh.Proxies["ledger-b"] with { Covered = TimeSpan.FromMinutes(59.5) };
        mesh.Judge(s_ledger).Verdict.ShouldBe(ReadinessVerdict.Ready);
    }

    [Fact]
    public void Judge_NeverScraped_IsUnproven()
    {
        var mesh = new Mesh();
        mesh.Proxies.Remove("ledger-a");
        mesh.Judge(s_ledger).Unproven.Single().Message.ShouldContain("pod payments/ledger-a was not scraped in the look-back");
    }

    [Fact]
    public void Judge_AmbientPods_AreAsGoodAsTheZtunnelOfTheirNode()
    {
        var pods = ImmutableArray.Create(Given.Pod("ledger-a", proxy: false, annotations: "ambient.istio.io/redirection=enabled") with { NodeName = "n1" });
        var owner = new OwnerReference("apps/v1", "DaemonSet", "ztunnel", "u", true);
        var tunnel = Given.Pod("ztunnel-x", "istio-system") with { NodeName = "n1", Meta = Given.Meta("ztunnel-x", "istio-system", labels: "app=ztunnel") with { Owners = [owner] } };
        var mesh = new Mesh { Workloads = [Given.Workload("ledger", plane: DataPlane.Ambient, pods: pods), s_workloads[1], Given.Workload("ztunnel", "istio-system", plane: DataPlane.None, pods: [tunnel])] };
        mesh.Proxies[("istio-system", "ztunnel-x")] = Mesh.Whole;
        mesh.Judge(s_ledger).Verdict.ShouldBe(ReadinessVerdict.Ready);

        mesh.Proxies.Remove(("istio-system", "ztunnel-x"));
        mesh.Judge(s_ledger).Unproven.Single().Code.ShouldBe("scrape-gap");
    }

    [Fact]
    public void Judge_QuestionNotAnswered_IsUnprovenWithItsReason()
    {
        var mesh = new Mesh { Faults = [new("plaintext requests", "Prometheus at p did not answer within 60 s."), new("what arrived", "Prometheus at p did not answer within 60 s.")], NotKnown = true };
        var answer = mesh.Judge(s_ledger);
        answer.Verdict.ShouldBe(ReadinessVerdict.Unproven);
        answer.Unproven.Single().Message.ShouldBe("The history could not be read (plaintext requests, what arrived). Prometheus at p did not answer within 60 s.");
    }

    [Theory]
    [InlineData("PeerAuthentications", "policies-unknown")]
    [InlineData("DestinationRules", "destination-rules-unknown")]
    [InlineData("Services", "services-unknown")]
    public void Judge_ObjectsThatMayNotBeRead_AreUnproven(string kind, string code)
    {
        var objects = kind switch
        {
            "PeerAuthentications" => Given.NoObjects with { PeerAuthentications = default },
            "DestinationRules" => Given.NoObjects with { DestinationRules = default },
            _ => Given.NoObjects with { Services = default },
        };
        new Mesh { Objects = objects }.Judge(s_payments).Unproven.Select(found => found.Code).ShouldBe([code]);
    }

    [Fact]
    public void Judge_NoProxyTellsItsBuild_IsUnproven()
    {
        var mesh = new Mesh();
        mesh.Proxies.Clear();
        mesh.Judge(s_payments).Unproven.Single().Code.ShouldBe("scrapes-unknown");
    }

    [Fact]
    public void Judge_NobodyThere_IsUnproven()
    {
        foreach (var scope in new[] { new StrictScope(Given.Cluster, "nowhere"), s_ledger with { Workload = "nobody" } })
        {
            new Mesh().Judge(scope).Unproven.Select(found => found.Code).ShouldContain("nothing-in-scope");
        }
    }

    [Fact]
    public void Judge_PermissivePolicyOfAWorkload_CountsAndIsNamed()
    {
        var mesh = new Mesh
        {
            Objects = Given.NoObjects with { PeerAuthentications = [Given.Object("PeerAuthentication", "keep", """{"selector":{"matchLabels":{"app":"ledger"}},"mtls":{"mode":"PERMISSIVE"}}""")] },
            Unprotected = [Plaintext("unknown", "ledger", 3)],
        };
        var answer = mesh.Judge(s_payments);
        answer.Blockers.Single().Workload.ShouldBe("payments/ledger");
        answer.Warnings.Single(found => found.Code == "own-policy").Message.ShouldBe(
            "PeerAuthentication payments/keep says PERMISSIVE and is closer than a policy for namespace payments: payments/ledger goes on accepting plaintext until it is changed too.");
        mesh.Judge(s_ledger).Warnings.ShouldNotContain(found => found.Code == "own-policy");
    }

    [Fact]
    public void Judge_PortThatAPolicyExcepts_BlocksTheWorkloadButNotTheNamespace()
    {
        var mesh = new Mesh
        {
            Objects = Given.NoObjects with { PeerAuthentications = [Given.Object("PeerAuthentication", "keep", """{"selector":{"matchLabels":{"app":"ledger"}},"mtls":{"mode":"STRICT"},"portLevelMtls":{"8080":{"mode":"PERMISSIVE"}}}""")] },
            Unprotected = [Plaintext("unknown", "ledger", 3)],
        };
        mesh.Judge(s_ledger).Verdict.ShouldBe(ReadinessVerdict.Blocked);
        var answer = mesh.Judge(s_payments);
        answer.Verdict.ShouldBe(ReadinessVerdict.Ready);
        answer.Warnings.Single(found => found.Code == "port-exception").Message.ShouldContain("Port 8080 of payments/ledger is PERMISSIVE by PeerAuthentication payments/keep");

        // A Service with a second port that is not excepted: which of them was called cannot be told.
        var two = mesh with { Services = [Given.Service("ledger", ports: [new ServicePort("http", 80, "8080", "TCP", null), new ServicePort("grpc", 81, "9090", "TCP", null)]), Given.Service("web")] };
        two.Judge(s_payments).Verdict.ShouldBe(ReadinessVerdict.Blocked);
    }

    [Fact]
    public void Judge_Warnings_DoNotChangeTheVerdict()
    {
        var mesh = new Mesh
        {
            Workloads = [Given.Workload("ledger", pods: [Given.Pod("ledger-a", annotations: "sidecar.istio.io/rewriteAppHTTPProbers=false;prometheus.istio.io/merge-metrics=false")]), s_workloads[1]],
            Services = [Given.Service("ledger", headless: true), Given.Service("web")],
            Arrivals = new() { ["ledger"] = new Arrivals(5, 0, 0, ["west"]), ["web"] = new Arrivals(1, 0, 0, []) },
            Edges = [Given.Edge("web", "ledger", fromDestination: Given.Http(mutual: 1)) with { SourcePrincipals = ["spiffe://other.example/ns/a/sa/b"], DestinationPrincipals = ["spiffe://cluster.local/ns/payments/sa/ledger"] }],
            Certificates = [new ProxyCertificateSample("payments", "ledger-a", "default", 3_600, Given.Now)],
        };
        var answer = mesh.Judge(s_ledger);
        answer.Verdict.ShouldBe(ReadinessVerdict.Ready);
        answer.Warnings.Where(found => found.Workload is not null).Select(found => found.Code).ShouldBe(["certificate-soon", "headless", "metrics-not-merged", "other-clusters", "probes-not-rewritten", "trust-domain"]);
    }

    [Fact]
    public void Judge_LookbackOfADay_DoesNotWarnOfDailyJobs() =>
        new Mesh { Lookback = TimeSpan.FromDays(1) }.Judge(s_ledger).Warnings.ShouldNotContain(found => found.Code == "short-look-back");

    [Fact]
    public void Parts_OfMeshAndNamespace_AreJudgedForThemselves()
    {
        var mesh = new Mesh { Unprotected = [Plaintext("unknown", "ledger", 3)] };
        mesh.Parts(s_mesh).Select(part => (part.Scope.Namespace, part.Verdict)).ShouldBe([("payments", ReadinessVerdict.Blocked)]);
        mesh.Parts(s_payments).Select(part => (part.Scope.Workload, part.Verdict)).ShouldBe([("ledger", ReadinessVerdict.Blocked), ("web", ReadinessVerdict.Ready)]);
        mesh.Parts(s_ledger).ShouldBeEmpty();
    }

    private static UnprotectedTraffic Plaintext(string source, string target, double count) =>
        new(Given.Id(source, source == "unknown" ? "unknown" : "payments"), Given.Id(target), $"{target}.payments.svc.cluster.local", TrafficMeasure.Requests, true, count);

    private static string? Value(ReadinessFinding finding, string name) => finding.Evidence.Single(one => one.Name == name).Value;

    /// <summary>Two workloads with traffic over mutual TLS and an hour of scrapes each; what a test sets is all that differs.</summary>
    private sealed record Mesh
    {
        public static readonly ScrapedSpan Whole = new(TimeSpan.FromHours(1), Given.Now.AddHours(-1), Given.Now);

        public ImmutableArray<Workload> Workloads { get; init; } = s_workloads;

        public ImmutableArray<Service> Services { get; init; } = s_services;

        public ClusterObjects Objects { get; init; } = Given.NoObjects;

        public ImmutableArray<Edge> Edges { get; init; } = [];

        public ImmutableArray<UnprotectedTraffic> Unprotected { get; init; } = [];

        public ImmutableArray<ProxyCertificateSample> Certificates { get; init; } = [];

        public ImmutableArray<LookbackFault> Faults { get; init; } = [];

        public bool NotKnown { get; init; }

        public TimeSpan Lookback { get; init; } = TimeSpan.FromHours(1);

        public TimeSpan Slot { get; init; } = TimeSpan.FromSeconds(30);

        public DateTimeOffset? ScrapedSince { get; init; }

        public Dictionary<string, Arrivals> Arrivals { get; init; } = new(StringComparer.Ordinal) { ["ledger"] = new(1, 0, 0, []), ["web"] = new(1, 0, 0, []) };

        public Scrapes Proxies { get; } = new();

        public StrictReadiness Judge(StrictScope scope) => Judge().Judge(scope);

        public ImmutableArray<StrictReadiness> Parts(StrictScope scope) => Judge().Parts(scope);

        private ReadinessJudge Judge()
        {
            var cluster = Given.ClusterOf(Objects, Workloads, Services, Edges, proxyCertificates: Certificates);
            var since = ScrapedSince ?? Given.Now - Lookback;
            var evidence = new LookbackEvidence(
                Lookback,
                Given.Now,
                Slot,
                NotKnown ? null : Unprotected,
                Arrivals.ToFrozenDictionary(entry => Given.Id(entry.Key), entry => entry.Value),
                Proxies.ToFrozenDictionary(entry => entry.Key, entry => entry.Value.First < since || (Lookback > TimeSpan.FromHours(1) && entry.Value == Whole) ? new ScrapedSpan(Given.Now - since, since, Given.Now) : entry.Value),
                Faults);
            return new ReadinessJudge(Given.Snapshot(cluster), cluster, evidence, 0.4);
        }
    }

    /// <summary>By pod; names alone are of namespace payments.</summary>
    private sealed class Scrapes : Dictionary<(string Namespace, string Pod), ScrapedSpan>
    {
        public Scrapes()
        {
            foreach (var pod in new[] { "ledger-a", "ledger-b", "ledger-c", "web-a", "web-b" })
            {
                this[pod] = Mesh.Whole;
            }
        }

        public ScrapedSpan this[string pod]
        {
            get => this[("payments", pod)];
            set => this[("payments", pod)] = value;
        }

        public bool Remove(string pod) => Remove(("payments", pod));
    }
}
