using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls.Readiness;

namespace MeshConsole.Mesh.Tests.Mtls.Readiness;

/// <summary>Callers that traffic does not show: jobs that did not run, the API server, and proxies without auto mTLS.</summary>
public sealed partial class ReadinessJudgeTests
{
    private static readonly StrictScope s_web = new(Given.Cluster, "payments", "web");

    [Fact]
    public void Judge_CronJobWithoutProxyThatNamesTheServiceAndDidNotRun_IsUnproven()
    {
        var mesh = WithJobs(Job("nightly", Given.Now.AddHours(-9), hosts: ["ledger.payments.svc.cluster.local"]));
        foreach (var scope in new[] { s_mesh, s_payments, s_ledger, s_ledger with { Port = 8080 } })
        {
            var answer = mesh.Judge(scope);
            (answer.Verdict, answer.Blockers.Length).ShouldBe((ReadinessVerdict.Unproven, 0), scope.ToString());
            var finding = answer.Unproven.Single();
            (finding.Code, finding.Workload).ShouldBe(("cron-job-not-seen", "payments/ledger"));
            finding.Message.ShouldBe(
                "CronJob batch/nightly names ledger.payments.svc.cluster.local and has not run within 1 h, so what it sends there was not seen. "
                + "It ran last at 2026-02-28 17:10 UTC and runs next at 2026-03-01 17:10 UTC. "
                + "Its pods are given no proxy: it can only send plaintext, which STRICT would refuse at its next run.");
            (Value(finding, "cron job"), Value(finding, "schedule"), Value(finding, "proxy")).ShouldBe(("batch/nightly", "10 17 * * * (Etc/UTC)", "none"));
        }

        mesh.Judge(s_web).Verdict.ShouldBe(ReadinessVerdict.Ready);
        mesh.Judge(s_ledger with { Port = 9090 }).Verdict.ShouldBe(ReadinessVerdict.Ready, "the Service leads to 8080 only");
    }

    [Theory]
    [InlineData("http://ledger", "batch", false)] // A bare name is of its own namespace.
    [InlineData("http://ledger", "payments", true)]
    [InlineData("ledger.payments", "batch", true)]
    [InlineData("ledger.payments.svc", "batch", true)]
    [InlineData("ledger-0.ledger.payments.svc", "batch", true)]
    [InlineData("ledger.payments.svc.other.local", "batch", false)]
    [InlineData("ledger.finance", "batch", false)]
    [InlineData("api.ledger.payments", "batch", false)]
    public void Judge_CronJob_NamesAServiceAsItsResolverWould(string text, string space, bool names)
    {
        var hosts = new SortedSet<string>(StringComparer.Ordinal);
        MeshConsole.Mesh.Kubernetes.Parsing.HostNames.Collect(text, hosts);
        var mesh = WithJobs(Job("nightly", null, space, hosts: [.. hosts]));
        mesh.Judge(s_ledger).Unproven.Any(found => found.Code == "cron-job-not-seen" && found.Workload == "payments/ledger").ShouldBe(names);
    }

    [Theory]
    [InlineData(-30, true)]
    [InlineData(-60, true)] // Just when the look-back began.
    [InlineData(-61, false)]
    [InlineData(-1, false)] // Too young to be in the samples; the run before is a day old.
    public void Judge_CronJob_CountsAsSeenOnceItRanInTheLookback(int minutes, bool seen) =>
        WithJobs(Job("nightly", Given.Now.AddMinutes(minutes), hosts: ["ledger.payments"])).Judge(s_ledger).Verdict
            .ShouldBe(seen ? ReadinessVerdict.Ready : ReadinessVerdict.Unproven);

    /// <summary>Every five minutes: the newest run began a moment ago, those before it are in the look-back.</summary>
    [Fact]
    public void Judge_CronJobThatRunsOften_IsSeenByItsEarlierRuns()
    {
        var often = Job("often", Given.Now.AddMinutes(-1), hosts: ["ledger.payments"]) with { Schedule = "*/5 * * * *" };
        WithJobs(often).Judge(s_ledger).Verdict.ShouldBe(ReadinessVerdict.Ready);
        WithJobs(often with { Meta = Given.Meta("often", "batch", createdAt: Given.Now.AddMinutes(-2)) }).Judge(s_ledger).Verdict.ShouldBe(ReadinessVerdict.Unproven, "it did not exist then");
        WithJobs(often with { Schedule = "whenever" }).Judge(s_ledger).Verdict.ShouldBe(ReadinessVerdict.Unproven);
    }

