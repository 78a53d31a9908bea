using System.Collections.Concurrent;

namespace MeshConsole.Simulator.Prometheus;

/// <summary>
/// A sorted list of label names that many label sets share: the series of one metric differ in values only,
/// so the names are kept once and a label's position is found once per list, not once per series.
/// </summary>
internal sealed class LabelNames
{
    /// <summary>Queries may invent names (label_replace), so the table of shared lists is bounded.</summary>
    private const int MaxShared = 16_384;

    private static readonly ConcurrentDictionary<LabelNames, LabelNames> s_shared = new(ByContent.Instance);

    public static readonly LabelNames Empty = new([]);

    private readonly string[] _names;
    private readonly int _hash;

    private LabelNames(string[] names)
    {
        _names = names;
        var hash = new HashCode();
        foreach (var name in names) hash.Add(name, StringComparer.Ordinal);
        _hash = hash.ToHashCode();
    }

    public int Count => _names.Length;

    public int Hash => _hash;

    public string this[int index] => _names[index];

    public ReadOnlySpan<string> AsSpan() => _names;

    /// <param name="sortedNames">Sorted by ordinal, without duplicates; owned by the list afterwards.</param>
    public static LabelNames Of(string[] sortedNames)
    {
        if (sortedNames.Length == 0) return Empty;
        var candidate = new LabelNames(sortedNames);
        if (s_shared.TryGetValue(candidate, out var known)) return known;
        if (s_shared.Count >= MaxShared) s_shared.Clear();
        return s_shared.GetOrAdd(candidate, candidate);
    }

    /// <summary>The position of a name, or a negative number when it is not in the list.</summary>
    public int IndexOf(string name)
    {
        int low = 0, high = _names.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = string.CompareOrdinal(_names[middle], name);
            if (order == 0) return middle;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }

        return ~low;
    }

    public bool SameAs(LabelNames other) =>
        ReferenceEquals(this, other) || (_hash == other._hash && _names.AsSpan().SequenceEqual(other._names));

    private sealed class ByContent : IEqualityComparer<LabelNames>
    {
        public static readonly ByContent Instance = new();

        public bool Equals(LabelNames? x, LabelNames? y) => x is null ? y is null : y is not null && x.SameAs(y);

        public int GetHashCode(LabelNames obj) => obj._hash;
    }
}
