using System.Text;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Kubernetes.Parsing;

namespace MeshConsole.Mesh.Tests.Kubernetes.Parsing;

/// <summary>CronJobs, APIServices and the mesh configuration: what readiness for STRICT reads beside traffic.</summary>
public sealed class CallerParserTests
{
    [Fact]
    public void CronJob_IsReadWithScheduleTemplateAndHosts()
    {
        var job = CronJob("""
            {"metadata":{"name":"nightly","namespace":"batch"},"spec":{"schedule":"30 2 * * *","timeZone":"Europe/Berlin","suspend":true,"jobTemplate":{"metadata":{"labels":{"no":"label"}},"spec":{"template":{
              "metadata":{"labels":{"app":"nightly","sidecar.istio.io/inject":"false"},"annotations":{"traffic.sidecar.istio.io/excludeOutboundPorts":"80","example.com/x":"y"}},
              "spec":{"hostNetwork":true,"volumes":[{"name":"a"}],
                "initContainers":[{"name":"wait","image":"w:1","command":["sh","-c","until nc -z ledger.finance 9090; do sleep 1; done"]}],
                "containers":[{"name":"app","image":"registry.example/app:2","args":["--url=http://settlement:8080/close"],"env":[
                  {"name":"A","value":"amqp://user:pass.word@event-bus.platform.svc:5672"},{"name":"B","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}},{"name":"C","value":null}]}]}}}}},
             "status":{"lastScheduleTime":"2026-03-01T01:30:00Z","lastSuccessfulTime":"2026-03-01T01:33:00Z","active":[]}}
            """);
        (job.Meta.Namespace, job.Meta.Name, job.Schedule, job.TimeZone, job.Suspended, job.HostNetwork).ShouldBe(("batch", "nightly", "30 2 * * *", "Europe/Berlin", true, true));
        job.LastScheduledAt.ShouldBe(new DateTimeOffset(2026, 3, 1, 1, 30, 0, TimeSpan.Zero));
        job.PodLabels.Keys.ShouldBe(["app", "sidecar.istio.io/inject"]);
        job.PodAnnotations.Keys.ShouldBe(["traffic.sidecar.istio.io/excludeOutboundPorts"]);
        job.Hosts.ShouldBe(["event-bus.platform.svc", "ledger.finance", "settlement"]);
    }

    [Theory]
    [InlineData("""{"metadata":{"name":"x"}}""")]
    [InlineData("""{"metadata":{"name":"x"},"spec":null,"status":null}""")]
    [InlineData("""{"metadata":{"name":"x"},"spec":{"jobTemplate":null}}""")]
    [InlineData("""{"metadata":{"name":"x"},"spec":{"jobTemplate":{"spec":{"template":{"metadata":null,"spec":{"containers":null}}}}},"status":{}}""")]
    public void CronJob_WithHardlyAnything_IsReadAllTheSame(string json)
    {
        var job = CronJob(json);
        (job.Schedule, job.TimeZone, job.Suspended, job.HostNetwork, job.LastScheduledAt).ShouldBe(("", null, false, false, null));
        job.Hosts.ShouldBeEmpty();
        job.PodLabels.ShouldBeEmpty();
    }

