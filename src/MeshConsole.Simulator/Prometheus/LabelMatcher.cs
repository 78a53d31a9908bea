using System.Text;

namespace MeshConsole.Simulator.Prometheus;

/// <summary>How a matcher compares.</summary>
public enum MatchKind
{
    Equal,
    NotEqual,
    Regex,
    NotRegex,
}

/// <summary>
/// One condition of a selector. A label that a series does not have counts as empty. Regular expressions are anchored at both ends.
/// </summary>
public sealed class LabelMatcher
{
    private readonly LabelPattern? _pattern;

    /// <exception cref="FormatException">The regular expression is not one that RE2 takes.</exception>
    public LabelMatcher(string name, MatchKind kind, string value)
    {
        Name = name;
        Kind = kind;
        Value = value;
        if (kind is MatchKind.Regex or MatchKind.NotRegex) _pattern = LabelPattern.Parse(value);
        MatchesEmpty = Matches("");
    }

    public string Name { get; }

    public MatchKind Kind { get; }

    public string Value { get; }

    /// <summary>Whether a series without the label is matched.</summary>
    public bool MatchesEmpty { get; }

    /// <summary>The only values that can match, when they are known without trying: an equality or an alternation of plain words.</summary>
    internal IReadOnlyList<string>? OnlyValues => Kind switch
    {
        MatchKind.Equal => [Value],
        MatchKind.Regex => _pattern!.Words,
        _ => null,
    };

    public bool Matches(string value) => Kind switch
    {
        MatchKind.Equal => string.Equals(value, Value, StringComparison.Ordinal),
        MatchKind.NotEqual => !string.Equals(value, Value, StringComparison.Ordinal),
        MatchKind.Regex => _pattern!.IsMatch(value),
        MatchKind.NotRegex => !_pattern!.IsMatch(value),
        _ => throw new InvalidOperationException($"Unknown kind of matcher: {Kind}"),
    };

    public override string ToString()
    {
        var text = new StringBuilder(Name).Append(Kind switch
        {
            MatchKind.Equal => "=",
            MatchKind.NotEqual => "!=",
            MatchKind.Regex => "=~",
            _ => "!~",
        });
        PromText.AppendQuoted(text, Value);
        return text.ToString();
    }
}
