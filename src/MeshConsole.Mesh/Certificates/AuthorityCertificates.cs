using System.Globalization;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Prometheus;

namespace MeshConsole.Mesh.Certificates;

/// <summary>
/// The roots of trust and the signing certificates of Istio. Roots are read from <c>istio-ca-root-cert</c> of every namespace
/// and grouped by fingerprint: where namespaces differ, a rotation is half done and some callers refuse others
/// (<see cref="RootTrust"/> says which and why).
/// </summary>
internal static class AuthorityCertificates
{
    private const int NamespacesNamed = 3;

    /// <summary>istiod rotates its self-signed root when a fifth of its life is left; it looks every hour.</summary>
    private const double SelfSignedRotation = 0.2;

    public static void Add(CertificateSet set)
    {
        AddRoots(set);
        AddIssuers(set);
    }

    private static void AddRoots(CertificateSet set)
    {
        var bundles = set.Cluster.Objects.RootConfigMaps;
        var roots = new Dictionary<string, (ParsedCertificate Certificate, SortedSet<string> Namespaces)>(StringComparer.Ordinal);
        var all = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var bundle in (bundles.IsDefault ? [] : bundles).Where(b => set.Query.Matches(b.Meta.Namespace)))
        {
            all.Add(bundle.Meta.Namespace);
            var entry = CertificateSet.Entry(bundle, "root-cert.pem", "ca-bundle.crt");
            var problem = entry is null ? "has no key root-cert.pem" : CertificateSet.ProblemOf(entry);
            if (problem is not null)
            {
                var certain = CertificateSet.Read(entry).IsEmpty ? "what its pods trust is not known" : "what else its pods should trust is not known";
                set.Rows.Add(set.Unknown(
                    $"{set.Cluster.Name}/{bundle.Meta.Namespace}/root/{bundle.Meta.Name}",
                    CertificateKind.Root,
                    "root certificate",
                    bundle.Meta.Namespace,
                    Source(bundle, entry?.Key ?? "root-cert.pem"),
                    $"ConfigMap {bundle.Meta.Namespace}/{bundle.Meta.Name} {problem}: {certain}."));
            }

            foreach (var certificate in CertificateSet.Read(entry))
            {
                if (!roots.TryGetValue(certificate.Fingerprint, out var found))
                {
                    roots[certificate.Fingerprint] = found = (certificate, new SortedSet<string>(StringComparer.Ordinal));
                }

                found.Namespaces.Add(bundle.Meta.Namespace);
            }
        }

        foreach (var (certificate, namespaces) in roots.Values)
        {
            set.Rows.Add(RootRow(set, certificate, namespaces, all));
        }

