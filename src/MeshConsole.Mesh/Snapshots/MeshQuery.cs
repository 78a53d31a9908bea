using System.Collections.Immutable;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>
/// What every view can be narrowed by: <paramref name="Cluster"/> null means all clusters, an empty
/// <paramref name="Namespaces"/> all namespaces. Namespaces are sorted and distinct, so that equal queries are equal keys.
/// </summary>
public sealed record MeshQuery(string? Cluster, ImmutableArray<string> Namespaces)
{
    public static MeshQuery All { get; } = new(null, []);

    public static MeshQuery For(string? cluster, IEnumerable<string> namespaces) =>
        new(cluster, [.. namespaces.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);

    public bool Matches(string @namespace) => Namespaces.IsEmpty || Namespaces.Contains(@namespace, StringComparer.Ordinal);

    public bool MatchesCluster(string cluster) => Cluster is null || string.Equals(Cluster, cluster, StringComparison.Ordinal);

    public bool Equals(MeshQuery? other) =>
        other is not null && string.Equals(Cluster, other.Cluster, StringComparison.Ordinal) && Namespaces.SequenceEqual(other.Namespaces, StringComparer.Ordinal);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Cluster, StringComparer.Ordinal);
        foreach (var name in Namespaces)
        {
            hash.Add(name, StringComparer.Ordinal);
        }

        return hash.ToHashCode();
    }
}
