using System.Buffers;
using System.Globalization;
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
    private readonly IReadOnlyList<string?> _groupNames;

    private LabelPattern(string[] words)
    {
        Words = words;
        _words = new HashSet<string>(words, StringComparer.Ordinal);
        _groupNames = [];
    }

    private LabelPattern(Re2Translator.Translation translation)
    {
        _groupNames = translation.GroupNames;
        try
        {
            _regex = new Regex(@"\A(?:" + translation.Expression + @")\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, s_timeLimit);
        }
        catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
        {
            throw new FormatException($"error parsing regexp: {fault.Message}", fault);
        }
    }

    /// <summary>The words of an expression such as <c>a|b|c</c>; null for any other.</summary>
    public IReadOnlyList<string>? Words { get; }

    /// <exception cref="FormatException">Not an expression that RE2 takes.</exception>
    public static LabelPattern Parse(string expression) => expression.AsSpan().ContainsAny(s_special)
        ? WithGroups(expression)
        : new LabelPattern(expression.Split('|').Distinct(StringComparer.Ordinal).ToArray());

    /// <summary>A pattern that <see cref="Match"/> can be asked of.</summary>
    /// <exception cref="FormatException">Not an expression that RE2 takes.</exception>
    public static LabelPattern WithGroups(string expression) => new(Re2Translator.Translate(expression));

    public bool IsMatch(string value) => _words?.Contains(value) ?? _regex!.IsMatch(value);

    public Match Match(string value) => _regex!.Match(value);

    /// <summary>The number of a group that is given by name or number; -1 when there is none.</summary>
    public int GroupNumber(string nameOrNumber)
    {
        if (int.TryParse(nameOrNumber, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return number;
        for (var i = 0; i < _groupNames.Count; i++)
            if (_groupNames[i] == nameOrNumber) return i + 1;
        return -1;
    }
}
