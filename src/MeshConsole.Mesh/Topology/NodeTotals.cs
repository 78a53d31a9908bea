using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Topology;

/// <summary>What is known of a node while the graph is built.</summary>
internal sealed class NodeTotals(NodeId id)
{
    public NodeId Id => id;

    public List<Workload> Workloads { get; } = [];

    /// <summary>App and version as telemetry tells them, for workloads that cluster state does not know.</summary>
    public Peer? Peer { get; set; }

    public bool HasInbound { get; set; }

    public double? RequestsIn { get; set; }

    public ResponseTotals ResponsesIn { get; set; }

    /// <summary>TCP connections opened to it, and those of them that failed.</summary>
    public ResponseTotals ConnectionsIn { get; set; }

    /// <summary>Whether some edge into it has a rate that is not known.</summary>
    public bool HasUnknownInbound { get; set; }

    /// <summary>Its proxies that are not scraped; null when all are, or that is not known.</summary>
    public ScrapeGap? Gap { get; set; }

    public double RequestsOut { get; set; }

    /// <summary>Whether anything flows that is not counted in requests.</summary>
    public bool OtherTraffic { get; set; }

    public int? Desired => Workloads.Count == 0 || Workloads.All(workload => workload.DesiredReplicas is null) ? null : Workloads.Sum(workload => workload.DesiredReplicas ?? workload.Pods.Length);

    public int? Ready => Workloads.Count == 0 ? null : Workloads.Sum(workload => workload.ReadyReplicas);
}
