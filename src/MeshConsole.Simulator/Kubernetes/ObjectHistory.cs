using System.Collections.Immutable;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>
/// The objects of one kind with their last changes. Each change keeps the whole set as it was afterwards: the sets share their
/// structure, so that a list can be continued, or a past version read, for as long as its change is kept.
/// </summary>
/// <remarks>Not thread-safe: the store calls it under its lock. The sets it hands out are immutable.</remarks>
internal sealed class ObjectHistory(ResourceType type, int capacity, long floor)
{
    // A ring: the oldest change stands at _first. It grows until it holds as many as are kept.
    private Entry[] _ring = new Entry[Math.Min(capacity, 16)];
    private int _first;
    private int _count;
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
        Remember(new Entry(change, objects));
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
        Array.Clear(_ring);
        (_first, _count) = (0, 0);
        _before = Objects;
        Floor = version;
        Wake();
    }

    /// <summary>The set as it was at a version that is neither below <see cref="Floor"/> nor in the future.</summary>
    public ImmutableSortedSet<StoredObject> At(long version)
    {
        if (version >= LastVersion) return Objects;
        var after = IndexAfter(version);
        return after == 0 ? _before : EntryAt(after - 1).After;
    }

    /// <summary>The changes after <paramref name="version"/>, oldest first, at most <paramref name="limit"/>.</summary>
    public IReadOnlyList<StoreChange> Since(long version, int limit)
    {
        if (version >= LastVersion) return [];
        var from = IndexAfter(version);
        var result = new StoreChange[Math.Min(limit, _count - from)];
        for (var index = 0; index < result.Length; index++)
            result[index] = EntryAt(from + index).Change;
        return result;
    }

    /// <summary>Ends at the next change.</summary>
    public Task Next() => (_next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private ref Entry EntryAt(int index) => ref _ring[(_first + index) % _ring.Length];

    /// <summary>The place of the first change after a version.</summary>
    private int IndexAfter(long version)
    {
        var (low, high) = (0, _count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (EntryAt(middle).Change.Version <= version) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    private void Remember(Entry entry)
    {
        if (_count == capacity)
        {
            ref var oldest = ref EntryAt(0);
            _before = oldest.After;
            Floor = oldest.Change.Version;
            oldest = entry;
            _first = (_first + 1) % _ring.Length;
            return;
        }
        if (_count == _ring.Length)
        {
            var larger = new Entry[Math.Min(capacity, _ring.Length * 2)];
            for (var index = 0; index < _count; index++)
                larger[index] = EntryAt(index);
            (_ring, _first) = (larger, 0);
        }
        _count++;
        EntryAt(_count - 1) = entry;
    }

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
