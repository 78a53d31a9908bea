using System.Collections.Immutable;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Panels;

/// <summary>What a panel is of, as the hops of one level: which of them count in which direction, and whose history that is.</summary>
internal sealed class Subject
{
    private const string ClusterPrefix = "cluster/";

    private readonly IReadOnlyList<Hop> _hops;
    private readonly Func<NodeId, bool> _inside;
    private readonly NodeId? _node;
    private readonly Func<Hop, bool>? _edge;
    private readonly ImmutableArray<string> _namespaces;

    private Subject(PanelKind kind, IReadOnlyList<Hop> hops, IReadOnlyList<Workload> workloads, IReadOnlyCollection<string> clusters, Func<NodeId, bool> inside, NodeId? node = null, Func<Hop, bool>? edge = null, ImmutableArray<string> namespaces = default)
    {
        (Kind, _hops, Workloads, Clusters, _inside, _node, _edge, _namespaces) = (kind, hops, workloads, clusters, inside, node, edge, namespaces.IsDefault ? [] : namespaces);
    }

    public PanelKind Kind { get; }

    /// <summary>Those that cluster state knows.</summary>
    public IReadOnlyList<Workload> Workloads { get; }

    /// <summary>Whose telemetry the numbers come from.</summary>
    public IReadOnlyCollection<string> Clusters { get; }

    /// <summary>Workloads that are called by an edge.</summary>
    public IEnumerable<WorkloadId> Targets => _hops.Where(hop => _edge?.Invoke(hop) == true).Select(hop => hop.Target).Distinct();

    public static Subject? Find(MeshSnapshot snapshot, MeshQuery query, TopologyForm form, string? id)
    {
        if (string.IsNullOrEmpty(id))
        {
            return Everything(snapshot, query);
        }

        if (id.StartsWith(ClusterPrefix, StringComparison.Ordinal) && snapshot.Clusters.FirstOrDefault(cluster => string.Equals(cluster.Name, id[ClusterPrefix.Length..], StringComparison.Ordinal)) is { } named)
        {
            return new Subject(PanelKind.Box, Hops(snapshot, TopologyLevel.Workload).Hops, named.Workloads, [named.Name], node => string.Equals(node.Cluster, named.Name, StringComparison.Ordinal));
        }

        var (hops, levels) = Hops(snapshot, form);
        if (hops.FirstOrDefault(hop => IsKey(hop, id)) is { } one)
        {
            bool Of(Hop hop) => hop.SourceNode == one.SourceNode && hop.TargetNode == one.TargetNode && string.Equals(hop.Protocol, one.Protocol, StringComparison.Ordinal);
            var ends = hops.Where(Of).SelectMany(hop => new[] { hop.Source, hop.Target }).Distinct().Select(levels.Nodes.Workload).OfType<Workload>().ToList();
            return new Subject(PanelKind.Edge, hops, ends, Clustered(one.SourceNode.Cluster, one.TargetNode.Cluster), _ => false, edge: Of);
        }

        if (!NodeId.TryParse(id, out var node))
        {
            return null;
        }

        return Exactly(snapshot, hops, levels, node, PanelKind.Node) ?? node.Kind switch
        {
            NodeKind.Namespace => Box(snapshot, node, TopologyLevel.Namespace),
            NodeKind.App => Box(snapshot, node, TopologyLevel.App),
            _ => null,
        };
    }

    public ImmutableArray<PanelTraffic> Traffic()
    {
        IEnumerable<(PanelDirection Direction, Func<Hop, bool> Of)> directions = Kind switch
        {
            PanelKind.Mesh => [(PanelDirection.All, hop => _inside(hop.SourceNode) || _inside(hop.TargetNode))],
            PanelKind.Edge => [(PanelDirection.Edge, _edge!)],
            PanelKind.Node => [(PanelDirection.In, hop => _inside(hop.TargetNode)), (PanelDirection.Out, hop => _inside(hop.SourceNode)), (PanelDirection.Within, IsWithin)],
            PanelKind.Box => [(PanelDirection.In, hop => _inside(hop.TargetNode) && !_inside(hop.SourceNode)), (PanelDirection.Out, hop => _inside(hop.SourceNode) && !_inside(hop.TargetNode)), (PanelDirection.Within, IsWithin)],
            _ => throw new InvalidOperationException($"No panel of {Kind}."),
        };
        return
        [
            .. directions
                .Select(direction => (direction.Direction, Hops: _hops.Where(direction.Of).ToList()))
                .Where(direction => direction.Hops.Count > 0)
                .Select(direction => TrafficFigures.Of(direction.Direction, direction.Hops) with { History = History(direction.Direction, direction.Hops) }),
        ];
    }

