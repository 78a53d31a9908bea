using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Latency;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Changes;

/// <summary>What stands behind the hosts and subsets of one cluster's routes: workloads, replicas, live traffic.</summary>
internal sealed class RouteBackendIndex
{
    private readonly ClusterSnapshot _cluster;
    private readonly MeshNodes _nodes;
    private readonly Dictionary<string, List<MeshObject>> _rules = new(StringComparer.Ordinal);
    private readonly List<(string Host, MeshObject Rule)> _wildcardRules = [];
    private readonly Dictionary<WorkloadId, List<Edge>> _edgesTo = [];
    private readonly Dictionary<string, List<Edge>> _edgesOf = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Service> _services = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<MeshObject>> _entries = new(StringComparer.Ordinal);
    private readonly List<(string Host, MeshObject Entry)> _wildcardEntries = [];

    public RouteBackendIndex(MeshSnapshot snapshot, ClusterSnapshot cluster)
    {
        _cluster = cluster;
        _nodes = MeshNodes.Of(snapshot);
        Domain = cluster.Services.IsEmpty ? ServiceHost.DefaultDomain : ServiceHost.DomainOf(cluster.Services[0]);
        foreach (var service in cluster.Services)
        {
            _services[service.Host] = service;
        }

        foreach (var rule in cluster.Objects.DestinationRules.IsDefault ? [] : cluster.Objects.DestinationRules)
        {
            if (rule.Spec.Text("host") is not { } written)
            {
                continue;
            }

            var host = ServiceHost.Expand(written, rule.Meta.Namespace, Domain);
            if (host.Contains('*'))
            {
                _wildcardRules.Add((host, rule));
            }
            else
            {
                Add(_rules, host, rule);
            }
        }

        foreach (var entry in cluster.Objects.ServiceEntries.IsDefault ? [] : cluster.Objects.ServiceEntries)
        {
            foreach (var host in entry.Spec.Texts("hosts").Select(h => ServiceHost.Expand(h, entry.Meta.Namespace, Domain)))
            {
                if (host.Contains('*'))
                {
                    _wildcardEntries.Add((host, entry));
                }
                else
                {
                    Add(_entries, host, entry);
                }
            }
        }

        foreach (var edge in cluster.Edges)
        {
            Add(_edgesOf, edge.ServiceHost, edge);
            if (!edge.Target.Workload.IsUnknown)
            {
                Add(_edgesTo, edge.Target.Workload, edge);
            }
        }

        RequestsKnown = TelemetryGaps.Requests(cluster) is null;
        ConnectionsKnown = TelemetryGaps.Connections(cluster) is null;
    }

    public string Domain { get; }

    public bool RequestsKnown { get; }

    public bool ConnectionsKnown { get; }

    /// <summary>DestinationRules for a host: those of the route's namespace first, then of the service's, then others.</summary>
    public IEnumerable<MeshObject> RulesFor(string host, string routeNamespace)
    {
        var serviceNamespace = _services.GetValueOrDefault(host)?.Id.Namespace;
        var exact = _rules.GetValueOrDefault(host) ?? [];
        return exact
            .OrderBy(r => r.Meta.Namespace == routeNamespace ? 0 : r.Meta.Namespace == serviceNamespace ? 1 : 2)
            .Concat(_wildcardRules.Where(w => ServiceHost.Matches(w.Host, host)).Select(w => w.Rule));
    }

    /// <summary>What a host, or one of its subsets, comes to.</summary>
    public BackendTarget Resolve(string host, string? subset, string routeNamespace)
    {
        if (!_services.TryGetValue(host, out var service))
        {
            var known = _cluster.Objects.Services.IsDefault || _cluster.Objects.ServiceEntries.IsDefault || host.Contains('*') || host == WorkloadId.UnknownName
                || HasEntry(host, routeNamespace);
            return new BackendTarget(null, true, null, null, known ? null : $"No Service or ServiceEntry has host {Cut(host)}.");
        }

        var workloads = service.Workloads.Select(_nodes.Workload).OfType<Workload>();
        if (subset is null)
        {
            return Target([.. workloads], []);
        }

        if (_cluster.Objects.DestinationRules.IsDefault)
        {
            return new BackendTarget(null, false, null, null, $"What subset {Cut(subset)} selects is not known: DestinationRules have not been read.");
        }

        if (SubsetLabels(host, subset, routeNamespace) is not { } labels)
        {
            return new BackendTarget(null, false, null, null, $"Subset {Cut(subset)} of {Cut(host)} is not defined by a DestinationRule: its requests fail with 503.");
        }

        var whole = new List<Workload>();
        var parts = new List<(Workload Workload, List<Pod> Pods)>();
        foreach (var workload in workloads)
        {
            if (ServiceResolver.Selects(labels, workload.Labels))
            {
                whole.Add(workload);
            }
            else if (workload.Pods.Where(p => ServiceResolver.Selects(labels, p.Meta.Labels)).ToList() is { Count: > 0 } pods)
            {
                parts.Add((workload, pods));
            }
        }

        return whole.Count == 0 && parts.Count == 0
            ? new BackendTarget([], false, 0, 0, $"Subset {Cut(subset)} of {Cut(host)} selects no pod.")
            : Target(whole, parts);
    }

