using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using Cronos;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Mtls.Readiness;

/// <summary>
/// CronJobs of which no run lies in the look-back: whom they call, and how, was not seen. A run that lies in it was counted by
/// whoever it called, so such a job needs no word.
/// </summary>
internal sealed class RareCallers
{
    /// <summary>What a run that has only just begun calls is not in the samples yet.</summary>
    private static readonly TimeSpan s_settling = TimeSpan.FromMinutes(2);

    private readonly ILookup<ServiceId, RareCaller> _byService;

    public RareCallers(ClusterSnapshot cluster, ClusterPolicies policies, LookbackEvidence evidence)
    {
        var namespaces = (cluster.Objects.Namespaces.IsDefault ? [] : cluster.Objects.Namespaces).ToFrozenDictionary(one => one.Meta.Name, one => one.Meta.Labels, StringComparer.Ordinal);
        var pods = (cluster.Objects.Pods.IsDefault ? [] : cluster.Objects.Pods)
            .Select(pod => (Pod: pod, Name: WorkloadName.Of(pod, _ => null)))
            .Where(one => one.Name.Kind == "CronJob")
            .ToLookup(one => (one.Pod.Meta.Namespace, one.Name.Name), one => one.Pod);
        var services = cluster.Services.ToFrozenDictionary(service => service.Id);
        All =
        [
            .. (cluster.Objects.CronJobs.IsDefault ? [] : cluster.Objects.CronJobs)
                .Where(job => job.Meta.DeletedAt is null && !RanIn(job, evidence))
                .Select(job => new RareCaller(
                    job,
                    PlaneOf(job, pods[(job.Meta.Namespace, job.Meta.Name)], namespaces),
                    [.. job.Hosts.SelectMany(host => Named(host, job.Meta.Namespace, cluster.Name, policies.Domain)).Where(services.ContainsKey).Distinct()],
                    NextOf(job, evidence.At))),
        ];
        _byService = All.SelectMany(caller => caller.Targets.Select(target => (target, caller))).ToLookup(one => one.target, one => one.caller);
    }

    /// <summary>Ordered by namespace and name.</summary>
    public ImmutableArray<RareCaller> All { get; }

    public IEnumerable<RareCaller> Of(ServiceId service) => _byService[service];

    /// <summary>Whether a run began in the look-back, long enough ago to be in its samples.</summary>
    private static bool RanIn(CronJob job, LookbackEvidence evidence)
    {
        if (job.LastScheduledAt is not { } last || last < evidence.Start)
        {
            return false;
        }

        // Its newest run may be too young; the one before it was due by its schedule and is not told anywhere else.
        return evidence.At - last >= s_settling
            || (Schedule(job) is var (cron, zone) && cron.GetPreviousOccurrence(last.UtcDateTime.AddSeconds(-1), zone) is { } before && before >= evidence.Start.UtcDateTime && before >= job.Meta.CreatedAt.UtcDateTime);
    }

    /// <summary>The proxy that the pods of its newest run had, or that its next ones would be given; null when that is not known.</summary>
    private static DataPlane? PlaneOf(CronJob job, IEnumerable<Pod> pods, FrozenDictionary<string, ImmutableSortedDictionary<string, string>> namespaces) =>
        pods.MaxBy(pod => pod.Meta.CreatedAt) is { } newest ? ProxyDetection.Of(newest)
        : namespaces.GetValueOrDefault(job.Meta.Namespace) is { } labels ? Injection.Expected(labels, job.PodLabels, job.PodAnnotations, job.HostNetwork)
        : null;

    /// <summary>Which Service a host means, as the resolver of a pod in the namespace would take it.</summary>
    private static IEnumerable<ServiceId> Named(string host, string @namespace, string cluster, string domain)
    {
        var suffix = $".svc.{domain}";
        var name = host.EndsWith(suffix, StringComparison.Ordinal) ? host[..^suffix.Length]
            : host.EndsWith(".svc", StringComparison.Ordinal) ? host[..^".svc".Length]
            : host;
        return name.Split('.') switch
        {
            [var alone] => [new ServiceId(cluster, @namespace, alone)],
            [var service, var space] => [new ServiceId(cluster, space, service)],

            // A pod of a headless Service is named in front of it.
            [_, var service, var space] when name.Length < host.Length => [new ServiceId(cluster, space, service)],
            _ => [],
        };
    }

    private static DateTimeOffset? NextOf(CronJob job, DateTimeOffset at) =>
        !job.Suspended && Schedule(job) is var (cron, zone) && cron.GetNextOccurrence(at.UtcDateTime, zone) is { } next ? new DateTimeOffset(next, TimeSpan.Zero) : null;

    /// <summary>Null when schedule or time zone cannot be read here.</summary>
    private static (CronExpression Cron, TimeZoneInfo Zone)? Schedule(CronJob job) =>
        CronExpression.TryParse(job.Schedule, out var cron) && (job.TimeZone is null ? TimeZoneInfo.Utc : TimeZoneInfo.TryFindSystemTimeZoneById(job.TimeZone, out var zone) ? zone : null) is { } found
            ? (cron, found)
            : null;
}

/// <summary>A CronJob without a run in the look-back.</summary>
/// <param name="Plane">Null when it is not known whether its pods have a proxy.</param>
/// <param name="Targets">Services that its containers name.</param>
/// <param name="NextAt">When it runs next; null when that cannot be told, or it is suspended.</param>
internal sealed record RareCaller(CronJob Job, DataPlane? Plane, ImmutableArray<ServiceId> Targets, DateTimeOffset? NextAt)
{
    public string Name => $"{Job.Meta.Namespace}/{Job.Meta.Name}";

    /// <summary>Whether what it sends is encrypted by itself, as far as its labels tell.</summary>
    public bool HasProxy => Plane is DataPlane.Sidecar or DataPlane.Ambient;

    /// <summary>When it ran last and runs next, a sentence.</summary>
    public string Times => $"{(Job.LastScheduledAt is { } last ? $"It ran last at {Instant(last)}" : "It has never run")}{(Job.Suspended ? " and is suspended" : NextAt is { } next ? $" and runs next at {Instant(next)}" : "")}.";

    public ImmutableArray<ReadinessEvidence> Evidence =>
    [
        new("cron job", Name),
        new("schedule", Job.TimeZone is { } zone ? $"{Job.Schedule} ({zone})" : Job.Schedule),
        new("last run", Job.LastScheduledAt is { } last ? Instant(last) : null),
        new("next run", NextAt is { } next ? Instant(next) : null),
        new("proxy", Plane switch { null => null, DataPlane.None => "none", { } plane => plane.ToString().ToLowerInvariant() }),
    ];

    private static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) + " UTC";
}