    private bool IsWithin(Hop hop) => _inside(hop.SourceNode) && _inside(hop.TargetNode);

    private static Subject Everything(MeshSnapshot snapshot, MeshQuery query)
    {
        var clusters = snapshot.Clusters.Where(cluster => query.MatchesCluster(cluster.Name)).ToList();
        return new Subject(
            PanelKind.Mesh,
            Hops(snapshot, TopologyLevel.Workload).Hops,
            [.. clusters.SelectMany(cluster => cluster.Workloads).Where(workload => query.Matches(workload.Id.Namespace))],
            [.. clusters.Select(cluster => cluster.Name)],
            node => query.MatchesCluster(node.Cluster) && query.Matches(node.Namespace),
            namespaces: query.Namespaces);
    }

    private static Subject? Box(MeshSnapshot snapshot, NodeId node, TopologyForm form)
    {
        var (hops, levels) = Hops(snapshot, form);
        return Exactly(snapshot, hops, levels, node, PanelKind.Box);
    }

    /// <summary>The node as its level draws it; null when the level has none such.</summary>
    private static Subject? Exactly(MeshSnapshot snapshot, IReadOnlyList<Hop> hops, LevelNodes levels, NodeId node, PanelKind kind)
    {
        var workloads = snapshot.Clusters.Where(cluster => string.Equals(cluster.Name, node.Cluster, StringComparison.Ordinal))
            .SelectMany(cluster => cluster.Workloads)
            .Where(workload => levels.AllOf(workload.Id).Contains(node))
            .ToList();
        return workloads.Count == 0 && !hops.Any(hop => hop.SourceNode == node || hop.TargetNode == node)
            ? null
            : new Subject(kind, hops, workloads, [node.Cluster], candidate => candidate == node, node);
    }

    private static (IReadOnlyList<Hop> Hops, LevelNodes Levels) Hops(MeshSnapshot snapshot, TopologyForm form)
    {
        var edges = MeshEdges.Of(snapshot);
        var levels = new LevelNodes(snapshot, form, edges);
        return (Hop.Group(edges, levels), levels);
    }

    private static bool IsKey(Hop hop, string id) =>
        id.EndsWith(hop.Protocol, StringComparison.Ordinal) && string.Equals($"{hop.SourceNode}|{hop.TargetNode}|{hop.Protocol}", id, StringComparison.Ordinal);

    private static IReadOnlyCollection<string> Clustered(params string[] names) => [.. names.Distinct(StringComparer.Ordinal)];

    /// <summary>
    /// What to ask of Prometheus for these hops: each cluster that has the end in question, with the workloads and hosts of
    /// that end. Calls between clusters are asked of the caller's cluster for what is sent, of the callee's for what arrives.
    /// </summary>
    private ImmutableSortedDictionary<string, HistoryScope> History(PanelDirection direction, List<Hop> hops)
    {
        // The histories of a whole cluster do not tell apart what comes from another one.
        if (_node is null && _edge is null)
        {
            return direction is PanelDirection.All or PanelDirection.Within
                ? Clusters.ToImmutableSortedDictionary(cluster => cluster, _ => new HistoryScope([], _namespaces), StringComparer.Ordinal)
                : ImmutableSortedDictionary<string, HistoryScope>.Empty;
        }

        var scopes = ImmutableSortedDictionary.CreateBuilder<string, HistoryScope>(StringComparer.Ordinal);
        foreach (var asked in hops.GroupBy(hop => direction == PanelDirection.In ? hop.TargetNode.Cluster : hop.SourceNode.Cluster, StringComparer.Ordinal))
        {
            var own = asked.ToList();
            scopes[asked.Key] = direction switch
            {
                _ when IsOfLegs(direction, own) => OfLegs(direction, own),
                PanelDirection.Edge => new HistoryScope([], []) { From = Ends(own.Select(hop => hop.Source)), To = Ends(own.Select(hop => hop.Target)), Hosts = Hosts(own), Protocol = own[0].Protocol == "tcp" ? null : own[0].Protocol, Operation = OneOperation(own) },
                PanelDirection.In => new HistoryScope([], []) { From = Outside(), To = Own(own.Select(hop => hop.Target)), Hosts = Hosts(own) },
                PanelDirection.Out => new HistoryScope([], []) { From = Own(own.Select(hop => hop.Source)), To = Outside() },
                PanelDirection.Within => new HistoryScope([], []) { From = Own(own.Select(hop => hop.Source)), To = Own(own.Select(hop => hop.Target)) },
                _ => throw new InvalidOperationException($"No history of {direction}."),
            };
        }

        return scopes.ToImmutable();
    }

