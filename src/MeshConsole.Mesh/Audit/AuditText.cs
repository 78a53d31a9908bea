using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeshConsole.Mesh.Audit;

/// <summary>
/// Makes what people and clusters wrote inert before it is recorded. Control characters, escape sequences, marks that turn
/// the direction of text and halves of surrogate pairs stay visible as <c>\u{1B}</c> and do nothing; what is too long is cut
/// and says so.
/// </summary>
internal static class AuditText
{
    public const int Line = 1_000;
    public const int Name = 300;

    private const int DetailText = 32_768;
    private const int DetailsDepth = 32;

    /// <summary>JSON numbers are doubles: beyond this a whole number is kept as text.</summary>
    private const double LargestExact = 9_007_199_254_740_991;

    public static string Clean(string text, int longest, bool lines = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length <= longest && IsInert(text, lines))
        {
            return text;
        }

        var clean = new StringBuilder(Math.Min(text.Length, longest) + 16);
        for (var i = 0; i < text.Length;)
        {
            if (clean.Length >= longest)
            {
                clean.Append(CultureInfo.InvariantCulture, $"… ({text.Length - i} more)");
                break;
            }

            if (!Rune.TryGetRuneAt(text, i, out var rune))
            {
                clean.Append(CultureInfo.InvariantCulture, $"\\u{{{(int)text[i]:X}}}");
                i++;
                continue;
            }

            i += rune.Utf16SequenceLength;
            if (Keeps(rune, lines))
            {
                clean.Append(rune.ToString());
            }
            else
            {
                clean.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:X}}}");
            }
        }

        return clean.ToString();
    }

    public static string? CleanOptional(string? text, int longest) => text is null ? null : Clean(text, longest);

    /// <summary>The same for a whole value: every text, every member's name. Line breaks and tabs stay, since there are patches and differences among them.</summary>
    public static JsonNode? Clean(JsonElement value, int depth = 0)
    {
        if (depth > DetailsDepth)
        {
            return JsonValue.Create("… (nested too deep)");
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var clean = new JsonObject();
                foreach (var member in value.EnumerateObject())
                {
                    clean[Clean(member.Name, Name)!] = Clean(member.Value, depth + 1);
                }

                return clean;
            case JsonValueKind.Array:
                var items = new JsonArray();
                foreach (var item in value.EnumerateArray())
                {
                    items.Add(Clean(item, depth + 1));
                }

                return items;
            case JsonValueKind.String:
                return JsonValue.Create(Clean(value.GetString()!, DetailText, lines: true));
            case JsonValueKind.Number:
                var number = value.GetDouble();
                var raw = value.GetRawText();
                return double.IsFinite(number) && (Math.Abs(number) <= LargestExact || raw.AsSpan().ContainsAny('.', 'e', 'E')) ? JsonValue.Create(number) : JsonValue.Create(raw);
            case JsonValueKind.True:
                return JsonValue.Create(true);
            case JsonValueKind.False:
                return JsonValue.Create(false);
            default:
                return null;
        }
    }

    private static bool IsInert(string text, bool lines)
    {
        for (var i = 0; i < text.Length;)
        {
            if (!Rune.TryGetRuneAt(text, i, out var rune) || !Keeps(rune, lines))
            {
                return false;
            }

            i += rune.Utf16SequenceLength;
        }

        return true;
    }

    private static bool Keeps(Rune rune, bool lines) => rune.Value switch
    {
        '\n' or '\t' => lines,
        _ => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator),
    };
}
