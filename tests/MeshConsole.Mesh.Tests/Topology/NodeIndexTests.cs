using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Tests.Topology;

public sealed class NodeIndexTests
{
    private static readonly NodeIndex s_index = new(Given.ClusterOf(
        workloads: [Given.Workload("web"), Given.Workload("edge", gateway: true), Given.Workload("way", waypoint: true), Given.Workload("web")],
        services: [Given.Service("ledger"), Given.Service("ledger")]));

    [Theory]
    [InlineData("web", "test/payments/workload/web")]
    [InlineData("edge", "test/payments/gateway/edge")]
    [InlineData("way", "test/payments/waypoint/way")]
    [InlineData("gone", "test/payments/workload/gone")]
    [InlineData("unknown", "test/unknown/unknown/unknown")]
    public void Source_IsTheKindClusterStateKnows(string source, string expected) =>
        s_index.SourceOf(Given.Edge(source, "web")).ToString().ShouldBe(expected);

    [Theory]
    [InlineData("ledger.payments.svc.cluster.local", "payments", "test/payments/service/ledger")]
    [InlineData("api.stripe.example", "payments", "test/payments/external/api.stripe.example")]
    [InlineData("PassthroughCluster", "unknown", "test/unknown/external/PassthroughCluster")]
    [InlineData("unknown", "unknown", "test/unknown/unknown/unknown")]
    [InlineData("", "", "test/unknown/unknown/unknown")]
    [InlineData("odd.host", "", "test/unknown/external/odd.host")]
    public void Target_WithoutWorkload_IsTheServiceOrTheHost(string host, string hostNamespace, string expected) =>
        s_index.TargetOf(Given.Edge("web", "unknown", host: host) with { ServiceNamespace = hostNamespace }).ToString().ShouldBe(expected);

    [Fact]
    public void Target_WithWorkload_IsThatWorkload() =>
        s_index.TargetOf(Given.Edge("web", "edge")).ToString().ShouldBe("test/payments/gateway/edge");
}
