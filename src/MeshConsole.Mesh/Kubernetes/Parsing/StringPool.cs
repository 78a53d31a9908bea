using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

/// <summary>
/// Keeps one instance of each string, label map and small list that repeats from object to object: ten replicas share
/// their labels, owners, images and containers. Two generations bound it: what was not asked for during a whole
/// generation is forgotten, so that weeks of churn do not fill memory. Not safe for concurrent use: each stream of
/// objects has its own.
/// </summary>
/// <param name="generation">Entries of one sort after which the older generation is forgotten.</param>
public sealed class StringPool(int generation = 65_536)
{
    private const int LongestPooled = 1024;

    private readonly Generations<string> _strings = new(StringComparer.Ordinal, generation);
    private readonly Generations<ImmutableSortedDictionary<string, string>> _maps = new(new MapComparer(), generation);
    private readonly Generations<ImmutableArray<OwnerReference>> _owners = new(new ListComparer<OwnerReference>(), generation);
    private readonly Generations<ImmutableArray<string>> _lists = new(new ListComparer<string>(), generation);
    private readonly Generations<ImmutableArray<int>> _numbers = new(new ListComparer<int>(), generation);
    private readonly Generations<ImmutableArray<Container>> _containers = new(new ListComparer<Container>(), generation);

    /// <summary>The string the reader stands on, without allocating when it is known already.</summary>
    public string Get(ref Utf8JsonReader reader)
    {
        // UTF-8 never has fewer bytes than the same text has UTF-16 units, escaped or not.
        var longest = reader.ValueSpan.Length;
        if (longest == 0)
        {
            return "";
        }

        if (longest > LongestPooled)
        {
            return reader.GetString()!;
        }

        Span<char> buffer = stackalloc char[longest];
        var length = reader.CopyString(buffer);
        return _strings.Get(buffer[..length]);
    }

    public ImmutableSortedDictionary<string, string> Get(ImmutableSortedDictionary<string, string> map) => _maps.Get(map);

    public ImmutableArray<OwnerReference> Get(ImmutableArray<OwnerReference> owners) => owners.IsEmpty ? [] : _owners.Get(owners);

    public ImmutableArray<string> Get(ImmutableArray<string> list) => list.IsEmpty ? [] : _lists.Get(list);

    public ImmutableArray<int> Get(ImmutableArray<int> numbers) => numbers.IsEmpty ? [] : _numbers.Get(numbers);

    public ImmutableArray<Container> Get(ImmutableArray<Container> containers) => containers.IsEmpty ? [] : _containers.Get(containers);

    private sealed class Generations<T>(IEqualityComparer<T> comparer, int size)
        where T : notnull
    {
        private HashSet<T> _young = new(comparer);
        private HashSet<T> _old = new(comparer);

        public T Get(T candidate)
        {
            if (_young.TryGetValue(candidate, out var known))
            {
                return known;
            }

            Keep(_old.TryGetValue(candidate, out known) ? known : known = candidate);
            return known;
        }

        public T Get(ReadOnlySpan<char> candidate)
        {
            if (_young.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(candidate, out var known))
            {
                return known;
            }

            if (!_old.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(candidate, out known))
            {
                known = (T)(object)candidate.ToString();
            }

            Keep(known);
            return known;
        }

        private void Keep(T value)
        {
            if (_young.Count >= size)
            {
                (_old, _young) = (_young, _old);
                _young.Clear();
            }

            _young.Add(value);
        }
    }

    private sealed class MapComparer : IEqualityComparer<ImmutableSortedDictionary<string, string>>
    {
        public bool Equals(ImmutableSortedDictionary<string, string>? x, ImmutableSortedDictionary<string, string>? y)
        {
            if (ReferenceEquals(x, y))
            {
                return true;
            }

            if (x is null || y is null || x.Count != y.Count)
            {
                return false;
            }

            using var others = y.GetEnumerator();
            foreach (var (key, value) in x)
            {
                others.MoveNext();
                if (!string.Equals(key, others.Current.Key, StringComparison.Ordinal) || !string.Equals(value, others.Current.Value, StringComparison.Ordinal))
                {
                    return false;
                }
            }

            return true;
        }

        public int GetHashCode(ImmutableSortedDictionary<string, string> map)
        {
            var hash = default(HashCode);
            foreach (var (key, value) in map)
            {
                hash.Add(key, StringComparer.Ordinal);
                hash.Add(value, StringComparer.Ordinal);
            }

            return hash.ToHashCode();
        }
    }

    private sealed class ListComparer<T> : IEqualityComparer<ImmutableArray<T>>
    {
        public bool Equals(ImmutableArray<T> x, ImmutableArray<T> y) => x.AsSpan().SequenceEqual(y.AsSpan(), EqualityComparer<T>.Default);

        public int GetHashCode(ImmutableArray<T> list)
        {
            var hash = default(HashCode);
            foreach (var item in list)
            {
                hash.Add(item);
            }

            return hash.ToHashCode();
        }
    }
}
