using MeshConsole.Mesh.Incidents;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Topology;
using MeshConsole.Mesh.Triage;
using MeshConsole.Testing.Storage;

namespace MeshConsole.Mesh.Tests.Incidents;

/// <summary>The pure parts of what is kept of an incident.</summary>
public sealed class EvidenceTests
{
    private static readonly DateTimeOffset s_at = StoredChanges.At;
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void Merge_OfOverlappingReads_TakesTheLaterAndKeepsWhatItDoesNotKnow()
    {
        var before = new Trend(s_at, s_minute, [1, 2, null, 4], null);
        var later = new Trend(s_at.AddMinutes(1), s_minute, [null, 30, 40, 50], "late");
        var merged = TrendMerge.Of(before, later, s_at, s_at.AddMinutes(9));
        (merged.Start, merged.Step, merged.Fault).ShouldBe((s_at, s_minute, "late"));
        merged.Points.ShouldBe([1, 2, 30, 40, 50]);
    }

    [Fact]
    public void Merge_OfReadsApart_LeavesAGapAndCutsToTheTime()
    {
        var before = new Trend(s_at, s_minute, [1, 2], null);
        var later = new Trend(s_at.AddMinutes(4), s_minute, [5, 6], null);
        TrendMerge.Of(before, later, s_at.AddSeconds(30), s_at.AddMinutes(4)).Points.ShouldBe([2, null, null, 5]);
    }

    [Fact]
    public void Merge_OfAReadThatFailed_TakesNothingAway()
    {
        var before = new Trend(s_at, s_minute, [1, 2], null);
        var merged = TrendMerge.Of(before, new Trend(s_at, s_minute, [], "Prometheus did not answer."), s_at, s_at.AddMinutes(9));
        merged.Points.ShouldBe([1, 2]);
        merged.Fault.ShouldBe("Prometheus did not answer.");
    }

    [Fact]
    public void Blast_OfACycle_NamesEachOnceWithItsDistanceAndKeepsTheBusiestEdge()
    {
        string cause = Id("cause"), caller = Id("caller"), far = Id("far");
        var problem = StoredIncidents.Problem with { Node = cause, Edge = null, BlastRadius = new TriageBlastRadius([caller], [], null) };
        var graph = BlastGraph.Of(problem, View([cause, caller, far], (far, caller, 5, 0.1), (caller, cause, 3, 0.2), (caller, cause, 30, 0.5), (cause, caller, 1, 0), (cause, cause, 9, 1)));
        graph.Nodes.Select(node => (node.Id, node.Role, node.Distance)).ShouldBe([(cause, BlastRole.Cause, 0), (caller, BlastRole.Symptom, 1), (far, BlastRole.Caller, 2)]);
        graph.Edges.Select(edge => (edge.Source, edge.Target, edge.RequestsPerSecond)).ShouldBe([(caller, cause, 30), (cause, caller, 1), (far, caller, 5)], ignoreOrder: true);
        graph.LeftOut.ShouldBe(0);
    }

    [Fact]
    public void Blast_WithTooManyCallers_LeavesSomeOutAndSaysHowMany()
    {
        var cause = Id("cause");
        var callers = Enumerable.Range(0, 40).Select(i => Id($"caller-{i:00}")).ToArray();
        var graph = BlastGraph.Of(StoredIncidents.Problem with { Node = cause, Edge = null, BlastRadius = TriageBlastRadius.None }, View([cause, .. callers], [.. callers.Select(caller => (caller, cause, 1.0, 0.0))]));
        graph.Nodes.Length.ShouldBe(BlastGraph.MostNodes);
        graph.Nodes[0].Id.ShouldBe(cause);
        graph.LeftOut.ShouldBe(41 - BlastGraph.MostNodes);
    }

    [Fact]
    public void Blast_OfAProblemWithoutANode_IsEmpty() =>
        BlastGraph.Of(StoredIncidents.Problem with { Node = null, Edge = null }, View([])).Nodes.ShouldBeEmpty();

    [Fact]
    public void Scope_LeavesOutGateways_AndIsEverywhereForAProblemOfTheWholeCluster()
    {
        var (cluster, namespaces) = IncidentScopes.Of([StoredIncidents.Problem with { BlastRadius = new TriageBlastRadius([Id("x", "risk")], [Id("in", "istio-ingress", "gateway")], null) }]);
        (cluster, string.Join(',', namespaces)).ShouldBe(("demo", "payments,risk"));

        (cluster, namespaces) = IncidentScopes.Of([StoredIncidents.Problem, StoredIncidents.Problem with { Node = null, Edge = null, Concerns = [], BlastRadius = TriageBlastRadius.None }]);
        namespaces.ShouldBeEmpty();
    }

    private static string Id(string name, string @namespace = "payments", string kind = "workload") => $"demo/{@namespace}/{kind}/{name}";

    private static TopologyView View(string[] nodes, params (string Source, string Target, double Rate, double Errors)[] edges) => new(
        1,
        s_at,
        60,
        [.. nodes.Select(id => new TopologyNode { Id = id, Kind = NodeKind.Workload, Cluster = "demo", Namespace = "payments", Name = id.Split('/')[3], Health = Health.Healthy, Reasons = ["x"] })],
        [.. edges.Select(edge => new TopologyEdge { Source = edge.Source, Target = edge.Target, Protocol = "http", RequestsPerSecond = edge.Rate, ErrorRatio = edge.Errors, Health = Health.Healthy, ReportedBy = "both", Mtls = new EdgeMutualTls(MutualTlsState.Unknown, null, null) })]);
}
