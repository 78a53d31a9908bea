using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Tests.Mtls;

public sealed class EffectivePoliciesTests
{
    private static readonly MeshObject s_strict = Given.Object("PeerAuthentication", "default", """{"mtls":{"mode":"STRICT"}}""");

    [Fact]
    public void Build_WorkloadAndPort_AreRowsOfTheirOwn()
    {
        var policy = Given.Object("PeerAuthentication", "ledger", """{"selector":{"matchLabels":{"app":"ledger"}},"mtls":{"mode":"STRICT"},"portLevelMtls":{"8080":{"mode":"PERMISSIVE"}}}""");
        var rows = Build([policy], [Given.Workload("ledger"), Given.Workload("web", "front")]);

        rows.Select(r => (r.Workload, r.Port, r.Mode, r.DecidedBy?.Name)).ShouldBe(
        [
            ("test/payments/workload/ledger", null, "STRICT", "ledger"),
            ("test/payments/workload/ledger", 8080, "PERMISSIVE", "ledger"),
            ("test/front/workload/web", null, "PERMISSIVE", null),
        ]);
        rows.ShouldAllBe(r => r.Conflicts.IsEmpty);
    }

    [Fact]
    public void Build_OneNamespace_GivesOnlyIts() =>
        EffectivePolicies.Build(Snapshot([s_strict], [Given.Workload("ledger"), Given.Workload("web", "front")]), MeshQuery.For(null, ["front"]))
            .Select(r => r.Workload).ShouldBe(["test/front/workload/web"]);

    [Theory]
    [InlineData("istio-system", "PERMISSIVE", null)]
    [InlineData("mesh-root", "STRICT", "mesh-root")]
    public void Build_RootNamespace_IsTheConfiguredOne(string root, string mode, string? decidedIn)
    {
        var policy = Given.Object("PeerAuthentication", "default", """{"mtls":{"mode":"STRICT"}}""", "mesh-root");
        var cluster = Given.ClusterOf(Given.NoObjects with { PeerAuthentications = [policy] }, [Given.Workload("ledger")]) with { RootNamespace = root };

        var row = EffectivePolicies.Build(Given.Snapshot(cluster), MeshQuery.All).ShouldHaveSingleItem();

        (row.Mode, row.DecidedBy?.Namespace).ShouldBe((mode, decidedIn));
    }

    [Fact]
    public void Build_PoliciesNotRead_IsUnknownWithTheReason()
    {
        var cluster = Given.ClusterOf(
            Given.NoObjects with { PeerAuthentications = default },
            [Given.Workload("ledger")],
            sources: [new SourceStatus("kubernetes/peerauthentications", SourceState.Disabled, Given.Now, null, "The API server has no PeerAuthentication kind.")]);
        var row = EffectivePolicies.Build(Given.Snapshot(cluster), MeshQuery.All).ShouldHaveSingleItem();
        row.Mode.ShouldBe("UNKNOWN");
        row.Conflicts.ShouldContain("PeerAuthentications are not known: The API server has no PeerAuthentication kind.");
    }

    [Fact]
    public void Build_NoProxy_IsNotEnforced()
    {
        var mixed = Given.Workload("mixed", pods: [Given.Pod("a"), Given.Pod("b", proxy: false)]);
        var rows = Build([s_strict], [Given.Workload("bare", plane: DataPlane.None), Given.Workload("empty", pods: []), Given.Workload("linkerd", plane: DataPlane.Linkerd, pods: [Given.Pod("l")]), mixed]);
        rows[0].Conflicts.ShouldContain(c => c.StartsWith("No pod has a proxy: nothing enforces the mode", StringComparison.Ordinal));
        rows[1].Conflicts.ShouldContain(c => c.StartsWith("No pod runs", StringComparison.Ordinal));
        rows[2].Conflicts.ShouldContain(c => c.StartsWith("Linkerd's proxies do not read PeerAuthentication", StringComparison.Ordinal));
        rows[3].Conflicts.ShouldContain("1 of 2 pods have no proxy: nothing enforces the mode there.");
    }

