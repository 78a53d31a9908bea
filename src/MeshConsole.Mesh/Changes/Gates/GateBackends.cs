using System.Collections.Immutable;
using System.Text.RegularExpressions;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Changes.Gates;

/// <summary>What the backends of a plan are called in telemetry, or why that cannot be told.</summary>
internal sealed partial class GateBackends
{
    private readonly ImmutableArray<(string Host, BackendTarget Target)> _backends;
    private readonly ImmutableArray<string> _hosts;

    private GateBackends(ImmutableArray<(string Host, BackendTarget Target)> backends, double? stableShare, ImmutableArray<string> hosts) =>
        (_backends, StableShare, _hosts) = (backends, stableShare, hosts);

    /// <summary>Share of the rule that the watched object gives the stable backend; null when the rule is not found as planned.</summary>
    public double? StableShare { get; }

    public int Count => _backends.Length;

    /// <param name="problem">Why the backends cannot be told apart, a sentence; null when they can.</param>
    public static GateBackends? Of(ChangePlan plan, MeshSnapshot snapshot, out string? problem)
    {
        var cluster = snapshot.Clusters.FirstOrDefault(c => string.Equals(c.Name, plan.Target.Cluster, StringComparison.Ordinal));
        if (cluster is null)
        {
            problem = $"Nothing is known of cluster {RouteBackendIndex.Cut(plan.Target.Cluster)} yet.";
            return null;
        }

        if (cluster.Objects.Services.IsDefault || cluster.Objects.Pods.IsDefault)
        {
            problem = $"Services and pods of cluster {RouteBackendIndex.Cut(cluster.Name)} have not been read: what the backends stand for is not known.";
            return null;
        }

        var index = new RouteBackendIndex(snapshot, cluster);
        ImmutableArray<(string Host, BackendTarget Target)> backends = [.. plan.Backends.Select(b => (b.Host, index.Resolve(b.Host, b.Subset, plan.Target.Namespace)))];
        problem = backends.Select(b => b.Target).FirstOrDefault(t => t.Workloads is null && (!t.ByHost || t.Note is not null)) is { } unclear
            ? unclear.Note ?? "What a backend stands for cannot be told."
            : Overlap(plan, backends);
        return problem is null ? new GateBackends(backends, Share(plan, snapshot), [.. backends.Select(b => b.Host)]) : null;
    }

    /// <summary>All workloads that a policy reaches, as one.</summary>
    /// <param name="hosts">Of the Services in front of them: what fails there reached none of them, or none that is told.</param>
    public static GateBackends Of(ImmutableArray<WorkloadId> workloads, ImmutableArray<string> hosts) =>
        new([("", new BackendTarget(workloads, false, null, null, null))], null, hosts);

    /// <summary>The query with the names of the backends and the window in it.</summary>
    public string Query(string text, TimeSpan window)
    {
        var workloads = _backends.SelectMany(b => b.Target.Workloads ?? []).ToList();

        // In one pass: a name that looks like a placeholder stays a name.
        return Placeholder().Replace(text, match => match.Value switch
        {
            "$window" => PromQl.Duration(window),
            "$namespaces" => PromQl.RegexAlternatives(workloads.Select(w => w.Namespace)),
            "$workloads" => PromQl.RegexAlternatives(workloads.Select(w => w.Name)),
            _ => PromQl.RegexAlternatives(_hosts),
        });
    }

    /// <summary>The backend of a callee; null when it is none of the plan's.</summary>
    public int? OfWorkload(string @namespace, string name)
    {
        for (var i = 0; i < _backends.Length; i++)
        {
            foreach (var workload in _backends[i].Target.Workloads ?? [])
            {
                if (string.Equals(workload.Name, name, StringComparison.Ordinal) && string.Equals(workload.Namespace, @namespace, StringComparison.Ordinal))
                {
                    return i;
                }
            }
        }

        return null;
    }

    /// <summary>The one backend of a host; null when there is none, or several that telemetry cannot tell apart without a workload.</summary>
    public int? OfHost(string host)
    {
        int? only = null;
        for (var i = 0; i < _backends.Length; i++)
        {
            if (string.Equals(_backends[i].Host, host, StringComparison.OrdinalIgnoreCase))
            {
                if (only is not null)
                {
                    return null;
                }

                only = i;
            }
        }

        return only;
    }

    public bool HasHost(string host) => _hosts.Contains(host, StringComparer.OrdinalIgnoreCase);

    [GeneratedRegex(@"\$(window|namespaces|workloads|hosts)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();

    private static string? Overlap(ChangePlan plan, ImmutableArray<(string Host, BackendTarget Target)> backends)
    {
        for (var i = 0; i < backends.Length; i++)
        {
            for (var j = i + 1; j < backends.Length; j++)
            {
                var (one, other) = (backends[i], backends[j]);
                if (one.Target.Workloads is { } a && other.Target.Workloads is { } b && a.Intersect(b).FirstOrDefault() is { Name: not null } both)
                {
                    return $"{Name(i)} and {Name(j)} both select {both.Namespace}/{RouteBackendIndex.Cut(both.Name)}: their requests cannot be told apart.";
                }

                if (one.Target.ByHost && other.Target.ByHost && string.Equals(one.Host, other.Host, StringComparison.OrdinalIgnoreCase))
                {
                    return $"{Name(i)} and {Name(j)} are one external host: their requests cannot be told apart.";
                }
            }
        }

        return null;

        string Name(int index) => RouteBackendIndex.Cut(plan.Backends[index].ShortName);
    }

    private static double? Share(ChangePlan plan, MeshSnapshot snapshot)
    {
        var target = plan.Target;
        var route = RouteInventory.Build(snapshot, MeshQuery.For(target.Cluster, [target.Namespace]))
            .FirstOrDefault(r => string.Equals(r.Id, target.RouteId, StringComparison.Ordinal) && string.Equals(r.Object.Uid, target.Uid, StringComparison.Ordinal));
        return route is not null && route.Backends.Length == plan.Backends.Length
            && route.Backends.Zip(plan.Backends).All(pair => string.Equals(pair.First.Host, pair.Second.Host, StringComparison.OrdinalIgnoreCase) && pair.First.Subset == pair.Second.Subset)
            ? route.Backends[plan.Stable].Share
            : null;
    }
}
