using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

/// <param name="wanted">Names to keep; empty for all.</param>
internal sealed class NamespaceParser(ImmutableArray<string> wanted) : ObjectParser<Namespace>
{
    private readonly StringPool _strings = new();

    public override Namespace? Parse(ReadOnlySpan<byte> utf8Json)
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

        if (meta is null)
        {
            throw new MalformedObjectException("metadata is missing");
        }

        return wanted.IsDefaultOrEmpty || wanted.Contains(meta.Name, StringComparer.Ordinal) ? new Namespace(meta) : null;
    }
}
