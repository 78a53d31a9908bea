using System.Collections.Immutable;

namespace MeshConsole.Mesh.Topology.Find;

/// <summary>What could stand at a place of an expression.</summary>
/// <param name="Start">Where what is to be replaced begins.</param>
/// <param name="Length">How much of the text it replaces.</param>
/// <param name="Text">What is put there.</param>
/// <param name="Help">What it means.</param>
public sealed record FindSuggestion(int Start, int Length, string Text, string Help);

/// <summary>Offers fields, comparisons and values, for a list below the box.</summary>
public static class FindCompletion
{
    private const int Most = 12;

    /// <param name="position">Of the caret: suggestions complete the word before it.</param>
    /// <param name="known">Values of fields as the mesh has them now: namespaces, names, apps.</param>
    public static ImmutableArray<FindSuggestion> At(string text, int position, Func<FindField, IEnumerable<string>> known)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(known);
        position = Math.Clamp(position, 0, text.Length);
        var start = position;
        while (start > 0 && !char.IsWhiteSpace(text[start - 1]) && !"()=!<>~&|\"'".Contains(text[start - 1]))
        {
            start--;
        }

        var typed = text[start..position];
        var (tokens, fault) = FindLexer.Read(text[..start]);
        if (fault is not null)
        {
            return [];
        }

        var before = tokens.Length > 1 ? tokens[^2] : default;
        var compared = tokens.Length > 2 && before.Kind == FindTokenKind.Operator ? FindFields.Find(tokens[^3].Text) : null;
        IEnumerable<(string Text, string Help)> offers =
            compared is not null ? compared.Values.Concat(known(compared)).Distinct(StringComparer.OrdinalIgnoreCase).Select(v => (Quote(v), compared.Help))
            : tokens.Length > 1 && before.Kind == FindTokenKind.Word && FindFields.Find(before.Text) is { } field ? Comparisons(field)
            : FindFields.All.Concat(FindFields.Flags).Select(f => (f.Name, f.Help));
        return
        [
            .. offers
                .Where(o => o.Text.Trim('"').StartsWith(typed, StringComparison.OrdinalIgnoreCase) && !string.Equals(o.Text, typed, StringComparison.OrdinalIgnoreCase))
                .Take(Most)
                .Select(o => new FindSuggestion(start, position - start, o.Text, o.Help)),
        ];
    }

    private static IEnumerable<(string, string)> Comparisons(FindField field) => field.Type == FindType.Text
        ? [("=", "is"), ("!=", "is not"), ("contains", "has this part"), ("~", "matches the pattern"), ("!~", "does not match the pattern")]
        : [(">", "more than"), (">=", "at least"), ("<", "less than"), ("<=", "at most"), ("=", "is"), ("!=", "is not")];

    private static string Quote(string value) =>
        value.Length > 0 && value.All(c => char.IsLetterOrDigit(c) || c is '-' or '.' or '_' or '/' or ':') ? value : $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
