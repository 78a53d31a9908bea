using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MeshConsole.Mesh.Kubernetes.Connections;

/// <summary>
/// Decides whether the server at the other end is the one that was meant. A bundle in a file is read again at each
/// handshake (there are few), so that a new authority is trusted as soon as the file has it.
/// </summary>
internal sealed class CertificateAuthorities
{
    private readonly Lock _lock = new();
    private readonly string? _file;
    private string? _pem;
    private X509Certificate2Collection? _authorities;

    private CertificateAuthorities(string? pem, string? file)
    {
        _file = file;
        _pem = pem;
        _authorities = pem is null ? null : Parse(pem);
    }

    /// <summary>What the machine trusts.</summary>
    public static CertificateAuthorities OfMachine() => new(null, null);

    /// <exception cref="CryptographicException">There is no certificate in it.</exception>
    public static CertificateAuthorities OfPem(string pem) => new(pem, null);

    /// <exception cref="CryptographicException">There is no certificate in it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static CertificateAuthorities OfFile(string file) => new(File.ReadAllText(file), file);

    /// <summary>Judges a server's certificate; the answer is null when it is trusted, and says why not otherwise.</summary>
    /// <param name="serverName">Name it must be for where that differs from the address; null to take the handshake's own verdict.</param>
    public string? Problem(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors, string? serverName)
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            return "the server showed no certificate";
        }

        var wrongName = serverName is null ? errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) : !certificate.MatchesHostname(serverName);
        if (wrongName)
        {
            return "the server's certificate is for other names than the address: correct the server address, or set tls-server-name";
        }

        var authorities = Authorities();
        if (authorities is null)
        {
            return errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)
                ? $"the server's certificate is not trusted by this machine ({Describe(chain)}): set certificate-authority"
                : null;
        }

        using var verifying = new X509Chain();
        verifying.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        verifying.ChainPolicy.CustomTrustStore.AddRange(authorities);
        verifying.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        verifying.ChainPolicy.DisableCertificateDownloads = true;
        verifying.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1"));
        if (chain is not null)
        {
            verifying.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        }

        if (verifying.Build(certificate) || EndsInAuthority(verifying, authorities))
        {
            return null;
        }

        return $"the server's certificate is not signed by the certificate authority that is configured ({Describe(verifying)})";
    }

    /// <summary>A bundle may hold only an intermediate authority; trust in it is as good as in a root.</summary>
    private static bool EndsInAuthority(X509Chain chain, X509Certificate2Collection authorities) =>
        chain.ChainStatus.All(status => status.Status is X509ChainStatusFlags.PartialChain)
        && chain.ChainElements.Count > 0
        && authorities.Any(authority => authority.RawDataMemory.Span.SequenceEqual(chain.ChainElements[^1].Certificate.RawDataMemory.Span));

    private static string Describe(X509Chain? chain) =>
        chain is null || chain.ChainStatus.Length == 0
            ? "no reason given"
            : string.Join(", ", chain.ChainStatus.Select(status => status.Status.ToString()).Distinct(StringComparer.Ordinal));

    private X509Certificate2Collection? Authorities()
    {
        if (_file is null)
        {
            return _authorities;
        }

        lock (_lock)
        {
            try
            {
                var pem = File.ReadAllText(_file);
                if (!string.Equals(pem, _pem, StringComparison.Ordinal))
                {
                    _authorities = Parse(pem);
                    _pem = pem;
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
            {
                // Half written or gone for a moment: what was trusted before goes on.
            }

            return _authorities;
        }
    }

    private static X509Certificate2Collection Parse(string pem)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(pem);
        return authorities.Count > 0 ? authorities : throw new CryptographicException("There is no certificate in it.");
    }
}
