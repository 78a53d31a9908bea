using System.Collections.Immutable;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>
/// Everything the console knows at one moment, whole and immutable. Pages, hub and REST read it and nothing else.
/// </summary>
/// <param name="Revision">Grows by one with every published snapshot of this process.</param>
/// <param name="ObservedAt">When the snapshot was built.</param>
/// <param name="Clusters">In the order of the configuration.</param>
public sealed record MeshSnapshot(long Revision, DateTimeOffset ObservedAt, ImmutableArray<ClusterSnapshot> Clusters)
{
    public static MeshSnapshot Empty { get; } = new(0, DateTimeOffset.UnixEpoch, []);
}
