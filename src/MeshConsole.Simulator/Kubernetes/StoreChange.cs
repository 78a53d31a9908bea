namespace MeshConsole.Simulator.Kubernetes;

/// <summary>What happened to an object.</summary>
public enum StoreChangeKind
{
    Added,
    Modified,
    Deleted,
}

/// <summary>One change of the store, at the resource version of <paramref name="Object"/>.</summary>
/// <param name="Object">The object after the change; for a deletion its last state, with the version of the deletion.</param>
/// <param name="Previous">The object before; null when it was added.</param>
public sealed record StoreChange(StoreChangeKind Kind, StoredObject Object, StoredObject? Previous)
{
    public ResourceType Type => Object.Type;

    public long Version => Object.ResourceVersion;
}
