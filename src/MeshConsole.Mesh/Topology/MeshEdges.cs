using System.Runtime.InteropServices;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Topology;

/// <summary>The edges of all clusters, each once.</summary>
internal static class MeshEdges
{
    /// <summary>
    /// An edge between clusters is told in part by the Prometheus of each end, and twice where one Prometheus holds both:
    /// the caller's word is taken from the caller's cluster and the callee's from the callee's, where they are there.
    /// </summary>
    public static IReadOnlyList<Edge> Of(MeshSnapshot snapshot)
    {
        if (snapshot.Clusters.Length == 1)
        {
            return snapshot.Clusters[0].Edges;
        }

        var edges = new List<Edge>();
        var index = new Dictionary<(WorkloadId, WorkloadId, string, string), int>();
        foreach (var cluster in snapshot.Clusters)
        {
            foreach (var edge in cluster.Edges)
            {
                ref var at = ref CollectionsMarshal.GetValueRefOrAddDefault(index, (edge.Source.Workload, edge.Target.Workload, edge.ServiceHost, edge.Protocol), out var known);
                if (!known)
                {
                    at = edges.Count;
                    edges.Add(edge);
                    continue;
                }

                var before = edges[at];
                var isCallers = string.Equals(edge.Source.Workload.Cluster, cluster.Name, StringComparison.Ordinal);
                var isCallees = string.Equals(edge.Target.Workload.Cluster, cluster.Name, StringComparison.Ordinal);
                edges[at] = before with
                {
                    Source = isCallers ? edge.Source : before.Source,
                    Target = isCallees ? edge.Target : before.Target,
                    FromSource = Prefer(isCallers, edge.FromSource, before.FromSource),
                    FromDestination = Prefer(isCallees, edge.FromDestination, before.FromDestination),
                    FromWaypoint = Prefer(isCallees, edge.FromWaypoint, before.FromWaypoint),
                    SourcePrincipals = [.. before.SourcePrincipals.Union(edge.SourcePrincipals, StringComparer.Ordinal).Order(StringComparer.Ordinal)],
                    Operations = isCallers && !edge.Operations.IsEmpty ? edge.Operations : before.Operations,
                    DestinationPrincipals = [.. before.DestinationPrincipals.Union(edge.DestinationPrincipals, StringComparer.Ordinal).Order(StringComparer.Ordinal)],
                };
            }
        }

        return edges;
    }

    private static ReporterTraffic? Prefer(bool newer, ReporterTraffic? mine, ReporterTraffic? before) => newer ? mine ?? before : before ?? mine;
}
