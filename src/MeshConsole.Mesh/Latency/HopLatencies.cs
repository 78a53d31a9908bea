using System.Collections.Immutable;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Latency;

/// <summary>What every hop takes, at both ends, and what the way between them costs.</summary>
public static class HopLatencies
{
    /// <summary>
    /// One row per caller, callee and protocol with requests, ordered by them; TCP has no durations. A row is shown when
    /// either end is inside the query.
    /// </summary>
    public static ImmutableArray<HopLatency> Build(MeshSnapshot snapshot, MeshQuery query)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(query);
        var edges = MeshEdges.Of(snapshot);
        var window = snapshot.Clusters.Select(cluster => cluster.Telemetry?.Window ?? TimeSpan.Zero).DefaultIfEmpty().Max();
        var rows = ImmutableArray.CreateBuilder<HopLatency>();
        foreach (var hop in Hop.Group(edges, new LevelNodes(snapshot, TopologyLevel.Workload, edges)))
        {
            if (!string.Equals(hop.Protocol, "tcp", StringComparison.Ordinal) && (IsInside(hop.SourceNode, query) || IsInside(hop.TargetNode, query)))
            {
                rows.Add(Row(hop, window));
            }
        }

        rows.Sort(static (x, y) =>
        {
            var order = string.CompareOrdinal(x.Source, y.Source);
            order = order != 0 ? order : string.CompareOrdinal(x.Target, y.Target);
            return order != 0 ? order : string.CompareOrdinal(x.Protocol, y.Protocol);
        });
        return rows.DrainToImmutable();
    }

    private static HopLatency Row(Hop hop, TimeSpan window)
    {
        var measured = hop.Callee?.Durations is not null ? hop.Callee : hop.FromSource;
        return new HopLatency(
            hop.SourceNode.ToString(),
            hop.TargetNode.ToString(),
            hop.Protocol,
            hop.Caller?.RequestsPerSecond,
            Latencies.Of(hop.Callee),
            Latencies.Of(hop.FromSource),
            HopOverheads.Of(hop.FromSource, hop.FromDestination, hop.FromWaypoint is not null, window),
            HistogramQuantile.Locate(measured?.Durations, 0.99) is { } p99 && double.IsFinite(p99.ResolutionMs) ? p99.ResolutionMs : null,
            measured?.HistogramAt);
    }

    private static bool IsInside(NodeId node, MeshQuery query) => query.MatchesCluster(node.Cluster) && query.Matches(node.Namespace);
}
