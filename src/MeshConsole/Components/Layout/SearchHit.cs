using System.Collections.Immutable;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Triage;

namespace MeshConsole.Components.Layout;

/// <summary>One thing that the search offers.</summary>
/// <param name="Kind">In words: Page, Problem, Workload, Service, Namespace, Route.</param>
/// <param name="Href">Where it is shown.</param>
public sealed record SearchHit(string Kind, string Name, string? Namespace, string Href)
{
    /// <summary>Never more than this; the reader types on instead of scrolling.</summary>
    public const int Limit = 30;

    private static readonly ImmutableArray<(string Title, string Page, string Words)> s_pages =
    [
        ("Overview", PageAddress.Overview, "home golden signals control plane"),
        ("Topology", PageAddress.Topology, "graph map edges"),
        ("Incidents", PageAddress.Incidents, "problems triage timeline what changed suspects report"),
        ("mTLS", PageAddress.Mtls, "encryption plaintext policies peer authentication coverage"),
        ("Certificates", PageAddress.Certificates, "expiry tls renew"),
        ("Latency", PageAddress.Latency, "hops overhead percentile p99 sidecar"),
        ("Traffic", PageAddress.Traffic, "routes canary weights split virtualservice"),
        ("Changes", PageAddress.ChangeQueue, "canary approvals queue waiting rollout rollback"),
        ("Safety", PageAddress.Safety, "read-only switch break-glass freeze windows dead letters webhooks policy writes"),
        ("Audit", PageAddress.Audit, "log who did what chain checkpoints export"),
    ];

    /// <summary>
    /// Pages and objects whose name holds <paramref name="text"/>: exact names first, then beginnings, then the rest; among
    /// equals in the order of names. An empty text gives the pages, and the problems after them.
    /// </summary>
    /// <param name="problems">Those of <paramref name="query"/>, the worst first.</param>
    /// <param name="at">The pinned instant, as the address has it; null for the present.</param>
    /// <returns>The hits, at most <see cref="Limit"/>, and how many there are in all.</returns>
    public static (ImmutableArray<SearchHit> Hits, int Total) Find(MeshSnapshot snapshot, MeshQuery query, ImmutableArray<TriageProblem> problems, string? at, string text)
    {
        var wanted = text.Trim();
        if (wanted.Length == 0)
        {
            var all = s_pages.Select(OfPage).Concat(problems.Select(OfProblem)).ToImmutableArray();
            return ([.. all.Take(Limit)], all.Length);
        }

        var found = new List<(int Rank, SearchHit Hit)>();
        foreach (var page in s_pages)
        {
            var rank = Rank(page.Title, wanted);
            if (rank < 0 && page.Words.Contains(wanted, StringComparison.OrdinalIgnoreCase))
            {
                rank = 2;
            }

            Add(rank, () => OfPage(page));
        }

        foreach (var problem in problems)
        {
            Add(Rank(problem.Title, wanted), () => OfProblem(problem));
        }

        foreach (var cluster in snapshot.Clusters.Where(cluster => query.MatchesCluster(cluster.Name)))
        {
            foreach (var workload in cluster.Workloads)
            {
                var kind = workload.IsWaypoint ? NodeKind.Waypoint : workload.IsGateway ? NodeKind.Gateway : NodeKind.Workload;
                var node = new NodeId(cluster.Name, workload.Id.Namespace, kind, workload.Id.Name).ToString();
                Add(Rank(workload.Id.Name, wanted), () => new SearchHit("Workload", workload.Id.Name, workload.Id.Namespace, InTopology(workload.Id.Namespace, "workload", node)));
            }

            foreach (var service in cluster.Services)
            {
                var node = new NodeId(cluster.Name, service.Id.Namespace, NodeKind.Service, service.Id.Name).ToString();
                Add(Rank(service.Id.Name, wanted), () => new SearchHit("Service", service.Id.Name, service.Id.Namespace, InTopology(service.Id.Namespace, "service", node)));
            }

            foreach (var route in Objects(cluster.Objects.VirtualServices).Concat(Objects(cluster.Objects.HttpRoutes)).Concat(Objects(cluster.Objects.GrpcRoutes)).Concat(Objects(cluster.Objects.TrafficSplits)))
            {
                Add(Rank(route.Name, wanted), () => new SearchHit(route.Kind, route.Name, route.Namespace, To(PageAddress.Traffic, query, (PageAddress.Filter, route.Name))));
            }

            if (!cluster.Objects.Namespaces.IsDefault)
            {
                foreach (var name in cluster.Objects.Namespaces.Select(item => item.Meta.Name))
                {
                    Add(Rank(name, wanted), () => new SearchHit("Namespace", name, null, To(PageAddress.Topology, MeshQuery.For(query.Cluster, [name]))));
                }
            }
        }

        return ([.. found.OrderBy(entry => entry.Rank).ThenBy(entry => entry.Hit.Name, StringComparer.OrdinalIgnoreCase).ThenBy(entry => entry.Hit.Kind, StringComparer.Ordinal).Take(Limit).Select(entry => entry.Hit)], found.Count);

        void Add(int rank, Func<SearchHit> hit)
        {
            if (rank >= 0)
            {
                found.Add((rank, hit()));
            }
        }

        SearchHit OfPage((string Title, string Page, string Words) page) => new("Page", page.Title, null, To(page.Page, query));

        SearchHit OfProblem(TriageProblem problem) => new("Problem", problem.Title, null, To(PageAddress.Incidents, query, (PageAddress.Selected, problem.Id)));

        string To(string page, MeshQuery scope, params (string Name, string? Value)[] parameters) => PageAddress.To(page, scope, [.. parameters, (PageAddress.At, at)]);

        // An object outside the chosen namespaces is shown with all of them: a hit that leads to an empty page helps nobody.
        string InTopology(string @namespace, string view, string node) => To(
            PageAddress.Topology,
            query.Matches(@namespace) ? query : MeshQuery.For(query.Cluster, []),
            ("view", view),
            (PageAddress.Selected, node));
    }

    private static IEnumerable<(string Kind, string Namespace, string Name)> Objects(ImmutableArray<Mesh.Kubernetes.Objects.MeshObject> objects) =>
        objects.IsDefault ? [] : objects.Select(item => (item.Kind, item.Meta.Namespace, item.Meta.Name));

    private static int Rank(string name, string wanted) => name.IndexOf(wanted, StringComparison.OrdinalIgnoreCase) switch
    {
        < 0 => -1,
        0 => name.Length == wanted.Length ? 0 : 1,
        _ => 2,
    };
}
