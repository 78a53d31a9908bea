using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Panels;

/// <summary>Puts together what is known of one node, edge or box of the topology, or of the whole of it. Pure.</summary>
public static class PanelBuilder
{
    /// <summary>Lists of a panel are read by people; what is left out is counted.</summary>
    public const int MostWorkloads = 200;
    public const int MostPods = 100;
    public const int MostObjects = 100;

    /// <param name="query">What the mesh panel is of, and what its view is narrowed by; a node's own numbers count all its traffic.</param>
    /// <param name="id">
    /// A node id, the key of an edge (<c>source|target|protocol</c>), a namespace or an app of any view (a box), or
    /// <c>cluster/name</c>; empty for the mesh.
    /// </param>
    /// <returns>Null when nothing of the snapshot is called so.</returns>
    public static PanelView? Build(MeshSnapshot snapshot, MeshQuery query, TopologyForm form, string? id)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(query);
        if (Subject.Find(snapshot, query, form, id) is not { } subject)
        {
            return null;
        }

        var window = snapshot.Clusters.Select(cluster => cluster.Telemetry?.Window ?? TimeSpan.Zero).DefaultIfEmpty().Max();
        var workloads = subject.Workloads.Where(workload => !workload.Pods.IsEmpty || workload.DesiredReplicas is > 0).ToList();
        var pods = workloads.SelectMany(workload => workload.Pods.Select(pod => Pod(workload, pod)))
            .OrderBy(pod => pod is { Ready: true, Waiting: null } ? 1 : 0)
            .ThenByDescending(pod => pod.Restarts)
            .ThenBy(pod => pod.Namespace, StringComparer.Ordinal)
            .ThenBy(pod => pod.Name, StringComparer.Ordinal)
            .ToList();
        var objects = AppliedObjects.Of(snapshot, subject.Kind == PanelKind.Edge ? subject.Targets : workloads.Select(workload => workload.Id));
        return new PanelView(subject.Kind, id ?? "", snapshot.Revision, snapshot.ObservedAt, window.TotalSeconds)
        {
            Traffic = subject.Traffic(),
            Workloads = [.. workloads.Take(MostWorkloads).Select(workload => MeshNodes.Of(snapshot).Node(workload.Id).ToString())],
            WorkloadCount = workloads.Count,
            Pods = [.. pods.Take(MostPods)],
            PodCount = pods.Count,
            Objects = [.. objects.Take(MostObjects)],
            ObjectCount = objects.Length,
            Missing = Missing(snapshot, subject),
        };
    }

    private static PanelPod Pod(Workload workload, Pod pod)
    {
        var waiting = pod.Containers.Where(container => container.WaitingReason is not null)
            .OrderByDescending(PodStates.IsStuck)
            .Select(container => container.WaitingReason)
            .FirstOrDefault();
        return new PanelPod(
            pod.Meta.Name,
            pod.Meta.Namespace,
            workload.Id.Name,
            workload.Version,
            pod.Phase,
            pod.Ready,
            pod.Containers.Sum(container => container.RestartCount),
            waiting,
            pod.NodeName,
            ProxyDetection.Proxy(pod) is { } proxy ? ProxyDetection.Version(proxy.Image) : null,
            pod.Meta.CreatedAt);
    }

    private static ImmutableArray<string> Missing(MeshSnapshot snapshot, Subject subject)
    {
        var freshness = new ClusterFreshness(snapshot);
        var scrapes = new MeshScrapes(snapshot);
        var gap = subject.Workloads.Select(workload => scrapes.Of(workload.Id)).Aggregate((ScrapeGap?)null, ScrapeGap.Add);
        return
        [
            .. subject.Clusters.Order(StringComparer.Ordinal).Select(freshness.WhyNotCurrent).OfType<string>().Distinct(StringComparer.Ordinal),
            .. gap is { } missing ? new[] { $"{char.ToUpperInvariant(missing.Words()[0])}{missing.Words()[1..]}: what only they count is not in these numbers." } : [],
        ];
    }
}
