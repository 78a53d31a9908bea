using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Tests.Mtls;

/// <summary>What becomes of calls when the mesh configuration switches auto mTLS off.</summary>
public sealed class AutoMtlsTests
{
    private const string Host = "ledger.payments.svc.cluster.local";

    /// <summary>The row "none" of the conflict matrix turns into the row DISABLE where enableAutoMtls is false.</summary>
    [Theory]
    [InlineData("STRICT", DataPlane.Sidecar, "which STRICT refuses: the calls fail (503, flags UF or UC)")]
    [InlineData("PERMISSIVE", DataPlane.Sidecar, "which PERMISSIVE accepts")]
    [InlineData("DISABLE", DataPlane.Sidecar, null)]
    [InlineData("STRICT", DataPlane.None, null)]
    [InlineData("PERMISSIVE", DataPlane.None, null)]
    [InlineData("STRICT", DataPlane.Ambient, "over HBONE they are encrypted all the same")]
    [InlineData("PERMISSIVE", DataPlane.Ambient, null)]
    public void Build_AutoMtlsOff_IsSaidWhereItMatters(string server, DataPlane plane, string? expected)
    {
        var policy = Given.Object("PeerAuthentication", "default", """{"mtls":{"mode":"MODE"}}""".Replace("MODE", server, StringComparison.Ordinal));
        var conflicts = Rows(autoMtls: false, [policy], plane)[0].Conflicts.Where(said => said.Contains("enableAutoMtls", StringComparison.Ordinal)).ToList();
        if (expected is null)
        {
            conflicts.ShouldBeEmpty();
        }
        else
        {
            var said = conflicts.ShouldHaveSingleItem();
            said.ShouldStartWith("ConfigMap istio-system/istio sets enableAutoMtls to false for ");
            said.ShouldContain(expected);
        }

        Rows(autoMtls: true, [policy], plane)[0].Conflicts.ShouldNotContain(one => one.Contains("enableAutoMtls", StringComparison.Ordinal));
    }

    [Fact]
    public void Build_AutoMtlsOffAndARuleForOnePort_IsSaidOfTheOthers()
    {
        var policy = Given.Object("PeerAuthentication", "own", """{"selector":{"matchLabels":{"app":"ledger"}},"mtls":{"mode":"STRICT"},"portLevelMtls":{"9090":{"mode":"STRICT"}}}""");
        var rule = Given.Object("DestinationRule", "r", """{"host":"ledger","trafficPolicy":{"portLevelSettings":[{"port":{"number":81},"tls":{"mode":"ISTIO_MUTUAL"}}]}}""");
        var rows = Rows(autoMtls: false, [policy], DataPlane.Sidecar, rule);
        rows.Single(row => row.Port is null).Conflicts.ShouldContain(said => said.Contains("enableAutoMtls", StringComparison.Ordinal));
        rows.Single(row => row.Port == 9090).Conflicts.ShouldNotContain(said => said.Contains("enableAutoMtls", StringComparison.Ordinal));
    }

    [Fact]
    public void Explain_PlaintextOfACallerWithoutAutoMtls_NamesTheConfigMap()
    {
        var workloads = new[] { Given.Workload("ledger"), Given.Workload("web") };
        PlaintextEdge Explain(ClusterObjects objects) => MtlsCoverageBuilder.Build(
            Given.Snapshot(Given.ClusterOf(objects, workloads, [Given.Service("ledger")], [Given.Edge("web", "ledger", fromDestination: Given.Http(plaintext: 2))])), MeshQuery.All).Plaintext.ShouldHaveSingleItem();

        var off = Given.NoObjects with { MeshConfigurations = [Settings(false)] };
        var row = Explain(off);
        row.Cause.ShouldBe("auto-mtls-off");
        row.Reason.ShouldBe($"ConfigMap istio-system/istio sets enableAutoMtls to false for proxies of revision default, and no DestinationRule tells payments/web to encrypt what it sends to {Host}.");
        row.Fix.ShouldContain("set tls mode ISTIO_MUTUAL");

        // Told otherwise, the caller would encrypt: the reason is another one.
        Explain(off with { DestinationRules = [Given.Object("DestinationRule", "r", """{"host":"ledger","trafficPolicy":{"tls":{"mode":"ISTIO_MUTUAL"}}}""")] }).Cause.ShouldBe("unexplained");
        Explain(Given.NoObjects).Fix.ShouldNotContain("enableAutoMtls");
        Explain(Given.NoObjects with { MeshConfigurations = default }).Fix.ShouldContain("enableAutoMtls: false in the mesh configuration, which could not be read");
    }

