using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Certificates;

/// <summary>
/// The authorities that the API server verifies admission webhooks with (<c>caBundle</c>). Where one runs out, or is not
/// the one that signed what the webhook serves, injection stops, and with <c>failurePolicy: Fail</c> so does every request
/// that the webhook looks at.
/// </summary>
internal static class WebhookCertificates
{
    public static void Add(CertificateSet set)
    {
        AddAll(set, set.Cluster.Objects.MutatingWebhooks);
        AddAll(set, set.Cluster.Objects.ValidatingWebhooks);
    }

    private static void AddAll(CertificateSet set, ImmutableArray<WebhookConfiguration> configurations)
    {
        foreach (var configuration in configurations.IsDefault ? [] : configurations)
        {
            // Webhooks of one configuration as a rule share bundle and Service: one row for those that do.
            foreach (var group in configuration.Webhooks.Where(Asked).GroupBy(hook => (hook.ServiceNamespace, hook.ServiceName, hook.Url, Bundle: Key(hook.CaBundle))))
            {
                AddGroup(set, configuration, [.. group]);
            }
        }

        bool Asked(AdmissionWebhook hook) => hook.ServiceNamespace is { } space ? set.Query.Matches(space) : set.Query.Namespaces.IsEmpty;
    }

    private static void AddGroup(CertificateSet set, WebhookConfiguration configuration, List<AdmissionWebhook> hooks)
    {
        var first = hooks[0];
        var target = first.ServiceName is { } service ? $"Service {first.ServiceNamespace}/{service}" : first.Url is { } url ? HostOf(url) : "no Service";
        var effect = hooks.Exists(hook => hook.FailsClosed) ? "requests it looks at are refused while it cannot be verified" : "it is skipped while it cannot be verified";
        var key = configuration.Webhooks.IndexOf(first);
        var row = set.Unknown(
            $"{set.Cluster.Name}/webhook/{configuration.Kind}/{configuration.Meta.Name}/{key}",
            CertificateKind.Webhook,
            $"authority of {configuration.Meta.Name}",
            first.ServiceNamespace,
            $"{configuration.Kind} {configuration.Meta.Name} caBundle",
            "") with
        {
            PresentedBy = $"verifies {target} for {hooks.Count switch { 1 => first.Name, 2 => $"{first.Name} and {hooks[1].Name}", _ => $"{first.Name} and {hooks.Count - 1} more webhooks" }}; {effect}",
        };
        row = CertificateSet.Noted(WithRenewer(set, row, configuration, first), first.CaBundle);
        var certificates = CertificateSet.Read(first.CaBundle);
        if (certificates.IsEmpty)
        {
            set.Rows.Add(row with
            {
                Message = first.CaBundle is null
                    ? "It has no caBundle: the API server verifies it with the authorities of its own host, which are not read here."
                    : $"Its caBundle {CertificateSet.ProblemOf(first.CaBundle) ?? ParsedCertificate.Unreadable}: {effect}.",
            });
            return;
        }

        var (serving, servedFrom) = ServingOf(set, configuration, first);
        foreach (var (certificate, index) in certificates.DistinctBy(one => one.Fingerprint).Select((one, index) => (one, index)))
        {
            var described = set.Describe(index == 0 ? row : row with { Id = $"{row.Id}/{certificate.Fingerprint}" }, certificate, null);
            set.Rows.Add(serving.Count > 0 && index == 0 && !Verifies(certificates, serving)
                ? described with
                {
                    Notes = described.Notes.Add(new CertificateNote(CertificateNotes.WebhookMismatch, $"What {target} serves ({servedFrom}) is not verified by this caBundle: {effect}.")),
                }
                : described);
        }
    }

