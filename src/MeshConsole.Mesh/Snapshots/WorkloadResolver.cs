using System.Collections.Immutable;
using System.Runtime.InteropServices;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>Groups pods into workloads and says of each how it is captured by a mesh.</summary>
public static class WorkloadResolver
{
    /// <summary>
    /// The workloads of a cluster, ordered by id: those that have pods which may still run, and Deployments without any
    /// (scaled to zero, or unable to create them). Pods that ended (Succeeded, Failed) belong to no workload any more.
    /// </summary>
    public static ImmutableArray<Workload> Resolve(string cluster, ClusterObjects objects)
    {
        ArgumentException.ThrowIfNullOrEmpty(cluster);
        ArgumentNullException.ThrowIfNull(objects);
        var replicaSets = new Dictionary<(string Namespace, string Name), OwnerReference?>();
        foreach (var replicaSet in Known(objects.ReplicaSets))
        {
            replicaSets[(replicaSet.Meta.Namespace, replicaSet.Meta.Name)] = ControllerOf(replicaSet.Meta);
        }

        var groups = new Dictionary<WorkloadId, Group>();
        foreach (var pod in Known(objects.Pods))
        {
            if (pod.Phase is PodPhase.Succeeded or PodPhase.Failed)
            {
                continue;
            }

            var name = WorkloadName.Of(pod, replicaSet => replicaSets.GetValueOrDefault((pod.Meta.Namespace, replicaSet)));
            ref var group = ref CollectionsMarshal.GetValueRefOrAddDefault(groups, new WorkloadId(cluster, pod.Meta.Namespace, name.Name), out _);
            group ??= new Group();
            group.Kind ??= name.Kind;
            group.Pods.Add(pod);
        }

        foreach (var deployment in Known(objects.Deployments))
        {
            ref var group = ref CollectionsMarshal.GetValueRefOrAddDefault(groups, new WorkloadId(cluster, deployment.Meta.Namespace, deployment.Meta.Name), out _);
            group ??= new Group();

            // Two controllers of different kinds may share a name; telemetry cannot tell them apart, so they are one workload.
            group.Kind ??= deployment.Kind;
            group.Controller = deployment;
        }

        var workloads = ImmutableArray.CreateBuilder<Workload>(groups.Count);
        foreach (var (id, group) in groups)
        {
            workloads.Add(Describe(id, group, !objects.Pods.IsDefault));
        }

        workloads.Sort(static (x, y) => IdOrder.Compare(x.Id, y.Id));
        return workloads.MoveToImmutable();
    }

    private static Workload Describe(WorkloadId id, Group group, bool podsKnown)
    {
        var pods = group.Pods;
        var labels = CommonLabels(group);
        int ready = 0, proxies = 0, gateways = 0, waypoints = 0;
        Span<int> planes = stackalloc int[Enum.GetValues<DataPlane>().Length];
        string? version = null, account = null;
        bool versionsDiffer = false, accountsDiffer = false;
        foreach (var pod in pods)
        {
            var plane = ProxyDetection.Of(pod);
            planes[(int)plane]++;
            ready += pod.Ready && pod.Meta.DeletedAt is null ? 1 : 0;
            proxies += plane == DataPlane.None ? 0 : 1;
            gateways += ProxyDetection.IsGateway(pod) ? 1 : 0;
            waypoints += ProxyDetection.IsWaypoint(pod) ? 1 : 0;
            Same(pod.ServiceAccount, ref account, ref accountsDiffer);
            if (!ProxyDetection.IsZtunnel(pod) && ProxyDetection.Proxy(pod) is { } proxy)
            {
                Same(ProxyDetection.Version(proxy.Image), ref version, ref versionsDiffer);
            }
        }

        return new Workload
        {
            Id = id,
            Kind = group.Kind!,
            App = Value(labels, "app") ?? Value(labels, "app.kubernetes.io/name"),
            Version = Value(labels, "version") ?? Value(labels, "app.kubernetes.io/version"),
            Labels = labels,
            ServiceAccount = account,
            Pods = [.. pods],
            DesiredReplicas = group.Controller?.DesiredReplicas,
            ReadyReplicas = podsKnown ? ready : group.Controller?.ReadyReplicas ?? 0,
            DataPlane = MostCommon(planes),
            PodsWithProxy = proxies,
            IsGateway = gateways > 0,
            IsWaypoint = waypoints > 0,
            ProxyVersion = versionsDiffer ? null : version,
        };
    }

    /// <summary>Of most pods; of equals the one that says more, since None is only the absence of a proxy.</summary>
    private static DataPlane MostCommon(ReadOnlySpan<int> planes)
    {
        var best = 0;
        for (var i = 1; i < planes.Length; i++)
        {
            if (planes[i] > 0 && planes[i] >= planes[best])
            {
                best = i;
            }
        }

        return (DataPlane)best;
    }

    /// <summary>Labels that all pods share; the hashes of a revision are not the workload's.</summary>
    private static ImmutableSortedDictionary<string, string> CommonLabels(Group group)
    {
        if (group.Pods.Count == 0)
        {
            return group.Controller?.Meta.Labels ?? ImmutableSortedDictionary<string, string>.Empty;
        }

        var common = group.Pods[0].Meta.Labels;
        for (var i = 1; i < group.Pods.Count; i++)
        {
            var other = group.Pods[i].Meta.Labels;
            if (ReferenceEquals(other, common))
            {
                continue;
            }

            foreach (var (key, value) in common)
            {
                if (!string.Equals(Value(other, key), value, StringComparison.Ordinal))
                {
                    common = common.Remove(key);
                }
            }
        }

        return common.RemoveRange(["pod-template-hash", "rollouts-pod-template-hash", "controller-revision-hash"]);
    }

    private static void Same(string? value, ref string? common, ref bool differ)
    {
        differ |= value is not null && common is not null && !string.Equals(value, common, StringComparison.Ordinal);
        common ??= value;
    }

    private static OwnerReference? ControllerOf(ObjectMeta meta)
    {
        foreach (var owner in meta.Owners)
        {
            if (owner.Controller)
            {
                return owner;
            }
        }

        return null;
    }

    private static string? Value(ImmutableSortedDictionary<string, string> labels, string key) =>
        labels.TryGetValue(key, out var value) && value.Length > 0 ? value : null;

    private static ImmutableArray<T> Known<T>(ImmutableArray<T> list) => list.IsDefault ? [] : list;

    private sealed class Group
    {
        public string? Kind { get; set; }

        public List<Pod> Pods { get; } = [];

        public Controller? Controller { get; set; }
    }
}
