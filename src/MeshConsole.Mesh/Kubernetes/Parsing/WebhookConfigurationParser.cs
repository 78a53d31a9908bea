using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

/// <summary>
/// Reads webhook configurations. A <c>caBundle</c> is read like an entry of a Secret: certificates come out of it and
/// nothing else, whatever was pasted there.
/// </summary>
internal sealed class WebhookConfigurationParser(string kind) : ObjectParser<WebhookConfiguration>
{
    private readonly StringPool _strings = new();

    public override WebhookConfiguration Parse(ReadOnlySpan<byte> utf8Json)
    {
        var reader = JsonReading.Open(utf8Json);
        ObjectMeta? meta = null;
        ImmutableArray<AdmissionWebhook> webhooks = [];
        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                meta = reader.ReadMeta(_strings, AnnotationFilter.Secrets);
            }
            else if (reader.ValueTextEquals("webhooks"u8))
            {
                webhooks = ReadWebhooks(ref reader);
            }
            else
            {
                reader.SkipValue();
            }
        }

        return new WebhookConfiguration(meta ?? throw new MalformedObjectException("metadata is missing"), kind, webhooks);
    }

    private ImmutableArray<AdmissionWebhook> ReadWebhooks(ref Utf8JsonReader reader)
    {
        if (!reader.EnterArray("webhooks"))
        {
            return [];
        }

        var webhooks = ImmutableArray.CreateBuilder<AdmissionWebhook>();
        while (reader.NextObject("webhooks"))
        {
            var webhook = new AdmissionWebhook("", null, null, null, FailsClosed: true, null);
            while (reader.NextProperty())
            {
                if (reader.ValueTextEquals("name"u8))
                {
                    webhook = webhook with { Name = reader.ReadString(_strings, "webhooks.name") ?? "" };
                }
                else if (reader.ValueTextEquals("failurePolicy"u8))
                {
                    webhook = webhook with { FailsClosed = reader.ReadString(_strings, "webhooks.failurePolicy") is not "Ignore" };
                }
                else if (reader.ValueTextEquals("clientConfig"u8))
                {
                    webhook = ReadClient(ref reader, webhook);
                }
                else
                {
                    reader.SkipValue();
                }
            }

            webhooks.Add(webhook);
        }

        return webhooks.DrainToImmutable();
    }

    private AdmissionWebhook ReadClient(ref Utf8JsonReader reader, AdmissionWebhook webhook)
    {
        if (!reader.EnterObject("webhooks.clientConfig"))
        {
            return webhook;
        }

        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("url"u8))
            {
                webhook = webhook with { Url = reader.ReadString(_strings, "webhooks.clientConfig.url") };
            }
            else if (reader.ValueTextEquals("caBundle"u8))
            {
                webhook = webhook with { CaBundle = CertificateBundleParser.ReadValue(ref reader, "caBundle", base64: true) };
            }
            else if (reader.ValueTextEquals("service"u8))
            {
                webhook = ReadService(ref reader, webhook);
            }
            else
            {
                reader.SkipValue();
            }
        }

        return webhook;
    }

    private AdmissionWebhook ReadService(ref Utf8JsonReader reader, AdmissionWebhook webhook)
    {
        if (!reader.EnterObject("webhooks.clientConfig.service"))
        {
            return webhook;
        }

        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("name"u8))
            {
                webhook = webhook with { ServiceName = reader.ReadString(_strings, "webhooks.clientConfig.service.name") };
            }
            else if (reader.ValueTextEquals("namespace"u8))
            {
                webhook = webhook with { ServiceNamespace = reader.ReadString(_strings, "webhooks.clientConfig.service.namespace") };
            }
            else if (reader.ValueTextEquals("port"u8))
            {
                webhook = webhook with { ServicePort = reader.ReadInt32("webhooks.clientConfig.service.port") ?? webhook.ServicePort };
            }
            else
            {
                reader.SkipValue();
            }
        }

        return webhook;
    }
}
