using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Mtls;

/// <summary>
/// How much of the traffic is encrypted. Only what callees and waypoints report counts: a caller's proxy always says
/// <c>unknown</c>. Traffic nobody can tell is a class of its own, in the denominator and never called plaintext; where
/// nothing can be told at all, or nothing flows, there is no share.
/// </summary>
public static class MtlsCoverageBuilder
{
    public static MtlsView Build(MeshSnapshot snapshot, MeshQuery query)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(query);
        var total = new CoverageTally();
        var namespaces = ImmutableArray.CreateBuilder<NamespaceCoverage>();
        var plaintext = ImmutableArray.CreateBuilder<PlaintextEdge>();
        var unknown = ImmutableArray.CreateBuilder<PlaintextEdge>();
        var missing = new List<string>();
        var unscraped = new List<string>();
        string? requestsUnknown = null, connectionsUnknown = null;
        int knownRequests = 0, knownConnections = 0;
        var window = 0.0;
        foreach (var cluster in snapshot.Clusters.Where(c => query.MatchesCluster(c.Name)))
        {
            var (ofRequests, ofConnections) = (TelemetryGaps.Requests(cluster), TelemetryGaps.Connections(cluster));
            knownRequests += ofRequests is null ? 1 : 0;
            knownConnections += ofConnections is null ? 1 : 0;
            missing.AddRange(new[] { ofRequests, ofConnections }.OfType<string>());
            if (Unscraped(cluster, cluster.Workloads.Where(w => query.Matches(w.Id.Namespace)).Select(w => w.Id), $" in cluster {cluster.Name}") is { } words)
            {
                unscraped.Add(words);
            }

            requestsUnknown ??= ofRequests;
            connectionsUnknown ??= ofConnections;
            window = Math.Max(window, cluster.Telemetry?.Window.TotalSeconds ?? 0);

            var policies = new ClusterPolicies(snapshot, cluster);
            var pairs = Pairs(cluster, query);
            foreach (var (key, pair) in pairs)
            {
                total.Add(key.Target, pair.Protection);
            }

            AddNamespaces(cluster, query, policies, pairs, ofRequests, ofConnections, namespaces);
            AddUnprotected(cluster, query, policies, pairs, plaintext, unknown);
        }

        if (snapshot.Clusters.IsEmpty)
        {
            requestsUnknown = connectionsUnknown = "No cluster has been read yet.";
        }

        // No traffic, as far as proxies are scraped, is not no traffic.
        if (total.IsEmpty && unscraped.Count > 0)
        {
            requestsUnknown ??= unscraped[0];
            connectionsUnknown ??= unscraped[0];
            (knownRequests, knownConnections) = (0, 0);
        }

