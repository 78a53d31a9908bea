using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

/// <summary>
/// Reads two settings of the mesh configuration, and leaves other ConfigMaps of a revision out. Its YAML is passed over
/// event by event, and given up where it is nested deeper than any mesh configuration: what such a text costs grows with the
/// square of its depth.
/// </summary>
internal sealed class MeshConfigurationParser : ObjectParser<MeshConfiguration>
{
    private const int DeepestNesting = 100;

    private readonly StringPool _strings = new();

    public override MeshConfiguration? Parse(ReadOnlySpan<byte> utf8Json)
    {
        var reader = JsonReading.Open(utf8Json);
        ObjectMeta? meta = null;
        string? text = null;
        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                meta = reader.ReadMeta(_strings, AnnotationFilter.Secrets);
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                text = ReadData(ref reader);
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

        if (meta.Labels.GetValueOrDefault(MeshConfiguration.RevisionLabel) is not { } revision || meta.Name != MeshConfiguration.NameOf(revision))
        {
            return null;
        }

        var (autoMtls, root, problem) = text is null ? (true, null, "has no key mesh") : ReadMesh(text);
        return new MeshConfiguration(meta, revision, autoMtls, root, problem);
    }

    private static string? ReadData(ref Utf8JsonReader reader)
    {
        string? text = null;
        if (!reader.EnterObject("data"))
        {
            return text;
        }

        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("mesh"u8))
            {
                text = reader.ReadUniqueString("data.mesh");
            }
            else
            {
                reader.SkipValue();
            }
        }

        return text;
    }

    private static (bool AutoMtls, string? Root, string? Problem) ReadMesh(string text)
    {
        var (autoMtls, root) = (true, (string?)null);
        try
        {
            var yaml = new Parser(new StringReader(text));
            yaml.Consume<StreamStart>();
            if (!yaml.TryConsume<DocumentStart>(out _) || (yaml.TryConsume<Scalar>(out var nothing) && nothing.Value.Length == 0))
            {
                // Nothing is written: everything is as Istio has it by default.
                return (true, null, null);
            }

            yaml.Consume<MappingStart>();
            while (!yaml.TryConsume<MappingEnd>(out _))
            {
                if (!yaml.TryConsume<Scalar>(out var key))
                {
                    Skip(yaml);
                    Skip(yaml);
                    continue;
                }

                switch (key.Value)
                {
                    case "enableAutoMtls":
                        if (yaml.Consume<Scalar>() is not { Style: ScalarStyle.Plain, Value: var flag } || Flag(flag) is not { } on)
                        {
                            return (true, null, "says neither true nor false for enableAutoMtls");
                        }

                        autoMtls = on;
                        break;
                    case "rootNamespace":
                        root = yaml.Consume<Scalar>().Value is { Length: > 0 } name ? name : null;
                        break;
                    default:
                        Skip(yaml);
                        break;
                }
            }
        }
        catch (YamlException)
        {
            return (true, null, "is not the YAML of a mesh configuration");
        }

        return (autoMtls, root, null);
    }

    private static void Skip(Parser yaml)
    {
        var depth = 0;
        do
        {
            depth += yaml.Consume<ParsingEvent>().NestingIncrease;
            if (depth > DeepestNesting)
            {
                throw new YamlException("nested too deeply");
            }
        }
        while (depth > 0);
    }

    /// <summary>What Istio's YAML reader takes for a flag; nothing written is the default, which is true.</summary>
    private static bool? Flag(string text) => text switch
    {
        "" or "~" or "null" => true,
        "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" => true,
        "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" => false,
        _ => null,
    };
}
