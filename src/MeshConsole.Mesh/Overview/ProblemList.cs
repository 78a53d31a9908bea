using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Overview;

/// <summary>
/// What is wrong, the worst first and causes before their effects: a workload whose own callee fails comes after it.
/// </summary>
internal sealed class ProblemList
{
    private const string Critical = "critical";
    private const string Warning = "warning";

    /// <summary>More certificates of one kind and state than this are one problem: they have one cause.</summary>
    private const int CertificatesNamed = 3;

    private const int WorkloadsNamed = 3;

    private readonly List<(int Rank, OverviewProblem Problem)> _problems = [];
    private readonly MeshSnapshot _snapshot;
    private readonly MeshQuery _query;

    public ProblemList(MeshSnapshot snapshot, MeshQuery query)
    {
        _snapshot = snapshot;
        _query = query;
    }

    /// <summary>Critical before warning; within, in the order of the ranks given, then as added.</summary>
    public ImmutableArray<OverviewProblem> Ranked() =>
        [.. _problems.OrderBy(p => p.Problem.Severity == Critical ? 0 : 1).ThenBy(p => p.Rank).Select(p => p.Problem)];

    /// <summary>Nodes and edges that fail, causes first.</summary>
    public void AddTraffic(TopologyView topology)
    {
        var troubled = topology.Nodes.Where(n => n.Health is Health.Degraded or Health.Failing).ToDictionary(n => n.Id, StringComparer.Ordinal);
        var callees = topology.Edges
            .Where(e => e.Health is Health.Degraded or Health.Failing && troubled.ContainsKey(e.Target) && e.Source != e.Target)
            .ToLookup(e => e.Source, e => e.Target, StringComparer.Ordinal);
        foreach (var node in troubled.Values
            .Where(n => _query.MatchesCluster(n.Cluster) && _query.Matches(n.Namespace) && !IsControlPlane(n))
            .OrderBy(n => callees.Contains(n.Id) ? 1 : 0)
            .ThenByDescending(n => n.ErrorRatio * n.RequestsPerSecond ?? 0)
            .ThenBy(n => n.Id, StringComparer.Ordinal))
        {
            var causes = callees[node.Id].Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(id => troubled[id].Name).ToList();
            var detail = string.Join(' ', node.Reasons);
            Add(
                causes.Count > 0 ? 2 : 1,
                node.Health == Health.Failing ? Critical : Warning,
                $"{Name(node.Id)} is {(node.Health == Health.Failing ? "failing" : "degraded")}",
                causes.Count == 0 ? detail : $"{detail} It calls {string.Join(", ", causes.Take(3))}, which {(causes.Count == 1 ? "is" : "are")} in trouble.",
                $"topology?selected={Uri.EscapeDataString(node.Id)}");
        }

        // A callee that serves most callers well can still refuse one of them.
        foreach (var edge in topology.Edges.Where(e => e.Health == Health.Failing && !troubled.ContainsKey(e.Target) && InScope(e)))
        {
            Add(
                3,
                Critical,
                $"Calls from {Name(edge.Source)} to {Name(edge.Target)} fail",
                edge.ErrorRatio is { } ratio ? $"{Figures.Percent(ratio)} of {Figures.Rate(edge.RequestsPerSecond ?? 0, "requests")} fail, though {Name(edge.Target)} serves its other callers." : "Its requests fail.",
                $"topology?selected={Uri.EscapeDataString(edge.Key)}");
        }
    }

