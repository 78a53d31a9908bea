using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

/// <summary>Reads Deployments and ReplicaSets. An absent <c>spec.replicas</c> means 1, as the API server defaults it.</summary>
internal sealed class ControllerParser(string kind) : ObjectParser<Controller>
{
    private readonly StringPool _strings = new();

    public override Controller Parse(ReadOnlySpan<byte> utf8Json)
    {
        var reader = JsonReading.Open(utf8Json);
        ObjectMeta? meta = null;
        var desired = 1;
        var ready = 0;
        var updated = 0;
        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                meta = reader.ReadMeta(_strings, AnnotationFilter.All);
            }
            else if (reader.ValueTextEquals("spec"u8))
            {
                if (!reader.EnterObject("spec"))
                {
                    continue;
                }

                while (reader.NextProperty())
                {
                    if (reader.ValueTextEquals("replicas"u8))
                    {
                        desired = reader.ReadInt32("spec.replicas") ?? 1;
                    }
                    else
                    {
                        reader.SkipValue();
                    }
                }
            }
            else if (reader.ValueTextEquals("status"u8))
            {
                (ready, updated) = ReadStatus(ref reader);
            }
            else
            {
                reader.SkipValue();
            }
        }

        return new Controller(meta ?? throw new MalformedObjectException("metadata is missing"), kind, desired, ready, updated);
    }

    private static (int Ready, int Updated) ReadStatus(ref Utf8JsonReader reader)
    {
        var ready = 0;
        var updated = 0;
        if (!reader.EnterObject("status"))
        {
            return (ready, updated);
        }

        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("readyReplicas"u8))
            {
                ready = reader.ReadInt32("status.readyReplicas") ?? 0;
            }
            else if (reader.ValueTextEquals("updatedReplicas"u8))
            {
                updated = reader.ReadInt32("status.updatedReplicas") ?? 0;
            }
            else
            {
                reader.SkipValue();
            }
        }

        return (ready, updated);
    }
}
