namespace MeshConsole.Simulator.Kubernetes;

/// <summary>All objects of a kind at one moment.</summary>
/// <param name="Version">The resource version of the moment: a watch that starts here misses nothing.</param>
/// <param name="Objects">Ordered by namespace and name.</param>
public sealed record StoreSnapshot(long Version, IReadOnlyList<StoredObject> Objects);
