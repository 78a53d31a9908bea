using System.Collections.Concurrent;

namespace MeshConsole.Simulator.Prometheus;

/// <summary>Finds series by their labels: for each label value the places of its series. One writer, many readers.</summary>
internal sealed class LabelIndex
{
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, Postings>> _postings = new(StringComparer.Ordinal);
    private Series[] _series = new Series[64];
    private int _count;

    public int SeriesCount => Volatile.Read(ref _count);

    public IEnumerable<string> Names => _postings.Keys;

    /// <summary>A consistent prefix of all series in the order in which they were added.</summary>
    public ReadOnlySpan<Series> All()
    {
        var count = Volatile.Read(ref _count);
        return Volatile.Read(ref _series).AsSpan(0, count);
    }

    public void Add(Series series)
    {
        if (_count == _series.Length)
        {
            var longer = new Series[_series.Length * 2];
            _series.CopyTo(longer, 0);
            Volatile.Write(ref _series, longer);
        }

        _series[_count] = series;
        Volatile.Write(ref _count, _count + 1);
        for (var i = 0; i < series.Labels.Count; i++)
        {
            var (name, value) = series.Labels[i];
            _postings.GetOrAdd(name, static _ => new(StringComparer.Ordinal)).GetOrAdd(value, static _ => new()).Add(_count - 1);
        }

        series.Indexed = true;
    }

    /// <summary>An index of the series that are still to be found.</summary>
    public LabelIndex Rebuilt(IReadOnlySet<Series> without)
    {
        var index = new LabelIndex();
        foreach (var series in All())
        {
            if (without.Contains(series)) series.Indexed = false;
            else index.Add(series);
        }

        return index;
    }

    public List<Series> Select(IReadOnlyList<LabelMatcher> matchers, long minMs, long maxMs)
    {
        var found = new List<Series>();
        var all = All();
        if (matchers.Count == 0 || !TryNarrow(matchers, out var lists, out var rest))
        {
            if (matchers.Count > 0) return found;
            foreach (var series in all)
                if (series.Overlaps(minMs, maxMs)) found.Add(series);
            return found;
        }

        var filter = new MatcherFilter(rest);
        if (lists.Count == 0)
        {
            foreach (var series in all)
                if (series.Overlaps(minMs, maxMs) && filter.Matches(series.Labels)) found.Add(series);
            return found;
        }

        // The shortest list leads; in the others its places are looked up, from where the last look-up ended.
        lists.Sort(static (a, b) => a.Length - b.Length);
        var cursors = new int[lists.Count];
        foreach (var place in lists[0])
        {
            if (place >= all.Length) break;
            var inAll = true;
            for (var i = 1; i < lists.Count && inAll; i++) inAll = Advance(lists[i], ref cursors[i], place);
            if (!inAll) continue;
            var series = all[place];
            if (series.Overlaps(minMs, maxMs) && filter.Matches(series.Labels)) found.Add(series);
        }

        return found;
    }

    /// <summary>
    /// Lists of places for the matchers whose values are known; the other matchers are left to be tried on each series.
    /// False when nothing can match.
    /// </summary>
    private bool TryNarrow(IReadOnlyList<LabelMatcher> matchers, out List<int[]> lists, out List<LabelMatcher> rest)
    {
        lists = [];
        rest = [];
        foreach (var matcher in matchers)
        {
            if (matcher.MatchesEmpty)
            {
                rest.Add(matcher);
                continue;
            }

            if (!_postings.TryGetValue(matcher.Name, out var byValue))
            {
                // Series without the label count as "", which this matcher does not match.
                return false;
            }

            if (matcher.OnlyValues is { } values)
            {
                var union = Union(values.Select(value => byValue.GetValueOrDefault(value)));
                if (union.Length == 0) return false;
                lists.Add(union);
            }
            else
            {
                rest.Add(matcher);
            }
        }

        if (lists.Count > 0 || rest.All(matcher => matcher.MatchesEmpty)) return true;

        // No equality to begin with: the first condition that needs its label is tried on that label's values instead of on every series.
        var first = rest.First(matcher => !matcher.MatchesEmpty);
        var places = Union(_postings[first.Name].Where(pair => first.Matches(pair.Key)).Select(pair => (Postings?)pair.Value));
        if (places.Length == 0) return false;
        lists.Add(places);
        rest.Remove(first);
        return true;
    }

    private static int[] Union(IEnumerable<Postings?> postings)
    {
        var lists = postings.Where(list => list is not null).ToList();
        if (lists.Count == 1) return lists[0]!.AsSpan().ToArray();
        var places = new List<int>();
        foreach (var list in lists) places.AddRange(list!.AsSpan());
        places.Sort();
        return [.. places];
    }

    private static bool Advance(int[] list, ref int cursor, int place)
    {
        // Galloping: lists differ much in length.
        var step = 1;
        var low = cursor;
        while (low + step < list.Length && list[low + step] < place)
        {
            low += step;
            step <<= 1;
        }

        var at = Array.BinarySearch(list, low, Math.Min(step + 1, list.Length - low), place);
        cursor = at >= 0 ? at : Math.Min(~at, list.Length);
        if (cursor >= list.Length) cursor = list.Length - 1;
        return at >= 0;
    }
}
