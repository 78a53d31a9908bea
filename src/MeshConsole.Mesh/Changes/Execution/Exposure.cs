using System.Collections.Immutable;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>Who calls the target now, and what each stage puts at risk.</summary>
internal static class Exposure
{
    /// <summary>Callers of any host of the plan, those with most traffic first.</summary>
    public static ImmutableArray<AffectedCaller> Callers(ClusterSnapshot? cluster, ChangePlan plan)
    {
        if (cluster is null)
        {
            return [];
        }

        if (plan.Target.Policy is not null)
        {
            var reached = PolicyReach.Of(cluster, plan.Target)?.Watched.Select(w => w.Id).ToHashSet() ?? [];
            return Callers(cluster, [.. cluster.Edges.Where(e => reached.Contains(e.Target.Workload) && e.CallerView is not null)]);
        }

        var hosts = plan.Backends.Select(b => b.Host).ToHashSet(StringComparer.Ordinal);
        return Callers(cluster, [.. cluster.Edges.Where(e => hosts.Contains(e.ServiceHost) && e.CallerView is not null)]);
    }

    private static ImmutableArray<AffectedCaller> Callers(ClusterSnapshot cluster, ImmutableArray<Edge> edges)
    {
        var gateways = cluster.Workloads.Where(w => w.IsGateway).Select(w => w.Id).ToHashSet();
        return
        [
            .. edges
                .GroupBy(e => NodeOf(e.Source.Workload, gateways), StringComparer.Ordinal)
                .Select(g => Caller(g.Key, [.. g]))
                .OrderByDescending(c => c.RequestsPerSecond ?? -1)
                .ThenBy(c => c.Caller, StringComparer.Ordinal),
        ];
    }

    /// <summary>For a policy: all requests to the workloads that it reaches.</summary>
    public static ImmutableArray<StageExposure> Stages(RouteView? route, ClusterSnapshot? cluster, ChangePlan plan)
    {
        if (plan.Target.Policy is not null)
        {
            var rate = RateOf(cluster, plan);
            TimeSpan? within = rate is { } perSecond && perSecond > 0 && plan.Gates.MinimumRequests / perSecond < TimeSpan.FromDays(365).TotalSeconds
                ? TimeSpan.FromSeconds(Math.Ceiling(plan.Gates.MinimumRequests / perSecond))
                : null;
            return [.. plan.Stages.Select((stage, index) => new StageExposure(index, 1, rate, rate * stage.Soak.TotalSeconds, within))];
        }

        return Stages(route, plan);
    }

    /// <summary>Requests per second that reach the workloads of a policy; null when no rate of theirs is known.</summary>
    public static double? RateOf(ClusterSnapshot? cluster, ChangePlan plan) => cluster is null
        ? null
        : Callers(cluster, plan).Select(c => c.RequestsPerSecond).OfType<double>().ToList() is { Count: > 0 } rates ? rates.Sum() : null;

    private static ImmutableArray<StageExposure> Stages(RouteView? route, ChangePlan plan)
    {
        var rates = route?.Backends.Select(b => b.Live?.RequestsPerSecond).ToList() ?? [];
        var rate = rates.Count > 0 && rates.TrueForAll(r => r is not null) ? rates.Sum() : null;
        return
        [
            .. plan.Stages.Select((stage, index) =>
            {
                var share = plan.CanaryShare(stage.Weights);
                var canary = rate * share;
                TimeSpan? verdictIn = canary is { } perSecond && perSecond > 0 && plan.Gates.MinimumRequests / perSecond < TimeSpan.FromDays(365).TotalSeconds
                    ? TimeSpan.FromSeconds(Math.Ceiling(plan.Gates.MinimumRequests / perSecond))
                    : null;
                return new StageExposure(index, share, canary, canary * stage.Soak.TotalSeconds, verdictIn);
            }),
        ];
    }

    private static string NodeOf(WorkloadId workload, HashSet<WorkloadId> gateways) => workload.IsUnknown
        ? new NodeId(workload.Cluster, WorkloadId.UnknownName, NodeKind.Unknown, WorkloadId.UnknownName).ToString()
        : (NodeId.Of(workload) with { Kind = gateways.Contains(workload) ? NodeKind.Gateway : NodeKind.Workload }).ToString();

    private static AffectedCaller Caller(string caller, ImmutableArray<Edge> edges)
    {
        double? rate = null;
        double requests = 0;
        double failures = 0;
        foreach (var view in edges.Select(e => e.CallerView!))
        {
            if (view.RequestsPerSecond is { } known)
            {
                rate = (rate ?? 0) + known;
            }

            var totals = ResponseClassifier.Total(view.Responses);
            requests += totals.All;
            failures += totals.Failures;
        }

        return new AffectedCaller(caller, rate, new ResponseTotals(requests, failures, 0).ErrorRatio);
    }
}
