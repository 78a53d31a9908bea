using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

internal sealed class NamespaceParser : ObjectParser<Namespace>
{
    private readonly StringPool _strings = new();

    public override Namespace Parse(ReadOnlySpan<byte> utf8Json)
    {
        var reader = JsonReading.Open(utf8Json);
        ObjectMeta? meta = null;
        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                meta = reader.ReadMeta(_strings, AnnotationFilter.All);
            }
            else
            {
                reader.SkipValue();
            }
        }

        return new Namespace(meta ?? throw new MalformedObjectException("metadata is missing"));
    }
}
