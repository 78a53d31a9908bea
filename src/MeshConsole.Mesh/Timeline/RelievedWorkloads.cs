using System.Collections.Immutable;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Triage;

namespace MeshConsole.Mesh.Timeline;

/// <summary>Which workloads a change of a route's weights sends less to, and to none of whose rules more.</summary>
internal static class RelievedWorkloads
{
    /// <returns><c>namespace/workload</c>, in order; a backend that several workloads share counts for none, nor does one whose share is not known.</returns>
    public static ImmutableArray<string> Of(ClusterSnapshot before, ClusterSnapshot after, MeshObject route)
    {
        var (was, now) = (Shares(before, route), Shares(after, route));
        return
        [
            .. was.Keys.Where(now.ContainsKey)
                .Select(key => (key.Workload, By: now[key] - was[key]))
                .GroupBy(moved => moved.Workload, moved => moved.By)
                .Where(moves => moves.Any(by => by < 0) && !moves.Any(by => by > 0))
                .Select(moves => $"{moves.Key.Namespace}/{moves.Key.Name}")
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>By rule and workload.</summary>
    private static Dictionary<(string Rule, WorkloadId Workload), double> Shares(ClusterSnapshot cluster, MeshObject route)
    {
        var snapshot = new MeshSnapshot(0, default, [cluster]);
        return RouteInventory.Build(snapshot, MeshQuery.For(cluster.Name, [route.Meta.Namespace]))
            .Where(rule => rule.Object.Kind == route.Kind && rule.Object.Name == route.Meta.Name)
            .SelectMany(rule => BackendWorkloads.Of(snapshot, rule).Select(backend => (Key: (rule.Id, backend.Value), backend.Key.Share)))
            .GroupBy(share => share.Key, share => share.Share)
            .Where(shares => shares.All(share => share is not null))
            .ToDictionary(shares => shares.Key, shares => shares.Sum()!.Value);
    }
}