    /// <summary>Pods that crash or cannot start, where their workload is not called troubled already.</summary>
    public void AddPods(TopologyView topology)
    {
        var known = topology.Nodes.Where(n => n.Health is Health.Degraded or Health.Failing).Select(n => n.Id).ToHashSet(StringComparer.Ordinal);
        var nodes = MeshNodes.Of(_snapshot);
        foreach (var workload in _snapshot.Clusters.Where(c => _query.MatchesCluster(c.Name)).SelectMany(c => c.Workloads).Where(w => _query.Matches(w.Id.Namespace)))
        {
            if (workload.Pods.IsEmpty || !workload.Pods.Any(IsStuck))
            {
                continue;
            }

            var id = nodes.Node(workload.Id).ToString();
            if (known.Contains(id))
            {
                continue;
            }

            var stuck = workload.Pods.Where(IsStuck).ToList();
            var reasons = stuck.SelectMany(p => p.Containers).Where(PodStates.IsStuck).GroupBy(c => c.WaitingReason!, StringComparer.Ordinal).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => $"{g.Key} × {g.Count()}");
            Add(
                4,
                stuck.Count == workload.Pods.Length ? Critical : Warning,
                string.Create(CultureInfo.InvariantCulture, $"{stuck.Count} of {workload.Pods.Length} pods of {workload.Id.Namespace}/{workload.Id.Name} do not start"),
                $"{string.Join(", ", reasons)}.",
                $"topology?selected={Uri.EscapeDataString(id)}");
        }
    }

    public void AddControlPlane(ControlPlaneSummary controlPlane)
    {
        if (controlPlane.State is "failing" or "degraded")
        {
            Add(0, controlPlane.State == "failing" ? Critical : Warning, controlPlane.State == "failing" ? "istiod is down" : "istiod is degraded", string.Join(' ', controlPlane.Reasons), "");
        }
    }

    public void AddCanaries(IEnumerable<RouteView> canaries, double window)
    {
        foreach (var problem in canaries.SelectMany(c => CanaryComparison.Problems(c, window)))
        {
            _problems.Add((2, problem));
        }
    }

    public void AddCertificates(ImmutableArray<CertificateView> certificates, CertificateThresholds thresholds)
    {
        foreach (var group in certificates
            .Where(c => c.State is CertificateState.Expired or CertificateState.Late or CertificateState.Expiring)

            // The gateway that presents a certificate and the object that renews it are two rows and one problem.
            .DistinctBy(c => c.Fingerprint ?? c.Id, StringComparer.Ordinal)
            .GroupBy(c => (c.State, c.Kind))
            .OrderBy(g => g.Key.State switch { CertificateState.Expired => 0, CertificateState.Late => 1, _ => 2 })
            .ThenBy(g => g.Key.Kind))
        {
            var all = group.OrderBy(c => c.NotAfter).ThenBy(c => c.Id, StringComparer.Ordinal).ToList();
            var severity = all.Exists(c => IsUrgent(c, thresholds)) ? Critical : Warning;
            if (all.Count > CertificatesNamed)
            {
                Add(
                    5,
                    severity,
                    string.Create(CultureInfo.InvariantCulture, $"{all.Count} {KindWords(group.Key.Kind)} certificates are {StateWords(group.Key.State)}"),
                    $"First {all[0].Subject}: {all[0].Message}",
                    $"certificates?state={StateName(group.Key.State)}");
                continue;
            }

            foreach (var certificate in all)
            {
                Add(
                    5,
                    IsUrgent(certificate, thresholds) ? Critical : Warning,
                    $"Certificate {certificate.Subject} ({KindWords(certificate.Kind)}) is {StateWords(certificate.State)}",
                    certificate.Message,
                    $"certificates?selected={Uri.EscapeDataString(certificate.Id)}");
            }
        }
    }

    public void AddPlaintext(MtlsView mtls)
    {
        if (mtls.Plaintext.IsEmpty)
        {
            return;
        }

        // Edges and not callers are counted: one unknown caller may be several.
        var busiest = mtls.Plaintext.MaxBy(p => p.RequestsPerSecond ?? p.ConnectionsPerSecond ?? 0)!;
        var rate = mtls.Plaintext.Sum(p => p.RequestsPerSecond ?? 0);
        Add(
            6,
            Warning,
            mtls.Plaintext.Length == 1 ? "1 edge carries plaintext" : string.Create(CultureInfo.InvariantCulture, $"{mtls.Plaintext.Length} edges carry plaintext"),
            $"{(rate > 0 ? $"{Figures.Rate(rate, "requests")} arrive unencrypted. " : "")}To {Name(busiest.Target)} from {Name(busiest.Source, "an unknown caller")}: {busiest.Reason}",
            "mtls");
    }

    /// <summary>Sources that do not answer: what they would tell is missing or old.</summary>
    public void AddSources()
    {
        foreach (var cluster in _snapshot.Clusters.Where(c => _query.MatchesCluster(c.Name)))
        {
            foreach (var system in cluster.Sources.GroupBy(s => s.Name.Split('/')[0], StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
            {
                var dead = system.Where(s => s.State is SourceState.Stale or SourceState.Failed).OrderBy(s => s.Since).ToList();
                if (dead.Count == 0)
                {
                    continue;
                }

                var all = dead.Count == system.Count(s => s.State != SourceState.Disabled);

                // The same instant as the banner's: the last that was heard, not when the first try after it failed.
                var lastAnswer = dead.Max(s => s.LastSuccess);
                var name = system.Key switch { "kubernetes" => "The Kubernetes API", "prometheus" => "Prometheus", var other => other };
                Add(
                    all ? 0 : 4,
                    all ? Critical : Warning,
                    all
                        ? lastAnswer is { } last
                            ? string.Create(CultureInfo.InvariantCulture, $"{name} of cluster {cluster.Name} has not answered since {last.UtcDateTime:HH:mm:ss} UTC")
                            : $"{name} of cluster {cluster.Name} has never answered"
                        : string.Create(CultureInfo.InvariantCulture, $"{name} of cluster {cluster.Name} does not answer {dead.Count} of {system.Count()} questions ({dead[0].Name}{(dead.Count > 1 ? " …" : "")})"),
                    dead[0].Message ?? $"{dead[0].Name} is {dead[0].State.ToString().ToLowerInvariant()}.",
                    "");
            }
        }
    }

    /// <summary>Proxies that run and are not scraped: one problem per cluster, for they have one cause more often than not.</summary>
    public void AddScrapes()
    {
        foreach (var cluster in _snapshot.Clusters.Where(c => _query.MatchesCluster(c.Name)))
        {
            var gaps = cluster.ScrapeGaps.Where(g => _query.Matches(g.Key.Namespace)).OrderByDescending(g => g.Value.Missing).ThenBy(g => g.Key.ToString(), StringComparer.Ordinal).ToList();
            if (gaps.Count == 0)
            {
                continue;
            }

            var named = string.Join(", ", gaps.Take(WorkloadsNamed).Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Key.Namespace}/{g.Key.Name} ({g.Value.Missing} of {g.Value.Running})")));
            var more = gaps.Count > WorkloadsNamed ? string.Create(CultureInfo.InvariantCulture, $" and {gaps.Count - WorkloadsNamed} more workloads") : "";
            var missing = gaps.Sum(g => g.Value.Missing);
            Add(
                4,
                Warning,
                string.Create(CultureInfo.InvariantCulture, $"Telemetry missing: {missing} {(missing == 1 ? "proxy" : "proxies")} of {gaps.Count} {(gaps.Count == 1 ? "workload" : "workloads")} in cluster {cluster.Name} {(missing == 1 ? "is" : "are")} not scraped"),
                $"{named}{more}: traffic that only they count is not known. Look for these pods among the targets of Prometheus.",
                $"topology?selected={Uri.EscapeDataString(MeshNodes.Of(_snapshot).Node(gaps[0].Key).ToString())}");
        }
    }

    private static bool IsUrgent(CertificateView certificate, CertificateThresholds thresholds) => certificate.State switch
    {
        CertificateState.Expired => true,
        CertificateState.Late => certificate.Kind == CertificateKind.Workload && certificate.LifeLeft < thresholds.LateRenewalRatio / 2,
        CertificateState.Expiring => certificate.RemainingSeconds < thresholds.CriticalBefore.TotalSeconds,
        _ => false,
    };

    private static bool IsStuck(Pod pod) => pod.Meta.DeletedAt is null && pod.Containers.Any(PodStates.IsStuck);

    private bool IsControlPlane(TopologyNode node) =>
        _snapshot.Clusters.Any(c => c.Name == node.Cluster && !c.Objects.Deployments.IsDefault
            && c.Objects.Deployments.Any(d => d.Meta.Namespace == node.Namespace && d.Meta.Name == node.Name && ControlPlane.IsIstiod(d)));

    private bool InScope(TopologyEdge edge) => NodeId.TryParse(edge.Target, out var target) && NodeId.TryParse(edge.Source, out var source)
        && (InScope(target) || InScope(source));

    private bool InScope(NodeId node) => _query.MatchesCluster(node.Cluster) && _query.Matches(node.Namespace);

    private static string Name(string node, string unknown = "an unknown workload") => NodeId.TryParse(node, out var id)
        ? id.Kind switch
        {
            NodeKind.Unknown => unknown,
            NodeKind.External => $"external host {id.Name}",
            _ => $"{id.Namespace}/{id.Name}",
        }
        : node;

    private static string KindWords(CertificateKind kind) => kind switch
    {
        CertificateKind.Root => "root",
        CertificateKind.Issuer => "signing",
        CertificateKind.Workload => "workload",
        CertificateKind.Gateway => "gateway",
        CertificateKind.CertManager => "cert-manager",
        CertificateKind.Webhook => "webhook",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    private static string StateWords(CertificateState state) => state switch
    {
        CertificateState.Expired => "expired",
        CertificateState.Late => "late",
        CertificateState.Expiring => "about to expire",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    private static string StateName(CertificateState state) => state switch
    {
        CertificateState.Expired => "expired",
        CertificateState.Late => "late",
        CertificateState.Expiring => "expiring",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    /// <summary>Our own words begin a sentence with a capital; names stay as they are.</summary>
    private static string Capital(string text) =>
        text.StartsWith("external host ", StringComparison.Ordinal) || text.StartsWith("an unknown ", StringComparison.Ordinal) ? char.ToUpperInvariant(text[0]) + text[1..] : text;

    private void Add(int rank, string severity, string title, string detail, string page) => _problems.Add((rank, new OverviewProblem(severity, Capital(title), detail, page)));
}