        if (all.Count == 0 && set.Query.Matches(set.RootNamespace) && !AddFromSecret(set))
        {
            AddFromMetric(set, ControlPlaneMetrics.RootExpiry, CertificateKind.Root, "root", "root certificate of istiod");
        }
    }

    private static CertificateView RootRow(CertificateSet set, ParsedCertificate certificate, SortedSet<string> namespaces, SortedSet<string> all)
    {
        var (row, renewal) = WithRootRenewer(
            set,
            set.Unknown($"{set.Cluster.Name}/root/{certificate.Fingerprint}", CertificateKind.Root, "", namespaces.Count == 1 ? namespaces.Min : null, string.Create(CultureInfo.InvariantCulture, $"config map istio-ca-root-cert key root-cert.pem in {namespaces.Count} {(namespaces.Count == 1 ? "namespace" : "namespaces")}"), "") with
            {
                PresentedBy = string.Create(CultureInfo.InvariantCulture, $"trusted in {namespaces.Count} of {all.Count} {(all.Count == 1 ? "namespace" : "namespaces")}"),
            },
            certificate);
        row = set.Describe(row, certificate, renewal);
        var missing = all.Except(namespaces, StringComparer.Ordinal).ToList();
        return missing.Count == 0 ? row : row with
        {
            Message = $"{row.Message} Not trusted in {Names(missing)}: roots differ between namespaces, a rotation may be half done.",
            Notes = row.Notes.Add(new CertificateNote(CertificateNotes.HalfRotated, $"Trusted in {Names([.. namespaces])}, not in {Names(missing)}: what that breaks is said per namespace under roots.")),
        };
    }

    private static (CertificateView Row, CertificateRenewal? Renewal) WithRootRenewer(CertificateSet set, CertificateView row, ParsedCertificate root)
    {
        if (set.Secret(set.RootNamespace, CertificateSet.SelfSigned) is { } selfSigned && Holds(selfSigned, root, "root-cert.pem", "ca-cert.pem"))
        {
            return (row with
            {
                RenewedBy = $"istiod (self-signed, Secret {set.RootNamespace}/{CertificateSet.SelfSigned})",
                RenewalEvidence = "it is the root in istiod's own Secret; istiod looks every hour and renews at a fifth of its life",
            }, SelfSignedRenewal(root));
        }

        return set.Secret(set.RootNamespace, CertificateSet.PluggedIn) is { } pluggedIn && Holds(pluggedIn, root, "root-cert.pem", "ca.crt", "ca-cert.pem", "tls.crt")
            ? (set.WithRenewer(row, pluggedIn), set.RenewalOf(set.RootNamespace, CertificateSet.PluggedIn))
            : (row with { RenewalEvidence = set.SecretsKnown ? "no Secret of istiod holds it" : "Secrets are not read, so whether istiod renews it is not known" }, null);
    }

    private static CertificateRenewal SelfSignedRenewal(ParsedCertificate root)
    {
        var renewal = CertificateRenewal.AtShare(root.NotBefore, root.NotAfter, SelfSignedRotation, SelfSignedRotation);
        return renewal with { LateFrom = renewal.DueAt.AddDays(1) };
    }

    /// <summary>The root in istiod's own Secret, where no namespace's bundle can be read.</summary>
    private static bool AddFromSecret(CertificateSet set)
    {
        foreach (var name in new[] { CertificateSet.PluggedIn, CertificateSet.SelfSigned })
        {
            if (set.Secret(set.RootNamespace, name) is { } secret
                && CertificateSet.Entry(secret, "root-cert.pem", "ca.crt", "ca-cert.pem") is { } entry
                && CertificateSet.Read(entry) is { IsEmpty: false } certificates)
            {
                foreach (var certificate in certificates)
                {
                    var (row, renewal) = WithRootRenewer(set, set.Unknown($"{set.Cluster.Name}/root/{certificate.Fingerprint}", CertificateKind.Root, "", set.RootNamespace, Source(secret, entry.Key), ""), certificate);
                    set.Rows.Add(set.Describe(row, certificate, renewal));
                }

                return true;
            }
        }

        return false;
    }

    private static void AddIssuers(CertificateSet set)
    {
        var any = false;
        foreach (var secret in (set.Cluster.Objects.Secrets.IsDefault ? [] : set.Cluster.Objects.Secrets).Where(set.IsIstioAuthority))
        {
            any = true;
            if (set.Query.Matches(secret.Meta.Namespace))
            {
                set.Rows.Add(IssuerRow(set, secret));
            }
        }

        if (!any && set.Query.Matches(set.RootNamespace))
        {
            AddFromMetric(set, ControlPlaneMetrics.SigningExpiry, CertificateKind.Issuer, "issuer", "signing certificate of istiod");
        }
    }

    private static CertificateView IssuerRow(CertificateSet set, CertificateBundle secret)
    {
        var entry = CertificateSet.Entry(secret, "ca-cert.pem", "tls.crt");
        var selfSigned = secret.Meta.Name == CertificateSet.SelfSigned;
        var row = set.Unknown(
            $"{set.Cluster.Name}/{secret.Meta.Namespace}/issuer/{secret.Meta.Name}",
            CertificateKind.Issuer,
            $"signing certificate in {secret.Meta.Namespace}/{secret.Meta.Name}",
            secret.Meta.Namespace,
            Source(secret, entry?.Key ?? "ca-cert.pem"),
            $"Secret {secret.Meta.Namespace}/{secret.Meta.Name} {(entry is null ? "has no signing certificate" : CertificateSet.ProblemOf(entry) ?? ParsedCertificate.Unreadable)}.") with
        {
            PresentedBy = "signs the certificates of workloads",
        };
        row = CertificateSet.Noted(selfSigned ? row with { RenewedBy = "istiod", RenewalEvidence = "istiod made it itself and keeps it in this Secret" } : set.WithRenewer(row, secret), entry);
        if (CertificateSet.Read(entry) is not [var certificate, ..] certificates)
        {
            return row;
        }

        var chain = certificates.Skip(1).Concat(CertificateSet.Read(CertificateSet.Entry(secret, "cert-chain.pem")));
        var described = set.Describe(row, certificate, selfSigned ? SelfSignedRenewal(certificate) : set.RenewalOf(secret.Meta.Namespace, secret.Meta.Name), chain);
        if (selfSigned && set.Secret(set.RootNamespace, CertificateSet.PluggedIn) is not null)
        {
            return described with { PresentedBy = null, Message = $"{described.Message} Not in use: Secret {set.RootNamespace}/{CertificateSet.PluggedIn} takes its place." };
        }

        set.Signer = (certificate.Subject, certificate.NotAfter);
        var untrusted = RootTrust.Of(set, everywhere: true).Namespaces.Where(n => n.TrustsAuthority == false).Select(n => n.Namespace).ToList();
        return untrusted.Count == 0 ? described : described with
        {
            Message = $"{described.Message} Its root is not trusted in {Names(untrusted)}: pods there refuse what it signs.",
            Notes = described.Notes.Add(new CertificateNote(CertificateNotes.HalfRotated, $"The root it leads to is not in the trust bundle of {Names(untrusted)}.")),
        };
    }

    private static bool Holds(CertificateBundle secret, ParsedCertificate certificate, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (CertificateSet.Read(CertificateSet.Entry(secret, key)).Any(c => c.Fingerprint == certificate.Fingerprint))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What istiod says of its own certificates, where the objects that hold them cannot be read.</summary>
    private static void AddFromMetric(CertificateSet set, string metric, CertificateKind kind, string id, string subject)
    {
        var values = (set.Cluster.Telemetry?.ControlPlane ?? []).Where(s => s.Metric == metric && double.IsFinite(s.Value) && s.Value is > 0 and < 253402300800).ToList();
        if (values.Count == 0)
        {
            return;
        }

        var notAfter = DateTimeOffset.UnixEpoch.AddSeconds(values.Min(v => v.Value));
        var judgement = CertificateJudgement.Of(null, notAfter, set.Now, null, set.Thresholds);
        set.Rows.Add(set.Unknown($"{set.Cluster.Name}/{id}/metric", kind, subject, null, $"metric {metric}", judgement.Message) with
        {
            NotAfter = notAfter,
            RemainingSeconds = (notAfter - set.Now).TotalSeconds,
            State = judgement.State,
            RenewalEvidence = "istiod tells only when it ends; its Secret would tell who renews it",
            SampledAt = set.Cluster.Telemetry!.At,
        });
    }

    private static string Source(CertificateBundle bundle, string key) =>
        $"{(bundle.Kind == "ConfigMap" ? "config map" : "secret")} {bundle.Meta.Namespace}/{bundle.Meta.Name} key {key}";

    internal static string Names(List<string> namespaces)
    {
        var named = string.Join(", ", namespaces.Take(NamespacesNamed));
        return namespaces.Count <= NamespacesNamed ? named : string.Create(CultureInfo.InvariantCulture, $"{named} and {namespaces.Count - NamespacesNamed} more namespaces");
    }
}
