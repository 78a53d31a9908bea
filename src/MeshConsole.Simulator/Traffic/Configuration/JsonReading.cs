using System.Globalization;
using System.Text.Json;

namespace MeshConsole.Simulator.Traffic.Configuration;

/// <summary>Lenient reading of objects that anybody may have written: what is absent or of a wrong type is null or empty.</summary>
internal static class JsonReading
{
    public static JsonElement At(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;

    public static JsonElement At(this JsonElement element, string first, string second) => element.At(first).At(second);

    public static JsonElement At(this JsonElement element, string first, string second, string third) => element.At(first).At(second).At(third);

    public static string? Text(this JsonElement element, string name) =>
        element.At(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    public static int? Integer(this JsonElement element, string name) =>
        element.At(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) ? number : null;

    public static double? Number(this JsonElement element, string name) =>
        element.At(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var number) ? number : null;

    public static bool? Flag(this JsonElement element, string name) => element.At(name).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) =>
        element.At(name) is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : [];

    public static IEnumerable<string> Texts(this JsonElement element, string name)
    {
        foreach (var item in element.Items(name))
            if (item.ValueKind == JsonValueKind.String)
                yield return item.GetString()!;
    }

    public static Dictionary<string, string> Map(this JsonElement element, string name)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        if (element.At(name) is { ValueKind: JsonValueKind.Object } members)
        {
            foreach (var member in members.EnumerateObject())
                if (member.Value.ValueKind == JsonValueKind.String)
                    map[member.Name] = member.Value.GetString()!;
        }

        return map;
    }

    /// <summary>A duration as Go and protobuf write it: <c>3s</c>, <c>0.5s</c>, <c>250ms</c>, <c>1m30s</c>.</summary>
    public static TimeSpan? Duration(this JsonElement element, string name)
    {
        if (element.Text(name) is not { Length: > 0 } text) return null;
        var total = 0.0;
        var at = 0;
        while (at < text.Length)
        {
            var start = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.')) at++;
            if (at == start || !double.TryParse(text.AsSpan(start, at - start), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)) return null;
            var unit = at;
            while (at < text.Length && char.IsAsciiLetter(text[at])) at++;
            double? seconds = text[unit..at] switch
            {
                "h" => 3_600,
                "m" => 60,
                "s" => 1,
                "ms" => 0.001,
                "us" => 0.000_001,
                _ => null,
            };
            if (seconds is null) return null;
            total += value * seconds.Value;
        }

        return TimeSpan.FromSeconds(total);
    }
}