    [Fact]
    public void Build_Gateway_SaysThatItsServersHaveTheirOwnTls() =>
        Build([s_strict], [Given.Workload("edge", gateway: true)])[0].Conflicts.ShouldHaveSingleItem().ShouldStartWith("A gateway");

    [Fact]
    public void Build_ExcludedInboundPort_IsSaid() =>
        Build([s_strict], [Given.Workload("ledger", pods: [Given.Pod("a", annotations: "traffic.sidecar.istio.io/excludeInboundPorts=9090, 15, x,99999999999")])])[0].Conflicts
            .ShouldBe(
            [
                "Port 15 passes by the proxy (annotation traffic.sidecar.istio.io/excludeInboundPorts): the mode is not enforced there.",
                "Port 9090 passes by the proxy (annotation traffic.sidecar.istio.io/excludeInboundPorts): the mode is not enforced there.",
            ]);

    [Fact]
    public void Build_PortThatIsTheServicesAndNotTheContainers_IsSaid()
    {
        var policy = Given.Object("PeerAuthentication", "ledger", """{"selector":{"matchLabels":{"app":"ledger"}},"portLevelMtls":{"80":{"mode":"STRICT"},"7":{"mode":"STRICT"}}}""");
        var rows = Build([policy], [Given.Workload("ledger")], services: [Given.Service("ledger")]);
        rows[1].Port.ShouldBe(7);
        rows[1].Conflicts.ShouldHaveSingleItem().ShouldStartWith("No container declares port 7");
        rows[2].Port.ShouldBe(80);
        rows[2].Conflicts.ShouldHaveSingleItem().ShouldStartWith("80 is a port of Service ledger, not of a container: the entry means container ports, here 8080");
    }

    /// <summary>The matrix of client setting and server mode: what is said of calls that fail or lose protection, null when they agree.</summary>
    [Theory]
    [InlineData("DISABLE", "DISABLE", null)]
    [InlineData("DISABLE", "PERMISSIVE", "plaintext, which PERMISSIVE accepts")]
    [InlineData("DISABLE", "STRICT", "plaintext, which STRICT refuses: the calls fail")]
    [InlineData("DISABLE", "none", null)]
    [InlineData("ISTIO_MUTUAL", "DISABLE", "DISABLE accepts plaintext only: the calls fail")]
    [InlineData("ISTIO_MUTUAL", "PERMISSIVE", null)]
    [InlineData("ISTIO_MUTUAL", "STRICT", null)]
    [InlineData("ISTIO_MUTUAL", "none", "pods that have no proxy to speak it: the calls fail")]
    [InlineData("SIMPLE", "DISABLE", "only if the application itself speaks TLS")]
    [InlineData("SIMPLE", "PERMISSIVE", "only if the application itself speaks TLS")]
    [InlineData("SIMPLE", "STRICT", "which STRICT refuses: the calls fail")]
    [InlineData("SIMPLE", "none", "only if the application itself speaks TLS")]
    [InlineData("MUTUAL", "STRICT", "which STRICT refuses: the calls fail")]
    [InlineData("NONSENSE", "STRICT", "none that Istio knows")]
    public void Build_DestinationRule_MeetsTheMode(string client, string server, string? expected)
    {
        var rule = Given.Object("DestinationRule", "ledger", """{"host":"ledger","trafficPolicy":{"tls":{"mode":"MODE"}}}""".Replace("MODE", client));
        var policy = Given.Object("PeerAuthentication", "default", $$$"""{"mtls":{"mode":"{{{(server == "none" ? "STRICT" : server)}}}"}}""");
        var workload = Given.Workload("ledger", plane: server == "none" ? DataPlane.None : DataPlane.Sidecar);
        var said = Build([policy], [workload], [rule], [Given.Service("ledger")])[0].Conflicts.Where(c => c.StartsWith("DestinationRule", StringComparison.Ordinal)).ToList();
        if (expected is null)
        {
            said.ShouldBeEmpty();
        }
        else
        {
            said.ShouldHaveSingleItem().ShouldContain(expected);
            said[0].ShouldStartWith("DestinationRule payments/ledger sets ");
        }
    }

