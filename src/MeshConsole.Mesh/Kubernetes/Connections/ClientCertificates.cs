using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MeshConsole.Mesh.Kubernetes.Connections;

internal static class ClientCertificates
{
    /// <summary>A client certificate of PEM texts; further certificates are sent along as intermediates.</summary>
    /// <exception cref="CryptographicException">The texts are not a certificate and its key.</exception>
    public static ClientCertificate FromPem(string certificatePem, string keyPem)
    {
        try
        {
            var certificate = X509Certificate2.CreateFromPem(certificatePem, keyPem);
            var all = new X509Certificate2Collection();
            all.ImportFromPem(certificatePem);
            var intermediates = new X509Certificate2Collection(all.Where(other => !other.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span)).ToArray());
            return new ClientCertificate(SslStreamCertificateContext.Create(certificate, intermediates, offline: true), certificate.Thumbprint);
        }
        catch (ArgumentException exception)
        {
            // CreateFromPem reports a key that does not belong to the certificate this way.
            throw new CryptographicException(exception.Message, exception);
        }
    }
}
