using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Testing;

namespace MeshConsole.Mesh.Tests.Timeline;

/// <summary>What is said to have changed, one difference at a time.</summary>
public sealed class ClusterDifferencesTests
{
    private const string Split = """{"hosts": ["api"], "http": [{"match": [{"headers": {"tier": {"exact": "gold"}}}], "route": [{"destination": {"host": "api", "subset": "v2"}}]}, {"route": [{"destination": {"host": "api", "subset": "v1"}, "weight": 90}, {"destination": {"host": "api", "subset": "v2"}, "weight": 10}]}]}""";

    [Fact]
    public void Nothing_BetweenASnapshotAndItself() => Between(Cluster(), Cluster()).ShouldBeEmpty();

    [Fact]
    public void WhatWasNeverRead_HasNotBeenCreatedWhenItIsRead()
    {
        var read = Cluster(o => o with { VirtualServices = [Route(Split, "1")] });
        Between(Cluster(o => o with { VirtualServices = default }), read).ShouldBeEmpty();
        Between(read, Cluster(o => o with { VirtualServices = default })).ShouldBeEmpty();
    }

    [Fact]
    public void Weights_Alone_AreNamedWithBothEnds()
    {
        var entry = Between(Cluster(o => o with { VirtualServices = [Route(Split, "1")] }), Cluster(o => o with { VirtualServices = [Route(Split.Replace("90", "50", StringComparison.Ordinal).Replace("10}", "50}", StringComparison.Ordinal), "2", "kubectl-edit")] })).ShouldHaveSingleItem();
        (entry.Kind, entry.Object, entry.By, entry.At).ShouldBe((TimelineKind.Weight, "VirtualService payments/api", "kubectl-edit", Given.Now));
        entry.Summary.ShouldBe("VirtualService payments/api: v1 90 → 50, v2 10 → 50.");
        entry.Diff!.ShouldContain("-    weight: 90\n");
        entry.Diff!.ShouldContain("+    weight: 50\n");
        entry.Touches.ShouldBe(["payments/api"]);
        entry.ChangeId.ShouldBeNull();
    }

    [Theory]
    [InlineData(50, 50, "payments/card-processor-v1")]
    [InlineData(100, 0, "payments/card-processor-v2")]
    [InlineData(180, 20, "")]
    public void Weights_ThatSendLess_NameWhomTheyRelieve(int stable, int canary, string relieved)
    {
        var rule = SampleMesh.Object("networking.istio.io/v1", "DestinationRule", "payments", "card-processor", """{"host":"card-processor","subsets":[{"name":"v1","labels":{"version":"v1"}},{"name":"v2","labels":{"version":"v2"}}]}""");
        ClusterSnapshot Split(int v1, int v2) => SampleMesh.ClusterOf(
            SampleMesh.PaymentsObjects() with { DestinationRules = [rule], VirtualServices = [With(SampleMesh.Object("networking.istio.io/v1", "VirtualService", "payments", "card-processor", $$"""{"hosts":["card-processor"],"http":[{"route":[{"destination":{"host":"card-processor","subset":"v1"},"weight":{{v1}}},{"destination":{"host":"card-processor","subset":"v2"},"weight":{{v2}}}]}]}"""), $"{v1}")] },
            []);

        string.Join(',', Between(Split(90, 10), Split(stable, canary)).ShouldHaveSingleItem().Relieves).ShouldBe(relieved, "by share, not by weight");
    }

    [Fact]
    public void Weights_BesideSomethingElse_AreAChangeOfTheRoute()
    {
        var changed = Split.Replace("90", "50", StringComparison.Ordinal).Replace("gold", "silver", StringComparison.Ordinal);
        Between(Cluster(o => o with { VirtualServices = [Route(Split, "1")] }), Cluster(o => o with { VirtualServices = [Route(changed, "2")] })).ShouldHaveSingleItem().Kind.ShouldBe(TimelineKind.Config);
    }