    private static CertificateView WithRenewer(CertificateSet set, CertificateView row, WebhookConfiguration configuration, AdmissionWebhook hook)
    {
        foreach (var annotation in new[] { "cert-manager.io/inject-ca-from", "cert-manager.io/inject-ca-from-secret" })
        {
            if (configuration.Meta.Annotations.TryGetValue(annotation, out var from) && from.Length > 0)
            {
                return row with { RenewedBy = $"cert-manager's CA injector, from {from}", RenewalEvidence = $"annotation {annotation}" };
            }
        }

        return hook.ServiceNamespace == set.RootNamespace && IsIstiod(hook)
            ? row with { RenewedBy = "istiod", RenewalEvidence = "it writes its roots into the webhooks that call it" }
            : row with { RenewalEvidence = "no annotation names a CA injector: whoever installed it replaces it" };
    }

    /// <summary>What the webhook's Service serves, as far as an object that can be read says so.</summary>
    private static (List<ParsedCertificate> Chain, string From) ServingOf(CertificateSet set, WebhookConfiguration configuration, AdmissionWebhook hook)
    {
        if (hook is not { ServiceNamespace: { } space, ServiceName: { } service })
        {
            return ([], "");
        }

        if (space == set.RootNamespace && IsIstiod(hook))
        {
            // istiod serves a certificate that its own authority signs and that lies in no object: its authority stands for it.
            var authority = RootTrust.Of(set, everywhere: true);
            var roots = authority.Authority.ToHashSet(StringComparer.Ordinal);
            var known = (set.Cluster.Objects.RootConfigMaps.IsDefault ? [] : set.Cluster.Objects.RootConfigMaps).SelectMany(b => CertificateSet.Read(CertificateSet.Entry(b, "root-cert.pem")))
                .Concat(new[] { CertificateSet.PluggedIn, CertificateSet.SelfSigned }.Select(name => set.Secret(space, name)).OfType<CertificateBundle>().SelectMany(s => CertificateSet.Read(CertificateSet.Entry(s, "root-cert.pem", "ca-cert.pem"))))
                .FirstOrDefault(root => roots.Contains(root.Fingerprint));
            return known is null ? ([], "") : ([known], $"signed under the root of {authority.AuthoritySource}");
        }

        // cert-manager says which Secret; Linkerd and many charts call it after the Service.
        var named = configuration.Meta.Annotations.GetValueOrDefault("cert-manager.io/inject-ca-from-secret")
            ?? (configuration.Meta.Annotations.GetValueOrDefault("cert-manager.io/inject-ca-from")?.Split('/') is [var certificateSpace, var certificateName] ? SecretOf(set, certificateSpace, certificateName) : null);
        var secret = named?.Split('/') is [var secretSpace, var secretName] ? set.Secret(secretSpace, secretName) : set.Secret(space, $"{service}-k8s-tls") ?? set.Secret(space, $"{service}-tls");
        return secret is null ? ([], "") : ([.. CertificateSet.Read(CertificateSet.Entry(secret, "tls.crt", "crt.pem"))], $"secret {secret.Meta.Namespace}/{secret.Meta.Name}");
    }

    private static string? SecretOf(CertificateSet set, string space, string name) =>
        (set.Cluster.Objects.Certificates.IsDefault ? [] : set.Cluster.Objects.Certificates)
            .FirstOrDefault(certificate => certificate.Meta.Namespace == space && certificate.Meta.Name == name)?.Spec.Text("secretName") is { } secret ? $"{space}/{secret}" : null;

    /// <summary>One of the bundle is in the chain, or signed a part of it.</summary>
    private static bool Verifies(IEnumerable<ParsedCertificate> bundle, List<ParsedCertificate> chain) =>
        bundle.Any(authority => chain.Exists(link => link.Fingerprint == authority.Fingerprint || link.IsSignedBy(authority) != false));

    private static bool IsIstiod(AdmissionWebhook hook) => hook.ServiceName is { } name && (name == "istiod" || name.StartsWith("istiod-", StringComparison.Ordinal));

    private static string HostOf(string url) => Uri.TryCreate(url, UriKind.Absolute, out var address) ? address.Authority : "an address that cannot be read";

    private static string Key(CertificateEntry? entry) => entry is null ? "" : entry.Certificates.IsDefaultOrEmpty ? entry.Problem ?? "" : string.Join(',', entry.Certificates.Select(der => ParsedCertificate.Read(der)?.Fingerprint));
}
