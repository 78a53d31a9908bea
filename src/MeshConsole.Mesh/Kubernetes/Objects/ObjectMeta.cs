using System.Collections.Immutable;

namespace MeshConsole.Mesh.Kubernetes.Objects;

/// <summary>
/// The metadata the console keeps. <c>managedFields</c> are skipped while parsing but for who wrote and when, and
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

    /// <summary>The field manager that wrote last, leaving status aside; null when the managed fields do not tell.</summary>
    public string? LastWriter { get; init; }

    /// <summary>When that was, in whole seconds; null when the managed fields do not tell.</summary>
    public DateTimeOffset? WrittenAt { get; init; }
}

/// <summary>An owner reference; <paramref name="Controller"/> marks the one that manages the object.</summary>
public sealed record OwnerReference(string ApiVersion, string Kind, string Name, string Uid, bool Controller);
