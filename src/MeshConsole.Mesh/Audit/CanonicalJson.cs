using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeshConsole.Mesh.Audit;

/// <summary>
/// The one way to write a JSON value, so that it can be hashed: RFC 8785 (JCS). Members sorted by UTF-16 code units, numbers
/// as ECMAScript writes them, nothing escaped that need not be, no white space.
/// </summary>
public static class CanonicalJson
{
    /// <summary>Nesting beyond this is refused; it is what <see cref="JsonDocument"/> reads as well.</summary>
    private const int Deepest = 64;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="FormatException">There is no canonical form: a number out of range, a repeated member, half a surrogate pair.</exception>
    public static string Write(JsonElement value) => Write(value, without: null);

    /// <inheritdoc cref="Write(JsonElement)"/>
    public static string Write(JsonNode? value) => Write(JsonSerializer.SerializeToElement(value));

    /// <summary>The same, without one member of the outermost object.</summary>
    internal static string Write(JsonElement value, string? without)
    {
        var text = new StringBuilder();
        Write(text, value, 0, without);
        return text.ToString();
    }

    /// <summary>The canonical form in UTF-8, which is what is hashed and signed.</summary>
    /// <exception cref="FormatException">The text holds half a surrogate pair.</exception>
    public static byte[] Utf8(string canonical)
    {
        try
        {
            return s_strict.GetBytes(canonical);
        }
        catch (EncoderFallbackException exception)
        {
            throw new FormatException("a text holds half a surrogate pair", exception);
        }
    }

    /// <summary>A number as ECMAScript's Number::toString writes it: the shortest digits that read back as the same double.</summary>
    public static string Number(double value)
    {
        if (!double.IsFinite(value))
        {
            throw new FormatException("a number is too large for a double");
        }

        if (value == 0)
        {
            return "0";
        }

        // "R" gives those digits, in a layout of its own: take them out of it and lay them out anew.
        var text = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        var exponentAt = text.IndexOf('E', StringComparison.Ordinal);
        var mantissa = exponentAt < 0 ? text : text[..exponentAt];
        var exponent = exponentAt < 0 ? 0 : int.Parse(text.AsSpan(exponentAt + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var pointAt = mantissa.IndexOf('.', StringComparison.Ordinal);
        var whole = pointAt < 0 ? mantissa.Length : pointAt;
        var all = mantissa.Replace(".", "", StringComparison.Ordinal);
        var leading = all.Length - all.TrimStart('0').Length;
        var digits = all[leading..].TrimEnd('0');

        // value = 0.digits × 10^point
        var point = whole - leading + exponent;
        var sign = value < 0 ? "-" : "";
        return sign + point switch
        {
            > 0 and <= 21 when digits.Length <= point => digits + new string('0', point - digits.Length),
            > 0 and <= 21 => $"{digits[..point]}.{digits[point..]}",
            > -6 and <= 0 => $"0.{new string('0', -point)}{digits}",
            _ => string.Create(CultureInfo.InvariantCulture, $"{digits[0]}{(digits.Length > 1 ? "." : "")}{digits[1..]}e{(point > 0 ? "+" : "-")}{Math.Abs(point - 1)}"),
        };
    }

    private static void Write(StringBuilder text, JsonElement value, int depth, string? without = null)
    {
        if (depth > Deepest)
        {
            throw new FormatException($"the value is nested deeper than {Deepest} levels");
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(text, value, depth, without);
                break;
            case JsonValueKind.Array:
                text.Append('[');
                var first = true;
                foreach (var item in value.EnumerateArray())
                {
                    text.Append(first ? "" : ",");
                    first = false;
                    Write(text, item, depth + 1);
                }

                text.Append(']');
                break;
            case JsonValueKind.String:
                WriteString(text, Text(value));
                break;
            case JsonValueKind.Number:
                text.Append(Number(value.GetDouble()));
                break;
            case JsonValueKind.True:
                text.Append("true");
                break;
            case JsonValueKind.False:
                text.Append("false");
                break;
            case JsonValueKind.Null:
                text.Append("null");
                break;
            default:
                throw new FormatException("there is no value");
        }
    }

    private static void WriteObject(StringBuilder text, JsonElement value, int depth, string? without)
    {
        var members = new List<(string Name, JsonElement Value)>();
        foreach (var member in value.EnumerateObject())
        {
            var name = Name(member);
            if (!string.Equals(name, without, StringComparison.Ordinal))
            {
                members.Add((name, member.Value));
            }
        }

        members.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        text.Append('{');
        for (var i = 0; i < members.Count; i++)
        {
            if (i > 0)
            {
                if (string.Equals(members[i].Name, members[i - 1].Name, StringComparison.Ordinal))
                {
                    throw new FormatException("a member stands twice in one object");
                }

                text.Append(',');
            }

            WriteString(text, members[i].Name);
            text.Append(':');
            Write(text, members[i].Value, depth + 1);
        }

        text.Append('}');
    }

    private static void WriteString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var character in value)
        {
            switch (character)
            {
                case '"':
                    text.Append("\\\"");
                    break;
                case '\\':
                    text.Append("\\\\");
                    break;
                case '\b':
                    text.Append("\\b");
                    break;
                case '\t':
                    text.Append("\\t");
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                case '\f':
                    text.Append("\\f");
                    break;
                case '\r':
                    text.Append("\\r");
                    break;
                case < ' ':
                    text.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
                    break;
                default:
                    text.Append(character);
                    break;
            }
        }

        text.Append('"');
    }

    private static string Text(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            throw new FormatException("a text holds half a surrogate pair", exception);
        }
    }

    private static string Name(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException exception)
        {
            throw new FormatException("a name holds half a surrogate pair", exception);
        }
    }
}
