using MeshConsole.Components.IncidentFiles;
using MeshConsole.Mesh.Incidents;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Tests.Components;

public sealed class BlastLayoutTests
{
    [Fact]
    public void Labels_OfArrowsThatCross_StandBesideEachOther()
    {
        // Two callers of two callees: both long arrows cross in the middle.
        var graph = new BlastGraph(
            [Node("cause", BlastRole.Cause, 0), Node("api", BlastRole.Symptom, 1), Node("refunds", BlastRole.Symptom, 1), Node("gateway", BlastRole.Gateway, 2), Node("checkout", BlastRole.Symptom, 2)],
            [Edge("api", "cause"), Edge("refunds", "cause"), Edge("gateway", "api"), Edge("gateway", "refunds"), Edge("checkout", "api"), Edge("checkout", "refunds")],
            0);

        var labels = BlastLayout.Of(graph).Arrows.Where(arrow => arrow.Failing).Select(arrow => (X: arrow.LabelX, Y: arrow.LabelY)).ToList();

        labels.Count.ShouldBe(6);
        foreach (var (one, index) in labels.Select((label, index) => (label, index)))
        {
            labels.Skip(index + 1).ShouldAllBe(other => Math.Abs(one.X - other.X) >= 44 || Math.Abs(one.Y - other.Y) >= 13);
            one.X.ShouldBeInRange(0, BlastLayout.Width);
        }
    }

    private static BlastNode Node(string id, BlastRole role, int distance) => new(id, role, Health.Failing, distance);

    private static BlastEdge Edge(string source, string target) => new(source, target, 10, 0.2);
}
