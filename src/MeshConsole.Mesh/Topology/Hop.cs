using System.Runtime.InteropServices;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Topology;

/// <summary>
/// The traffic of one protocol from one workload to another, over all services: the unit in which reporters are compared.
/// Caller and callee may name different services for the same requests, so nothing smaller may be.
/// </summary>
internal sealed record Hop
{
    public required WorkloadId Source { get; init; }

    public required WorkloadId Target { get; init; }

    public required NodeId SourceNode { get; init; }

    public required NodeId TargetNode { get; init; }

    /// <summary>Which stretch of the way from caller to callee it is, where other nodes stand between them.</summary>
    public HopLeg Leg { get; init; }

    /// <summary>The operation whose requests alone these are; empty for those without one beside others that have one, null for all.</summary>
    public string? Operation { get; init; }

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
    /// select the same pods) belong to the one the caller named. Where nodes stand between the ends, a hop is given as its
    /// legs, and each leg has the traffic that passes it.
    /// </summary>
    public static List<Hop> Group(IReadOnlyList<Edge> edges, LevelNodes levels)
    {
        var whole = Whole(edges, levels);
        if (!levels.HasNodesBetween)
        {
            return whole.ConvertAll(pair => pair.Hop);
        }

        var legs = new List<Hop>(2 * whole.Count);
        foreach (var (hop, between) in whole)
        {
            var next = between ?? hop.TargetNode;
            legs.AddRange(levels.HasOperations(hop.SourceNode) ? Operations(hop, next) : [hop with { TargetNode = next, Leg = between is null ? HopLeg.Whole : HopLeg.ToService }]);
            if (between is { } service)
            {
                // All of the hop, whatever operations it came by: only so do its latencies stay.
                legs.Add(hop with { SourceNode = service, Leg = HopLeg.FromService });
            }
        }

        return legs;
    }

    private static IEnumerable<Hop> Operations(Hop hop, NodeId next)
    {
        var rest = hop with { TargetNode = next, Leg = next == hop.TargetNode ? HopLeg.Whole : HopLeg.ToService };
        if (hop.Edges.All(edge => edge.Operations.IsEmpty))
        {
            yield return rest;
            yield break;
        }

        foreach (var operation in hop.Edges.SelectMany(edge => edge.Operations).Where(operation => operation.Name is not null).GroupBy(operation => operation.Name!, StringComparer.Ordinal))
        {
            var node = new NodeId(hop.SourceNode.Cluster, hop.SourceNode.Namespace, NodeKind.Operation, operation.Key);
            var part = hop with
            {
                TargetNode = node,
                Leg = HopLeg.ToOperation,
                Operation = operation.Key,
                FromSource = ReporterTrafficSum.Of(operation.Select(one => one.FromSource)),
                FromDestination = ReporterTrafficSum.Of(operation.Select(one => one.FromDestination)),
                FromWaypoint = null,
            };
            yield return part;
            yield return part with { SourceNode = node, TargetNode = next, Leg = HopLeg.FromOperation };
        }

        rest = rest with
        {
            Operation = "",
            FromSource = ReporterTrafficSum.Of(hop.Edges.SelectMany(edge => Unclassified(edge, edge.FromSource, operation => operation.FromSource))),
            FromDestination = ReporterTrafficSum.Of(hop.Edges.SelectMany(edge => Unclassified(edge, edge.FromDestination, operation => operation.FromDestination))),
            FromWaypoint = null,
        };
        if (rest.FromSource is not null || rest.FromDestination is not null)
        {
            yield return rest;
        }
    }

    /// <summary>Of an edge without operations that is all.</summary>
    private static IEnumerable<ReporterTraffic?> Unclassified(Edge edge, ReporterTraffic? all, Func<EdgeOperation, ReporterTraffic?> of) =>
        edge.Operations.IsEmpty ? [all] : edge.Operations.Where(operation => operation.Name is null).Select(of);

    private static List<(Hop Hop, NodeId? Between)> Whole(IReadOnlyList<Edge> edges, LevelNodes levels)
    {
        var byPair = new Dictionary<(WorkloadId, WorkloadId, string), List<Edge>>();
        foreach (var edge in edges)
        {
            ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(byPair, (edge.Source.Workload, edge.Target.Workload, edge.Protocol), out _);
            (list ??= new List<Edge>(1)).Add(edge);
        }

        var hops = new List<(Hop, NodeId?)>(byPair.Count);
        foreach (var pair in byPair.Values)
        {
            if (pair.Count == 1)
            {
                hops.Add((Of(pair, levels.Target(pair[0]), levels), levels.Between(pair[0])));
                continue;
            }

            var named = pair.Where(IsNamedByCaller).MaxBy(edge => edge.CallerView?.RequestsPerSecond ?? edge.CallerView?.ConnectionsPerSecond ?? 0);
            foreach (var group in pair.GroupBy(edge => named is null || IsNamedByCaller(edge) ? Way(edge) : Way(named)))
            {
                hops.Add((Of([.. group], group.Key.Target, levels), group.Key.Between));
            }
        }

        return hops;

        (NodeId Target, NodeId? Between) Way(Edge edge) => (levels.Target(edge), levels.Between(edge));
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

/// <summary>The stretches of the way from a caller to a callee.</summary>
internal enum HopLeg
{
    /// <summary>All of it: nothing stands between.</summary>
    Whole,

    /// <summary>From a gateway to one of its operations.</summary>
    ToOperation,

    /// <summary>From an operation of a gateway to whom it calls.</summary>
    FromOperation,

    /// <summary>From the caller to the service it names.</summary>
    ToService,

    /// <summary>From the service that was called to who answers for it.</summary>
    FromService,
}
