using System.Collections.Immutable;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Components.Layout;

/// <summary>The sources of one system (Kubernetes, Prometheus) of one cluster, and what they say together.</summary>
public sealed record SourceGroup(string Cluster, string System, ImmutableArray<SourceStatus> Sources)
{
    /// <summary>The worst state of the sources that are not switched off; Disabled when all are.</summary>
    public SourceState State => Sources.Where(source => source.State != SourceState.Disabled).Select(source => source.State) switch
    {
        var states when !states.Any() => SourceState.Disabled,
        var states => states.MaxBy(Badness),
    };

    /// <summary>Neither answering nor on its first try.</summary>
    public ImmutableArray<SourceStatus> Troubled => [.. Sources.Where(source => source.State is SourceState.Stale or SourceState.Failed)];

    /// <summary>No source of the system answers.</summary>
    public bool IsDead => Troubled.Length > 0 && Sources.All(source => source.State is SourceState.Stale or SourceState.Failed or SourceState.Disabled);

    /// <summary>
    /// The last good answer of the system. Its sources are asked at intervals of their own, and one of them that is late is
    /// Stale: the age of a system is that of its newest answer.
    /// </summary>
    public DateTimeOffset? LastSuccess => Sources.Where(source => source.State is SourceState.Live or SourceState.Stale).Max(source => source.LastSuccess);

    public static ImmutableArray<SourceGroup> Of(MeshSnapshot snapshot, MeshQuery query) =>
    [
        .. from cluster in snapshot.Clusters
           where query.MatchesCluster(cluster.Name)
           from system in cluster.Sources.GroupBy(source => SystemOf(source.Name), StringComparer.Ordinal)
           select new SourceGroup(cluster.Name, system.Key, [.. system]),
    ];

    /// <summary>
    /// When the telemetry of a cluster last answered, where it does not answer now: rates and shares are then of that
    /// instant. Null while it answers, and where it never did.
    /// </summary>
    public static DateTimeOffset? TelemetryEndedAt(MeshSnapshot snapshot, string cluster) => Of(snapshot, MeshQuery.For(cluster, []))
        .FirstOrDefault(group => string.Equals(group.System, "Prometheus", StringComparison.Ordinal)) is { IsDead: true } dead ? dead.LastSuccess : null;

    /// <summary>"Kubernetes" of <c>kubernetes/pods</c>.</summary>
    public static string SystemOf(string name) => name.Split('/')[0] switch
    {
        "kubernetes" => "Kubernetes",
        "prometheus" => "Prometheus",
        var other => other,
    };

    /// <summary>"pods" of <c>kubernetes/pods</c>.</summary>
    public static string PartOf(string name) => name.IndexOf('/', StringComparison.Ordinal) is >= 0 and var at ? name[(at + 1)..] : name;

    public static string Word(SourceState state) => state switch
    {
        SourceState.Live => "Live",
        SourceState.Starting => "Starting",
        SourceState.Stale => "Stale",
        SourceState.Failed => "Failed",
        SourceState.Disabled => "Switched off",
        _ => "Unknown",
    };

    private static int Badness(SourceState state) => state switch
    {
        SourceState.Failed => 3,
        SourceState.Stale => 2,
        SourceState.Starting => 1,
        _ => 0,
    };
}
