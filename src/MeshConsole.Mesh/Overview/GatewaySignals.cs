using MeshConsole.Mesh.Latency;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Overview;

/// <summary>
/// The golden signals where users meet the mesh: what its gateways see of the services behind them. A mesh without gateway
/// traffic is measured over all its edges, as callers see them.
/// </summary>
internal static class GatewaySignals
{
    public static GoldenSignals Of(MeshSnapshot snapshot, MeshQuery query, MtlsCoverage coverage)
    {
        var nodes = MeshNodes.Of(snapshot);
        var atGateways = new List<ReporterTraffic>();
        var everywhere = new List<ReporterTraffic>();
        var gateways = new SortedSet<string>(StringComparer.Ordinal);
        string? unknown = null;
        ScrapeGap? gap = null;
        foreach (var cluster in snapshot.Clusters.Where(c => query.MatchesCluster(c.Name)))
        {
            unknown ??= TelemetryGaps.Requests(cluster);
            gap = cluster.Workloads.Where(w => w.IsGateway && query.Matches(w.Id.Namespace) && cluster.ScrapeGaps.ContainsKey(w.Id))
                .Aggregate(gap, (sum, w) => ScrapeGap.Add(sum, cluster.ScrapeGaps[w.Id]));
            foreach (var edge in cluster.Edges)
            {
                if (edge.Protocol == "tcp" || edge.CallerView is not { } traffic
                    || !(query.Matches(edge.Target.Workload.Namespace) || query.Matches(edge.Source.Workload.Namespace)))
                {
                    continue;
                }

                everywhere.Add(traffic);
                if (nodes.Workload(edge.Source.Workload) is { IsGateway: true } gateway && traffic.RequestsPerSecond > 0)
                {
                    atGateways.Add(traffic);
                    gateways.Add(gateway.Id.Name);
                }
            }
        }

        var measured = atGateways.Count > 0 ? atGateways : everywhere;
        var plaintext = coverage is { PlaintextRequestsPerSecond: { } plain, MutualRequestsPerSecond: { } mutual, UnknownRequestsPerSecond: { } untold } && plain + mutual > 0
            ? plain / (plain + mutual + untold)
            : (double?)null;
        if (atGateways.Count == 0 && gap is { } lost)
        {
            // All edges in their place would be other requests under the same name.
            return new GoldenSignals(null, null, null, null, plaintext, $"telemetry missing: {lost.Words("of the gateways")}");
        }

        if (ReporterTrafficSum.Of(measured) is not { } sum)
        {
            return new GoldenSignals(null, unknown is null && !snapshot.Clusters.IsEmpty ? 0 : null, null, null, plaintext, unknown ?? "no requests in the window");
        }

        var totals = ResponseClassifier.Total(sum.Responses);
        var scope = atGateways.Count == 0 ? "over all edges, as callers see them"
            : gateways.Count == 1 ? $"at gateway {gateways.Min}"
            : $"at {gateways.Count} gateways";
        return new GoldenSignals(
            1 - totals.ErrorRatio,
            sum.RequestsPerSecond,
            HistogramQuantile.Of(sum.Durations, 0.99),
            sum is { DurationCount: > 0, DurationSum: { } milliseconds } ? milliseconds / sum.DurationCount : null,
            plaintext,
            gap is { } partly ? $"{scope} (telemetry missing: {partly.Words("of the gateways")})" : scope);
    }
}