    [Theory]
    [InlineData("istio-injection=enabled")]
    [InlineData("istio.io/dataplane-mode=ambient")]
    public void Judge_CronJobWithProxy_IsAWarningOnly(string labels)
    {
        var mesh = WithJobs(Job("nightly", null, hosts: ["ledger.payments"]));
        var answer = (mesh with { Objects = mesh.Objects with { Namespaces = [new Namespace(Given.Meta("batch", "", labels: labels))] } }).Judge(s_ledger);
        answer.Verdict.ShouldBe(ReadinessVerdict.Ready);
        answer.Warnings.Single(found => found.Code == "cron-job-not-seen").Message.ShouldContain("It has never run and runs next at 2026-03-01 17:10 UTC. Its pods are given a proxy");
    }

    /// <summary>What the pods of its newest run had beats what labels would give the next.</summary>
    [Fact]
    public void Judge_CronJobWithFinishedPods_IsJudgedByTheNewest()
    {
        var job = Job("nightly", Given.Now.AddHours(-9), hosts: ["ledger.payments"]);
        Pod Run(string name, bool proxy, int hoursAgo) => Given.Pod(name, "batch", proxy) with
        {
            Phase = PodPhase.Succeeded,
            Meta = Given.Meta(name, "batch", createdAt: Given.Now.AddHours(-hoursAgo)) with { Owners = [new OwnerReference("batch/v1", "Job", "nightly-29531520", "u", true)] },
        };
        var mesh = WithJobs(job);
        (mesh with { Objects = mesh.Objects with { Pods = [Run("a", false, 33), Run("b", true, 9)] } }).Judge(s_ledger).Verdict.ShouldBe(ReadinessVerdict.Ready);
        (mesh with { Objects = mesh.Objects with { Pods = [Run("a", true, 33), Run("b", false, 9)] } }).Judge(s_ledger).Verdict.ShouldBe(ReadinessVerdict.Unproven);
    }

    [Fact]
    public void Judge_CronJobInANamespaceThatMayNotBeRead_IsNotTakenForProxied()
    {
        var mesh = WithJobs(Job("nightly", null, hosts: ["ledger.payments"]));
        (mesh with { Objects = mesh.Objects with { Namespaces = default } }).Judge(s_ledger).Unproven.Single().Message.ShouldEndWith("Whether its pods are given a proxy is not known.");
    }

    [Fact]
    public void Judge_SuspendedCronJob_IsSaidToBeSo()
    {
        var finding = WithJobs(Job("nightly", Given.Now.AddDays(-12), hosts: ["ledger.payments"]) with { Suspended = true }).Judge(s_ledger).Unproven.Single();
        finding.Message.ShouldContain("It ran last at 2026-02-17 02:10 UTC and is suspended.");
        Value(finding, "next run").ShouldBeNull();
    }

    /// <summary>Whom it calls is not known: beside the scope's workloads it is a reason to doubt, elsewhere a thing to look at.</summary>
    [Fact]
    public void Judge_CronJobThatNamesNobody_CountsInItsOwnNamespace()
    {
        var inside = WithJobs(Job("nightly", null, "payments"));
        inside.Judge(s_payments).Unproven.Single().Message.ShouldContain("names no Service, so whom it calls in namespace payments is not known");
        inside.Judge(s_mesh).Verdict.ShouldBe(ReadinessVerdict.Unproven);
        inside.Judge(s_ledger).Verdict.ShouldBe(ReadinessVerdict.Ready);
        inside.Judge(s_ledger).Warnings.Single(found => found.Code == "cron-job-not-seen").Message.ShouldContain("payments/nightly");

        var outside = WithJobs(Job("backup", null, "kube-system"), Job("other", null));
        var answer = outside.Judge(s_mesh);
        answer.Verdict.ShouldBe(ReadinessVerdict.Ready);
        answer.Warnings.Single(found => found.Code == "cron-job-not-seen").Message.ShouldContain("batch/other, kube-system/backup");
    }

