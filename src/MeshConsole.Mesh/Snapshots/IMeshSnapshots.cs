namespace MeshConsole.Mesh.Snapshots;

/// <summary>Where snapshots are read. One instance serves every circuit, hub connection and request.</summary>
public interface IMeshSnapshots
{
    /// <summary>The newest snapshot; <see cref="MeshSnapshot.Empty"/> before the first.</summary>
    MeshSnapshot Current { get; }

    /// <summary>
    /// The current snapshot at once, then each newer one. A slow reader misses the ones in between and always gets the
    /// newest; nothing queues up behind it.
    /// </summary>
    IAsyncEnumerable<MeshSnapshot> WatchAsync(CancellationToken cancellationToken);

    /// <summary>A task that ends once every configured source has answered or failed once.</summary>
    Task Ready { get; }
}
