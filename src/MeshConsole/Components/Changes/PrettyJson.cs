using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeshConsole.Components.Changes;

/// <summary>JSON on lines, for people; text that is no JSON stays as it is. It is shown as text, so nothing has to be escaped for a page.</summary>
internal static class PrettyJson
{
    private const int Longest = 40_000;

    private static readonly JsonSerializerOptions s_options = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(string json)
    {
        try
        {
            return Of(JsonNode.Parse(json));
        }
        catch (JsonException)
        {
            return Format.Middle(json, Longest);
        }
    }

    public static string Of(JsonNode? json) => Format.Middle(json?.ToJsonString(s_options) ?? "", Longest);
}