    [Fact]
    public void Weights_WrittenByTheConsole_NameItsChange()
    {
        var after = Route(Split.Replace("90", "80", StringComparison.Ordinal), "2", "meshconsole", "meshconsole.io/last-change=0190.3");
        var entry = Between(Cluster(o => o with { VirtualServices = [Route(Split, "1", annotations: "meshconsole.io/last-change=0180.1")] }), Cluster(o => o with { VirtualServices = [after] })).ShouldHaveSingleItem();
        entry.ChangeId.ShouldBe("0190");

        // The mark of an earlier change says nothing about who made this one.
        var foreign = Route(Split.Replace("90", "70", StringComparison.Ordinal), "3", "kubectl-edit", "meshconsole.io/last-change=0190.3");
        Between(Cluster(o => o with { VirtualServices = [after] }), Cluster(o => o with { VirtualServices = [foreign] })).ShouldHaveSingleItem().ChangeId.ShouldBeNull();
    }

    [Fact]
    public void StatusAlone_IsNoChange() =>
        Between(Cluster(o => o with { VirtualServices = [Route(Split, "1")] }), Cluster(o => o with { VirtualServices = [Route(Split, "2")] })).ShouldBeEmpty();

    [Fact]
    public void OrderOfMembers_IsNoChange()
    {
        Between(
            Cluster(o => o with { DestinationRules = [Given.Object("DestinationRule", "api", """{"host": "api", "subsets": []}""")] }),
            Cluster(o => o with { DestinationRules = [With(Given.Object("DestinationRule", "api", """{"subsets": [], "host": "api"}"""), "9")] })).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("payments", """{"mtls": {"mode": "STRICT"}}""", "payments/*")]
    [InlineData("istio-system", """{"mtls": {"mode": "STRICT"}}""", "*")]
    [InlineData("payments", """{"selector": {"matchLabels": {"app": "api"}}, "mtls": {"mode": "STRICT"}}""", "payments/api")]
    [InlineData("payments", """{"selector": {"matchLabels": {"app": "nobody"}}}""", "")]
    public void Policy_ThatCame_SaysWhomItConcerns(string @namespace, string spec, string touches)
    {
        var entry = Between(Cluster(), Cluster(o => o with { PeerAuthentications = [Given.Object("PeerAuthentication", "default", spec, @namespace)] })).ShouldHaveSingleItem();
        (entry.Kind, entry.Summary).ShouldBe((TimelineKind.Policy, $"PeerAuthentication {@namespace}/default was created."));
        string.Join(' ', entry.Touches).ShouldBe(touches);
    }

    [Fact]
    public void Deleted_KeepsWhatItWas()
    {
        var entry = Between(Cluster(o => o with { VirtualServices = [Route(Split, "1")] }), Cluster()).ShouldHaveSingleItem();
        entry.Summary.ShouldBe("VirtualService payments/api was deleted.");
        entry.By.ShouldBeNull();
        entry.Diff!.ShouldContain("-    weight: 90");
        entry.Touches.ShouldBe(["payments/api"]);
    }

    [Fact]
    public void Deployment_ComesScalesAndGoes()
    {
        static ClusterSnapshot With(int? replicas) => Cluster(o => o with { Deployments = replicas is { } many ? [new Controller(Given.Meta("api") with { ResourceVersion = $"{many}" }, "Deployment", many, many, many)] : [] });
        Between(With(null), With(2)).ShouldHaveSingleItem().Summary.ShouldBe("Deployment payments/api was created with 2 replicas.");
        var scaled = Between(With(2), With(5)).ShouldHaveSingleItem();
        (scaled.Kind, scaled.Summary).ShouldBe((TimelineKind.Scale, "Deployment payments/api asks for 5 replicas where it asked for 2."));
        var gone = Between(With(5), With(null)).ShouldHaveSingleItem();
        (gone.Kind, gone.Summary).ShouldBe((TimelineKind.Deploy, "Deployment payments/api was deleted."));
    }

