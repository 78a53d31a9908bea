using System.Collections.Immutable;
using System.Text.Json;

namespace MeshConsole.Mesh.Kubernetes.Objects;

/// <summary>
/// Reads the spec of a <see cref="MeshObject"/> without trusting it: a member that is absent, null or of another type is
/// Undefined, null or empty, and nothing throws. The API server checks most objects against a schema, but not those that
/// were stored before the schema, nor those of a CRD that preserves unknown fields.
/// </summary>
internal static class SpecReader
{
    /// <summary>A member of an object; Undefined when it is absent, null, or when the element is no object.</summary>
    public static JsonElement Get(this JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            return default;
        }

        try
        {
            return element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : default;
        }
        catch (InvalidOperationException)
        {
            // A name beside it holds half of a surrogate pair: JSON lets it through, .NET strings do not.
            return default;
        }
    }

    public static bool IsPresent(this JsonElement element) => element.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    public static bool IsObject(this JsonElement element) => element.ValueKind == JsonValueKind.Object;

    /// <summary>A string that is not empty; null for everything else.</summary>
    public static string? Text(this JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        try
        {
            var text = element.GetString();
            return string.IsNullOrEmpty(text) ? null : text;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    public static string? Text(this JsonElement element, string name) => element.Get(name).Text();

    /// <summary>A whole number that fits; null for everything else, a number in quotes too.</summary>
    public static int? Whole(this JsonElement element) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var number) ? number : null;

    public static int? Whole(this JsonElement element, string name) => element.Get(name).Whole();

    public static bool? Flag(this JsonElement element, string name) => element.Get(name).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    public static DateTimeOffset? Instant(this JsonElement element, string name)
    {
        var value = element.Get(name);
        return value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out var instant) ? instant.ToUniversalTime() : null;
    }

    /// <summary>Elements of an array; none when it is no array.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element, string name)
    {
        var array = element.Get(name);
        return array.ValueKind == JsonValueKind.Array ? array.EnumerateArray() : [];
    }

    /// <summary>The strings among the elements of an array.</summary>
    public static ImmutableArray<string> Texts(this JsonElement element, string name) =>
        [.. element.Items(name).Select(Text).OfType<string>()];

    /// <summary>Members of an object in order of their names; none when it is no object. Names that are no text are left out.</summary>
    public static ImmutableArray<KeyValuePair<string, JsonElement>> Members(this JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            return [];
        }

        var members = new SortedDictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in element.EnumerateObject())
        {
            try
            {
                members[member.Name] = member.Value;
            }
            catch (InvalidOperationException)
            {
                continue;
            }
        }

        return [.. members];
    }

    /// <summary>An object whose values are strings, as label selectors are; other values are left out.</summary>
    public static ImmutableSortedDictionary<string, string> Labels(this JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            return ImmutableSortedDictionary<string, string>.Empty;
        }

        var labels = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in element.Members())
        {
            if (value.ValueKind == JsonValueKind.String)
            {
                // An empty value is a legal label value, unlike everywhere else here.
                labels[name] = value.Text() ?? "";
            }
        }

        return labels.ToImmutable();
    }
}
