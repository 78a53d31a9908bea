using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

internal sealed class ServiceParser : ObjectParser<KubernetesService>
{
    private readonly StringPool _strings = new();

    public override KubernetesService Parse(ReadOnlySpan<byte> utf8Json)
    {
        var reader = JsonReading.Open(utf8Json);
        ObjectMeta? meta = null;
        string? type = null;
        string? clusterIp = null;
        string? externalName = null;
        var selector = ImmutableSortedDictionary<string, string>.Empty;
        ImmutableArray<ServicePort> ports = [];
        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                meta = reader.ReadMeta(_strings, AnnotationFilter.All);
                continue;
            }

            if (!reader.ValueTextEquals("spec"u8))
            {
                reader.SkipValue();
                continue;
            }

            if (!reader.EnterObject("spec"))
            {
                continue;
            }

            while (reader.NextProperty())
            {
                if (reader.ValueTextEquals("type"u8))
                {
                    type = reader.ReadString(_strings, "spec.type");
                }
                else if (reader.ValueTextEquals("clusterIP"u8))
                {
                    clusterIp = reader.ReadString(_strings, "spec.clusterIP");
                }
                else if (reader.ValueTextEquals("externalName"u8))
                {
                    externalName = reader.ReadString(_strings, "spec.externalName");
                }
                else if (reader.ValueTextEquals("selector"u8))
                {
                    selector = reader.ReadMap(_strings, "spec.selector");
                }
                else if (reader.ValueTextEquals("ports"u8))
                {
                    ports = ReadPorts(ref reader);
                }
                else
                {
                    reader.SkipValue();
                }
            }
        }

        return new KubernetesService(
            meta ?? throw new MalformedObjectException("metadata is missing"),
            type ?? "ClusterIP",
            string.IsNullOrEmpty(clusterIp) ? null : clusterIp,
            string.IsNullOrEmpty(externalName) ? null : externalName,
            selector,
            ports);
    }

    private ImmutableArray<ServicePort> ReadPorts(ref Utf8JsonReader reader)
    {
        if (!reader.EnterArray("spec.ports"))
        {
            return [];
        }

        var ports = ImmutableArray.CreateBuilder<ServicePort>();
        while (reader.NextObject("spec.ports"))
        {
            string? name = null;
            int? port = null;
            string? target = null;
            string? protocol = null;
            string? appProtocol = null;
            while (reader.NextProperty())
            {
                if (reader.ValueTextEquals("name"u8))
                {
                    name = reader.ReadString(_strings, "spec.ports.name");
                }
                else if (reader.ValueTextEquals("port"u8))
                {
                    port = reader.ReadInt32("spec.ports.port");
                }
                else if (reader.ValueTextEquals("targetPort"u8))
                {
                    target = ReadTargetPort(ref reader);
                }
                else if (reader.ValueTextEquals("protocol"u8))
                {
                    protocol = reader.ReadString(_strings, "spec.ports.protocol");
                }
                else if (reader.ValueTextEquals("appProtocol"u8))
                {
                    appProtocol = reader.ReadString(_strings, "spec.ports.appProtocol");
                }
                else
                {
                    reader.SkipValue();
                }
            }

            var number = port ?? throw new MalformedObjectException("spec.ports holds a port without a number");
            ports.Add(new ServicePort(
                string.IsNullOrEmpty(name) ? null : name,
                number,
                target ?? number.ToString(CultureInfo.InvariantCulture),
                protocol ?? "TCP",
                string.IsNullOrEmpty(appProtocol) ? null : appProtocol));
        }

        return ports.DrainToImmutable();
    }

    /// <summary>A number or the name of a container port; 0 and the empty string mean "the same as the port".</summary>
    private string? ReadTargetPort(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.Number when reader.TryGetInt32(out var number) => number == 0 ? null : number.ToString(CultureInfo.InvariantCulture),
            JsonTokenType.String => _strings.Get(ref reader) is { Length: > 0 } name ? name : null,
            JsonTokenType.Null => null,
            _ => throw JsonReading.Unexpected("spec.ports.targetPort", "a number or a name", reader.TokenType),
        };
    }
}
