using System.Collections.Immutable;

namespace MeshConsole.Mesh.Kubernetes.Objects;

/// <summary>A CronJob: when it runs, when it ran last, how its pods ask to be meshed, and whom they name.</summary>
/// <param name="Schedule">Cron expression as written.</param>
/// <param name="TimeZone">Null: the time zone of the cluster's control plane, as a rule UTC.</param>
/// <param name="Suspended">It begins no run until somebody resumes it.</param>
/// <param name="LastScheduledAt">When its newest run began; null when it never ran.</param>
/// <param name="PodLabels">Labels of its pod template.</param>
/// <param name="PodAnnotations">Annotations of its pod template that say how a pod is meshed.</param>
/// <param name="HostNetwork">Its pods run on the network of their node: they are never given a proxy.</param>
/// <param name="Hosts">
/// Names in commands, arguments and environment of its containers that could be hosts of Services, ordered; nothing else of
/// those texts is kept. What lies in ConfigMaps, Secrets and images is not seen.
/// </param>
public sealed record CronJob(
    ObjectMeta Meta,
    string Schedule,
    string? TimeZone,
    bool Suspended,
    DateTimeOffset? LastScheduledAt,
    ImmutableSortedDictionary<string, string> PodLabels,
    ImmutableSortedDictionary<string, string> PodAnnotations,
    bool HostNetwork,
    ImmutableArray<string> Hosts) : IKubernetesObject;
