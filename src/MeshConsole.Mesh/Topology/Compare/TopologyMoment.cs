using System.Collections.Frozen;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Topology.Compare;

/// <summary>
/// A topology together with what was watched then: only where somebody who is scraped would have counted it does the absence
/// of traffic mean that there was none.
/// </summary>
/// <param name="Form">What it is drawn of.</param>
/// <param name="View">The topology.</param>
/// <param name="Silent">Why HTTP and gRPC requests of a cluster are not known, a sentence by name of the cluster.</param>
/// <param name="SilentTcp">The same of TCP connections.</param>
/// <param name="Watched">Ids of nodes at least one of whose proxies was scraped.</param>
/// <param name="Gaps">Nodes some of whose proxies were not, with words.</param>
public sealed record TopologyMoment(
    TopologyForm Form,
    TopologyView View,
    FrozenDictionary<string, string> Silent,
    FrozenDictionary<string, string> SilentTcp,
    FrozenSet<string> Watched,
    FrozenDictionary<string, string> Gaps)
{
    public static TopologyMoment Of(MeshSnapshot snapshot, MeshQuery query, TopologyForm form) =>
        Of(snapshot, TopologyBuilder.Build(snapshot, query, form), form);

    /// <param name="view">The view of <paramref name="snapshot"/> in <paramref name="form"/>.</param>
    public static TopologyMoment Of(MeshSnapshot snapshot, TopologyView view, TopologyForm form)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(view);
        var edges = MeshEdges.Of(snapshot);
        var levels = new LevelNodes(snapshot, form, edges);
        var freshness = new ClusterFreshness(snapshot);
        var watched = new HashSet<string>(StringComparer.Ordinal);
        var gaps = new Dictionary<string, ScrapeGap>(StringComparer.Ordinal);
        foreach (var cluster in snapshot.Clusters)
        {
            var pods = cluster.Telemetry?.ScrapedProxies?.Pods;
            foreach (var workload in cluster.Workloads)
            {
                var gap = cluster.ScrapeGaps.TryGetValue(workload.Id, out var some) ? some : (ScrapeGap?)null;
                foreach (var node in levels.AllOf(workload.Id).Select(id => id.ToString()))
                {
                    if (pods is not null && workload.Pods.Any(pod => pods.Contains((pod.Meta.Namespace, pod.Meta.Name))))
                    {
                        watched.Add(node);
                    }

                    if (ScrapeGap.Add(gaps.TryGetValue(node, out var before) ? before : null, gap) is { } sum)
                    {
                        gaps[node] = sum;
                    }
                }
            }
        }

        // Who reports is scraped, also where the list of proxies was not answered.
        foreach (var edge in edges)
        {
            if (Counted(edge.FromSource))
            {
                var source = levels.Of(edge.Source.Workload);
                watched.Add(source.ToString());
                if (levels.HasOperations(source))
                {
                    watched.UnionWith(edge.Operations.Select(operation => operation.Name).OfType<string>().Select(name => new NodeId(source.Cluster, source.Namespace, NodeKind.Operation, name).ToString()));
                }
            }

            if (Counted(edge.FromDestination) || Counted(edge.FromWaypoint))
            {
                watched.Add(levels.Target(edge).ToString());
                if (levels.Between(edge) is { } service)
                {
                    watched.Add(service.ToString());
                }
            }
        }

        return new TopologyMoment(
            form,
            view,
            Why(snapshot, freshness, TelemetryGaps.Requests),
            Why(snapshot, freshness, TelemetryGaps.Connections),
            watched.ToFrozenSet(StringComparer.Ordinal),
            gaps.ToFrozenDictionary(gap => gap.Key, gap => gap.Value.Words(), StringComparer.Ordinal));
    }

    /// <summary>Why it cannot be said that an edge had no traffic, a sentence; null where it can.</summary>
    public string? WhyAbsenceProvesNothing(TopologyEdge edge)
    {
        ArgumentNullException.ThrowIfNull(edge);
        if (SeesAll(edge.Source, edge.Protocol) || SeesAll(edge.Target, edge.Protocol))
        {
            return null;
        }

        return SilentOf(edge.Source, edge.Protocol) ?? SilentOf(edge.Target, edge.Protocol)
            ?? (Gaps.GetValueOrDefault(edge.Source) is { } caller ? $"Of the caller {caller}." : null)
            ?? (Gaps.GetValueOrDefault(edge.Target) is { } callee ? $"Of the callee {callee}." : null)
            ?? "No proxy of either end is known to have been scraped.";
    }

    /// <summary>Why the rate of an edge is not the whole of its traffic, a sentence; null where it is.</summary>
    public string? WhyNotWhole(TopologyEdge edge)
    {
        ArgumentNullException.ThrowIfNull(edge);
        var counting = edge.ReportedBy == "destination" ? edge.Target : edge.Source;
        if (SilentOf(counting, edge.Protocol) is { } silent)
        {
            return silent;
        }

        var proxies = counting == edge.Source && StandsBetween(counting) ? Callers[counting] : [counting];
        return proxies.Where(Gaps.ContainsKey).Select(proxy => $"Of {Short(proxy)} {Gaps[proxy]}.").FirstOrDefault();
    }

    private ILookup<string, string> Callers => field ??= View.Edges.ToLookup(edge => edge.Target, edge => edge.Source, StringComparer.Ordinal);

    /// <summary>What such a node passes on is counted by whoever calls it: it has no proxy of its own.</summary>
    private bool StandsBetween(string node) =>
        NodeId.TryParse(node, out var id) && (id.Kind == NodeKind.Operation || (Form.HasServices && id.Kind == NodeKind.Service));

    private bool SeesAll(string node, string protocol) => Watched.Contains(node) && !Gaps.ContainsKey(node) && SilentOf(node, protocol) is null;

    private string? SilentOf(string node, string protocol) =>
        (protocol == "tcp" ? SilentTcp : Silent).GetValueOrDefault(node[..Math.Max(0, node.IndexOf('/', StringComparison.Ordinal))]);

    private static string Short(string node) => NodeId.TryParse(node, out var id) ? id.Name : node;

    private static bool Counted(ReporterTraffic? traffic) => traffic is not null && (traffic.RequestsPerSecond ?? traffic.ConnectionsPerSecond) is not null;

    private static FrozenDictionary<string, string> Why(MeshSnapshot snapshot, ClusterFreshness freshness, Func<ClusterSnapshot, string?> gap) => snapshot.Clusters
        .Select(cluster => (cluster.Name, Why: freshness.WhyNotCurrent(cluster.Name) ?? gap(cluster) ?? (HoldsNothing(cluster) ? "Prometheus holds nothing of that instant." : null)))
        .Where(one => one.Why is not null)
        .ToFrozenDictionary(one => one.Name, one => one.Why!, StringComparer.Ordinal);

    /// <summary>No edge and no proxy: before what Prometheus keeps, or nothing was scraped. A mesh that is quiet has proxies.</summary>
    private static bool HoldsNothing(ClusterSnapshot cluster) => cluster.Edges.IsEmpty && cluster.Telemetry?.ScrapedProxies is not { Pods.Count: > 0 };
}
