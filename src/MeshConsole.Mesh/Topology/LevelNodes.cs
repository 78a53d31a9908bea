using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Topology;

/// <summary>
/// Which node of a view stands for a workload, a Service or an edge's end. Gateways and waypoints keep their own node but in
/// the namespace view; external hosts and the unknown node always do.
/// </summary>
internal sealed class LevelNodes
{
    private readonly TopologyForm _form;
    private readonly TopologyLevel _level;
    private readonly Dictionary<WorkloadId, List<Service>> _services = [];
    private readonly Dictionary<WorkloadId, string> _apps = [];
    private readonly Dictionary<WorkloadId, string> _versions = [];

    public LevelNodes(MeshSnapshot snapshot, TopologyForm form, IReadOnlyList<Edge> edges)
    {
        _form = form;
        _level = form.Level;
        Nodes = MeshNodes.Of(snapshot);
        if (_level == TopologyLevel.Service || form.HasServices)
        {
            IndexServices(snapshot);
        }

        if (_level is TopologyLevel.App or TopologyLevel.VersionedApp)
        {
            foreach (var edge in edges)
            {
                Note(edge.Source);
                Note(edge.Target);
            }
        }

        void Note(Peer peer)
        {
            if (peer.App is { Length: > 0 } app)
            {
                _apps.TryAdd(peer.Workload, app);
            }

            if (peer.Version is { Length: > 0 } version)
            {
                _versions.TryAdd(peer.Workload, version);
            }
        }
    }

    public MeshNodes Nodes { get; }

    /// <summary>The node of a workload; in the service view that of its Service, or its own when it has none.</summary>
    public NodeId Of(WorkloadId id)
    {
        var node = Nodes.Node(id);
        return _level switch
        {
            TopologyLevel.Workload => node,
            TopologyLevel.App when node.Kind == NodeKind.Workload => node with { Kind = NodeKind.App, Name = AppOf(id) },
            TopologyLevel.VersionedApp when node.Kind == NodeKind.Workload => node with { Kind = NodeKind.App, Name = VersionedApp.Name(AppOf(id), VersionOf(id)) },
            TopologyLevel.App or TopologyLevel.VersionedApp => node,
            TopologyLevel.Service when node.Kind == NodeKind.Workload && _services.TryGetValue(id, out var services) => Of(services[0]),
            TopologyLevel.Service => node,
            TopologyLevel.Namespace => InNamespace(node),
            _ => throw new ArgumentOutOfRangeException(nameof(id), _level, null),
        };
    }

    /// <summary>Every node that stands for a workload: it may be behind several Services, in the service view or between callers and callees.</summary>
    public IEnumerable<NodeId> AllOf(WorkloadId id) =>
        Nodes.Node(id).Kind != NodeKind.Workload || !_services.TryGetValue(id, out var services) ? [Of(id)]
            : _level == TopologyLevel.Service ? services.Select(Of)
            : services.Select(Of).Prepend(Of(id));

    /// <summary>The Service that stands between both ends; null where none was called, nobody answered, or a gateway goes by its own name.</summary>
    public NodeId? Between(Edge edge) =>
        _form.HasServices && Nodes.Node(edge.Target.Workload).Kind == NodeKind.Workload && Nodes.ServiceOf(edge.Target.Workload.Cluster, edge.ServiceHost) is { } service
            ? Of(service)
            : null;

    public bool HasNodesBetween => _form.HasServices || _form.HasOperations;

    /// <summary>Whether calls of a node lead through its operations.</summary>
    public bool HasOperations(NodeId source) => _form.HasOperations && source.Kind == NodeKind.Gateway;

    public NodeId Target(Edge edge)
    {
        if (_level == TopologyLevel.Service)
        {
            // The Service that was called, whoever answers for it. A gateway is called by its own name.
            return Nodes.ServiceOf(edge.Target.Workload.Cluster, edge.ServiceHost) is { } service && Nodes.Node(edge.Target.Workload).Kind != NodeKind.Gateway
                ? Of(service)
                : edge.Target.Workload.IsUnknown ? MeshNodes.HostNode(edge) : Of(edge.Target.Workload);
        }

        return edge.Target.Workload.IsUnknown ? InNamespace(Nodes.Target(edge)) : Of(edge.Target.Workload);
    }

    public static NodeId Of(Service service) => new(service.Id.Cluster, service.Id.Namespace, NodeKind.Service, service.Id.Name);

    private NodeId InNamespace(NodeId node) =>
        _level == TopologyLevel.Namespace && node.Kind is not (NodeKind.External or NodeKind.Unknown)
            ? new NodeId(node.Cluster, node.Namespace, NodeKind.Namespace, node.Namespace)
            : node;

    private string AppOf(WorkloadId id) => Nodes.Workload(id)?.App ?? _apps.GetValueOrDefault(id) ?? id.Name;

    /// <summary>What the cluster says counts before what telemetry remembers of pods that are gone.</summary>
    private string? VersionOf(WorkloadId id) => Nodes.Workload(id) is { } workload ? workload.Version : _versions.GetValueOrDefault(id);

    /// <summary>
    /// A workload may be behind several Services (a headless twin, one per version): it calls in the name of the one called
    /// like its app or itself, else of the first that is not headless. That one comes first.
    /// </summary>
    private void IndexServices(MeshSnapshot snapshot)
    {
        foreach (var cluster in snapshot.Clusters)
        {
            foreach (var service in cluster.Services)
            {
                foreach (var id in service.Workloads)
                {
                    if (!_services.TryGetValue(id, out var known))
                    {
                        _services[id] = known = [];
                    }

                    known.Add(service);
                }
            }
        }

        foreach (var (id, services) in _services)
        {
            if (services.Count > 1)
            {
                services.Sort((x, y) => Rank(y, id).CompareTo(Rank(x, id)) is var order and not 0 ? order : string.CompareOrdinal(x.Id.Name, y.Id.Name));
            }
        }
    }

    private int Rank(Service service, WorkloadId id) =>
        string.Equals(service.Id.Name, Nodes.Workload(id)?.App, StringComparison.Ordinal) ? 3
        : string.Equals(service.Id.Name, id.Name, StringComparison.Ordinal) ? 2
        : service.Headless ? 0 : 1;
}
