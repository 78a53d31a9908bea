using System.Text;

namespace MeshConsole.Simulator.Prometheus;

/// <summary>
/// The identity of a series: labels sorted by name (ordinal), <c>__name__</c> among them. Immutable.
/// A label with an empty value is the same as no label, as in Prometheus, and is never stored.
/// </summary>
public sealed class LabelSet : IEquatable<LabelSet>
{
    public const string MetricNameLabel = "__name__";

    public static readonly LabelSet Empty = new(LabelNames.Empty, []);

    private readonly string[] _values;
    private int _hash;

    /// <param name="values">One non-empty value per name; owned by the set afterwards.</param>
    internal LabelSet(LabelNames names, string[] values)
    {
        Names = names;
        _values = values;
    }

    internal LabelNames Names { get; }

    internal ReadOnlySpan<string> Values => _values;

    public int Count => _values.Length;

    /// <summary>The value of <c>__name__</c>, "" when there is none.</summary>
    public string MetricName => this[MetricNameLabel];

    /// <summary>The value of a label, "" when there is none.</summary>
    public string this[string name] => Names.IndexOf(name) is >= 0 and var i ? _values[i] : "";

    public KeyValuePair<string, string> this[int index] => new(Names[index], _values[index]);

    public static LabelSet Of(params ReadOnlySpan<(string Name, string Value)> labels)
    {
        var builder = new LabelSetBuilder();
        foreach (var (name, value) in labels) builder.Set(name, value);
        return builder.Build();
    }

    /// <summary>Labels of a metric: shorthand for a set with <c>__name__</c>.</summary>
    public static LabelSet Metric(string metricName, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        var builder = new LabelSetBuilder().Set(MetricNameLabel, metricName);
        foreach (var (name, value) in labels) builder.Set(name, value);
        return builder.Build();
    }

    public static LabelSet From(IEnumerable<KeyValuePair<string, string>> labels)
    {
        var builder = new LabelSetBuilder();
        foreach (var (name, value) in labels) builder.Set(name, value);
        return builder.Build();
    }

    public bool Contains(string name) => Names.IndexOf(name) >= 0;

    /// <summary>This set with one label set, or removed when the value is empty.</summary>
    public LabelSet With(string name, string value) => new LabelSetBuilder(this).Set(name, value).Build();

    public LabelSet Without(string name)
    {
        var at = Names.IndexOf(name);
        if (at < 0) return this;
        if (Count == 1) return Empty;
        var names = new string[Count - 1];
        var values = new string[Count - 1];
        Names.AsSpan()[..at].CopyTo(names);
        Names.AsSpan()[(at + 1)..].CopyTo(names.AsSpan(at));
        _values.AsSpan(0, at).CopyTo(values);
        _values.AsSpan(at + 1).CopyTo(values.AsSpan(at));
        return new LabelSet(LabelNames.Of(names), values);
    }

    public IEnumerable<KeyValuePair<string, string>> Enumerate()
    {
        for (var i = 0; i < Count; i++) yield return this[i];
    }

    public bool Equals(LabelSet? other)
    {
        if (ReferenceEquals(this, other)) return true;
        if (other is null || other.Count != Count || GetHashCode() != other.GetHashCode() || !Names.SameAs(other.Names)) return false;
        for (var i = 0; i < _values.Length; i++)
            if (!string.Equals(_values[i], other._values[i], StringComparison.Ordinal)) return false;
        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as LabelSet);

    public override int GetHashCode()
    {
        // Zero means "not computed yet"; two threads may compute it at once and write the same number.
        if (_hash != 0) return _hash;
        var hash = Names.Hash;
        foreach (var value in _values) hash = HashCode.Combine(hash, string.GetHashCode(value, StringComparison.Ordinal));
        return _hash = hash == 0 ? 1 : hash;
    }

    /// <summary>PromQL's notation: <c>name{a="b", c="d"}</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(MetricName);
        var first = true;
        for (var i = 0; i < Count; i++)
        {
            if (Names[i] == MetricNameLabel) continue;
            text.Append(first ? "{" : ", ").Append(Names[i]).Append('=');
            PromText.AppendQuoted(text, _values[i]);
            first = false;
        }

        if (!first) text.Append('}');
        else if (Count == 0) text.Append("{}");
        return text.ToString();
    }
}
