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

    public required CertificateState State { get; init; }

    /// <summary>State in words with its reason.</summary>
    public required string Message { get; init; }

    public string? PresentedBy { get; init; }
    public string? RenewedBy { get; init; }

    public ImmutableArray<string> SubjectAlternativeNames { get; init; } = [];
    public string? SerialNumber { get; init; }

    /// <summary>SHA-256 of the DER in lower-case hex; null when only its dates are known.</summary>
    public string? Fingerprint { get; init; }

    public string? KeyAlgorithm { get; init; }
    public int? KeySize { get; init; }

    /// <summary>When the facts were sampled, where that differs from the snapshot (metrics).</summary>
    public DateTimeOffset? SampledAt { get; init; }
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
