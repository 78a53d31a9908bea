using System.Globalization;
using System.Text;

namespace MeshConsole.Components.IncidentFiles;

/// <summary>Text of clusters and people as Markdown in which none of it is markup.</summary>
internal static class MarkdownText
{
    private const int LongestLine = 1_000;

    public static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>One line in which no character is markup.</summary>
    public static string Line(string text) => Escape(Format.Middle(text, LongestLine));

    /// <summary>Several lines as a quotation; none of them begins a list, a heading or a table.</summary>
    public static string Quote(string text) => string.Join("\n>\n", text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0).Select(line => $"> {Begin(Escape(line))}"));

    private static string Escape(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            if (char.IsControl(character))
            {
                safe.Append(' ');
                continue;
            }

            if (character is '\\' or '`' or '*' or '_' or '{' or '}' or '[' or ']' or '<' or '>' or '#' or '|' or '!' or '~' or '&')
            {
                safe.Append('\\');
            }

            safe.Append(character);
        }

        return safe.ToString();
    }

    /// <summary>"- x", "+ x", "1. x" and "---" would begin something where a line begins.</summary>
    private static string Begin(string line)
    {
        if (line[0] is '-' or '+' or '=')
        {
            return $"\\{line}";
        }

        var digits = line.TakeWhile(char.IsAsciiDigit).Count();
        return digits > 0 && digits < line.Length && line[digits] is '.' or ')' ? $"{line[..digits]}\\{line[digits..]}" : line;
    }
}
