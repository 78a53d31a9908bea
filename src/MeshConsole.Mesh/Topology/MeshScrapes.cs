using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Topology;

/// <summary>The proxies of all clusters that are not scraped.</summary>
internal sealed class MeshScrapes(MeshSnapshot snapshot)
{
    private readonly List<IReadOnlyDictionary<WorkloadId, ScrapeGap>> _gaps = [.. snapshot.Clusters.Select(cluster => cluster.ScrapeGaps).Where(gaps => gaps.Count > 0)];

    public ScrapeGap? Of(WorkloadId id)
    {
        foreach (var gaps in _gaps)
        {
            if (gaps.TryGetValue(id, out var gap))
            {
                return gap;
            }
        }

        return null;
    }

    /// <summary>What is missing of an edge that consists of these hops.</summary>
    public EdgeGaps Of(IReadOnlyList<Hop> hops, ReporterTraffic? fromSource, ReporterTraffic? fromDestination)
    {
        if (_gaps.Count == 0)
        {
            return default;
        }

        var source = Sum(hops.Select(hop => hop.Source));
        var target = Sum(hops.Select(hop => hop.Target));

        // One end that is scraped whole and reports has counted everything.
        var sourceSeesAll = source is null && IsKnown(fromSource);
        var targetSeesAll = target is null && IsKnown(fromDestination);
        return new EdgeGaps(source, target, (source ?? target) is not null && !sourceSeesAll && !targetSeesAll);
    }

    private ScrapeGap? Sum(IEnumerable<WorkloadId> workloads) => workloads.Distinct().Select(Of).Aggregate((ScrapeGap?)null, ScrapeGap.Add);

    private static bool IsKnown(ReporterTraffic? traffic) => traffic is not null && (traffic.RequestsPerSecond ?? traffic.ConnectionsPerSecond) is not null;
}

/// <summary>What is missing of an edge.</summary>
/// <param name="Source">Proxies of the caller that are not scraped; null when all are.</param>
/// <param name="Target">Proxies of the callee that are not scraped; null when all are.</param>
/// <param name="HideTraffic">Whether traffic may flow that nobody who is scraped counts: no rate is whole then, and zero proves nothing.</param>
internal readonly record struct EdgeGaps(ScrapeGap? Source, ScrapeGap? Target, bool HideTraffic)
{
    /// <summary>A sentence about the callee's proxies, else the caller's; null when nothing is missing.</summary>
    public string? Words => Target is { } target ? Missing(target, "of the callee") : Source is { } source ? Missing(source, "of the caller") : null;

    private static string Missing(ScrapeGap gap, string whose) => $"Telemetry missing: {gap.Words(whose)}.";
}
