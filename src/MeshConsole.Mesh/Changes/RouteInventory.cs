using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Changes;

/// <summary>Every rule of every route object with its split: as configured, and as it is observed.</summary>
public static class RouteInventory
{
    /// <summary>Ordered by cluster, namespace, kind, name, and then as the object tries its rules.</summary>
    public static ImmutableArray<RouteView> Build(MeshSnapshot snapshot, MeshQuery query)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(query);
        var views = ImmutableArray.CreateBuilder<RouteView>();
        foreach (var cluster in snapshot.Clusters.Where(c => query.MatchesCluster(c.Name)).OrderBy(c => c.Name, StringComparer.Ordinal))
        {
            var index = new RouteBackendIndex(snapshot, cluster);
            var delegates = new RouteDelegates(Known(cluster.Objects.VirtualServices));
            var grants = new ReferenceGrants(cluster.Objects.ReferenceGrants);
            foreach (var route in Routes(cluster.Objects)
                .Where(r => query.Matches(r.Meta.Namespace))
                .OrderBy(r => r.Meta.Namespace, StringComparer.Ordinal)
                .ThenBy(r => r.Kind, StringComparer.Ordinal)
                .ThenBy(r => r.Meta.Name, StringComparer.Ordinal))
            {
                Add(cluster, index, delegates, grants, route, views);
            }
        }

        return views.ToImmutable();
    }

    private static IEnumerable<MeshObject> Routes(ClusterObjects objects) => Known(objects.VirtualServices).Concat(Known(objects.HttpRoutes)).Concat(Known(objects.GrpcRoutes)).Concat(Known(objects.TrafficSplits));

    private static ImmutableArray<MeshObject> Known(ImmutableArray<MeshObject> list) => list.IsDefault ? [] : list;

    private static void Add(ClusterSnapshot cluster, RouteBackendIndex index, RouteDelegates delegates, ReferenceGrants grants, MeshObject route, ImmutableArray<RouteView>.Builder views)
    {
        var rules = RouteRules.Of(route, index.Domain, delegates, grants);
        if (rules.IsEmpty)
        {
            return;
        }

        var hosts = RouteRules.Hosts(route, index.Domain, delegates);
        var appliesAt = RouteRules.AppliesAt(route, delegates);
        var meta = route.Meta;
        var identity = new RouteObject(route.ApiVersion, route.Kind, meta.Namespace, meta.Name, meta.Uid, meta.ResourceVersion);
        var owner = RouteOwners.Of(meta, rules.SelectMany(r => r.Backends).Select(b => b.Host).Distinct(StringComparer.Ordinal)
            .SelectMany(h => index.RulesFor(h, meta.Namespace)).Select(r => r.Meta));
        foreach (var rule in rules)
        {
            var notes = rule.Notes.ToBuilder();
            var backends = Backends(index, rule, meta.Namespace, notes);
            var shared = SharedWith(rule, rules);
            if (shared is not null && backends.Length > 1)
            {
                notes.Add(shared);
            }

            views.Add(new RouteView(
                string.Create(CultureInfo.InvariantCulture, $"{cluster.Name}/{meta.Namespace}/{route.Kind}/{meta.Name}/{rule.Protocol}/{rule.Index}"),
                cluster.Name,
                identity,
                new RouteRule(rule.Index, rule.Name, rule.Matches) { Own = rule.Own },
                hosts,
                rule.Protocol,
                backends,
                owner,
                Summary(rule),
                rule.Policy)
            {
                AppliesAt = appliesAt,
                SharesBackends = shared is not null,
                Notes = [.. notes.Distinct(StringComparer.Ordinal)],
            });
        }
    }

    private static ImmutableArray<RouteBackend> Backends(RouteBackendIndex index, RouteRuleText rule, string routeNamespace, ImmutableArray<string>.Builder notes)
    {
        var tcp = rule.Protocol is "tcp" or "tls";
        var targets = rule.Backends.Select(b => index.Resolve(b.Host, b.Subset, routeNamespace)).ToList();
        var shared = targets.SelectMany(t => t.Workloads ?? []).GroupBy(w => w).Where(g => g.Count() > 1).Select(g => g.Key).ToHashSet();
        notes.AddRange(targets.Select(t => t.Note).OfType<string>());

        var traffic = rule.Backends.Select((b, i) => index.Traffic(targets[i], b.Host, shared, tcp)).ToList();
        var rates = traffic.Select(t => tcp ? t?.ConnectionsPerSecond : t?.RequestsPerSecond).ToList();

        // Two backends of one host and no telling subsets apart would count the same traffic twice.
        var ambiguous = rule.Backends.GroupBy(b => (b.Host, b.Subset)).Any(g => g.Count() > 1)
            || rule.Backends.Where((_, i) => targets[i].Workloads is { } w && w.Any(shared.Contains)).GroupBy(b => b.Host, StringComparer.Ordinal).Any(g => g.Count() > 1);
        var sum = ambiguous || rates.Exists(r => r is null) ? null : rates.Sum();
        return
        [
            .. rule.Backends.Select((b, i) => new RouteBackend(
                b.Host,
                b.Subset,
                b.Port,
                b.Weight,
                b.Share,
                sum > 0 ? rates[i] / sum : null,
                tcp || traffic[i] is not { } live ? null : RouteBackendIndex.Live(live),
                targets[i].ReadyReplicas,
                targets[i].DesiredReplicas)
            {
                WeightText = b.WeightText,
            }),
        ];
    }

    /// <summary>Telemetry does not say which rule sent a request; says which other rules send to a backend of this one.</summary>
    private static string? SharedWith(RouteRuleText rule, ImmutableArray<RouteRuleText> rules)
    {
        foreach (var other in rules)
        {
            if (other.Index == rule.Index || other.Protocol != rule.Protocol)
            {
                continue;
            }

            foreach (var backend in other.Backends)
            {
                if (backend.Share is > 0 && rule.Backends.Any(b => b.Host == backend.Host && b.Subset == backend.Subset))
                {
                    return string.Create(CultureInfo.InvariantCulture, $"Rule {other.Index} sends to {RouteBackendIndex.Cut(backend.Subset ?? backend.Host)} too: what is observed counts its requests as well.");
                }
            }
        }

        return null;
    }

    private static string Summary(RouteRuleText rule)
    {
        var subject = rule.Protocol is "tcp" or "tls" ? "connections" : "requests";
        var words = rule.CatchesAll || rule.Matches.IsEmpty
            ? rule.Index == 0 ? $"all {subject}" : $"all other {subject}"
            : string.Join(" or ", rule.Matches.Select(RouteBackendIndex.Cut));
        return rule.Action is null ? words : $"{words}: {RouteBackendIndex.Cut(rule.Action)}";
    }
}
