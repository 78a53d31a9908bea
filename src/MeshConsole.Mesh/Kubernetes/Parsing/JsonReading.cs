using System.Text.Json;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

/// <summary>
/// Reading one object's JSON forward, field by field. A method that reads a value is called while the reader stands on the
/// property name (or, for elements, before the value) and leaves it on the last token of the value. A JSON null is the
/// same as an absent field, as the API server itself treats it.
/// </summary>
internal static class JsonReading
{
    /// <summary>A reader over one whole object, standing on its opening brace.</summary>
    public static Utf8JsonReader Open(ReadOnlySpan<byte> utf8Json)
    {
        var reader = new Utf8JsonReader(utf8Json, isFinalBlock: true, state: default);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new MalformedObjectException("it is not a JSON object");
        }

        return reader;
    }

    /// <summary>Moves to the next property of the object the reader is in; false at its end.</summary>
    public static bool NextProperty(ref this Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.PropertyName;
    }

    /// <summary>Skips the value of the property the reader stands on.</summary>
    public static void SkipValue(ref this Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }

    /// <summary>Enters the object that is the property's value; false when it is null.</summary>
    public static bool EnterObject(ref this Utf8JsonReader reader, string field)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.StartObject => true,
            JsonTokenType.Null => false,
            _ => throw Unexpected(field, "an object", reader.TokenType),
        };
    }

    /// <summary>Enters the array that is the property's value; false when it is null.</summary>
    public static bool EnterArray(ref this Utf8JsonReader reader, string field)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.StartArray => true,
            JsonTokenType.Null => false,
            _ => throw Unexpected(field, "a list", reader.TokenType),
        };
    }

    /// <summary>Moves to the next element, which must be an object; false at the end of the array.</summary>
    public static bool NextObject(ref this Utf8JsonReader reader, string field)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.StartObject => true,
            JsonTokenType.EndArray => false,
            _ => throw Unexpected(field, "a list of objects", reader.TokenType),
        };
    }

    /// <summary>The string value, through the pool; null for a JSON null.</summary>
    public static string? ReadString(ref this Utf8JsonReader reader, StringPool strings, string field)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.String => strings.Get(ref reader),
            JsonTokenType.Null => null,
            _ => throw Unexpected(field, "a string", reader.TokenType),
        };
    }

    /// <summary>A string that does not repeat from object to object (a name, a uid), kept out of the pool.</summary>
    public static string? ReadUniqueString(ref this Utf8JsonReader reader, string field)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString(),
            JsonTokenType.Null => null,
            _ => throw Unexpected(field, "a string", reader.TokenType),
        };
    }

    public static bool ReadBoolean(ref this Utf8JsonReader reader, string field)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False or JsonTokenType.Null => false,
            _ => throw Unexpected(field, "true or false", reader.TokenType),
        };
    }

    /// <summary>A whole number of 32 bits; null for a JSON null.</summary>
    public static int? ReadInt32(ref this Utf8JsonReader reader, string field)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.Number when reader.TryGetInt32(out var value) => value,
            JsonTokenType.Null => null,
            _ => throw Unexpected(field, "a whole number", reader.TokenType),
        };
    }

    public static long? ReadInt64(ref this Utf8JsonReader reader, string field)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.Number when reader.TryGetInt64(out var value) => value,
            JsonTokenType.Null => null,
            _ => throw Unexpected(field, "a whole number", reader.TokenType),
        };
    }

    /// <summary>An RFC 3339 time; null for a JSON null.</summary>
    public static DateTimeOffset? ReadTime(ref this Utf8JsonReader reader, string field)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.String when reader.TryGetDateTimeOffset(out var value) => value,
            JsonTokenType.Null => null,
            _ => throw Unexpected(field, "a time", reader.TokenType),
        };
    }

    public static MalformedObjectException Unexpected(string field, string expected, JsonTokenType found) =>
        new($"{field} should be {expected} and is {Describe(found)}");

    private static string Describe(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "a string that cannot be read as such",
        JsonTokenType.Number => "another number",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        JsonTokenType.Null => "null",
        _ => "something else",
    };
}
