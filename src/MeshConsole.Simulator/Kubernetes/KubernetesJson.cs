using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>How the simulated API server reads and writes JSON.</summary>
internal static class KubernetesJson
{
    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static readonly JsonDocumentOptions s_readerOptions = new() { MaxDepth = 256, AllowDuplicateProperties = false };
    private static readonly JsonDocumentOptions s_trustedOptions = new() { MaxDepth = 256 };

    public static byte[] Write(JsonNode node)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
            node.WriteTo(writer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Throws <see cref="JsonException"/> when the text is not JSON, or names a member twice.</summary>
    public static JsonNode? Parse(ReadOnlySpan<byte> utf8) => JsonNode.Parse(utf8, documentOptions: s_readerOptions);

    public static JsonObject ParseObject(ReadOnlySpan<byte> utf8) =>
        Parse(utf8) as JsonObject ?? throw new JsonException("The text is not a JSON object.");

    /// <summary>Reads back what <see cref="Write"/> wrote, without looking for members that are named twice.</summary>
    public static JsonObject ReadBack(ReadOnlySpan<byte> utf8) => JsonNode.Parse(utf8, documentOptions: s_trustedOptions)!.AsObject();

    /// <summary>A text as a JSON string, quotes included.</summary>
    public static string Quote(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    /// <summary>The text of a JSON string; null for anything else.</summary>
    public static string? AsText(this JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    /// <summary>The text of a member; null when the member is absent or not a string.</summary>
    public static string? Text(this JsonObject json, string name) => json.TryGetPropertyValue(name, out var node) ? node.AsText() : null;
}
