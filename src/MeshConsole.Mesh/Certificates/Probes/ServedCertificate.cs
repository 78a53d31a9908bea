using System.Collections.Immutable;

namespace MeshConsole.Mesh.Certificates.Probes;

/// <summary>An address whose certificate is looked at from outside, as its clients see it.</summary>
/// <param name="Name">Of the probe, unique in the configuration.</param>
/// <param name="Host">Name or IP address that is connected to.</param>
/// <param name="ServerName">Name asked for in the TLS handshake (SNI).</param>
public sealed record CertificateProbe(string Name, string Host, int Port, string ServerName)
{
    /// <summary><c>host:port</c>, an IPv6 address in brackets.</summary>
    public string Address => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}

/// <summary>What was served at one address.</summary>
/// <param name="At">When it was asked.</param>
/// <param name="Chain">DER of the leaf, then of what was sent beside it; empty when there was no answer.</param>
/// <param name="Problem">Why nothing is known, with what to do next; null when there was an answer.</param>
public sealed record ServedCertificate(CertificateProbe Probe, DateTimeOffset At, ImmutableArray<ImmutableArray<byte>> Chain, string? Problem);
