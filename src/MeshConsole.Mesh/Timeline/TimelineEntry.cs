using System.Collections.Immutable;

namespace MeshConsole.Mesh.Timeline;

/// <summary>What kind of change it was. REST writes the names in camelCase.</summary>
public enum TimelineKind
{
    /// <summary>A workload came, went, or runs another image.</summary>
    Deploy,

    /// <summary>Another number of replicas is asked for.</summary>
    Scale,

    /// <summary>A route's weights, and nothing else of it.</summary>
    Weight,

    /// <summary>A route, a DestinationRule, a gateway or another object that steers traffic.</summary>
    Config,

    /// <summary>An object that says who may talk to whom, or how: PeerAuthentication, AuthorizationPolicy, RequestAuthentication.</summary>
    Policy,

    /// <summary>A certificate or a trust bundle was replaced.</summary>
    Certificate,

    /// <summary>Containers began to fail to start, or restart again and again.</summary>
    Crash,

    /// <summary>Somebody marked the moment: a scenario of the demo, a note.</summary>
    Mark,
}

/// <summary>Something that changed in a cluster, as the watches showed it.</summary>
public sealed record TimelineEntry
{
    /// <summary>The same for every replica that saw the same change, so that it is kept once.</summary>
    public required string Id { get; init; }

    public required string Cluster { get; init; }

    /// <summary>When it was seen; a watch shows it within a second of its happening.</summary>
    public required DateTimeOffset At { get; init; }

    public required TimelineKind Kind { get; init; }

    /// <summary>Kind of the object: <c>Deployment</c>, <c>VirtualService</c> …</summary>
    public required string ObjectKind { get; init; }

    /// <summary>Empty for what belongs to no namespace.</summary>
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>Field manager of the writer as the object tells it; null when it does not.</summary>
    public string? By { get; init; }

    /// <summary>Id of the console's own change that made it; null when it was made elsewhere.</summary>
    public string? ChangeId { get; init; }

    /// <summary>One sentence with what was and what is.</summary>
    public required string Summary { get; init; }

    /// <summary>What differs, as <c>diff -u</c> of the object's YAML; null where the watch keeps no text of it, or where it is too long to keep.</summary>
    public string? Diff { get; init; }

    /// <summary>
    /// What it can have an effect on: <c>namespace/workload</c>, <c>namespace/*</c> for all of one, <c>*</c> for the mesh.
    /// Empty when that cannot be told.
    /// </summary>
    public ImmutableArray<string> Touches { get; init; } = [];

    /// <summary>Of <see cref="Touches"/> the workloads that other weights send less to, and none more: what harms them then, this is not.</summary>
    public ImmutableArray<string> Relieves { get; init; } = [];

    /// <summary><c>VirtualService payments/card-processor</c>.</summary>
    public string Object => Namespace.Length == 0 ? $"{ObjectKind} {Name}" : $"{ObjectKind} {Namespace}/{Name}";
}
