using System.Collections.Immutable;

namespace MeshConsole.Mesh.Kubernetes;

/// <summary>A kind the console watches: how to find it, and what is missing without it.</summary>
/// <param name="SourceName">Name of its <see cref="Snapshots.SourceStatus"/>.</param>
/// <param name="Group">Empty for the core group.</param>
/// <param name="Versions">Versions the console reads, the preferred one first.</param>
/// <param name="BuiltIn">Part of every Kubernetes: with one version only, it is not looked up.</param>
/// <param name="Loss">What the console cannot show without it: a clause such as <c>routes are not shown</c>.</param>
/// <param name="Install">How to have the cluster serve it; null for built-in kinds.</param>
public sealed record ResourceKind(
    string SourceName,
    string Group,
    string Plural,
    string Kind,
    bool Namespaced,
    ImmutableArray<string> Versions,
    bool BuiltIn,
    string Loss,
    string? Install = null)
{
    /// <summary>What the list is narrowed to.</summary>
    public ListOptions Selection { get; init; } = ListOptions.All;

    /// <summary>As RBAC names it.</summary>
    public string QualifiedName => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    /// <summary>The kind in its preferred version, as far as it need not be looked up.</summary>
    public ResourceType In(string version) => new(Group, version, Plural, Kind, Namespaced);
}