    [Fact]
    public void Judge_CronJobThatNamesSomebodyElse_IsNoMatterOfThisScope()
    {
        var answer = WithJobs(Job("nightly", null, "payments", hosts: ["web.payments"])).Judge(s_ledger);
        answer.Verdict.ShouldBe(ReadinessVerdict.Ready);
        answer.Warnings.ShouldNotContain(found => found.Code == "cron-job-not-seen");
    }

    /// <summary>The port that the job calls goes on accepting plaintext, so the namespace need not wait for it.</summary>
    [Fact]
    public void Judge_CronJobTowardsAPortThatAPolicyExcepts_LeavesTheNamespaceReady()
    {
        var mesh = WithJobs(Job("nightly", null, hosts: ["ledger.payments"]));
        mesh = mesh with { Objects = mesh.Objects with { PeerAuthentications = [Given.Object("PeerAuthentication", "keep", """{"selector":{"matchLabels":{"app":"ledger"}},"mtls":{"mode":"STRICT"},"portLevelMtls":{"8080":{"mode":"PERMISSIVE"}}}""")] } };
        mesh.Judge(s_payments).Verdict.ShouldBe(ReadinessVerdict.Ready);
        mesh.Judge(s_ledger).Verdict.ShouldBe(ReadinessVerdict.Unproven);
    }

    [Theory]
    [InlineData("CronJobs", "cron-jobs-unknown")]
    [InlineData("MutatingWebhooks", "api-server-unknown")]
    [InlineData("ValidatingWebhooks", "api-server-unknown")]
    [InlineData("ApiServices", "api-server-unknown")]
    [InlineData("MeshConfigurations", "mesh-configuration-unknown")]
    [InlineData("NoMeshConfiguration", "mesh-configuration-unknown")]
    [InlineData("BrokenMeshConfiguration", "mesh-configuration-unknown")]
    [InlineData("OtherRoot", "root-namespace-differs")]
    public void Judge_CallersAndSettingsThatMayNotBeRead_AreUnproven(string what, string code)
    {
        var objects = what switch
        {
            "CronJobs" => Given.NoObjects with { CronJobs = default },
            "MutatingWebhooks" => Given.NoObjects with { MutatingWebhooks = default },
            "ValidatingWebhooks" => Given.NoObjects with { ValidatingWebhooks = default },
            "ApiServices" => Given.NoObjects with { ApiServices = default },
            "MeshConfigurations" => Given.NoObjects with { MeshConfigurations = default },
            "NoMeshConfiguration" => Given.NoObjects with { MeshConfigurations = [] },
            "BrokenMeshConfiguration" => Given.NoObjects with { MeshConfigurations = [Settings(true) with { Problem = "has no key mesh" }] },
            _ => Given.NoObjects with { MeshConfigurations = [Settings(true) with { RootNamespace = "mesh-root" }] },
        };
        foreach (var scope in new[] { s_mesh, s_payments, s_ledger })
        {
            var answer = new Mesh { Objects = objects }.Judge(scope);
            answer.Verdict.ShouldBe(ReadinessVerdict.Unproven);
            var finding = answer.Unproven.Single();
            finding.Code.ShouldBe(code);
            finding.Fix.ShouldNotBeNullOrEmpty();
        }
    }

    [Fact]
    public void Judge_WebhookBehindTheScope_BlocksItsPort()
    {
        var hook = new AdmissionWebhook("check", "payments", "ledger", null, FailsClosed: true, null);
        var mesh = WithWebhooks(hook);
        foreach (var scope in new[] { s_mesh, s_payments, s_ledger, s_ledger with { Port = 9443 } })
        {
            var finding = mesh.Judge(scope).Blockers.Single();
            (finding.Code, finding.Workload, Value(finding, "object"), Value(finding, "container port")).ShouldBe(("api-server-caller", "payments/ledger", "ValidatingWebhookConfiguration checks", "9443"));
            finding.Message.ShouldBe(
                "ValidatingWebhookConfiguration checks makes the API server call ledger.payments.svc.cluster.local:443: it has no proxy and no certificate of the mesh, "
                + "so STRICT on payments/ledger refuses it, and requests that it looks at are refused (failurePolicy Fail).");
            finding.Fix.ShouldBe("Keep PERMISSIVE for port 9443 of payments/ledger (portLevelMtls), or take it past the proxy (annotation traffic.sidecar.istio.io/excludeInboundPorts: \"9443\").");
        }

        mesh.Judge(s_web).Verdict.ShouldBe(ReadinessVerdict.Ready);
        mesh.Judge(s_ledger with { Port = 8080 }).Verdict.ShouldBe(ReadinessVerdict.Ready);
        WithWebhooks(hook with { FailsClosed = false }).Judge(s_ledger).Blockers.Single().Message.ShouldContain("it is skipped in silence (failurePolicy Ignore)");
    }

