using System.Collections.Immutable;

namespace MeshConsole.Mesh.Certificates;

/// <summary>One row of <c>GET /api/v1/certificates</c>.</summary>
public sealed record CertificateView
{
    public required string Id { get; init; }
    public required string Cluster { get; init; }

    /// <summary>Who it belongs to.</summary>
    public required CertificateKind Kind { get; init; }

    public required string Subject { get; init; }
    public string? Issuer { get; init; }
    public string? Namespace { get; init; }

    /// <summary>Where it was read: <c>secret payments/pay-tls key tls.crt</c>, <c>metric istio_agent_cert_expiry_seconds</c> …</summary>
    public required string Source { get; init; }

    public DateTimeOffset? NotBefore { get; init; }
    public DateTimeOffset? NotAfter { get; init; }
    public double? RemainingSeconds { get; init; }

    /// <summary>Share of its life left, 0..1; null when notBefore is not known and cannot be inferred.</summary>
    public double? LifeLeft { get; init; }

    /// <summary>Share of its life left at which its renewer should have renewed it; null when nobody renews it.</summary>
    public double? RenewsAtLifeLeft { get; init; }

    /// <summary>When its renewer should act; null when nobody is known to renew it.</summary>
    public DateTimeOffset? RenewsAt { get; init; }

    /// <summary>From when it is late if nothing renewed it; null when nobody is known to renew it.</summary>
    public DateTimeOffset? LateFrom { get; init; }

    public required CertificateState State { get; init; }

    /// <summary>State in words with its reason.</summary>
    public required string Message { get; init; }

    /// <summary>What to do about its state or its first note; null when there is nothing to do.</summary>
    public string? NextStep { get; init; }

    /// <summary>What else is worth knowing, by code; the state does not say it.</summary>
    public ImmutableArray<CertificateNote> Notes { get; init; } = [];

    public string? PresentedBy { get; init; }
    public string? RenewedBy { get; init; }

    /// <summary>How it is known who renews it, or why it is not.</summary>
    public string? RenewalEvidence { get; init; }

    public ImmutableArray<string> SubjectAlternativeNames { get; init; } = [];

    /// <summary>SPIFFE identities: of its alternative names, or as telemetry has seen the workload.</summary>
    public ImmutableArray<string> SpiffeIds { get; init; } = [];

    public string? SerialNumber { get; init; }

    /// <summary>SHA-256 of the DER in lower-case hex; null when only its dates are known.</summary>
    public string? Fingerprint { get; init; }

    public string? KeyAlgorithm { get; init; }
    public int? KeySize { get; init; }
    public string? SignatureAlgorithm { get; init; }

    /// <summary>From the certificate itself to the last one known above it; empty when only its dates are known.</summary>
    public ImmutableArray<CertificateLink> Chain { get; init; } = [];

    /// <summary>When the facts were sampled, where that differs from the snapshot (metrics, probes).</summary>
    public DateTimeOffset? SampledAt { get; init; }
}

/// <summary>One certificate of a chain.</summary>
/// <param name="From">Where it was read: beside the leaf, or in an object of the mesh that holds its issuer.</param>
/// <param name="SignsPrevious">Whether its key signed the link before it; null for the first link and for unknown algorithms.</param>
public sealed record CertificateLink(
    string Subject,
    string Issuer,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter,
    string Fingerprint,
    string KeyAlgorithm,
    int? KeySize,
    string SignatureAlgorithm,
    bool IsAuthority,
    string From,
    bool? SignsPrevious)
{
    /// <summary>Why <see cref="SignsPrevious"/> cannot be told, a clause; null when it can.</summary>
    public string? Unverified { get; init; }
}

/// <summary>Something about a certificate that its state does not say.</summary>
/// <param name="Code">See <see cref="CertificateNotes"/>.</param>
public sealed record CertificateNote(string Code, string Message);

/// <summary>The codes of notes: stable, for programs to compare.</summary>
public static class CertificateNotes
{
    /// <summary>A short RSA key, or a signature that can be forged.</summary>
    public const string Weak = "weak";

    /// <summary>It ends after the certificate that signed it.</summary>
    public const string OutlivesIssuer = "outlives-issuer";

    /// <summary>The links of its chain do not follow from each other.</summary>
    public const string BrokenChain = "broken-chain";

    /// <summary>Whether a link of its chain signed the one before cannot be told here.</summary>
    public const string Unverified = "unverified";

    /// <summary>An identity in it belongs to another trust domain than the mesh.</summary>
    public const string TrustDomain = "trust-domain";

    /// <summary>Roots differ between namespaces, or from the authority's.</summary>
    public const string HalfRotated = "half-rotated";

    /// <summary>No ReferenceGrant lets a gateway of another namespace use it.</summary>
    public const string ReferenceRefused = "reference-refused";

    /// <summary>Pods were injected with other trust anchors than there are now.</summary>
    public const string RestartNeeded = "restart-needed";

    /// <summary>What a webhook serves is not verified by its caBundle.</summary>
    public const string WebhookMismatch = "webhook-mismatch";

    /// <summary>What is served at an address is not what is stored.</summary>
    public const string ServedDiffers = "served-differs";

    /// <summary>The value holds something else beside certificates, for example a private key.</summary>
    public const string Misplaced = "misplaced";
}

public enum CertificateKind
{
    Root,
    Issuer,
    Workload,
    Gateway,
    CertManager,
    Webhook,
}

public enum CertificateState
{
    Unknown,
    Valid,

    /// <summary>Past its rotation point and not renewed.</summary>
    Late,
    Expiring,
    Expired,
}