    [Fact]
    public void AnotherImage_IsADeployment_AnotherProxyIsNot()
    {
        var before = Pods(Given.Pod("api-1"));
        var deployed = Between(before, Pods(Image(Given.Pod("api-2"), "app", "app:2"))).ShouldHaveSingleItem();
        (deployed.Kind, deployed.Summary).ShouldBe((TimelineKind.Deploy, "Deployment payments/api runs app:2 where app:1 ran."));
        Between(before, Pods(Image(Given.Pod("api-2"), "istio-proxy", "proxyv2:1.31.0"))).ShouldBeEmpty();
    }

    [Fact]
    public void Crash_IsSaidOnce_AndRestartsAreCounted()
    {
        var (well, crashing) = (Pods(Given.Pod("api-1")), Pods(Given.Pod("api-1", waiting: "CrashLoopBackOff")));
        Between(well, crashing).ShouldHaveSingleItem().Summary.ShouldBe("1 of 1 pods of payments/api do not start: CrashLoopBackOff.");
        Between(crashing, Pods(Given.Pod("api-1", waiting: "CrashLoopBackOff"))).ShouldBeEmpty();
        Between(Pods(Given.Pod("api-1", restarts: 1)), Pods(Given.Pod("api-1", restarts: 3))).ShouldHaveSingleItem().Summary.ShouldBe("2 containers of payments/api restarted.");
        Between(Pods(Given.Pod("api-1", restarts: 3)), Pods(Given.Pod("api-2"))).ShouldBeEmpty("a new pod begins at zero");
    }

    [Fact]
    public void Certificate_Replaced_IsARotation()
    {
        static CertificateBundle Secret(byte content, string version) => new(Given.Meta("pay-tls") with { ResourceVersion = version }, "Secret", "kubernetes.io/tls", [new CertificateEntry("tls.crt", [[content]], null)]);
        var entry = Between(Cluster(o => o with { Secrets = [Secret(1, "1")] }), Cluster(o => o with { Secrets = [Secret(2, "2")] })).ShouldHaveSingleItem();
        (entry.Kind, entry.Summary).ShouldBe((TimelineKind.Certificate, "Secret payments/pay-tls holds another certificate (tls.crt)."));
        Between(Cluster(o => o with { Secrets = [Secret(1, "1")] }), Cluster(o => o with { Secrets = [Secret(1, "2")] })).ShouldBeEmpty();
    }

    [Fact]
    public void SameChange_SeenByTwoReplicas_HasOneId()
    {
        var (before, after) = (Cluster(), Cluster(o => o with { VirtualServices = [Route(Split, "1")] }));
        ClusterDifferences.Between(before, after, Given.Now)[0].Id.ShouldBe(ClusterDifferences.Between(before, after, Given.Now.AddSeconds(1))[0].Id);
    }

    [Fact]
    public void HostileNames_StandInOneLine()
    {
        var item = Given.Object("VirtualService", "api\u202e\r\n<script>", Split);
        Between(Cluster(), Cluster(o => o with { VirtualServices = [item] })).ShouldHaveSingleItem().Summary.ShouldNotContain('\n');
    }

    private static ImmutableArray<TimelineEntry> Between(ClusterSnapshot before, ClusterSnapshot after) => ClusterDifferences.Between(before, after, Given.Now);

    private static ClusterSnapshot Cluster(Func<ClusterObjects, ClusterObjects>? change = null) =>
        Given.ClusterOf((change ?? (o => o))(Given.NoObjects), [Given.Workload("api")], [Given.Service("api")]);

    private static ClusterSnapshot Pods(params Pod[] pods) => Given.ClusterOf(Given.NoObjects with { Pods = [.. pods] }, [Given.Workload("api", pods: [.. pods])]);

    private static Pod Image(Pod pod, string container, string image) => pod with { Containers = [.. pod.Containers.Select(c => c.Name == container ? c with { Image = image } : c)] };

    private static MeshObject Route(string spec, string version, string? by = null, string? annotations = null) => With(Given.Object("VirtualService", "api", spec, annotations: annotations), version, by);

    private static MeshObject With(MeshObject item, string version, string? by = null) => item with { Meta = item.Meta with { ResourceVersion = version, LastWriter = by } };
}
