using System.Collections.Immutable;

namespace MeshConsole.Mesh.Kubernetes.Objects;

/// <summary>
/// The metadata the console keeps. <c>managedFields</c> are skipped while parsing but for the names of the managers, and
/// so is <c>kubectl.kubernetes.io/last-applied-configuration</c> but for the fact that it is there (an empty value).
/// </summary>
public sealed record ObjectMeta
{
    public required string Name { get; init; }

    /// <summary>Empty for cluster-scoped objects.</summary>
    public string Namespace { get; init; } = "";

    public string Uid { get; init; } = "";

    /// <summary>Opaque: compared for equality only, never ordered.</summary>
    public string ResourceVersion { get; init; } = "";

    public long? Generation { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When deletion was asked for; null otherwise.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public ImmutableSortedDictionary<string, string> Annotations { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public ImmutableArray<OwnerReference> Owners { get; init; } = [];

    /// <summary>Distinct names of field managers, sorted.</summary>
    public ImmutableArray<string> Managers { get; init; } = [];

    /// <summary>
    /// When each manager wrote fields of its own last, but for the status; kept of objects of mesh APIs only. In order of time.
    /// </summary>
    public ImmutableArray<FieldWrite> Writes { get; init; } = [];
}

/// <summary>An entry of <c>managedFields</c>: who wrote, and when.</summary>
public sealed record FieldWrite(string Manager, DateTimeOffset At);

/// <summary>An owner reference; <paramref name="Controller"/> marks the one that manages the object.</summary>
public sealed record OwnerReference(string ApiVersion, string Kind, string Name, string Uid, bool Controller);
