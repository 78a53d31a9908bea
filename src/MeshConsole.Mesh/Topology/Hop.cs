using System.Runtime.InteropServices;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Topology;

/// <summary>
/// The traffic of one protocol from one workload to another, over all services: the unit in which reporters are compared.
/// Caller and callee may name different services for the same requests, so nothing smaller may be.
/// </summary>
internal sealed class Hop
{
    public required WorkloadId Source { get; init; }

    public required WorkloadId Target { get; init; }

    public required NodeId SourceNode { get; init; }

    public required NodeId TargetNode { get; init; }

    public required string Protocol { get; init; }

    public required IReadOnlyList<Edge> Edges { get; init; }

    public ReporterTraffic? FromSource { get; init; }

    public ReporterTraffic? FromDestination { get; init; }

    public ReporterTraffic? FromWaypoint { get; init; }

    /// <summary>The edges whose Service the caller named; all of them when only the callee reports.</summary>
    public IEnumerable<Edge> Called => FromSource is null && FromWaypoint is null ? Edges : Edges.Where(IsNamedByCaller);

    /// <summary>The caller's view: what it sent, arrived or not; else what was seen to arrive.</summary>
    public ReporterTraffic? Caller => FromSource ?? FromWaypoint ?? FromDestination;

    /// <summary>The callee's view: its own proxy, else the waypoint that answers for it.</summary>
    public ReporterTraffic? Callee => FromDestination ?? FromWaypoint;

    /// <summary>
    /// Groups edges into hops. Requests that the callee counts under another Service than the caller (two Services may
    /// select the same pods) belong to the one the caller named.
    /// </summary>
    public static List<Hop> Group(IReadOnlyList<Edge> edges, LevelNodes levels)
    {
        var byPair = new Dictionary<(WorkloadId, WorkloadId, string), List<Edge>>();
        foreach (var edge in edges)
        {
            ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(byPair, (edge.Source.Workload, edge.Target.Workload, edge.Protocol), out _);
            (list ??= new List<Edge>(1)).Add(edge);
        }

        var hops = new List<Hop>(byPair.Count);
        foreach (var pair in byPair.Values)
        {
            if (pair.Count == 1)
            {
                hops.Add(Of(pair, levels.Target(pair[0]), levels));
                continue;
            }

            var named = pair.Where(IsNamedByCaller).MaxBy(edge => edge.CallerView?.RequestsPerSecond ?? edge.CallerView?.ConnectionsPerSecond ?? 0);
            foreach (var group in pair.GroupBy(edge => levels.Target(named is null || IsNamedByCaller(edge) ? edge : named)))
            {
                hops.Add(Of([.. group], group.Key, levels));
            }
        }

        return hops;
    }

    private static bool IsNamedByCaller(Edge edge) => edge.FromSource is not null || edge.FromWaypoint is not null;

    private static Hop Of(List<Edge> edges, NodeId target, LevelNodes levels) => new()
    {
        Source = edges[0].Source.Workload,
        Target = edges[0].Target.Workload,
        SourceNode = levels.Of(edges[0].Source.Workload),
        TargetNode = target,
        Protocol = edges[0].Protocol,
        Edges = edges,
        FromSource = ReporterTrafficSum.Of(edges.Select(edge => edge.FromSource)),
        FromDestination = ReporterTrafficSum.Of(edges.Select(edge => edge.FromDestination)),
        FromWaypoint = ReporterTrafficSum.Of(edges.Select(edge => edge.FromWaypoint)),
    };
}
