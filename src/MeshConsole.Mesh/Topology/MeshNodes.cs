using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Topology;

/// <summary>
/// Names the nodes that edges speak of, so that every view calls the same thing by the same id. Looks up what cluster state
/// knows: whether a workload is a gateway or a waypoint, which Service a host belongs to.
/// </summary>
public sealed class MeshNodes
{
    private static readonly ConditionalWeakTable<MeshSnapshot, MeshNodes> s_known = [];

    private readonly FrozenDictionary<WorkloadId, Workload> _workloads;
    private readonly FrozenDictionary<ServiceId, Service> _services;

    private MeshNodes(MeshSnapshot snapshot)
    {
        _workloads = snapshot.Clusters.SelectMany(cluster => cluster.Workloads).ToFrozenDictionary(workload => workload.Id);
        _services = snapshot.Clusters.SelectMany(cluster => cluster.Services).ToFrozenDictionary(service => service.Id);
    }

    /// <summary>The names of a snapshot; made once per snapshot.</summary>
    public static MeshNodes Of(MeshSnapshot snapshot) => s_known.GetValue(snapshot, static key => new MeshNodes(key));

    /// <summary>The workload as cluster state knows it; null when only telemetry speaks of it.</summary>
    public Workload? Workload(WorkloadId id) => _workloads.GetValueOrDefault(id);

    public Service? Service(ServiceId id) => _services.GetValueOrDefault(id);

    /// <summary>The node of a workload: a gateway, a waypoint, a workload, or the unknown node of its cluster.</summary>
    public NodeId Node(WorkloadId id)
    {
        if (id.IsUnknown)
        {
            return UnknownIn(id.Cluster);
        }

        var kind = Workload(id) switch
        {
            { IsWaypoint: true } => NodeKind.Waypoint,
            { IsGateway: true } => NodeKind.Gateway,
            _ => NodeKind.Workload,
        };
        return new NodeId(id.Cluster, id.Namespace, kind, id.Name);
    }

    public NodeId Source(Edge edge)
    {
        ArgumentNullException.ThrowIfNull(edge);
        return Node(edge.Source.Workload);
    }

    /// <summary>
    /// The callee of an edge. A callee that telemetry cannot name is the Service that was called (its requests never reached
    /// a workload), else the external host, else the unknown node.
    /// </summary>
    public NodeId Target(Edge edge)
    {
        ArgumentNullException.ThrowIfNull(edge);
        var target = edge.Target.Workload;
        if (!target.IsUnknown)
        {
            return Node(target);
        }

        return ServiceOf(target.Cluster, edge.ServiceHost) is { } service
            ? new NodeId(service.Id.Cluster, service.Id.Namespace, NodeKind.Service, service.Id.Name)
            : HostNode(edge);
    }

    /// <summary>The node of a host that is no Service of a known cluster.</summary>
    public static NodeId HostNode(Edge edge)
    {
        ArgumentNullException.ThrowIfNull(edge);
        var cluster = edge.Target.Workload.Cluster;
        return IsUnknown(edge.ServiceHost)
            ? UnknownIn(cluster)
            : new NodeId(cluster, IsUnknown(edge.ServiceNamespace) ? WorkloadId.UnknownName : edge.ServiceNamespace, NodeKind.External, edge.ServiceHost);
    }

    /// <summary>
    /// The Service a host stands for: <c>name.namespace.svc.…</c> or <c>name.namespace</c>, with or without a port. A host
    /// without a dot is not looked up: it means another Service in every namespace.
    /// </summary>
    public Service? ServiceOf(string cluster, string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        var name = host.AsSpan();
        if (name.Contains(':'))
        {
            name = name[..name.IndexOf(':')];
        }

        var dot = name.IndexOf('.');
        if (dot <= 0)
        {
            return null;
        }

        var rest = name[(dot + 1)..];
        var next = rest.IndexOf('.');
        var @namespace = next < 0 ? rest : rest[..next];
        var tail = next < 0 ? [] : rest[(next + 1)..];
        return @namespace.IsEmpty || !(tail.IsEmpty || tail.SequenceEqual("svc") || tail.StartsWith("svc."))
            ? null
            : Service(new ServiceId(cluster, @namespace.ToString(), name[..dot].ToString()));
    }

    private static NodeId UnknownIn(string cluster) => new(cluster, WorkloadId.UnknownName, NodeKind.Unknown, WorkloadId.UnknownName);

    private static bool IsUnknown(string text) => text.Length == 0 || string.Equals(text, WorkloadId.UnknownName, StringComparison.Ordinal);
}