    /// <summary>Traffic to a backend as its callers see it; null when it cannot be told.</summary>
    /// <param name="target">What the backend comes to.</param>
    /// <param name="host">Its host.</param>
    /// <param name="shared">Workloads that other backends of the rule stand for too: only calls to this host count there.</param>
    /// <param name="tcp">Connections instead of requests.</param>
    public ReporterTraffic? Traffic(BackendTarget target, string host, HashSet<WorkloadId> shared, bool tcp)
    {
        if (target.Workloads is not { } workloads)
        {
            return target.ByHost ? Sum(_edgesOf.GetValueOrDefault(host) ?? [], tcp) : null;
        }

        var edges = new List<Edge>();
        foreach (var workload in workloads)
        {
            foreach (var edge in _edgesTo.GetValueOrDefault(workload) ?? [])
            {
                if (!shared.Contains(workload) || string.Equals(edge.ServiceHost, host, StringComparison.Ordinal))
                {
                    edges.Add(edge);
                }
            }
        }

        // Nothing seen of a workload that is not scraped whole is not nothing sent.
        return edges.Count == 0 && workloads.Any(_cluster.ScrapeGaps.ContainsKey) ? null : Sum(edges, tcp);
    }

    public static RouteLive Live(ReporterTraffic traffic) => new(
        traffic.RequestsPerSecond,
        ResponseClassifier.Total(traffic.Responses).ErrorRatio,
        HistogramQuantile.Of(traffic.Durations, 0.99));

    /// <summary>Whether a ServiceEntry that the route's namespace sees has the host.</summary>
    private bool HasEntry(string host, string routeNamespace) =>
        (_entries.GetValueOrDefault(host) ?? []).Exists(e => IsVisible(e, routeNamespace))
        || _wildcardEntries.Exists(w => ServiceHost.Matches(w.Host, host) && IsVisible(w.Entry, routeNamespace));

    private static bool IsVisible(MeshObject entry, string routeNamespace)
    {
        var exportTo = entry.Spec.Texts("exportTo");
        return exportTo.IsEmpty
            || exportTo.Any(e => e == "*" || e == routeNamespace || (e == "." && entry.Meta.Namespace == routeNamespace));
    }

    private ReporterTraffic? Sum(List<Edge> edges, bool tcp) =>
        tcp
            ? ConnectionsKnown ? ReporterTrafficSum.Of(edges.Where(e => e.Protocol == "tcp").Select(e => e.CallerView)) ?? new ReporterTraffic { ConnectionsPerSecond = 0 } : null
            : RequestsKnown ? ReporterTrafficSum.Of(edges.Where(e => e.Protocol != "tcp").Select(e => e.CallerView)) ?? new ReporterTraffic { RequestsPerSecond = 0 } : null;

    private static BackendTarget Target(List<Workload> whole, List<(Workload Workload, List<Pod> Pods)> parts) => new(
        parts.Count == 0 ? [.. whole.Select(w => w.Id)] : null,
        false,
        whole.Sum(w => w.ReadyReplicas) + parts.Sum(p => p.Pods.Count(pod => pod.Ready && pod.Meta.DeletedAt is null)),
        parts.Count == 0 && whole.TrueForAll(w => w.DesiredReplicas is not null) ? whole.Sum(w => w.DesiredReplicas) : null,
        parts.Count == 0 ? null : $"Telemetry counts whole workloads, and pods of {parts[0].Workload.Id.Namespace}/{parts[0].Workload.Id.Name} are in and out of the subset: its traffic cannot be told.");

    private ImmutableSortedDictionary<string, string>? SubsetLabels(string host, string subset, string routeNamespace)
    {
        foreach (var rule in RulesFor(host, routeNamespace))
        {
            foreach (var candidate in rule.Spec.Items("subsets"))
            {
                if (string.Equals(candidate.Text("name"), subset, StringComparison.Ordinal) && candidate.ValueKind == JsonValueKind.Object)
                {
                    return candidate.Get("labels").Labels();
                }
            }
        }

        return null;
    }

    internal static string Cut(string text) => text.Length <= 120 ? text : $"{text[..60]}…{text[^59..]}";

    private static void Add<TKey, TValue>(Dictionary<TKey, List<TValue>> index, TKey key, TValue value)
        where TKey : notnull
    {
        if (!index.TryGetValue(key, out var list))
        {
            index[key] = list = [];
        }

        list.Add(value);
    }
}

/// <summary>What a backend comes to.</summary>
/// <param name="Workloads">Workloads it stands for; null when traffic cannot be told by workload.</param>
/// <param name="ByHost">No workloads of this cluster: traffic is told by host (external services).</param>
/// <param name="Note">What is odd, a sentence; null when nothing is.</param>
internal sealed record BackendTarget(ImmutableArray<WorkloadId>? Workloads, bool ByHost, int? ReadyReplicas, int? DesiredReplicas, string? Note);
