using System.Collections.Immutable;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>
/// The objects of one kind with their last changes. Each change keeps the whole set as it was afterwards: the sets share their
/// structure, so that a list can be continued, or a past version read, for as long as its change is kept.
/// </summary>
/// <remarks>Not thread-safe: the store calls it under its lock. The sets it hands out are immutable.</remarks>
internal sealed class ObjectHistory(ResourceType type, int capacity, long floor)
{
    private readonly Queue<Entry> _entries = new();
    private ImmutableSortedSet<StoredObject> _before = ImmutableSortedSet.Create<StoredObject>(ByPath.Instance);
    private TaskCompletionSource? _next;

    public ResourceType Type { get; } = type;

    public ImmutableSortedSet<StoredObject> Objects { get; private set; } = ImmutableSortedSet.Create<StoredObject>(ByPath.Instance);

    /// <summary>The version of the last change.</summary>
    public long LastVersion { get; private set; }

    /// <summary>The oldest version from which a watch can start: changes up to and including it are forgotten.</summary>
    public long Floor { get; private set; } = floor;

    public StoredObject? Find(string path) => Objects.TryGetValue(StoredObject.Probe(Type, path), out var found) && found.Name.Length > 0 ? found : null;

    public void Append(StoreChange change)
    {
        var objects = change.Previous is null ? Objects : Objects.Remove(change.Previous);
        if (change.Kind != StoreChangeKind.Deleted) objects = objects.Add(change.Object);
        Objects = objects;
        LastVersion = change.Version;
        if (_entries.Count == capacity)
        {
            var oldest = _entries.Dequeue();
            _before = oldest.After;
            Floor = oldest.Change.Version;
        }
        _entries.Enqueue(new Entry(change, objects));
        Wake();
    }

    /// <summary>Puts objects in without a history: who watches from before has to list again.</summary>
    public void Load(IEnumerable<StoredObject> objects, long version)
    {
        var builder = Objects.ToBuilder();
        foreach (var added in objects)
        {
            if (!builder.Add(added)) throw new ApiStatusException(ApiStatus.AlreadyExists(Type, added.Name));
        }
        Objects = builder.ToImmutable();
        LastVersion = version;
        Forget(version);
    }

    /// <summary>Forgets every change up to <paramref name="version"/>, and wakes those who wait so that they notice.</summary>
    public void Forget(long version)
    {
        _entries.Clear();
        _before = Objects;
        Floor = version;
        Wake();
    }

    /// <summary>The set as it was at a version that is neither below <see cref="Floor"/> nor in the future.</summary>
    public ImmutableSortedSet<StoredObject> At(long version)
    {
        if (version >= LastVersion) return Objects;
        var result = _before;
        foreach (var entry in _entries)
        {
            if (entry.Change.Version > version) break;
            result = entry.After;
        }
        return result;
    }

    /// <summary>The changes after <paramref name="version"/>, oldest first, at most <paramref name="limit"/>.</summary>
    public List<StoreChange> Since(long version, int limit)
    {
        var result = new List<StoreChange>();
        if (version >= LastVersion) return result;
        foreach (var entry in _entries)
        {
            if (entry.Change.Version <= version) continue;
            result.Add(entry.Change);
            if (result.Count == limit) break;
        }
        return result;
    }

    /// <summary>Ends at the next change.</summary>
    public Task Next() => (_next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private void Wake()
    {
        _next?.TrySetResult();
        _next = null;
    }

    private readonly record struct Entry(StoreChange Change, ImmutableSortedSet<StoredObject> After);

    private sealed class ByPath : IComparer<StoredObject>
    {
        public static readonly ByPath Instance = new();

        public int Compare(StoredObject? x, StoredObject? y) => string.CompareOrdinal(x!.Path, y!.Path);
    }
}
