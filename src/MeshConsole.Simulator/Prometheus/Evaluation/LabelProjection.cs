namespace MeshConsole.Simulator.Prometheus.Evaluation;

/// <summary>
/// Picks labels out of label sets, for grouping and matching: either only some names, or all but some. What is picked is worked out
/// once for each list of names that occurs.
/// </summary>
internal sealed class LabelProjection
{
    private readonly HashSet<string> _names;
    private readonly bool _keep;
    private readonly Dictionary<LabelNames, Picked> _known = new(ReferenceEqualityComparer.Instance);
    private LabelNames? _last;
    private Picked _lastPicked;

    private LabelProjection(IEnumerable<string> names, bool keep)
    {
        _names = new HashSet<string>(names, StringComparer.Ordinal);
        _keep = keep;
    }

    public readonly record struct Picked(int[] Places, LabelNames Names);

    /// <summary>Only these labels.</summary>
    public static LabelProjection Only(IEnumerable<string> names, bool nameHidden) =>
        new(nameHidden ? names.Where(name => name != LabelSet.MetricNameLabel) : names, keep: true);

    /// <summary>All labels but these and the metric's name.</summary>
    public static LabelProjection Without(IEnumerable<string> names) => new(names.Append(LabelSet.MetricNameLabel), keep: false);

    public Picked Pick(LabelNames names)
    {
        if (ReferenceEquals(names, _last)) return _lastPicked;
        if (!_known.TryGetValue(names, out var picked))
        {
            var places = Enumerable.Range(0, names.Count).Where(i => _names.Contains(names[i]) == _keep).ToArray();
            picked = new Picked(places, LabelNames.Of(places.Select(place => names[place]).ToArray()));
            _known[names] = picked;
        }

        _last = names;
        _lastPicked = picked;
        return picked;
    }
}
