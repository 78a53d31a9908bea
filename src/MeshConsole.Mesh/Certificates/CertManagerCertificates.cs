using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Certificates;

/// <summary>cert-manager's Certificates, as their status tells; the Secret adds what only the certificate itself knows.</summary>
internal static class CertManagerCertificates
{
    /// <summary>How long after its renewal time a certificate may be in issuance before it is called late.</summary>
    private static readonly TimeSpan s_issuance = TimeSpan.FromMinutes(5);

    public static CertificateRenewal? RenewalOf(MeshObject certificate)
    {
        if (certificate.Status.Instant("renewalTime") is not { } due)
        {
            return null;
        }

        var life = certificate.Status.Instant("notAfter") - certificate.Status.Instant("notBefore");
        return new CertificateRenewal(due, due + s_issuance, life is null || life > TimeSpan.FromDays(14));
    }

    public static void Add(CertificateSet set)
    {
        foreach (var certificate in set.Cluster.Objects.Certificates.IsDefault ? [] : set.Cluster.Objects.Certificates)
        {
            if (set.Query.Matches(certificate.Meta.Namespace))
            {
                set.Rows.Add(Row(set, certificate));
            }
        }
    }

    private static CertificateView Row(CertificateSet set, MeshObject certificate)
    {
        var meta = certificate.Meta;
        var name = $"{meta.Namespace}/{meta.Name}";
        var secretName = certificate.Spec.Text("secretName");
        var secret = secretName is null ? null : set.Secret(meta.Namespace, secretName);
        var leaf = secret is null ? null : CertificateSet.Read(CertificateSet.Entry(secret, "tls.crt")) is [var first, ..] ? first : null;
        var issuer = certificate.Spec.Get("issuerRef");
        var row = set.Unknown(
            $"{set.Cluster.Name}/{meta.Namespace}/certManager/{meta.Name}",
            CertificateKind.CertManager,
            certificate.Spec.Text("commonName") ?? (certificate.Spec.Texts("dnsNames") is [var dns, ..] ? dns : certificate.Spec.Texts("uris") is [var uri, ..] ? uri : name),
            meta.Namespace,
            $"status of Certificate {name}",
            "") with
        {
            Issuer = issuer.Text("name") is { } issuerName ? $"{issuer.Text("kind") ?? "Issuer"} {issuerName}" : null,
            RenewedBy = $"cert-manager Certificate {name}",
            RenewalEvidence = "its own status tells when it renews",
            PresentedBy = secretName is null ? null : set.PresentedBy.GetValueOrDefault((meta.Namespace, secretName)) ?? $"Secret {meta.Namespace}/{secretName}",
            SubjectAlternativeNames = certificate.Spec.Texts("dnsNames"),
        };

        var notReady = NotReady(certificate);
        var notAfter = certificate.Status.Instant("notAfter");
        var renewal = RenewalOf(certificate);
        if (notAfter is null)
        {
            // Not issued, or a status from before these fields: the Secret may still tell.
            return leaf is null
                ? row with { Message = notReady is null ? "Not issued yet: cert-manager has set no dates." : $"Not issued: {notReady}" }
                : Said(set.Describe(row with { Source = $"secret {meta.Namespace}/{secretName} key tls.crt" }, leaf, renewal), notReady);
        }

        // Dates and state are cert-manager's own; the Secret adds what only the certificate itself tells.
        var known = leaf is null ? null : set.Describe(row, leaf, renewal, CertificateSet.Read(CertificateSet.Entry(secret!, "tls.crt")).Skip(1));
        var notBefore = certificate.Status.Instant("notBefore");
        var judgement = CertificateJudgement.Of(notBefore, notAfter.Value, set.Now, renewal, set.Thresholds);
        var life = (notAfter - notBefore)?.TotalSeconds;
        var remaining = (notAfter.Value - set.Now).TotalSeconds;
        return Said(
            row with
            {
                NotBefore = notBefore,
                NotAfter = notAfter,
                RemainingSeconds = remaining,
                LifeLeft = life > 0 ? Math.Clamp(remaining / life.Value, 0, 1) : null,
                RenewsAtLifeLeft = life > 0 && renewal is not null ? Math.Clamp((notAfter.Value - renewal.DueAt).TotalSeconds / life.Value, 0, 1) : null,
                RenewsAt = renewal?.DueAt,
                LateFrom = renewal?.LateFrom,
                State = judgement.State,
                Message = judgement.Message,
                SerialNumber = known?.SerialNumber,
                Fingerprint = known?.Fingerprint,
                KeyAlgorithm = known?.KeyAlgorithm,
                KeySize = known?.KeySize,
                SignatureAlgorithm = known?.SignatureAlgorithm,
                Chain = known?.Chain ?? [],
                Notes = known?.Notes ?? [],
                SpiffeIds = known?.SpiffeIds ?? [.. certificate.Spec.Texts("uris").Where(uri => TrustDomains.Of(uri) is not null)],
                SubjectAlternativeNames = known?.SubjectAlternativeNames ?? row.SubjectAlternativeNames,
            },
            notReady);
    }

    private static CertificateView Said(CertificateView row, string? notReady) =>
        notReady is null ? row : row with { Message = $"{row.Message} Not ready: {notReady}" };

    /// <summary>Why condition Ready is not True; null when it is, or when there is no such condition.</summary>
    private static string? NotReady(MeshObject certificate)
    {
        foreach (var condition in certificate.Status.Items("conditions"))
        {
            if (condition.Text("type") is "Ready" && condition.Text("status") is not "True")
            {
                var message = condition.Text("message") ?? condition.Text("reason") ?? "no reason given";
                return message.Length <= 200 ? message : $"{message[..199]}…";
            }
        }

        return null;
    }
}
