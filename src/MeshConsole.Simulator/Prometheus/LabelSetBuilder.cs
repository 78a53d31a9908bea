namespace MeshConsole.Simulator.Prometheus;

/// <summary>Builds a <see cref="LabelSet"/> in any order; the last value set for a name wins and an empty one removes it.</summary>
public sealed class LabelSetBuilder
{
    private readonly List<(string Name, string Value)> _labels = [];

    public LabelSetBuilder()
    {
    }

    public LabelSetBuilder(LabelSet start)
    {
        ArgumentNullException.ThrowIfNull(start);
        for (var i = 0; i < start.Count; i++) _labels.Add((start[i].Key, start[i].Value));
    }

    public LabelSetBuilder Set(string name, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        for (var i = 0; i < _labels.Count; i++)
        {
            if (!string.Equals(_labels[i].Name, name, StringComparison.Ordinal)) continue;
            if (value.Length == 0) _labels.RemoveAt(i);
            else _labels[i] = (name, value);
            return this;
        }

        if (value.Length > 0) _labels.Add((name, value));
        return this;
    }

    public LabelSetBuilder Remove(string name) => Set(name, "");

    public LabelSet Build()
    {
        if (_labels.Count == 0) return LabelSet.Empty;
        _labels.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        var names = new string[_labels.Count];
        var values = new string[_labels.Count];
        for (var i = 0; i < names.Length; i++) (names[i], values[i]) = _labels[i];
        return new LabelSet(LabelNames.Of(names), values);
    }
}
