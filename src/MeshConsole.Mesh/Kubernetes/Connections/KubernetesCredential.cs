using System.Net.Http.Headers;
using System.Net.Security;

namespace MeshConsole.Mesh.Kubernetes.Connections;

/// <summary>What proves to the API server who asks. Its text form shows nothing of it.</summary>
public sealed class KubernetesCredential(AuthenticationHeaderValue? authorization, ClientCertificate? certificate)
{
    /// <summary>No proof: the API server treats the caller as anonymous.</summary>
    public static KubernetesCredential Anonymous { get; } = new(null, null);

    /// <summary>Header of each request; null when there is none.</summary>
    public AuthenticationHeaderValue? Authorization { get; } = authorization;

    /// <summary>Certificate of the TLS connection; null when there is none.</summary>
    public ClientCertificate? Certificate { get; } = certificate;

    /// <inheritdoc/>
    public override string ToString() => (Authorization, Certificate) switch
    {
        (null, null) => "anonymous",
        (null, _) => "client certificate",
        (_, null) => $"{Authorization.Scheme} credential",
        _ => $"{Authorization.Scheme} credential and client certificate",
    };
}

/// <summary>A client certificate with its key and intermediates.</summary>
/// <param name="Context">Ready for the handshake.</param>
/// <param name="Thumbprint">Tells one certificate from its successor.</param>
public sealed record ClientCertificate(SslStreamCertificateContext Context, string Thumbprint);