    [Theory]
    [InlineData("https://ledger.payments.svc:443/x", true)]
    [InlineData("https://ledger.payments.svc.cluster.local/x", true)]
    [InlineData("https://ledger.payments:443/x", false)] // The API server's own resolver takes the search domains of no namespace.
    [InlineData("https://other.payments.svc/x", false)]
    [InlineData("https://hooks.example/x", false)]
    [InlineData("nonsense", false)]
    public void Judge_WebhookThatIsWrittenAsAnAddress_IsRecognisedByItsHost(string url, bool blocks) =>
        WithWebhooks(new AdmissionWebhook("check", null, null, url, FailsClosed: true, null)).Judge(s_ledger).Verdict.ShouldBe(blocks ? ReadinessVerdict.Blocked : ReadinessVerdict.Ready);

    [Fact]
    public void Judge_WebhookAtAPortThatPassesByTheProxy_IsNotCutOff()
    {
        var mesh = WithWebhooks(new AdmissionWebhook("check", "payments", "ledger", null, FailsClosed: true, null));
        mesh = mesh with { Workloads = [Given.Workload("ledger", pods: [Given.Pod("ledger-a", annotations: "traffic.sidecar.istio.io/excludeInboundPorts=9443")]), s_workloads[1]] };
        mesh.Judge(s_ledger).Blockers.Select(found => found.Code).ShouldBe(["port-not-captured"]);
    }

    [Fact]
    public void Judge_WebhookAtAPortThatAPolicyExcepts_BlocksOnlyTheWorkload()
    {
        var mesh = WithWebhooks(new AdmissionWebhook("check", "payments", "ledger", null, FailsClosed: true, null));
        mesh = mesh with { Objects = mesh.Objects with { PeerAuthentications = [Given.Object("PeerAuthentication", "keep", """{"selector":{"matchLabels":{"app":"ledger"}},"mtls":{"mode":"STRICT"},"portLevelMtls":{"9443":{"mode":"PERMISSIVE"}}}""")] } };
        mesh.Judge(s_payments).Verdict.ShouldBe(ReadinessVerdict.Ready);
        mesh.Judge(s_ledger).Verdict.ShouldBe(ReadinessVerdict.Blocked);
    }

    [Theory]
    [InlineData(DataPlane.Sidecar, true)]
    [InlineData(DataPlane.Ambient, true)]
    [InlineData(DataPlane.None, false)] // Nothing refuses anything there; that is another blocker.
    public void Judge_AggregatedApiBehindTheScope_Blocks(DataPlane plane, bool blocks)
    {
        var mesh = WithPort(new Mesh { Workloads = [Given.Workload("ledger", plane: plane), s_workloads[1]], Objects = Given.NoObjects with { ApiServices = [new ApiService(Given.Meta("v1.cards.example", ""), "payments", "ledger", 443)] } });
        var found = mesh.Judge(s_ledger).Blockers.Where(one => one.Code == "api-server-caller").ToList();
        found.Count.ShouldBe(blocks ? 1 : 0);
        found.ShouldAllBe(one => one.Message.Contains("APIService v1.cards.example makes the API server call") && one.Message.Contains("requests for that API fail"));
    }

