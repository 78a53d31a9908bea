using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

/// <summary>Reads EndpointSlices of discovery.k8s.io/v1 and v1beta1, which agree in what is read here.</summary>
internal sealed class EndpointSliceParser : ObjectParser<EndpointSlice>
{
    private readonly StringPool _strings = new();
    private readonly List<string> _addresses = [];

    public override EndpointSlice Parse(ReadOnlySpan<byte> utf8Json)
    {
        var reader = JsonReading.Open(utf8Json);
        ObjectMeta? meta = null;
        ImmutableArray<Endpoint> endpoints = [];
        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                meta = reader.ReadMeta(_strings, AnnotationFilter.All);
            }
            else if (reader.ValueTextEquals("endpoints"u8))
            {
                endpoints = ReadEndpoints(ref reader);
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

        var service = meta.Labels.GetValueOrDefault("kubernetes.io/service-name");
        return new EndpointSlice(meta, string.IsNullOrEmpty(service) ? null : service, endpoints);
    }

    private ImmutableArray<Endpoint> ReadEndpoints(ref Utf8JsonReader reader)
    {
        if (!reader.EnterArray("endpoints"))
        {
            return [];
        }

        var endpoints = ImmutableArray.CreateBuilder<Endpoint>();
        while (reader.NextObject("endpoints"))
        {
            _addresses.Clear();
            // "A nil value should be interpreted as true" (EndpointConditions.ready in the API reference).
            var ready = true;
            string? pod = null;
            while (reader.NextProperty())
            {
                if (reader.ValueTextEquals("addresses"u8))
                {
                    ReadAddresses(ref reader);
                }
                else if (reader.ValueTextEquals("conditions"u8))
                {
                    ready = ReadReady(ref reader);
                }
                else if (reader.ValueTextEquals("targetRef"u8))
                {
                    pod = ReadPodName(ref reader);
                }
                else
                {
                    reader.SkipValue();
                }
            }

            foreach (var address in _addresses)
            {
                endpoints.Add(new Endpoint(address, ready, pod));
            }
        }

        return endpoints.DrainToImmutable();
    }

    private void ReadAddresses(ref Utf8JsonReader reader)
    {
        if (!reader.EnterArray("endpoints.addresses"))
        {
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            _addresses.Add(reader.TokenType == JsonTokenType.String
                ? reader.GetString()!
                : throw JsonReading.Unexpected("endpoints.addresses", "a list of strings", reader.TokenType));
        }
    }

    private static bool ReadReady(ref Utf8JsonReader reader)
    {
        var ready = true;
        if (!reader.EnterObject("endpoints.conditions"))
        {
            return ready;
        }

        while (reader.NextProperty())
        {
            if (!reader.ValueTextEquals("ready"u8))
            {
                reader.SkipValue();
                continue;
            }

            reader.Read();
            ready = reader.TokenType switch
            {
                JsonTokenType.True or JsonTokenType.Null => true,
                JsonTokenType.False => false,
                _ => throw JsonReading.Unexpected("endpoints.conditions.ready", "true or false", reader.TokenType),
            };
        }

        return ready;
    }

    private string? ReadPodName(ref Utf8JsonReader reader)
    {
        if (!reader.EnterObject("endpoints.targetRef"))
        {
            return null;
        }

        string? kind = null;
        string? name = null;
        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("kind"u8))
            {
                kind = reader.ReadString(_strings, "endpoints.targetRef.kind");
            }
            else if (reader.ValueTextEquals("name"u8))
            {
                name = reader.ReadUniqueString("endpoints.targetRef.name");
            }
            else
            {
                reader.SkipValue();
            }
        }

        return string.Equals(kind, "Pod", StringComparison.Ordinal) ? name : null;
    }
}
