using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Model;

/// <summary>
/// A workload as the cluster state describes it: its controller if there is one, and its pods. Workloads that only
/// telemetry knows are not here; the topology shows them as nodes without pods.
/// </summary>
public sealed record Workload
{
    public required WorkloadId Id { get; init; }

    /// <summary>Kind of the controller: Deployment, StatefulSet, DaemonSet, ReplicaSet, Job or Pod (a bare pod).</summary>
    public required string Kind { get; init; }

    /// <summary>Value of <c>app</c> (else <c>app.kubernetes.io/name</c>), or null.</summary>
    public string? App { get; init; }

    /// <summary>Value of <c>version</c> (else <c>app.kubernetes.io/version</c>), or null.</summary>
    public string? Version { get; init; }

    public required ImmutableSortedDictionary<string, string> Labels { get; init; }

    public string? ServiceAccount { get; init; }

    public required ImmutableArray<Pod> Pods { get; init; }

    /// <summary>Replicas the controller asks for; null where no controller says so.</summary>
    public int? DesiredReplicas { get; init; }

    public int ReadyReplicas { get; init; }

    /// <summary>
    /// Data plane of the running pods. Mixed workloads (a rollout after injection was switched on) report the data plane
    /// of most pods here and the exact counts in <see cref="PodsWithProxy"/>.
    /// </summary>
    public DataPlane DataPlane { get; init; }

    public int PodsWithProxy { get; init; }

    /// <summary>An ingress, egress or Gateway API gateway: its only application is the proxy.</summary>
    public bool IsGateway { get; init; }

    public bool IsWaypoint { get; init; }

    /// <summary>Tag of the proxy image without variant, for example <c>1.30.3</c>; null without proxy or when pods differ.</summary>
    public string? ProxyVersion { get; init; }
}
