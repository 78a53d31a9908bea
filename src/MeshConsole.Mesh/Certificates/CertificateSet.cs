using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Certificates;

/// <summary>The certificates of one cluster at one instant, indexed once for the parts of the inventory.</summary>
internal sealed class CertificateSet
{
    private const string ManagerAnnotation = "cert-manager.io/certificate-name";

    private readonly Dictionary<(string Namespace, string Name), CertificateBundle> _secrets = [];
    private readonly Dictionary<(string Namespace, string Secret), MeshObject> _managed = [];

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

    public CertificateBundle? Secret(string @namespace, string name) => _secrets.GetValueOrDefault((@namespace, name));

    /// <summary>The cert-manager Certificate that keeps a Secret; null when there is none.</summary>
    public MeshObject? ManagerOf(string @namespace, string secret) => _managed.GetValueOrDefault((@namespace, secret));

    /// <summary>Who renews a Secret in words; null when nobody is known to.</summary>
    public string? RenewerOf(CertificateBundle secret) =>
        ManagerOf(secret.Meta.Namespace, secret.Meta.Name) is { } certificate ? $"cert-manager Certificate {certificate.Meta.Namespace}/{certificate.Meta.Name}"
        : secret.Meta.Annotations.TryGetValue(ManagerAnnotation, out var name) && name.Length > 0 ? $"cert-manager Certificate {secret.Meta.Namespace}/{name}"
        : null;

    /// <summary>When cert-manager renews the Secret; null when it says nothing.</summary>
    public CertificateRenewal? RenewalOf(string @namespace, string secret) =>
        ManagerOf(@namespace, secret) is { } certificate ? CertManagerCertificates.RenewalOf(certificate) : null;

    /// <summary>A row with everything a certificate tells about itself, judged.</summary>
    public CertificateView Describe(CertificateView row, ParsedCertificate certificate, CertificateRenewal? renewal, IEnumerable<ParsedCertificate>? chain = null)
    {
        var judgement = CertificateJudgement.Of(certificate.NotBefore, certificate.NotAfter, Now, renewal, Thresholds);
        var life = (certificate.NotAfter - certificate.NotBefore).TotalSeconds;
        var remaining = (certificate.NotAfter - Now).TotalSeconds;
        var described = row with
        {
            Subject = certificate.Subject,
            Issuer = certificate.Issuer,
            NotBefore = certificate.NotBefore,
            NotAfter = certificate.NotAfter,
            RemainingSeconds = remaining,
            LifeLeft = life > 0 ? Math.Clamp(remaining / life, 0, 1) : null,
            RenewsAtLifeLeft = renewal is not null && life > 0 ? Math.Clamp((certificate.NotAfter - renewal.DueAt).TotalSeconds / life, 0, 1) : null,
            State = judgement.State,
            Message = judgement.Message,
            SubjectAlternativeNames = certificate.SubjectAlternativeNames,
            SerialNumber = certificate.SerialNumber,
            Fingerprint = certificate.Fingerprint,
            KeyAlgorithm = certificate.KeyAlgorithm,
            KeySize = certificate.KeySize,
        };

        // A chain is as good as its shortest-lived part: a leaf under an expired intermediate is refused.
        var first = chain?.Where(c => c.NotAfter < certificate.NotAfter).MinBy(c => c.NotAfter);
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
