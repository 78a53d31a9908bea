using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>
/// The workload a pod belongs to, named as Istio names it in <c>source_workload</c> and <c>destination_workload</c>, so that
/// telemetry and cluster state meet: the controller's name, with the hash of a ReplicaSet and the time stamp of a CronJob's
/// Job taken off; the pod's own name when nothing controls it.
/// </summary>
/// <param name="Kind">Deployment, StatefulSet, DaemonSet, Rollout, ReplicaSet, Job, CronJob, Pod …</param>
public readonly record struct WorkloadName(string Kind, string Name)
{
    /// <param name="pod">A pod.</param>
    /// <param name="replicaSetOwner">The controller of a ReplicaSet of the pod's namespace, by name; null when it is not known.</param>
    public static WorkloadName Of(Pod pod, Func<string, OwnerReference?> replicaSetOwner)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(replicaSetOwner);
        OwnerReference? owner = null;
        foreach (var candidate in pod.Meta.Owners)
        {
            if (candidate.Controller)
            {
                owner = candidate;
                break;
            }
        }

        if (owner is null)
        {
            return new WorkloadName("Pod", pod.Meta.Name);
        }

        return owner.Kind switch
        {
            "ReplicaSet" => OfReplicaSet(pod, owner, replicaSetOwner(owner.Name)),
            "Job" => OfJob(owner.Name),
            "ReplicationController" when pod.Meta.Labels.TryGetValue("deploymentconfig", out var config) && config.Length > 0 => new("DeploymentConfig", config),
            _ => new(owner.Kind, owner.Name),
        };
    }

    private static WorkloadName OfReplicaSet(Pod pod, OwnerReference replicaSet, OwnerReference? above)
    {
        if (above is not null)
        {
            return new(above.Kind, above.Name);
        }

        // The ReplicaSet is not known (not watched, refused, or gone): its name is the controller's name and the hash.
        return WithoutSuffix(replicaSet.Name, pod, "rollouts-pod-template-hash") is { } rollout ? new("Rollout", rollout)
            : WithoutSuffix(replicaSet.Name, pod, "pod-template-hash") is { } deployment ? new("Deployment", deployment)
            : new("ReplicaSet", replicaSet.Name);
    }

    private static string? WithoutSuffix(string name, Pod pod, string label) =>
        pod.Meta.Labels.TryGetValue(label, out var hash) && hash.Length > 0 && name.Length > hash.Length + 1
        && name.EndsWith(hash, StringComparison.Ordinal) && name[^(hash.Length + 1)] == '-'
            ? name[..^(hash.Length + 1)]
            : null;

    private static WorkloadName OfJob(string name)
    {
        var digits = 0;
        while (digits < name.Length && char.IsAsciiDigit(name[^(digits + 1)]))
        {
            digits++;
        }

        // CronJob names its Jobs <name>-<scheduled time in minutes or seconds>.
        return digits is >= 8 and <= 10 && name.Length > digits + 1 && name[^(digits + 1)] == '-'
            ? new("CronJob", name[..^(digits + 1)])
            : new("Job", name);
    }
}
