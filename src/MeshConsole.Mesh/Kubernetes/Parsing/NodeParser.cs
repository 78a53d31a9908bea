using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

internal sealed class NodeParser : ObjectParser<Node>
{
    private readonly StringPool _strings = new();

    public override Node Parse(ReadOnlySpan<byte> utf8Json)
    {
        var reader = JsonReading.Open(utf8Json);
        ObjectMeta? meta = null;
        bool? ready = null;
        string? kubeletVersion = null;
        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                meta = reader.ReadMeta(_strings, AnnotationFilter.All);
            }
            else if (reader.ValueTextEquals("status"u8))
            {
                (ready, kubeletVersion) = ReadStatus(ref reader);
            }
            else
            {
                reader.SkipValue();
            }
        }

        return new Node(meta ?? throw new MalformedObjectException("metadata is missing"), ready, kubeletVersion);
    }

    private (bool? Ready, string? KubeletVersion) ReadStatus(ref Utf8JsonReader reader)
    {
        bool? ready = null;
        string? kubeletVersion = null;
        if (!reader.EnterObject("status"))
        {
            return (ready, kubeletVersion);
        }

        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("conditions"u8))
            {
                ready = reader.ReadCondition(_strings, "Ready");
            }
            else if (!reader.ValueTextEquals("nodeInfo"u8))
            {
                reader.SkipValue();
            }
            else if (reader.EnterObject("status.nodeInfo"))
            {
                while (reader.NextProperty())
                {
                    if (reader.ValueTextEquals("kubeletVersion"u8))
                    {
                        kubeletVersion = reader.ReadString(_strings, "status.nodeInfo.kubeletVersion");
                    }
                    else
                    {
                        reader.SkipValue();
                    }
                }
            }
        }

        return (ready, kubeletVersion);
    }
}