    [Theory]
    [InlineData("""{"host":"ledger","trafficPolicy":{"connectionPool":{}}}""", 0)]
    [InlineData("""{"host":"ledger"}""", 0)]
    [InlineData("""{"host":"other","trafficPolicy":{"tls":{"mode":"DISABLE"}}}""", 0)]
    [InlineData("""{"host":"ledger.payments.svc.cluster.local","trafficPolicy":{"tls":{"mode":"DISABLE"}}}""", 1)]
    [InlineData("""{"host":"*.payments.svc.cluster.local","trafficPolicy":{"tls":{"mode":"DISABLE"}}}""", 1)]
    [InlineData("""{"host":"*.local","trafficPolicy":{"tls":{"mode":"DISABLE"}}}""", 1)]
    [InlineData("""{"host":"ledger","trafficPolicy":{"portLevelSettings":[{"port":{"number":80},"tls":{"mode":"DISABLE"}}]}}""", 1)]
    [InlineData("""{"host":"ledger","trafficPolicy":{"portLevelSettings":[{"port":{"number":80}},{"port":"80","tls":{"mode":"DISABLE"}},7,null]}}""", 0)]
    [InlineData("""{"host":"ledger","subsets":[{"name":"v1","labels":{"app":"ledger"},"trafficPolicy":{"tls":{"mode":"DISABLE"}}}]}""", 1)]
    [InlineData("""{"host":"ledger","subsets":[{"name":"v1","labels":{"version":"v9"},"trafficPolicy":{"tls":{"mode":"DISABLE"}}}]}""", 0)]
    [InlineData("""{"host":"ledger","trafficPolicy":{"tls":{}}}""", 1)]
    [InlineData("""{"host":7,"trafficPolicy":[],"subsets":{"a":1}}""", 0)]
    [InlineData("""{"host":"ledger","trafficPolicy":"x","subsets":["x",null,{"name":1}]}""", 0)]
    [InlineData("null", 0)]
    public void Build_DestinationRuleShapes_AreReadOrLeft(string rule, int conflicts) =>
        Build([s_strict], [Given.Workload("ledger")], [Given.Object("DestinationRule", "r", rule)], [Given.Service("ledger")])[0].Conflicts.Length.ShouldBe(conflicts);

    [Fact]
    public void Build_MoreSpecificHost_WinsWithinANamespace()
    {
        var wide = Given.Object("DestinationRule", "wide", """{"host":"*.local","trafficPolicy":{"tls":{"mode":"DISABLE"}}}""");
        var exact = Given.Object("DestinationRule", "exact", """{"host":"ledger","trafficPolicy":{"tls":{"mode":"ISTIO_MUTUAL"}}}""");
        Build([s_strict], [Given.Workload("ledger")], [wide, exact], [Given.Service("ledger")])[0].Conflicts.ShouldBeEmpty();
    }

    [Fact]
    public void Build_RuleOfAnotherNamespace_IsForItsCallers() =>
        Build([s_strict], [Given.Workload("ledger")], [Given.Object("DestinationRule", "r", """{"host":"ledger.payments.svc.cluster.local","trafficPolicy":{"tls":{"mode":"DISABLE"}}}""", "front")], [Given.Service("ledger")])[0].Conflicts
            .ShouldHaveSingleItem().ShouldStartWith("DestinationRule front/r sets tls mode DISABLE for callers in namespace front of ledger.payments.svc.cluster.local:");