    /// <summary>Ports 80 and 81 of ledger.payments: who is told nothing about them.</summary>
    [Theory]
    [InlineData("80,81")]
    [InlineData("80,81", "payments: {\"host\":\"ledger\",\"trafficPolicy\":{\"outlierDetection\":{}}}")]
    [InlineData("", "payments: {\"host\":\"ledger\",\"trafficPolicy\":{\"tls\":{\"mode\":\"ISTIO_MUTUAL\"}}}")]
    [InlineData("", "payments: {\"host\":\"ledger\",\"trafficPolicy\":{\"tls\":{\"mode\":\"DISABLE\"}}}")] // Told something; that it is plaintext is another finding.
    [InlineData("81", "payments: {\"host\":\"ledger\",\"trafficPolicy\":{\"portLevelSettings\":[{\"port\":{\"number\":80},\"tls\":{\"mode\":\"ISTIO_MUTUAL\"}}]}}")]
    [InlineData("", "payments: {\"host\":\"ledger\",\"trafficPolicy\":{\"tls\":{\"mode\":\"ISTIO_MUTUAL\"},\"portLevelSettings\":[{\"port\":{\"number\":80}}]}}")] // Without tls of its own the general one holds.
    [InlineData("80,81", "payments: {\"host\":\"ledger\",\"subsets\":[{\"name\":\"v1\",\"trafficPolicy\":{\"tls\":{\"mode\":\"ISTIO_MUTUAL\"}}}]}")] // Calls without subset are told nothing.
    [InlineData("80,81", "payments: {\"host\":\"ledger\",\"exportTo\":[\".\"],\"trafficPolicy\":{\"tls\":{\"mode\":\"ISTIO_MUTUAL\"}}}")]
    [InlineData("", "payments: {\"host\":\"ledger\",\"exportTo\":[\"*\"],\"trafficPolicy\":{\"tls\":{\"mode\":\"ISTIO_MUTUAL\"}}}")]
    [InlineData("80,81", "payments: {\"host\":\"ledger\",\"workloadSelector\":{\"matchLabels\":{\"app\":\"web\"}},\"trafficPolicy\":{\"tls\":{\"mode\":\"ISTIO_MUTUAL\"}}}")]
    [InlineData("80,81", "web: {\"host\":\"ledger.payments.svc.cluster.local\",\"trafficPolicy\":{\"tls\":{\"mode\":\"ISTIO_MUTUAL\"}}}")] // Callers of other namespaces are not.
    [InlineData("", "istio-system: {\"host\":\"*.local\",\"trafficPolicy\":{\"tls\":{\"mode\":\"ISTIO_MUTUAL\"}}}")]
    [InlineData("80,81", "istio-system: {\"host\":\"*.local\",\"trafficPolicy\":{\"tls\":{\"mode\":\"ISTIO_MUTUAL\"}}}", "payments: {\"host\":\"ledger\",\"trafficPolicy\":{\"outlierDetection\":{}}}")] // The service's namespace is looked at first.
    [InlineData("80,81", "istio-system: {\"host\":\"*.local\",\"trafficPolicy\":{\"tls\":{\"mode\":\"ISTIO_MUTUAL\"}}}", "web: {\"host\":\"ledger.payments.svc.cluster.local\",\"trafficPolicy\":{\"outlierDetection\":{}}}")] // The caller's before that.
    [InlineData("", "istio-system: {\"host\":\"*.local\",\"trafficPolicy\":{\"tls\":{\"mode\":\"ISTIO_MUTUAL\"}}}", "web: {\"host\":\"other.payments.svc.cluster.local\",\"trafficPolicy\":{}}")]
    public void LeftToAuto_ByRules(string left, params string[] rules)
    {
        var objects = rules.Select((text, index) => text.Split(": ", 2) is [var space, var spec] ? Given.Object("DestinationRule", $"r{index}", spec, space) : throw new ArgumentException(text)).ToImmutableArray();
        new ClientTlsRules(objects).LeftToAuto(Host, "payments", [80, 81]).ShouldBe(left.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse));
    }

    private static MeshConfiguration Settings(bool autoMtls) => new(Given.Meta("istio", "istio-system"), "default", autoMtls, null, null);

    private static List<EffectivePolicy> Rows(bool autoMtls, MeshObject[] policies, DataPlane plane, params MeshObject[] rules)
    {
        var ledger = plane == DataPlane.Ambient ? Given.Workload("ledger", plane: plane, pods: [Given.Pod("a", proxy: false)]) : Given.Workload("ledger", plane: plane);
        var service = Given.Service("ledger", ports: [new ServicePort("http", 80, "8080", "TCP", null), new ServicePort("grpc", 81, "9090", "TCP", null)]);
        var objects = Given.NoObjects with { PeerAuthentications = [.. policies], DestinationRules = [.. rules], MeshConfigurations = [Settings(autoMtls)] };
        return [.. EffectivePolicies.Build(Given.Snapshot(Given.ClusterOf(objects, [ledger, Given.Workload("web")], [service])), MeshQuery.All).Where(row => row.Workload.EndsWith("/ledger", StringComparison.Ordinal))];
    }
}
