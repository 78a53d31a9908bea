using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Certificates;

/// <summary>
/// Whether every namespace trusts the root that istiod's certificates lead to, by fingerprint. istiod writes its roots into
/// ConfigMap <c>istio-ca-root-cert</c> of each namespace; agents verify istiod with it, and a namespace that was left out
/// of a rotation loses istiod first and its peers next.
/// </summary>
public static class RootTrust
{
    /// <summary>One view per cluster that has a trust bundle or whose bundles cannot be read; ordered as the clusters are.</summary>
    public static ImmutableArray<RootTrustView> Of(MeshSnapshot snapshot, MeshQuery query)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(query);
        return
        [
            .. snapshot.Clusters
                .Where(cluster => query.MatchesCluster(cluster.Name))
                .Select(cluster => Of(new CertificateSet(snapshot, cluster, query, CertificateThresholds.Default)))
                .Where(view => !view.Namespaces.IsEmpty || view.Unknown is not null),
        ];
    }

    /// <param name="everywhere">All namespaces, whatever the query asks for.</param>
    internal static RootTrustView Of(CertificateSet set, bool everywhere = false)
    {
        var bundles = set.Cluster.Objects.RootConfigMaps;
        var (authority, source, authorityProblem) = Authority(set);
        if (bundles.IsDefault)
        {
            return new RootTrustView(set.Cluster.Name, [], Fingerprints(authority), source, authorityProblem, [], SourceWords.Why(set.Cluster, "What the namespaces trust is not known", "kubernetes/configmaps"));
        }

        // Compared over the whole cluster, also when the query looks at one namespace.
        var trusted = bundles.Select(bundle => (Bundle: bundle, Roots: CertificateSet.Read(CertificateSet.Entry(bundle, "root-cert.pem", "ca-bundle.crt")))).ToList();
        var roots = trusted.SelectMany(one => one.Roots).DistinctBy(root => root.Fingerprint).ToImmutableArray();
        return new RootTrustView(
            set.Cluster.Name,
            [.. roots.Select(root => new TrustedRoot(root.Fingerprint, root.Subject, root.NotBefore, root.NotAfter, authority.Contains(root)))],
            Fingerprints(authority),
            source,
            authorityProblem,
            [.. trusted.Where(one => everywhere || set.Query.Matches(one.Bundle.Meta.Namespace)).Select(one => Judge(set, one.Bundle, one.Roots, roots, authority))],
            null);
    }

    private static NamespaceTrust Judge(CertificateSet set, CertificateBundle bundle, ImmutableArray<ParsedCertificate> roots, ImmutableArray<ParsedCertificate> all, ImmutableArray<ParsedCertificate> authority)
    {
        var space = bundle.Meta.Namespace;
        var missing = all.Except(roots).ToImmutableArray();
        var row = new NamespaceTrust(space, Fingerprints(roots), Fingerprints(missing), authority.IsEmpty || roots.IsEmpty ? null : authority.Any(roots.Contains), null, null);
        if (roots.IsEmpty)
        {
            return row with
            {
                Breaks = $"Its bundle holds no certificate that can be read: agents of pods that start there cannot verify istiod, so they get neither configuration nor certificate.",
                NextStep = $"Delete ConfigMap {space}/{bundle.Meta.Name}: istiod writes it anew within seconds. If it does not, see its log.",
            };
        }

        if (row.TrustsAuthority == false)
        {
            return row with
            {
                Breaks = $"Agents there refuse istiod once it presents a certificate under {Short(authority)}: pods that start get no certificate, running ones are not renewed and run out within a day; calls to and from namespaces that trust only that root fail their TLS handshake (503, flag UF).",
                NextStep = $"istiod writes ConfigMap {bundle.Meta.Name} within seconds: see whether it runs, whether its discoverySelectors leave the namespace out, and who else writes it. Once the fingerprints agree, restart the workloads there.",
            };
        }

        if (missing.IsEmpty)
        {
            return row;
        }

        return row with
        {
            Breaks = authority.IsEmpty ? $"Proxies there refuse peers whose certificates lead to {Short(missing)}, which other namespaces trust; which root istiod signs under is not known."
                : missing.All(root => root.NotBefore > authority[0].NotBefore) ? $"Nothing yet: istiod signs under {Short(authority)}. Once it signs under {Short(missing)}, agents there refuse it, and proxies refuse peers that have renewed."
                : $"Proxies there refuse peers whose certificates still lead to {Short(missing)}. That passes once those have renewed (a day by Istio's default).",
            NextStep = "Finish the step that was begun: every namespace must hold both roots before istiod signs under the new one, and the old one goes only when no certificate leads to it.",
        };
    }

    /// <summary>The roots that istiod's signing certificate leads to; empty, with the reason, when that cannot be read.</summary>
    private static (ImmutableArray<ParsedCertificate> Roots, string? Source, string? Problem) Authority(CertificateSet set)
    {
        if (!set.SecretsKnown)
        {
            return ([], null, SourceWords.Why(set.Cluster, "Which root istiod signs under is not known", "kubernetes/secrets"));
        }

        foreach (var name in new[] { CertificateSet.PluggedIn, CertificateSet.SelfSigned })
        {
            if (set.Secret(set.RootNamespace, name) is not { } secret || CertificateSet.Read(CertificateSet.Entry(secret, "ca-cert.pem", "tls.crt")) is not [var issuer, ..])
            {
                continue;
            }

            var source = $"secret {set.RootNamespace}/{name}";
            var written = CertificateSet.Read(CertificateSet.Entry(secret, "root-cert.pem", "ca.crt"));
            if (written.IsEmpty)
            {
                return ([issuer], source, null);
            }

            // During a rotation several roots are written; the one that counts is the one above the signing certificate.
            var known = CertificateSet.Read(CertificateSet.Entry(secret, "cert-chain.pem")).Concat(written).Select(one => (one, source)).ToList();
            var above = CertificateChain.Of(issuer, [], known).Above;
            var root = above is [.., var last] ? last : issuer;
            return root.IsSelfIssued && written.Contains(root) ? ([root], source, null) : (written, source, null);
        }

        return ([], null, $"Namespace {set.RootNamespace} has neither Secret {CertificateSet.PluggedIn} nor {CertificateSet.SelfSigned}: another authority signs, and its root is not known here.");
    }

    private static ImmutableArray<string> Fingerprints(ImmutableArray<ParsedCertificate> certificates) => [.. certificates.Select(one => one.Fingerprint)];

    private static string Short(ImmutableArray<ParsedCertificate> roots) => string.Join(", ", roots.Take(2).Select(root => $"{root.Subject} ({root.Fingerprint[..12]}…)")) + (roots.Length > 2 ? string.Create(CultureInfo.InvariantCulture, $" and {roots.Length - 2} more roots") : "");
}

