using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Topology;
using MeshConsole.Monitoring;
using MeshConsole.Testing;

namespace MeshConsole.Tests.Host;

public sealed class MetricsExporterTests
{
    [Fact]
    public void NamespaceWithAnExternalHostInIt_IsWrittenOnce()
    {
        var views = new FakeMeshViews
        {
            OnTopology = _ => SampleViews.Topology with
            {
                Nodes = [Node(NodeKind.External, "hooks.merchant.example", 3), Node(NodeKind.Namespace, "merchants", 12)],
                Edges = [],
            },
        };
        var exporter = new MetricsExporter(new FakeMeshSnapshots(SampleViews.Snapshot()), views, new ConnectionCounts(), new FakeTimeProvider(SampleViews.Now));

        var lines = exporter.Write().Split('\n');

        lines.Where(line => line.StartsWith("mesh_namespace_requests_per_second{", StringComparison.Ordinal)).ShouldHaveSingleItem().ShouldEndWith(" 12");
        lines.Where(line => line.StartsWith("mesh_namespace_error_ratio{", StringComparison.Ordinal)).ShouldHaveSingleItem();
    }

    private static TopologyNode Node(NodeKind kind, string name, double rate) => new()
    {
        Id = $"{SampleMesh.Cluster}/merchants/{kind}/{name}",
        Kind = kind,
        Cluster = SampleMesh.Cluster,
        Namespace = "merchants",
        Name = name,
        Health = Health.Healthy,
        Reasons = ["requests are answered"],
        RequestsPerSecond = rate,
        ErrorRatio = 0,
    };
}