    [Fact]
    public void Build_PortSetting_MeetsTheModeOfTheContainersPort()
    {
        // Service port 80 is container port 8080, which is PERMISSIVE: the STRICT of the rest is not met.
        var policy = Given.Object("PeerAuthentication", "ledger", """{"selector":{"matchLabels":{"app":"ledger"}},"mtls":{"mode":"STRICT"},"portLevelMtls":{"8080":{"mode":"PERMISSIVE"}}}""");
        var rule = Given.Object("DestinationRule", "r", """{"host":"ledger","trafficPolicy":{"portLevelSettings":[{"port":{"number":80},"tls":{"mode":"DISABLE"}}]}}""");
        var rows = Build([policy], [Given.Workload("ledger")], [rule], [Given.Service("ledger")]);
        rows[0].Conflicts.ShouldBeEmpty();
        rows[1].Conflicts.ShouldHaveSingleItem().ShouldContain("port 80: they send plaintext, which PERMISSIVE accepts");
    }

    /// <summary>Between proxies that speak HBONE the tunnel is encrypted, whatever a rule says.</summary>
    [Theory]
    [InlineData("DISABLE", "PERMISSIVE", null)]
    [InlineData("DISABLE", "STRICT", "callers without HBONE send plaintext, which STRICT refuses; over HBONE they are encrypted all the same")]
    [InlineData("ISTIO_MUTUAL", "PERMISSIVE", null)]
    [InlineData("ISTIO_MUTUAL", "STRICT", null)]
    [InlineData("SIMPLE", "PERMISSIVE", "sent inside HBONE: this works only if the application itself speaks TLS")]
    [InlineData("SIMPLE", "STRICT", "sent inside HBONE: this works only if the application itself speaks TLS")]
    [InlineData("MUTUAL", "STRICT", "sent inside HBONE: this works only if the application itself speaks TLS")]
    public void Build_AmbientMeetsDestinationRule_IsSaidWhereItMatters(string client, string server, string? expected)
    {
        var rule = Given.Object("DestinationRule", "r", """{"host":"ledger","trafficPolicy":{"tls":{"mode":"MODE"}}}""".Replace("MODE", client, StringComparison.Ordinal));
        var policy = Given.Object("PeerAuthentication", "default", """{"mtls":{"mode":"MODE"}}""".Replace("MODE", server, StringComparison.Ordinal));
        var said = Build([policy], [Given.Workload("ledger", plane: DataPlane.Ambient, pods: [Given.Pod("a", proxy: false)])], [rule], [Given.Service("ledger")])[0].Conflicts;
        if (expected is null)
        {
            said.ShouldBeEmpty();
        }
        else
        {
            said.ShouldHaveSingleItem().ShouldContain(expected);
        }
    }

    [Fact]
    public void Build_MutualTlsOfPodsSomeOfWhichHaveNoProxy_IsSaid()
    {
        var rule = Given.Object("DestinationRule", "r", """{"host":"ledger","trafficPolicy":{"tls":{"mode":"ISTIO_MUTUAL"}}}""");
        var mixed = Given.Workload("ledger", pods: [Given.Pod("a"), Given.Pod("b", proxy: false)]);
        Build([s_strict], [mixed], [rule], [Given.Service("ledger")])[0].Conflicts.ShouldContain(said => said.Contains("the pods without proxy cannot speak", StringComparison.Ordinal));
    }

    private static List<EffectivePolicy> Build(MeshObject[] policies, Workload[] workloads, MeshObject[]? rules = null, Service[]? services = null) =>
        [.. EffectivePolicies.Build(Snapshot(policies, workloads, rules, services), MeshQuery.All)];

    private static MeshSnapshot Snapshot(MeshObject[] policies, Workload[] workloads, MeshObject[]? rules = null, Service[]? services = null) =>
        Given.Snapshot(Given.ClusterOf(Given.NoObjects with { PeerAuthentications = [.. policies], DestinationRules = [.. rules ?? []] }, workloads, services));
}
