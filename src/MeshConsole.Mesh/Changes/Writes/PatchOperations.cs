using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Changes.Writes;

/// <summary>Operations of a JSON patch (RFC 6902) as all writes of the console have them.</summary>
internal static class PatchOperations
{
    // RFC 6901: ~ is written ~0 and / is written ~1.
    private const string AnnotationPath = "/metadata/annotations/meshconsole.io~1last-change";

    /// <summary>
    /// The value in the server's own bytes: its JSON patch compares strings and numbers as they are written (evanphx/json-patch,
    /// <c>lazyNode.compare</c>), so that <c>&lt;</c> instead of its <c>\u003c</c> would count as a change.
    /// </summary>
    public static void Write(Utf8JsonWriter writer, string op, string path, JsonElement value)
    {
        writer.WriteStartObject();
        writer.WriteString("op", op);
        writer.WriteString("path", path);
        writer.WritePropertyName("value");
        writer.WriteRawValue(value.GetRawText());
        writer.WriteEndObject();
    }

    public static void WriteRemoval(Utf8JsonWriter writer, string path)
    {
        writer.WriteStartObject();
        writer.WriteString("op", "remove");
        writer.WriteString("path", path);
        writer.WriteEndObject();
    }

    /// <summary>Marks the object with the write.</summary>
    public static void WriteAnnotation(Utf8JsonWriter writer, JsonElement @object, string writeId)
    {
        var annotations = @object.Get("metadata").Get("annotations");
        writer.WriteStartObject();
        writer.WriteString("op", annotations.Get(TargetWrite.Annotation).IsPresent() ? "replace" : "add");
        if (annotations.IsObject())
        {
            writer.WriteString("path", AnnotationPath);
            writer.WriteString("value", writeId);
        }
        else
        {
            writer.WriteString("path", "/metadata/annotations");
            writer.WriteStartObject("value");
            writer.WriteString(TargetWrite.Annotation, writeId);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
