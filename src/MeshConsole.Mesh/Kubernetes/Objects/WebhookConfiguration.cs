using System.Collections.Immutable;

namespace MeshConsole.Mesh.Kubernetes.Objects;

/// <summary>
/// A ValidatingWebhookConfiguration or MutatingWebhookConfiguration: whom the API server calls before it stores an object,
/// and with which authorities it verifies what answers.
/// </summary>
public sealed record WebhookConfiguration(ObjectMeta Meta, string Kind, ImmutableArray<AdmissionWebhook> Webhooks) : IKubernetesObject;

/// <summary>One webhook of a configuration.</summary>
/// <param name="Name">Unique within its configuration, for example <c>rev.namespace.sidecar-injector.istio.io</c>.</param>
/// <param name="ServiceNamespace">Namespace of the Service that is called; null when an address is called.</param>
/// <param name="ServiceName">Null when an address is called.</param>
/// <param name="Url">Address that is called instead of a Service; null for a Service.</param>
/// <param name="FailsClosed">Requests are refused while the webhook does not answer (<c>failurePolicy: Fail</c>, the default).</param>
/// <param name="CaBundle">Authorities it is verified with; null when none are written: then those of the API server's own host.</param>
public sealed record AdmissionWebhook(string Name, string? ServiceNamespace, string? ServiceName, string? Url, bool FailsClosed, CertificateEntry? CaBundle)
{
    /// <summary>Port of the Service that is called.</summary>
    public int ServicePort { get; init; } = 443;
}
