using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

/// <summary>Reads objects of a mesh API; kind and version are those of the path, since items of a list may leave them out.</summary>
internal sealed class MeshObjectParser(string apiVersion, string kind) : ObjectParser<MeshObject>
{
    private readonly StringPool _strings = new();

    public override MeshObject Parse(ReadOnlySpan<byte> utf8Json)
    {
        var reader = JsonReading.Open(utf8Json);
        ObjectMeta? meta = null;
        JsonElement spec = default;
        JsonElement status = default;
        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                meta = reader.ReadMeta(_strings, AnnotationFilter.All);
            }
            else if (reader.ValueTextEquals("spec"u8))
            {
                spec = ReadElement(ref reader, "spec");
            }
            else if (reader.ValueTextEquals("status"u8))
            {
                status = ReadElement(ref reader, "status");
            }
            else
            {
                reader.SkipValue();
            }
        }

        return new MeshObject(meta ?? throw new MalformedObjectException("metadata is missing"), apiVersion, kind, spec, status);
    }

    private static JsonElement ReadElement(ref Utf8JsonReader reader, string field)
    {
        reader.Read();
        return reader.TokenType switch
        {
            // The element has a copy of its bytes: nothing of the stream's buffer is kept.
            JsonTokenType.StartObject => JsonElement.ParseValue(ref reader),
            JsonTokenType.Null => default,
            _ => throw JsonReading.Unexpected(field, "an object", reader.TokenType),
        };
    }
}