        // One cluster that is not known does not take the others' share away, but it is said.
        requestsUnknown = knownRequests > 0 ? null : requestsUnknown;
        connectionsUnknown = knownConnections > 0 ? null : connectionsUnknown;
        var uncounted = missing.Concat(unscraped).Distinct(StringComparer.Ordinal).Where(m => m != requestsUnknown && m != connectionsUnknown).ToList();
        var partly = uncounted.Count > 0 ? $"Not counted: {string.Join(' ', uncounted)}" : null;
        return new MtlsView(
            snapshot.Revision,
            snapshot.ObservedAt,
            window,
            total.ToCoverage(requestsUnknown, connectionsUnknown, partly),
            namespaces.ToImmutable(),
            plaintext.ToImmutable())
        {
            Unknown = unknown.ToImmutable(),
        };
    }

    /// <summary>Traffic with a known or unknown protection per caller, callee and protocol: the unit that is called an edge.</summary>
    private static List<KeyValuePair<PairKey, Pair>> Pairs(ClusterSnapshot cluster, MeshQuery query)
    {
        var pairs = new Dictionary<PairKey, Pair>();
        foreach (var edge in cluster.Edges)
        {
            if (!query.Matches(edge.Target.Workload.Namespace) || SecurityReport(edge) is not { } report)
            {
                continue;
            }

            var key = new PairKey(edge.Source.Workload, edge.Target.Workload, edge.Protocol);
            pairs[key] = pairs.TryGetValue(key, out var known)
                ? known with { Protection = known.Protection.Add(report) }
                : new Pair(edge, report);
        }

        return [.. pairs];
    }

    /// <summary>What the callee says, else the waypoint; never both, for they count the same requests.</summary>
    internal static EdgeProtection? SecurityReport(Edge edge) =>
        edge.FromDestination is { } callee && EdgeProtection.Of(callee) is { HasTraffic: true } told ? told
        : edge.FromWaypoint is { } waypoint && EdgeProtection.Of(waypoint) is { HasTraffic: true } passed ? passed
        : null;

    private static void AddNamespaces(
        ClusterSnapshot cluster,
        MeshQuery query,
        ClusterPolicies policies,
        List<KeyValuePair<PairKey, Pair>> pairs,
        string? requestsUnknown,
        string? connectionsUnknown,
        ImmutableArray<NamespaceCoverage>.Builder namespaces)
    {
        var byWorkload = new SortedDictionary<string, SortedDictionary<string, (WorkloadId Id, CoverageTally Tally)>>(StringComparer.Ordinal);
        var byNamespace = new Dictionary<string, CoverageTally>(StringComparer.Ordinal);
        CoverageTally Of(WorkloadId id)
        {
            if (!byWorkload.TryGetValue(id.Namespace, out var workloads))
            {
                byWorkload[id.Namespace] = workloads = new(StringComparer.Ordinal);
                byNamespace[id.Namespace] = new CoverageTally();
            }

            if (!workloads.TryGetValue(id.Name, out var found))
            {
                workloads[id.Name] = found = (id, new CoverageTally());
            }

            return found.Tally;
        }

        foreach (var workload in cluster.Workloads.Where(w => query.Matches(w.Id.Namespace)))
        {
            Of(workload.Id);
        }

        foreach (var (key, pair) in pairs)
        {
            Of(key.Target).Add(key.Target, pair.Protection);
            byNamespace[key.Target.Namespace].Add(key.Target, pair.Protection);
        }

        foreach (var (name, workloads) in byWorkload)
        {
            var mode = policies.Resolver?.ResolveNamespace(name).Mode;
            namespaces.Add(new NamespaceCoverage(
                cluster.Name,
                name,
                ToCoverage(byNamespace[name], Unscraped(cluster, workloads.Values.Select(w => w.Id)), whole: false),
                mode is null ? null : ClusterPolicies.Words(mode.Value),
                [.. workloads.Values.Select(w => ToRow(w.Id, w.Tally))]));
        }

        // Where nothing was counted, or what was is a remainder of before, the share is not known; else it is one of a part.
        MtlsCoverage ToCoverage(CoverageTally tally, string? unscraped, bool whole) => unscraped is not null && (whole || tally.IsEmpty)
            ? tally.ToCoverage(requestsUnknown ?? unscraped, connectionsUnknown ?? unscraped)
            : tally.ToCoverage(requestsUnknown, connectionsUnknown, unscraped is null ? null : $"Not counted: {unscraped}");

        WorkloadCoverage ToRow(WorkloadId id, CoverageTally tally)
        {
            var workload = policies.Nodes.Workload(id);
            var mode = workload is null ? null : policies.DecisionFor(workload)?.Mode;
            return new WorkloadCoverage(
                policies.Nodes.Node(id).ToString(),
                id.Name,
                ToCoverage(tally, Unscraped(cluster, [id]), cluster.ScrapeGaps.TryGetValue(id, out var gap) && gap.Missing == gap.Running),
                mode is null ? null : ClusterPolicies.Words(mode.Value),
                workload is null || workload.Pods.IsEmpty ? null : workload.PodsWithProxy > 0 || workload.DataPlane != DataPlane.None);
        }
    }

    /// <summary>A sentence about proxies that are not scraped; null when all are.</summary>
    private static string? Unscraped(ClusterSnapshot cluster, IEnumerable<WorkloadId> workloads, string where = "")
    {
        if (cluster.ScrapeGaps.Count == 0)
        {
            return null;
        }

        var affected = workloads.Where(cluster.ScrapeGaps.ContainsKey).ToList();
        var gap = affected.Select(id => cluster.ScrapeGaps[id]).Aggregate((ScrapeGap?)null, (sum, one) => ScrapeGap.Add(sum, one));
        return gap is null ? null
            : $"Telemetry missing: {gap.Value.Words(affected.Count == 1 ? $"of {affected[0].Namespace}/{affected[0].Name}{where}" : string.Create(CultureInfo.InvariantCulture, $"of {affected.Count} workloads{where}"))}.";
    }

    private static void AddUnprotected(
        ClusterSnapshot cluster,
        MeshQuery query,
        ClusterPolicies policies,
        List<KeyValuePair<PairKey, Pair>> pairs,
        ImmutableArray<PlaintextEdge>.Builder plaintext,
        ImmutableArray<PlaintextEdge>.Builder unknown)
    {
        PlaintextCauses? causes = null;
        var (open, untold) = (new List<PlaintextEdge>(), new List<PlaintextEdge>());
        foreach (var (key, pair) in pairs)
        {
            var protection = pair.Protection;
            if (protection.HasPlaintext)
            {
                open.Add(Row(pair.Edge, key.Protocol, (causes ??= new(cluster, policies)).Explain(pair.Edge), protection.Requests.Plaintext, protection.Connections.Plaintext, protection.Bytes.Plaintext));
            }

            if (protection.HasUnknown)
            {
                untold.Add(Row(pair.Edge, key.Protocol, (causes ??= new(cluster, policies)).ExplainUntold(pair.Edge), protection.Requests.Unknown, protection.Connections.Unknown, protection.Bytes.Unknown));
            }
        }

        var told = pairs.Select(pair => pair.Key).ToHashSet();
        foreach (var group in cluster.Edges.Where(edge => query.Matches(edge.Target.Workload.Namespace) || (edge.Target.Workload.IsUnknown && query.Matches(edge.ServiceNamespace)))
            .Where(edge => OnlyCallerReports(cluster, policies, edge))
            .GroupBy(edge => (new PairKey(edge.Source.Workload, edge.Target.Workload, edge.Protocol), edge.Target.Workload.IsUnknown ? edge.ServiceHost : "")))
        {
            if (!told.Contains(group.Key.Item1))
            {
                var sums = group.Select(edge => edge.FromSource!).ToList();
                untold.Add(Row(group.First(), group.First().Protocol, (causes ??= new(cluster, policies)).ExplainUntold(group.First()), sums.Sum(report => report.RequestsPerSecond ?? 0), sums.Sum(report => report.ConnectionsPerSecond ?? 0), sums.Sum(report => report.ByteSecurity.Total)));
            }
        }

        plaintext.AddRange(Sorted(open));
        unknown.AddRange(Sorted(untold));

        PlaintextEdge Row(Edge edge, string protocol, PlaintextCause cause, double requests, double connections, double bytes) => new(
            policies.Nodes.Source(edge).ToString(),
            policies.Nodes.Target(edge).ToString(),
            protocol,
            protocol is "tcp" ? null : requests,
            protocol is "tcp" ? connections : null,
            cause.Reason,
            cause.Fix)
        {
            Cause = cause.Code,
            BytesPerSecond = protocol is "tcp" ? bytes : null,
        };

        static IEnumerable<PlaintextEdge> Sorted(List<PlaintextEdge> rows) => rows
            .OrderBy(r => r.Target, StringComparer.Ordinal)
            .ThenBy(r => r.Source, StringComparer.Ordinal)
            .ThenBy(r => r.Protocol, StringComparer.Ordinal);
    }

    /// <summary>
    /// Traffic into the cluster that the callee says nothing of. What leaves the mesh is not in here: its protection is the
    /// outside's. ztunnel knows at the caller, too.
    /// </summary>
    private static bool OnlyCallerReports(ClusterSnapshot cluster, ClusterPolicies policies, Edge edge) =>
        edge.FromSource is { } caller
        && (caller.RequestsPerSecond is > 0 || caller.ConnectionsPerSecond is > 0 || caller.ByteSecurity.Total > 0)
        && caller.ConnectionSecurity.Mutual + caller.ByteSecurity.Mutual <= 0
        && SecurityReport(edge) is null
        && (policies.Nodes.Workload(edge.Target.Workload) is { IsWaypoint: false, IsGateway: false }
            || (edge.Target.Workload.IsUnknown && (edge.ServiceHost.StartsWith("PassthroughCluster", StringComparison.Ordinal) || policies.Nodes.ServiceOf(cluster.Name, edge.ServiceHost) is not null)));

    private readonly record struct PairKey(WorkloadId Source, WorkloadId Target, string Protocol);

    private sealed record Pair(Edge Edge, EdgeProtection Protection);
}
