using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Mtls.History;

/// <summary>The history of coverage, one for all circuits.</summary>
public interface ICoverageTrends
{
    /// <summary>
    /// Coverage over time of the clusters and namespaces of a query, or of one workload as callee. Asks Prometheus at most once a
    /// step however many call; a failure is in the answer. Null while no cluster's history can be read.
    /// </summary>
    Task<CoverageTrend?> ReadAsync(MeshSnapshot snapshot, MeshQuery query, WorkloadId? callee, CoverageMeasure measure, HistoryRange range, CancellationToken cancellationToken);
}

/// <summary>Reads it from the range queries of each cluster.</summary>
/// <param name="histories">By configured name of the cluster; asked before each read, for clusters become known after the start.</param>
public sealed class CoverageTrendReader(Func<IReadOnlyDictionary<string, TrafficHistory>> histories) : ICoverageTrends
{
    public async Task<CoverageTrend?> ReadAsync(MeshSnapshot snapshot, MeshQuery query, WorkloadId? callee, CoverageMeasure measure, HistoryRange range, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(range);
        var known = histories();
        var part = measure switch
        {
            CoverageMeasure.Requests => HistoryPart.Security,
            CoverageMeasure.Connections => HistoryPart.ConnectionSecurity,
            CoverageMeasure.Bytes => HistoryPart.ByteSecurity,
            _ => throw new ArgumentOutOfRangeException(nameof(measure), measure, null),
        };
        var scope = new HistoryScope([], query.Namespaces) { Callee = callee };
        var reading = snapshot.Clusters
            .Where(cluster => (callee is { } one ? string.Equals(one.Cluster, cluster.Name, StringComparison.Ordinal) : query.MatchesCluster(cluster.Name)) && known.ContainsKey(cluster.Name))
            .Select(cluster => known[cluster.Name].ReadAsync(part, scope, range, cancellationToken))
            .ToList();
        return reading.Count == 0
            ? null
            : CoverageTrend.Of(
                await Task.WhenAll(reading).ConfigureAwait(false),
                measure,
                (from, to) => PolicyMark.Of(snapshot, callee is { } target ? MeshQuery.For(target.Cluster, [target.Namespace]) : query, from, to));
    }
}
