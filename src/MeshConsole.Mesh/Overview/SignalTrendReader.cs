using System.Collections.Immutable;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Overview;

/// <summary>Reads the golden signals' history from the range queries of each cluster.</summary>
/// <param name="histories">By configured name of the cluster; asked before each read, for clusters become known after the start.</param>
public sealed class SignalTrendReader(Func<IReadOnlyDictionary<string, TrafficHistory>> histories) : ISignalTrends
{
    public async Task<SignalTrends?> ReadAsync(MeshSnapshot snapshot, MeshQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(query);
        var known = histories();
        var gateways = GatewaySignals.Gateways(snapshot, query);
        var clusters = snapshot.Clusters
            .Where(cluster => query.MatchesCluster(cluster.Name) && known.ContainsKey(cluster.Name))
            .Select(cluster => (History: known[cluster.Name], Callers: gateways.Where(gateway => string.Equals(gateway.Cluster, cluster.Name, StringComparison.Ordinal)).ToImmutableArray()))
            .ToList();
        if (clusters.Count == 0)
        {
            return null;
        }

        // With gateways anywhere, a cluster without one has no users of its own to measure.
        var measured = clusters.Where(cluster => gateways.IsEmpty || !cluster.Callers.IsEmpty).ToList();
        var responses = measured.Select(cluster => cluster.History.ReadAsync(HistoryPart.Responses, new HistoryScope(cluster.Callers, query.Namespaces), cancellationToken)).ToList();
        var durations = measured.Select(cluster => cluster.History.ReadAsync(HistoryPart.Durations, new HistoryScope(cluster.Callers, query.Namespaces), cancellationToken)).ToList();
        var security = clusters.Select(cluster => cluster.History.ReadAsync(HistoryPart.Security, new HistoryScope([], query.Namespaces), cancellationToken)).ToList();
        return SignalTrends.Of(
            await Task.WhenAll(responses).ConfigureAwait(false),
            await Task.WhenAll(durations).ConfigureAwait(false),
            await Task.WhenAll(security).ConfigureAwait(false));
    }
}
