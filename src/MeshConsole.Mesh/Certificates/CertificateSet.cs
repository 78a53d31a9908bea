using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Certificates;

/// <summary>The certificates of one cluster at one instant, indexed once for the parts of the inventory.</summary>
internal sealed class CertificateSet
{
    /// <summary>Where istiod keeps the authority that it made itself.</summary>
    public const string SelfSigned = "istio-ca-secret";

    /// <summary>Where operators put theirs.</summary>
    public const string PluggedIn = "cacerts";

    public const string LinkerdIssuer = "linkerd-identity-issuer";

    private const string ManagerAnnotation = "cert-manager.io/certificate-name";

    private readonly Dictionary<(string Namespace, string Name), CertificateBundle> _secrets = [];
    private readonly Dictionary<(string Namespace, string Name), CertificateBundle> _configMaps = [];
    private readonly Dictionary<(string Namespace, string Secret), MeshObject> _managed = [];
    private readonly List<(ParsedCertificate Certificate, string From)> _authorities = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public CertificateSet(MeshSnapshot snapshot, ClusterSnapshot cluster, MeshQuery query, CertificateThresholds thresholds)
    {
        Snapshot = snapshot;
        Cluster = cluster;
        Query = query;
        Thresholds = thresholds;
        foreach (var secret in cluster.Objects.Secrets.IsDefault ? [] : cluster.Objects.Secrets)
        {
            _secrets[(secret.Meta.Namespace, secret.Meta.Name)] = secret;
        }

        foreach (var certificate in cluster.Objects.Certificates.IsDefault ? [] : cluster.Objects.Certificates)
        {
            if (certificate.Spec.Text("secretName") is { } secret)
            {
                _managed[(certificate.Meta.Namespace, secret)] = certificate;
            }
        }

        foreach (var map in cluster.Objects.ReferencedConfigMaps.IsDefault ? [] : cluster.Objects.ReferencedConfigMaps)
        {
            _configMaps[(map.Meta.Namespace, map.Meta.Name)] = map;
        }

        CollectAuthorities();
    }

    public MeshSnapshot Snapshot { get; }

    public ClusterSnapshot Cluster { get; }

    /// <summary>Where istiod keeps what it signs with.</summary>
    public string RootNamespace => Cluster.RootNamespace;

    public MeshQuery Query { get; }

    public CertificateThresholds Thresholds { get; }

    public DateTimeOffset Now => Snapshot.ObservedAt;

    public bool SecretsKnown => !Cluster.Objects.Secrets.IsDefault;

    public ImmutableArray<CertificateView>.Builder Rows { get; } = ImmutableArray.CreateBuilder<CertificateView>();

    /// <summary>Secrets that some gateway presents, with the gateways' words; filled while gateways are read.</summary>
    public Dictionary<(string Namespace, string Name), string> PresentedBy { get; } = [];

    /// <summary>Istio's signing certificate and when it ends, as <see cref="AuthorityCertificates"/> found it; null when it is not known.</summary>
    public (string Name, DateTimeOffset At)? Signer { get; set; }

    public CertificateBundle? Secret(string @namespace, string name) => _secrets.GetValueOrDefault((@namespace, name));

    /// <summary>The cert-manager Certificate that keeps a Secret; null when there is none.</summary>
    public MeshObject? ManagerOf(string @namespace, string secret) => _managed.GetValueOrDefault((@namespace, secret));

    public CertificateBundle? ConfigMap(string @namespace, string name) => _configMaps.GetValueOrDefault((@namespace, name));

    /// <summary>The row with who renews a Secret and how that is known; without a renewer where nobody is known to.</summary>
    public CertificateView WithRenewer(CertificateView row, CertificateBundle secret)
    {
        var (space, name) = (secret.Meta.Namespace, secret.Meta.Name);
        if (ManagerOf(space, name) is { } certificate)
        {
            return row with
            {
                RenewedBy = $"cert-manager Certificate {certificate.Meta.Namespace}/{certificate.Meta.Name}",
                RenewalEvidence = $"that Certificate names Secret {name} as the one it keeps",
            };
        }

        if (secret.Meta.Annotations.TryGetValue(ManagerAnnotation, out var manager) && manager.Length > 0)
        {
            return row with
            {
                RenewedBy = $"cert-manager Certificate {space}/{manager}",
                RenewalEvidence = $"annotation {ManagerAnnotation} of the Secret; {(Cluster.Objects.Certificates.IsDefault ? "Certificates are not read, so when it renews is not known" : "there is no such Certificate any more, so nothing may renew it")}",
            };
        }

        return row with
        {
            RenewalEvidence = secret.Meta.Annotations.TryGetValue("meta.helm.sh/release-name", out var release) && release.Length > 0
                ? $"Helm release {release} wrote the Secret: an upgrade may replace it, nothing does so by itself"
                : "no annotation and no cert-manager Certificate names a renewer",
        };
    }

    /// <summary>When cert-manager renews the Secret; null when it says nothing.</summary>
    public CertificateRenewal? RenewalOf(string @namespace, string secret) =>
        ManagerOf(@namespace, secret) is { } certificate ? CertManagerCertificates.RenewalOf(certificate) : null;

