using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Topology;

/// <summary>
/// Which node each end of an edge is, so that every view, table and link says the same of it. Gateways and waypoints are
/// told from ordinary workloads by cluster state; an end that telemetry could not name is the called Service when the
/// cluster has it, an external host otherwise, and <c>unknown</c> when there is no name at all.
/// </summary>
public sealed class NodeIndex
{
    private const string Unknown = WorkloadId.UnknownName;

    private readonly string _cluster;
    private readonly Dictionary<WorkloadId, Workload> _workloads = [];
    private readonly Dictionary<string, Service> _services = new(StringComparer.Ordinal);

    public NodeIndex(ClusterSnapshot cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        _cluster = cluster.Name;
        foreach (var workload in cluster.Workloads)
        {
            // A Deployment and a StatefulSet of one name are one workload to telemetry; the first one stands for both.
            _workloads.TryAdd(workload.Id, workload);
        }

        foreach (var service in cluster.Services)
        {
            _services.TryAdd(service.Host, service);
        }
    }

    /// <summary>The workload as cluster state knows it; null when only telemetry does.</summary>
    public Workload? Workload(WorkloadId id) => _workloads.GetValueOrDefault(id);

    /// <summary>The Service with this fully qualified host; null when the cluster has none.</summary>
    public Service? Service(string host) => _services.GetValueOrDefault(host);

    public NodeId Of(Workload workload)
    {
        ArgumentNullException.ThrowIfNull(workload);
        return new NodeId(workload.Id.Cluster, workload.Id.Namespace, KindOf(workload), workload.Id.Name);
    }

    public NodeId SourceOf(Edge edge)
    {
        ArgumentNullException.ThrowIfNull(edge);
        return edge.Source.Workload.IsUnknown ? new NodeId(_cluster, Unknown, NodeKind.Unknown, Unknown) : Named(edge.Source.Workload);
    }

    public NodeId TargetOf(Edge edge)
    {
        ArgumentNullException.ThrowIfNull(edge);
        if (!edge.Target.Workload.IsUnknown)
        {
            return Named(edge.Target.Workload);
        }

        if (_services.TryGetValue(edge.ServiceHost, out var service))
        {
            return new NodeId(service.Id.Cluster, service.Id.Namespace, NodeKind.Service, service.Id.Name);
        }

        return edge.ServiceHost is "" or Unknown
            ? new NodeId(_cluster, Unknown, NodeKind.Unknown, Unknown)
            : new NodeId(_cluster, edge.ServiceNamespace.Length == 0 ? Unknown : edge.ServiceNamespace, NodeKind.External, edge.ServiceHost);
    }

    private static NodeKind KindOf(Workload? workload) => workload switch
    {
        { IsWaypoint: true } => NodeKind.Waypoint,
        { IsGateway: true } => NodeKind.Gateway,
        _ => NodeKind.Workload,
    };

    private NodeId Named(WorkloadId id) => new(id.Cluster, id.Namespace, KindOf(_workloads.GetValueOrDefault(id)), id.Name);
}
