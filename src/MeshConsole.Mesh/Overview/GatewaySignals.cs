using System.Collections.Immutable;
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
        var gateways = new HashSet<WorkloadId>();
        string? unknown = null;
        ScrapeGap? gap = null;
        foreach (var cluster in snapshot.Clusters.Where(c => query.MatchesCluster(c.Name)))
        {
            unknown ??= TelemetryGaps.Requests(cluster);
            gap = cluster.Workloads.Where(w => w.IsGateway && query.Matches(w.Id.Namespace) && cluster.ScrapeGaps.ContainsKey(w.Id))
                .Aggregate(gap, (sum, w) => ScrapeGap.Add(sum, cluster.ScrapeGaps[w.Id]));
            foreach (var edge in cluster.Edges)
            {
                if (Measured(edge, query) is not { } traffic)
                {
                    continue;
                }

                everywhere.Add(traffic);
                if (GatewayOf(edge, traffic, nodes) is { } gateway)
                {
                    atGateways.Add(traffic);
                    gateways.Add(gateway);
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
            : gateways.Count == 1 ? $"at gateway {gateways.Single().Name}"
            : $"at {gateways.Count} gateways";
        return new GoldenSignals(
            1 - totals.ErrorRatio,
            sum.RequestsPerSecond,
            HistogramQuantile.Of(sum.Durations, 0.99),
            sum is { DurationCount: > 0, DurationSum: { } milliseconds } ? milliseconds / sum.DurationCount : null,
            plaintext,
            gap is { } partly ? $"{scope} (telemetry missing: {partly.Words("of the gateways")})" : scope);
    }

    /// <summary>The gateways that <see cref="Of"/> measures at, in a stable order; empty when it measures over all edges.</summary>
    public static ImmutableArray<WorkloadId> Gateways(MeshSnapshot snapshot, MeshQuery query)
    {
        var nodes = MeshNodes.Of(snapshot);
        return
        [
            .. snapshot.Clusters
                .Where(cluster => query.MatchesCluster(cluster.Name))
                .SelectMany(cluster => cluster.Edges)
                .Select(edge => Measured(edge, query) is { } traffic ? GatewayOf(edge, traffic, nodes) : null)
                .OfType<WorkloadId>()
                .Distinct()
                .OrderBy(gateway => gateway.ToString(), StringComparer.Ordinal),
        ];
    }

    private static ReporterTraffic? Measured(Edge edge, MeshQuery query) =>
        edge.Protocol != "tcp" && (query.Matches(edge.Target.Workload.Namespace) || query.Matches(edge.Source.Workload.Namespace)) ? edge.CallerView : null;

    private static WorkloadId? GatewayOf(Edge edge, ReporterTraffic traffic, MeshNodes nodes) =>
        traffic.RequestsPerSecond > 0 && nodes.Workload(edge.Source.Workload) is { IsGateway: true } gateway ? gateway.Id : null;
}