    [Fact]
    public void CronJob_SecretsInItsTexts_AreNotKept()
    {
        var job = CronJob("""{"metadata":{"name":"x"},"spec":{"jobTemplate":{"spec":{"template":{"spec":{"containers":[{"env":[{"name":"PASSWORD","value":"hunter2hunter2"},{"name":"TOKEN","value":"eyJhbGciOi_J9xx"}],"args":["--key","AKIA1234567890"]}]}}}}}}""");
        job.Hosts.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("http://ledger", "ledger")]
    [InlineData("http://ledger:8080/a?b=c.d.1x", "ledger,c.d.1x")]
    [InlineData("https://u:p@ledger/x", "ledger")]
    [InlineData("ledger", "")]
    [InlineData("ledger:8080", "")]
    [InlineData("ledger.finance:8080", "ledger.finance")]
    [InlineData("LEDGER.Finance.svc.cluster.local.", "ledger.finance.svc.cluster.local")]
    [InlineData("jdbc:postgresql://postgres-0.postgres.finance.svc:5432/db?user=a@b", "postgres-0.postgres.finance.svc")]
    [InlineData("10.0.0.1:80 1.30.3 v.1 -a.b a.b- a..b", "v.1")]
    [InlineData("mail someone@finance", "")]
    [InlineData("redis://:se.cret:p@s.word@cache.payments:6379", "cache.payments")]
    [InlineData("user:pass.word@tcp(postgres.finance:5432)/db", "postgres.finance")]
    [InlineData("http://", "")]
    [InlineData("http://u@", "")]
    [InlineData("", "")]
    public void Hosts_AreFoundInTexts(string text, string hosts)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        HostNames.Collect(text, found);
        found.ShouldBe(hosts.Split(',', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Hosts_OfAnEndlessText_AreNotEndless()
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        HostNames.Collect(string.Join(' ', Enumerable.Range(0, 5_000).Select(i => $"a{i}.b")) + " " + new string('a', 100_000), found);
        found.Count.ShouldBe(64);
    }

    [Theory]
    [InlineData("""{"metadata":{"name":"v1.cards"},"spec":{"service":{"namespace":"payments","name":"cards","port":8443}}}""", "payments/cards:8443")]
    [InlineData("""{"metadata":{"name":"v1.cards"},"spec":{"caBundle":"eA==","service":{"namespace":"payments","name":"cards"},"version":"v1"}}""", "payments/cards:443")]
    [InlineData("""{"metadata":{"name":"v1.apps"},"spec":{"service":null,"version":"v1"}}""", null)]
    [InlineData("""{"metadata":{"name":"v1.apps"},"spec":null}""", null)]
    [InlineData("""{"metadata":{"name":"v1.apps"}}""", null)]
    public void ApiService_IsKeptWhereAServiceAnswersIt(string json, string? called)
    {
        var api = new ApiServiceParser().Parse(Encoding.UTF8.GetBytes(json));
        (api is null ? null : $"{api.ServiceNamespace}/{api.ServiceName}:{api.ServicePort}").ShouldBe(called);
    }

    [Theory]
    [InlineData("enableAutoMtls: true", true, null)]
    [InlineData("enableAutoMtls: false", false, null)]
    [InlineData("enableAutoMtls: off", false, null)]
    [InlineData("enableAutoMtls:", true, null)]
    [InlineData("defaultConfig:\n  enableAutoMtls: false\naccessLogFile: /dev/stdout", true, null)]
    [InlineData("# enableAutoMtls: false\nrootNamespace: mesh-root\nextensionProviders:\n- name: a\n  b: [{c: d}]\nenableAutoMtls: FALSE # why", false, "mesh-root")]
    [InlineData("{enableAutoMtls: false, ? [a, b] : c}", false, null)]
    [InlineData("", true, null)]
    [InlineData("\n# nothing\n", true, null)]
    public void MeshConfiguration_IsRead(string mesh, bool autoMtls, string? root)
    {
        var read = Mesh(mesh)!;
        (read.Revision, read.AutoMtls, read.RootNamespace, read.Problem).ShouldBe(("default", autoMtls, root, null));
    }

    [Theory]
    [InlineData("enableAutoMtls: \"false\"")]
    [InlineData("enableAutoMtls: 0")]
    [InlineData("enableAutoMtls: {}")]
    [InlineData("- a")]
    [InlineData("just a text")]
    [InlineData("enableAutoMtls: [")]
    [InlineData("a: b: c")]
    public void MeshConfiguration_ThatCannotBeRead_IsAProblemAndNotADefault(string mesh) => Mesh(mesh)!.Problem.ShouldNotBeNull();

    /// <summary>A reader that descends for every bracket would end the process.</summary>
    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    public void MeshConfiguration_NestedWithoutEnd_CostsItsLength(string open) =>
        Mesh("other: " + string.Concat(Enumerable.Repeat(open, 200_000)))!.Problem.ShouldNotBeNull();

    [Fact]
    public void MeshConfiguration_AliasesOfAliases_AreNotMultipliedOut()
    {
        var bomb = new StringBuilder("a0: &a0 [x, x]\n");
        for (var i = 1; i < 60; i++)
        {
            bomb.Append(System.Globalization.CultureInfo.InvariantCulture, $"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}]\n");
        }

        Mesh(bomb + "enableAutoMtls: false")!.AutoMtls.ShouldBeFalse();
    }

    [Fact]
    public void MeshConfiguration_WithoutItsKey_IsAProblem() =>
        new MeshConfigurationParser().Parse(Encoding.UTF8.GetBytes("""{"metadata":{"name":"istio","labels":{"istio.io/rev":"default"}},"data":{"meshNetworks":"networks: {}"}}"""))!.Problem.ShouldBe("has no key mesh");

    [Theory]
    [InlineData("istio", "default", true)]
    [InlineData("istio-1-30", "1-30", true)]
    [InlineData("istio-1-30", "default", false)]
    [InlineData("istio", "1-30", false)]
    [InlineData("istio-sidecar-injector", "default", false)]
    public void MeshConfiguration_IsTheOneThatIsCalledAfterItsRevision(string name, string revision, bool kept) =>
        (Mesh("enableAutoMtls: true", name, revision) is not null).ShouldBe(kept);

    private static MeshConfiguration? Mesh(string mesh, string name = "istio", string revision = "default") => new MeshConfigurationParser().Parse(Encoding.UTF8.GetBytes(new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "istio-system", ["labels"] = new JsonObject { ["istio.io/rev"] = revision } },
        ["data"] = new JsonObject { ["mesh"] = mesh },
    }.ToJsonString()));

    private static CronJob CronJob(string json) => new CronJobParser().Parse(Encoding.UTF8.GetBytes(json));
}
