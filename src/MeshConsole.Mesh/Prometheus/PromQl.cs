using System.Globalization;
using System.Text;

namespace MeshConsole.Mesh.Prometheus;

/// <summary>
/// The one place where text becomes part of a query. Names come from clusters and address bars: quoted here, they can only
/// ever be values.
/// </summary>
public static class PromQl
{
    /// <summary>A string literal of PromQL, quotes included: <c>"a\"b"</c>.</summary>
    public static string LabelValue(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var literal = new StringBuilder(value.Length + 2).Append('"');
        foreach (var rune in value.EnumerateRunes())
        {
            // EnumerateRunes turns half a surrogate pair into U+FFFD, so that the literal is always valid UTF-8.
            switch (rune.Value)
            {
                case '"':
                    literal.Append("\\\"");
                    break;
                case '\\':
                    literal.Append("\\\\");
                    break;
                case '\n':
                    literal.Append("\\n");
                    break;
                case '\r':
                    literal.Append("\\r");
                    break;
                case '\t':
                    literal.Append("\\t");
                    break;
                case < ' ' or 0x7f:
                    literal.Append("\\x").Append(rune.Value.ToString("x2", CultureInfo.InvariantCulture));
                    break;
                default:
                    literal.Append(rune.ToString());
                    break;
            }
        }

        return literal.Append('"').ToString();
    }

    /// <summary>A string literal for <c>=~</c> that matches exactly these values and nothing else; without values it matches nothing.</summary>
    public static string RegexAlternatives(IEnumerable<string> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var alternatives = values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(EscapeRegex).ToList();

        // An empty pattern would match series without the label; a class of nothing matches none.
        return LabelValue(alternatives.Count == 0 ? "[^\\x00-\\x{10FFFF}]" : string.Join('|', alternatives));
    }

    /// <summary>A duration literal of whole milliseconds, in seconds where it can be: <c>60s</c>, <c>1500ms</c>.</summary>
    public static string Duration(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.FromMilliseconds(1));
        var milliseconds = (long)duration.TotalMilliseconds;
        return milliseconds % 1000 == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1000}s")
            : string.Create(CultureInfo.InvariantCulture, $"{milliseconds}ms");
    }

    /// <summary>Escapes the characters that RE2 gives a meaning; others stand for themselves.</summary>
    private static string EscapeRegex(string value)
    {
        var escaped = new StringBuilder(value.Length);
        foreach (var character in value)
        {
            if (@"\.+*?()|[]{}^$".Contains(character, StringComparison.Ordinal))
            {
                escaped.Append('\\');
            }

            escaped.Append(character);
        }

        return escaped.ToString();
    }
}
