using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

/// <summary>Reads APIServices; those that the API server answers itself (no <c>spec.service</c>) are left out.</summary>
internal sealed class ApiServiceParser : ObjectParser<ApiService>
{
    /// <summary>Of the API's own definition.</summary>
    private const int DefaultPort = 443;

    private readonly StringPool _strings = new();

    public override ApiService? Parse(ReadOnlySpan<byte> utf8Json)
    {
        var reader = JsonReading.Open(utf8Json);
        ObjectMeta? meta = null;
        (string? Namespace, string? Name, int Port) service = (null, null, DefaultPort);
        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                meta = reader.ReadMeta(_strings, AnnotationFilter.Secrets);
            }
            else if (reader.ValueTextEquals("spec"u8))
            {
                service = ReadSpec(ref reader);
            }
            else
            {
                reader.SkipValue();
            }
        }

        return meta is null ? throw new MalformedObjectException("metadata is missing")
            : service is { Namespace: { } space, Name: { } name } ? new ApiService(meta, space, name, service.Port)
            : null;
    }

    private (string? Namespace, string? Name, int Port) ReadSpec(ref Utf8JsonReader reader)
    {
        (string? Namespace, string? Name, int Port) service = (null, null, DefaultPort);
        if (!reader.EnterObject("spec"))
        {
            return service;
        }

        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("service"u8))
            {
                service = ReadService(ref reader);
            }
            else
            {
                reader.SkipValue();
            }
        }

        return service;
    }

    private (string? Namespace, string? Name, int Port) ReadService(ref Utf8JsonReader reader)
    {
        (string? Namespace, string? Name, int Port) service = (null, null, DefaultPort);
        if (!reader.EnterObject("spec.service"))
        {
            return service;
        }

        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("namespace"u8))
            {
                service.Namespace = reader.ReadString(_strings, "spec.service.namespace");
            }
            else if (reader.ValueTextEquals("name"u8))
            {
                service.Name = reader.ReadString(_strings, "spec.service.name");
            }
            else if (reader.ValueTextEquals("port"u8))
            {
                service.Port = reader.ReadInt32("spec.service.port") ?? DefaultPort;
            }
            else
            {
                reader.SkipValue();
            }
        }

        return service;
    }
}
