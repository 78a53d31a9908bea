namespace MeshConsole.Mesh.Audit;

/// <summary>When a new checkpoint is due, if there is anything new.</summary>
/// <param name="Records">After so many new records …</param>
/// <param name="Interval">… or so long after the last checkpoint, whichever comes first.</param>
public sealed record CheckpointPolicy(int Records, TimeSpan Interval)
{
    public static CheckpointPolicy Default { get; } = new(100, TimeSpan.FromMinutes(5));
}
