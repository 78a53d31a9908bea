using System.Runtime.CompilerServices;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>
/// Results of pure functions of a snapshot. They live as long as their snapshot; whoever asks while one is computed waits
/// for it instead of computing it too.
/// </summary>
internal sealed class ViewCache
{
    /// <summary>
    /// Views kept of one snapshot. Queries come from outside (any set of namespaces), so there must be an end; the oldest
    /// goes first.
    /// </summary>
    public const int ViewsPerSnapshot = 256;

    private readonly ConditionalWeakTable<MeshSnapshot, Entries> _bySnapshot = [];

    public T Get<T>(MeshSnapshot snapshot, object key, Func<T> compute)
    {
        var entry = _bySnapshot.GetOrCreateValue(snapshot).Get(key, () => compute());
        return (T)entry.Value!;
    }

    /// <summary>Views kept of a snapshot at the moment.</summary>
    public int Count(MeshSnapshot snapshot) => _bySnapshot.TryGetValue(snapshot, out var entries) ? entries.Count : 0;

    private sealed class Entries
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<object, Lazy<object?>> _entries = [];
        private readonly Queue<object> _order = new();

        public int Count
        {
            get
            {
                lock (_lock)
                {
                    return _entries.Count;
                }
            }
        }

        public Lazy<object?> Get(object key, Func<object?> compute)
        {
            lock (_lock)
            {
                if (!_entries.TryGetValue(key, out var entry))
                {
                    // Computed outside the lock, once.
                    entry = new Lazy<object?>(compute);
                    _entries.Add(key, entry);
                    _order.Enqueue(key);
                    if (_order.Count > ViewsPerSnapshot)
                    {
                        _entries.Remove(_order.Dequeue());
                    }
                }

                return entry;
            }
        }
    }
}