    /// <summary>A workload at the end of a leg is asked for as ever.</summary>
    private bool IsOfLegs(PanelDirection direction, List<Hop> hops) =>
        (direction == PanelDirection.Edge || _node is { Kind: NodeKind.Service or NodeKind.Operation }) && hops.TrueForAll(hop => hop.Leg != HopLeg.Whole);

    private static string? OneOperation(List<Hop> hops) => hops.TrueForAll(hop => hop.Operation == hops[0].Operation) ? hops[0].Operation : null;

    /// <summary>
    /// What passes a node between callers and callees, or an edge to or from one. Such a node has no proxy: its traffic is told
    /// by the ends, the host and the operation.
    /// </summary>
    private HistoryScope OfLegs(PanelDirection direction, List<Hop> legs)
    {
        var one = legs[0];
        return new HistoryScope([], [])
        {
            From = Ends(legs.Select(leg => leg.Source)),
            To = Ends(legs.Select(leg => leg.Target)),
            Hosts = legs.TrueForAll(leg => leg.Leg is HopLeg.ToService or HopLeg.FromService) || one.TargetNode.Kind is NodeKind.Service ? Called(legs) : [],
            Reached = legs.TrueForAll(leg => leg.Leg == HopLeg.FromService),
            Operation = OneOperation(legs),
            Protocol = direction != PanelDirection.Edge || one.Protocol == "tcp" ? null : one.Protocol,
        };
    }

    /// <summary>The ends of the subject's own side: a whole namespace needs no list of its workloads.</summary>
    private ImmutableArray<HistoryEnd> Own(IEnumerable<WorkloadId> seen) =>
        _node is { Kind: NodeKind.Namespace } space ? [new HistoryEnd(space.Namespace, [])] : Ends(Workloads.Select(workload => workload.Id).Concat(seen));

    /// <summary>Of a box everybody else; of a node everybody, since its calls to itself count.</summary>
    private ImmutableArray<HistoryEnd> Outside()
    {
        if (Kind != PanelKind.Box)
        {
            return [];
        }

        var node = _node!.Value;
        return node.Kind == NodeKind.Namespace
            ? [new HistoryEnd(node.Namespace, [], Except: true)]
            : [new HistoryEnd(node.Namespace, [], Except: true), new HistoryEnd(node.Namespace, [.. Workloads.Select(workload => workload.Id.Name).Order(StringComparer.Ordinal)], Except: true)];
    }

    private static ImmutableArray<HistoryEnd> Ends(IEnumerable<WorkloadId> workloads) =>
    [
        .. workloads.Distinct()
            .GroupBy(id => id.Namespace, id => id.Name, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new HistoryEnd(group.Key, [.. group.Order(StringComparer.Ordinal)])),
    ];

    /// <summary>Where the callee is a Service or a host and no workload, the caller's word for it tells the calls apart.</summary>
    private static ImmutableArray<string> Hosts(List<Hop> hops) =>
        hops.All(hop => hop.TargetNode.Kind is NodeKind.Service or NodeKind.External)
            ? Called(hops)
            : [];

    private static ImmutableArray<string> Called(List<Hop> hops) =>
        [.. hops.SelectMany(hop => hop.Called).Select(edge => edge.ServiceHost).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
