namespace MeshConsole.Simulator.Prometheus.Evaluation;

/// <summary>Numbers the distinct projections of label sets from 0 on, in the order in which they are first seen. Allocates for a new group only.</summary>
internal sealed class GroupTable
{
    private readonly List<LabelSet> _groups = [];
    private readonly List<(int Hash, int Next)> _entries = [];
    private int[] _buckets = NewBuckets(64);

    public int Count => _groups.Count;

    public LabelSet this[int group] => _groups[group];

    /// <summary>The group of every row of a table.</summary>
    public int[] Assign(VectorTable table, LabelProjection projection)
    {
        var groups = new int[table.Rows];
        for (var row = 0; row < groups.Length; row++) groups[row] = Find(table.RawLabels(row), projection);
        return groups;
    }

    public int Find(LabelSet labels, LabelProjection projection)
    {
        var picked = projection.Pick(labels.Names);
        var values = labels.Values;
        var hash = picked.Names.Hash;
        foreach (var place in picked.Places) hash = HashCode.Combine(hash, string.GetHashCode(values[place], StringComparison.Ordinal));
        for (var entry = _buckets[hash & (_buckets.Length - 1)]; entry >= 0; entry = _entries[entry].Next)
            if (_entries[entry].Hash == hash && IsGroup(_groups[entry], picked, values)) return entry;
        return Add(hash, picked, values);
    }

    private static bool IsGroup(LabelSet group, LabelProjection.Picked picked, ReadOnlySpan<string> values)
    {
        if (!group.Names.SameAs(picked.Names)) return false;
        for (var i = 0; i < picked.Places.Length; i++)
            if (!string.Equals(group.Values[i], values[picked.Places[i]], StringComparison.Ordinal)) return false;
        return true;
    }

    private int Add(int hash, LabelProjection.Picked picked, ReadOnlySpan<string> values)
    {
        var own = new string[picked.Places.Length];
        for (var i = 0; i < own.Length; i++) own[i] = values[picked.Places[i]];
        if (_entries.Count >= _buckets.Length)
        {
            _buckets = NewBuckets(_buckets.Length * 4);
            for (var i = 0; i < _entries.Count; i++)
            {
                ref var moved = ref _buckets[_entries[i].Hash & (_buckets.Length - 1)];
                _entries[i] = (_entries[i].Hash, moved);
                moved = i;
            }
        }

        ref var bucket = ref _buckets[hash & (_buckets.Length - 1)];
        _entries.Add((hash, bucket));
        bucket = _groups.Count;
        _groups.Add(new LabelSet(picked.Names, own));
        return _groups.Count - 1;
    }

    private static int[] NewBuckets(int length)
    {
        var buckets = new int[length];
        Array.Fill(buckets, -1);
        return buckets;
    }
}
