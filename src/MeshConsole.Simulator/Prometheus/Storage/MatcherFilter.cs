using System.Runtime.CompilerServices;

namespace MeshConsole.Simulator.Prometheus;

/// <summary>
/// Tries matchers on many label sets. Each distinct value is tried once: values in a store are one string each, so that they are
/// remembered by reference, and the place of a label is found once per list of names.
/// </summary>
internal sealed class MatcherFilter
{
    private readonly LabelMatcher[] _matchers;
    private readonly Dictionary<string, bool>[] _known;
    private readonly int[] _places;
    private LabelNames? _names;

    public MatcherFilter(IReadOnlyCollection<LabelMatcher> matchers)
    {
        _matchers = [.. matchers];
        _places = new int[_matchers.Length];
        _known = new Dictionary<string, bool>[_matchers.Length];
        for (var i = 0; i < _known.Length; i++) _known[i] = new Dictionary<string, bool>(ByReference.Instance);
    }

    public bool Matches(LabelSet labels)
    {
        if (!ReferenceEquals(_names, labels.Names))
        {
            _names = labels.Names;
            for (var i = 0; i < _matchers.Length; i++) _places[i] = _names.IndexOf(_matchers[i].Name);
        }

        for (var i = 0; i < _matchers.Length; i++)
        {
            if (_places[i] < 0)
            {
                if (!_matchers[i].MatchesEmpty) return false;
                continue;
            }

            var value = labels.Values[_places[i]];
            if (!_known[i].TryGetValue(value, out var matches)) _known[i][value] = matches = _matchers[i].Matches(value);
            if (!matches) return false;
        }

        return true;
    }

    private sealed class ByReference : IEqualityComparer<string>
    {
        public static readonly ByReference Instance = new();

        public bool Equals(string? x, string? y) => ReferenceEquals(x, y);

        public int GetHashCode(string obj) => RuntimeHelpers.GetHashCode(obj);
    }
}
