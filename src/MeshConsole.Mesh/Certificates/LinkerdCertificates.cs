using System.Globalization;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Certificates;

/// <summary>
/// Linkerd's trust anchors (ConfigMap <c>linkerd-identity-trust-roots</c>), its issuer (Secret
/// <c>linkerd-identity-issuer</c>, scheme <c>linkerd.io/tls</c> or <c>kubernetes.io/tls</c>), and the pods that were
/// injected with other anchors than there are now (annotation <c>linkerd.io/trust-root-sha256</c>).
/// </summary>
internal static class LinkerdCertificates
{
    private const string TrustRootAnnotation = "linkerd.io/trust-root-sha256";

    public static void Add(CertificateSet set)
    {
        foreach (var bundle in set.Cluster.Objects.LinkerdTrustRoots.IsDefault ? [] : set.Cluster.Objects.LinkerdTrustRoots)
        {
            if (set.Query.Matches(bundle.Meta.Namespace))
            {
                AddRoots(set, bundle);
            }
        }

        foreach (var secret in set.Cluster.Objects.Secrets.IsDefault ? [] : set.Cluster.Objects.Secrets)
        {
            if (secret.Meta.Name == CertificateSet.LinkerdIssuer && set.Query.Matches(secret.Meta.Namespace))
            {
                AddIssuer(set, secret);
            }
        }
    }

    private static void AddRoots(CertificateSet set, CertificateBundle bundle)
    {
        var name = $"{bundle.Meta.Namespace}/{bundle.Meta.Name}";
        var entry = CertificateSet.Entry(bundle, "ca-bundle.crt");
        var row = set.Unknown(
            $"{set.Cluster.Name}/{bundle.Meta.Namespace}/root/{bundle.Meta.Name}",
            CertificateKind.Root,
            "trust anchor of Linkerd",
            bundle.Meta.Namespace,
            $"config map {name} key ca-bundle.crt",
            $"ConfigMap {name} {(entry is null ? "has no key ca-bundle.crt" : CertificateSet.ProblemOf(entry) ?? ParsedCertificate.Unreadable)}: what Linkerd's proxies trust is not known.") with
        {
            PresentedBy = "trusted by Linkerd's proxies",
            RenewalEvidence = "Linkerd renews no anchor by itself: somebody installs the next one beside it first",
        };
        row = CertificateSet.Noted(row, entry);
        if (StalePods(set, entry) is { Length: > 0 } stale)
        {
            row = row with { Notes = row.Notes.Add(new CertificateNote(CertificateNotes.RestartNeeded, stale)) };
        }

        var certificates = CertificateSet.Read(entry);
        if (certificates.IsEmpty)
        {
            set.Rows.Add(row);
        }

        foreach (var certificate in certificates.DistinctBy(one => one.Fingerprint))
        {
            set.Rows.Add(set.Describe(row with { Id = $"{row.Id}/{certificate.Fingerprint}" }, certificate, null));
        }
    }

    /// <summary>Pods that were injected with another text of anchors, in words; empty when there are none or it cannot be told.</summary>
    private static string StalePods(CertificateSet set, CertificateEntry? entry)
    {
        if (entry is null || entry.TextHashes.IsDefaultOrEmpty)
        {
            return "";
        }

        var stale = set.Cluster.Workloads
            .Select(workload => (workload.Id, Pods: workload.Pods.Count(pod => pod.Meta.Annotations.TryGetValue(TrustRootAnnotation, out var hash) && !entry.TextHashes.Contains(hash.ToLowerInvariant()))))
            .Where(one => one.Pods > 0)
            .ToList();
        return stale.Count == 0 ? "" : string.Create(
            CultureInfo.InvariantCulture,
            $"{stale.Sum(one => one.Pods)} {(stale.Sum(one => one.Pods) == 1 ? "pod was" : "pods were")} injected with other anchors than these and must be restarted: {AuthorityCertificates.Names([.. stale.Select(one => $"{one.Id.Namespace}/{one.Id.Name}")]).Replace("namespaces", "workloads", StringComparison.Ordinal)}.");
    }

    private static void AddIssuer(CertificateSet set, CertificateBundle secret)
    {
        var name = $"{secret.Meta.Namespace}/{secret.Meta.Name}";
        var entry = CertificateSet.Entry(secret, "crt.pem", "tls.crt");
        var row = set.Unknown(
            $"{set.Cluster.Name}/{secret.Meta.Namespace}/issuer/{secret.Meta.Name}",
            CertificateKind.Issuer,
            $"signing certificate in {name}",
            secret.Meta.Namespace,
            $"secret {name} key {entry?.Key ?? "crt.pem"}",
            $"Secret {name} {(entry is null ? "has no signing certificate" : CertificateSet.ProblemOf(entry) ?? ParsedCertificate.Unreadable)}.") with
        {
            PresentedBy = "signs the certificates of Linkerd's proxies",
        };
        row = CertificateSet.Noted(set.WithRenewer(row, secret), entry);
        if (CertificateSet.Read(entry) is not [var certificate, ..] certificates)
        {
            set.Rows.Add(row);
            return;
        }

        var described = set.Describe(row, certificate, set.RenewalOf(secret.Meta.Namespace, secret.Meta.Name), certificates.Skip(1));
        var anchors = (set.Cluster.Objects.LinkerdTrustRoots.IsDefault ? [] : set.Cluster.Objects.LinkerdTrustRoots)
            .Where(bundle => bundle.Meta.Namespace == secret.Meta.Namespace)
            .SelectMany(bundle => CertificateSet.Read(CertificateSet.Entry(bundle, "ca-bundle.crt")))
            .ToList();
        var untrusted = anchors.Count > 0
            && !described.Chain.Any(link => anchors.Exists(anchor => anchor.Fingerprint == link.Fingerprint))

            // What cannot be checked is no reason to say that it is wrong.
            && described.Notes.All(note => note.Code != CertificateNotes.Unverified);
        set.Rows.Add(!untrusted ? described : described with
        {
            Notes = described.Notes.Add(new CertificateNote(CertificateNotes.HalfRotated, $"None of the anchors in ConfigMap {secret.Meta.Namespace}/linkerd-identity-trust-roots signed it: Linkerd's identity service refuses to start with it, and proxies refuse what it signs.")),
        });
    }
}