    [Fact]
    public void Judge_AutoMtlsOff_BlocksWhereNoDestinationRuleTellsCallersToEncrypt()
    {
        var mesh = new Mesh { Objects = Given.NoObjects with { MeshConfigurations = [Settings(false)] } };
        foreach (var scope in new[] { s_mesh, s_payments })
        {
            mesh.Judge(scope).Blockers.Select(found => (found.Code, found.Workload)).ShouldBe([("auto-mtls-off", "payments/ledger"), ("auto-mtls-off", "payments/web")]);
        }

        // Four pods have a proxy, two of each workload.
        mesh.Judge(s_ledger).Blockers.Single().Message.ShouldBe(
            "ConfigMap istio-system/istio sets enableAutoMtls to false for 4 proxies of revision default, and no DestinationRule tells them all what to send to ledger.payments.svc.cluster.local: they send plaintext, which STRICT on payments/ledger refuses.");

        var told = mesh with { Objects = mesh.Objects with { DestinationRules = [Given.Object("DestinationRule", "mutual", """{"host":"*.local","trafficPolicy":{"tls":{"mode":"ISTIO_MUTUAL"}}}""", "istio-system")] } };
        told.Judge(s_mesh).Verdict.ShouldBe(ReadinessVerdict.Ready);
    }

    [Fact]
    public void Judge_AutoMtlsOffForARevisionThatNobodyUses_IsNoMatter() =>
        new Mesh { Objects = Given.NoObjects with { MeshConfigurations = [Settings(true), Settings(false, "old")] } }.Judge(s_mesh).Verdict.ShouldBe(ReadinessVerdict.Ready);

    [Fact]
    public void Judge_AutoMtlsOffForOneRevision_CountsItsProxies()
    {
        var canary = Given.Pod("web-b") with { Meta = Given.Meta("web-b", labels: "istio.io/rev=1-30") };
        var mesh = new Mesh
        {
            Workloads = [s_workloads[0], Given.Workload("web", pods: [Given.Pod("web-a"), canary])],
            Objects = Given.NoObjects with { MeshConfigurations = [Settings(true), Settings(false, "1-30")] },
        };
        mesh.Judge(s_ledger).Blockers.Single().Message.ShouldContain("ConfigMap istio-system/istio-1-30 sets enableAutoMtls to false for 1 proxy of revision 1-30");
        (mesh with { Objects = Given.NoObjects with { MeshConfigurations = [Settings(true)] } }).Judge(s_ledger).Unproven.Single().Message.ShouldBe(
            "Whether proxies of revision 1-30 use mutual TLS by themselves (enableAutoMtls) is not known: there is no ConfigMap istio-1-30 with label istio.io/rev: 1-30.");
    }

    [Fact]
    public void Judge_AutoMtlsOffBeforeAnAmbientCallee_IsAWarning()
    {
        var pods = ImmutableArray.Create(Given.Pod("ledger-a", proxy: false, annotations: "ambient.istio.io/redirection=enabled"));
        var mesh = new Mesh { Workloads = [Given.Workload("ledger", plane: DataPlane.Ambient, pods: pods), s_workloads[1]], Objects = Given.NoObjects with { MeshConfigurations = [Settings(false)] } };
        mesh.Judge(s_ledger).Blockers.ShouldBeEmpty();
        mesh.Judge(s_ledger).Warnings.ShouldContain(found => found.Code == "auto-mtls-off");
    }

    private static MeshConfiguration Settings(bool autoMtls, string revision = "default") =>
        new(Given.Meta(MeshConfiguration.NameOf(revision), "istio-system"), revision, autoMtls, null, null);

    private static CronJob Job(string name, DateTimeOffset? last, string space = "batch", ImmutableArray<string>? hosts = null) =>
        new(Given.Meta(name, space), "10 17 * * *", "Etc/UTC", Suspended: false, last, Given.Labels(), Given.Labels(), HostNetwork: false, hosts ?? []);

    private static Mesh WithJobs(params CronJob[] jobs) => new()
    {
        Objects = Given.NoObjects with
        {
            CronJobs = [.. jobs.OrderBy(job => job.Meta.Namespace, StringComparer.Ordinal)],
            Namespaces = [.. new[] { "batch", "kube-system", "payments" }.Select(name => new Namespace(Given.Meta(name, "")))],
        },
    };

    private static Mesh WithWebhooks(params AdmissionWebhook[] hooks) =>
        WithPort(new Mesh { Objects = Given.NoObjects with { ValidatingWebhooks = [new WebhookConfiguration(Given.Meta("checks", ""), "ValidatingWebhookConfiguration", [.. hooks])] } });

    private static Mesh WithPort(Mesh mesh) => mesh with
    {
        Services = [Given.Service("ledger", ports: [new ServicePort("http", 80, "8080", "TCP", null), new ServicePort("hook", 443, "9443", "TCP", null)]), Given.Service("web")],
    };
}
