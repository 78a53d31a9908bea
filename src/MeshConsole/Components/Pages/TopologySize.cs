using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Components.Pages;

/// <summary>At which level the topology opens when its address does not say.</summary>
public static class TopologySize
{
    /// <summary>With more workloads than this the namespaces are the opening picture: hundreds of boxes answer no question.</summary>
    public const int WorkloadsAtOnce = 160;

    public static TopologyLevel OpeningLevel(MeshSnapshot snapshot, MeshQuery query) =>
        snapshot.Clusters.Where(cluster => query.MatchesCluster(cluster.Name)).Sum(cluster => cluster.Workloads.Count(workload => query.Matches(workload.Id.Namespace))) > WorkloadsAtOnce
            ? TopologyLevel.Namespace
            : TopologyLevel.Workload;
}
