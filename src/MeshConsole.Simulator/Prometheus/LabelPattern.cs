using System.Buffers;
using System.Text.RegularExpressions;

namespace MeshConsole.Simulator.Prometheus;

/// <summary>
/// A regular expression in RE2's language, anchored at both ends, run by .NET's engine without backtracking so that no expression
/// of a user can take more than linear time.
/// </summary>
internal sealed class LabelPattern
{
    private static readonly TimeSpan s_timeLimit = TimeSpan.FromSeconds(1);

    private static readonly SearchValues<char> s_special = SearchValues.Create(@"\.+*?()[]{}^$");

    private readonly HashSet<string>? _words;
    private readonly Regex? _regex;

    private LabelPattern(string[]? words, Regex? regex)
    {
        Words = words;
        _words = words is null ? null : new HashSet<string>(words, StringComparer.Ordinal);
        _regex = regex;
    }

    /// <summary>The words of an expression such as <c>a|b|c</c>; null for any other.</summary>
    public IReadOnlyList<string>? Words { get; }

    /// <summary>The compiled expression with its groups; for label_replace, which needs them.</summary>
    public static Regex Compile(string expression)
    {
        var translated = Re2Translator.Translate(expression);
        try
        {
            return new Regex(@"\A(?:" + translated + @")\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, s_timeLimit);
        }
        catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
        {
            throw new FormatException($"error parsing regexp: {fault.Message}", fault);
        }
    }

    public static LabelPattern Parse(string expression)
    {
        if (!expression.AsSpan().ContainsAny(s_special))
            return new LabelPattern(expression.Split('|').Distinct(StringComparer.Ordinal).ToArray(), null);
        return new LabelPattern(null, Compile(expression));
    }

    public bool IsMatch(string value) => _words?.Contains(value) ?? _regex!.IsMatch(value);
}