    /// <summary>A row with everything a certificate tells about itself, judged.</summary>
    /// <param name="beside">What was read beside it: the rest of its chain as somebody wrote it.</param>
    public CertificateView Describe(CertificateView row, ParsedCertificate certificate, CertificateRenewal? renewal, IEnumerable<ParsedCertificate>? beside = null)
    {
        var judgement = CertificateJudgement.Of(certificate.NotBefore, certificate.NotAfter, Now, renewal, Thresholds);
        var life = (certificate.NotAfter - certificate.NotBefore).TotalSeconds;
        var remaining = (certificate.NotAfter - Now).TotalSeconds;
        var chain = CertificateChain.Of(certificate, beside ?? [], _authorities);
        var described = row with
        {
            Subject = certificate.Subject,
            Issuer = certificate.Issuer,
            NotBefore = certificate.NotBefore,
            NotAfter = certificate.NotAfter,
            RemainingSeconds = remaining,
            LifeLeft = life > 0 ? Math.Clamp(remaining / life, 0, 1) : null,
            RenewsAtLifeLeft = renewal is not null && life > 0 ? Math.Clamp((certificate.NotAfter - renewal.DueAt).TotalSeconds / life, 0, 1) : null,
            RenewsAt = renewal?.DueAt,
            LateFrom = renewal?.LateFrom,
            State = judgement.State,
            Message = judgement.Message,
            SubjectAlternativeNames = certificate.SubjectAlternativeNames,
            SpiffeIds = [.. certificate.SpiffeIds],
            SerialNumber = certificate.SerialNumber,
            Fingerprint = certificate.Fingerprint,
            KeyAlgorithm = certificate.KeyAlgorithm,
            KeySize = certificate.KeySize,
            SignatureAlgorithm = certificate.SignatureAlgorithm,
            Chain = chain.Links,
            Notes = [.. row.Notes, .. chain.Notes],
        };

        // A chain is as good as its shortest-lived part: a leaf under an expired intermediate is refused.
        var first = chain.Above.Where(c => c.NotAfter < certificate.NotAfter).MinBy(c => c.NotAfter);
        if (first is null)
        {
            return described;
        }

        var ofChain = CertificateJudgement.Of(first.NotBefore, first.NotAfter, Now, null, Thresholds);
        var worse = ofChain.State is CertificateState.Expired || (ofChain.State is CertificateState.Expiring && described.State is CertificateState.Valid or CertificateState.Late);
        return described with
        {
            State = worse ? ofChain.State : described.State,
            Message = ofChain.State is CertificateState.Valid ? described.Message : $"{described.Message} A certificate of its chain ({first.Subject}): {ofChain.Message}",
        };
    }

    /// <summary>A row of which the certificates could not be read whole says what else was there.</summary>
    public static CertificateView Noted(CertificateView row, CertificateEntry? entry) =>
        entry?.Problem is { } problem ? row with { Notes = row.Notes.Add(new CertificateNote(CertificateNotes.Misplaced, $"Key {entry.Key} {problem}.")) } : row;

    /// <summary>A row of which nothing is known but that it should be there.</summary>
    public CertificateView Unknown(string id, CertificateKind kind, string subject, string? @namespace, string source, string message) => new()
    {
        Id = id,
        Cluster = Cluster.Name,
        Kind = kind,
        Subject = subject,
        Namespace = @namespace,
        Source = source,
        State = CertificateState.Unknown,
        Message = message,
    };

    /// <summary>Certificates of an entry that can be read, in order.</summary>
    public static ImmutableArray<ParsedCertificate> Read(CertificateEntry? entry) =>
        entry is null || entry.Certificates.IsDefault ? [] : [.. entry.Certificates.Select(ParsedCertificate.Read).OfType<ParsedCertificate>()];

    /// <summary>What is wrong with an entry in words, without quoting it; null when nothing is.</summary>
    public static string? ProblemOf(CertificateEntry entry) =>
        entry.Problem ?? (entry.Certificates.IsDefaultOrEmpty ? "holds no certificate"
            : entry.Certificates.Any(der => ParsedCertificate.Read(der) is null) ? ParsedCertificate.Unreadable
            : null);

    /// <summary>Certificates of the mesh's own authorities and of those that gateways verify with: what chains may end in.</summary>
    private void CollectAuthorities()
    {
        var objects = Cluster.Objects;
        Add(objects.RootConfigMaps, "root-cert.pem");
        Add(objects.LinkerdTrustRoots, "ca-bundle.crt");
        Add(objects.ReferencedConfigMaps, "ca.crt", "cacert");
        Add([.. (objects.Secrets.IsDefault ? [] : objects.Secrets).Where(s => IsIstioAuthority(s) || s.Meta.Name == LinkerdIssuer)], "ca-cert.pem", "cert-chain.pem", "root-cert.pem", "ca.crt", "crt.pem", "tls.crt");
        Add([.. (objects.Secrets.IsDefault ? [] : objects.Secrets).Where(s => !IsIstioAuthority(s) && s.Meta.Name != LinkerdIssuer)], "ca.crt", "cacert");

        void Add(ImmutableArray<CertificateBundle> bundles, params string[] keys)
        {
            foreach (var bundle in bundles.IsDefault ? [] : bundles)
            {
                foreach (var key in keys)
                {
                    foreach (var certificate in Read(Entry(bundle, key)))
                    {
                        if (_known.Add(certificate.Fingerprint))
                        {
                            _authorities.Add((certificate, $"{(bundle.Kind == "ConfigMap" ? "config map" : "secret")} {bundle.Meta.Namespace}/{bundle.Meta.Name}"));
                        }
                    }
                }
            }
        }
    }

    /// <summary>A Secret that istiod signs with.</summary>
    public bool IsIstioAuthority(CertificateBundle secret) => secret.Meta.Namespace == RootNamespace && secret.Meta.Name is SelfSigned or PluggedIn;

    public static CertificateEntry? Entry(CertificateBundle bundle, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            foreach (var entry in bundle.Entries.IsDefault ? [] : bundle.Entries)
            {
                if (string.Equals(entry.Key, key, StringComparison.Ordinal))
                {
                    return entry;
                }
            }
        }

        return null;
    }
}