/// <summary>What the namespaces of one cluster trust.</summary>
/// <param name="Roots">Every root that some namespace trusts.</param>
/// <param name="Authority">Fingerprints of the roots that istiod's signing certificate leads to; empty when not known.</param>
/// <param name="AuthoritySource">The Secret it was read from.</param>
/// <param name="AuthorityProblem">Why it is not known; null when it is.</param>
/// <param name="Unknown">Why nothing is known of the namespaces; null when something is.</param>
public sealed record RootTrustView(
    string Cluster,
    ImmutableArray<TrustedRoot> Roots,
    ImmutableArray<string> Authority,
    string? AuthoritySource,
    string? AuthorityProblem,
    ImmutableArray<NamespaceTrust> Namespaces,
    string? Unknown)
{
    /// <summary>Namespaces in which something breaks or will.</summary>
    public IEnumerable<NamespaceTrust> Broken => Namespaces.Where(one => one.Breaks is not null);
}

/// <param name="IsAuthority">istiod signs under it.</param>
public sealed record TrustedRoot(string Fingerprint, string Subject, DateTimeOffset NotBefore, DateTimeOffset NotAfter, bool IsAuthority);

/// <summary>What one namespace trusts.</summary>
/// <param name="Roots">Fingerprints in its bundle.</param>
/// <param name="Missing">Fingerprints that other namespaces have and it has not.</param>
/// <param name="TrustsAuthority">Whether it trusts the root that istiod signs under; null when that is not known.</param>
/// <param name="Breaks">What fails because of it; null when nothing does.</param>
/// <param name="NextStep">What to do about it; null when nothing.</param>
public sealed record NamespaceTrust(string Namespace, ImmutableArray<string> Roots, ImmutableArray<string> Missing, bool? TrustsAuthority, string? Breaks, string? NextStep);
