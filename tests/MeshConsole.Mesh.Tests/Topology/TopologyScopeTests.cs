using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Tests.Topology;

public sealed class TopologyScopeTests
{
    /// <summary>a → b → c → d → a, d → d, e alone, gateway → a, b → database over TCP, c → outside, unknown → c, f → a without traffic.</summary>
    private static readonly TopologyView s_view = new(
        1, DateTimeOffset.UnixEpoch, 60,
        [.. new[] { ("a", NodeKind.Workload), ("b", NodeKind.Workload), ("c", NodeKind.Workload), ("d", NodeKind.Workload), ("e", NodeKind.Workload), ("f", NodeKind.Workload), ("db", NodeKind.Workload), ("gate", NodeKind.Gateway), ("out", NodeKind.External), ("who", NodeKind.Unknown), ("lost", NodeKind.Service) }.Select(n => Node(n.Item1, n.Item2))],
        [Edge("a", "b"), Edge("b", "c"), Edge("c", "d"), Edge("d", "a"), Edge("d", "d"), Edge("gate", "a"), Edge("b", "db", "tcp"), Edge("c", "out"), Edge("who", "c"), Edge("f", "a", rate: 0), Edge("a", "lost", rate: double.NaN)]);

    [Theory]
    [InlineData("external", "a b c d e f db gate who lost")]
    [InlineData("unknown", "a b c d e f db gate out lost")]
    [InlineData("gateways", "a b c d e f db out who lost")]
    [InlineData("waypoints", "a b c d e f db gate out who lost")]
    [InlineData("services", "a b c d e f db gate out who")]
    [InlineData("tcp", "a b c d e f db gate out who lost")]
    [InlineData("idle", "a b c d db gate out who")]
    [InlineData("nonsense, external ,external", "a b c d e f db gate who lost")]
    public void Without_LeavesTheOthers(string without, string left)
    {
        var view = TopologyScope.Parse(without, null, null).Of(s_view, TopologyLevel.Workload);

        view.Nodes.Select(node => node.Name).ShouldBe(left.Split(' '));
        view.Edges.ShouldAllBe(edge => view.Nodes.Any(node => node.Id == edge.Source) && view.Nodes.Any(node => node.Id == edge.Target));
    }

    [Fact]
    public void WithoutTcp_TakesTheEdgesOnly() =>
        TopologyScope.Parse("tcp", null, null).Of(s_view, TopologyLevel.Workload).Edges.ShouldNotContain(edge => edge.Protocol == "tcp");

    [Fact]
    public void WithoutServices_DoesNotEmptyTheViewOfServices() =>
        TopologyScope.Parse("services", null, null).Of(s_view, TopologyLevel.Service).Nodes.Length.ShouldBe(s_view.Nodes.Length);

    [Theory]
    [InlineData("1", "a b d f gate lost")]
    [InlineData("2", "a b c d f db gate lost")]
    [InlineData("3", "a b c d f db gate out who lost")]
    [InlineData("99", "a b c d f db gate out who lost")]
    [InlineData("-1", "a b d f gate lost")]
    [InlineData("words", "a b d f gate lost")]
    public void Focus_WalksBothWaysAndThroughCycles(string hops, string found) =>
        TopologyScope.Parse(null, "a", hops).Of(s_view, TopologyLevel.Workload).Nodes.Select(node => node.Name).ShouldBe(found.Split(' '));

    [Fact]
    public void FocusOnANodeThatIsGone_LeavesAll()
    {
        var scope = TopologyScope.Parse(null, new string('x', 5_000), "1");

        scope.HasFocus(s_view).ShouldBeFalse();
        scope.Of(s_view, TopologyLevel.Workload).Nodes.Length.ShouldBe(s_view.Nodes.Length);
    }

    private static TopologyNode Node(string name, NodeKind kind) => new() { Id = name, Kind = kind, Cluster = "main", Namespace = "n", Name = name, Health = Health.Healthy, Reasons = ["r"] };

    private static TopologyEdge Edge(string source, string target, string protocol = "http", double rate = 1) => new()
    {
        Source = source,
        Target = target,
        Protocol = protocol,
        RequestsPerSecond = protocol == "tcp" ? null : rate,
        ConnectionsPerSecond = protocol == "tcp" ? rate : null,
        Mtls = new EdgeMutualTls(MutualTlsState.Mutual, 1, null),
        ReportedBy = "both",
        Health = Health.Healthy,
    };
}
