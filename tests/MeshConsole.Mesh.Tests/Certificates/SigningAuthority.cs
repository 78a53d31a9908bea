using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MeshConsole.Mesh.Tests.Certificates;

/// <summary>An authority that really signs: what a test says of a chain is so by its signatures and not by its names.</summary>
internal sealed class SigningAuthority
{
    private readonly AsymmetricAlgorithm _key;
    private readonly X500DistinguishedName _name;

    private SigningAuthority(AsymmetricAlgorithm key, X500DistinguishedName name, ImmutableArray<byte> der)
    {
        (_key, _name, Der) = (key, name, der);
    }

    public ImmutableArray<byte> Der { get; }

    public string Fingerprint => Convert.ToHexStringLower(SHA256.HashData(Der.AsSpan()));

    public string Pem => PemEncoding.WriteString("CERTIFICATE", Der.AsSpan()) + "\n";

    /// <param name="rsa">Bits of an RSA key; 0 for EC P-256.</param>
    public static SigningAuthority Root(string subject, double behind = 100, double left = 3550, int rsa = 0)
    {
        var key = Key(rsa);
        var name = new X500DistinguishedName(subject);
        var request = Request(name, key, HashAlgorithmName.SHA256, authority: true);
        using var certificate = request.CreateSelfSigned(Given.Now.AddDays(-behind), Given.Now.AddDays(left));
        return new SigningAuthority(key, name, [.. certificate.RawData]);
    }

    public SigningAuthority Below(string subject, double behind = 10, double left = 355, int rsa = 0)
    {
        var key = Key(rsa);
        var name = new X500DistinguishedName(subject);
        return new SigningAuthority(key, name, Sign(Request(name, key, HashAlgorithmName.SHA256, authority: true), behind, left));
    }

    public ImmutableArray<byte> Leaf(string subject, double behind = 1, double left = 60, int rsa = 0, HashAlgorithmName? hash = null, string[]? dns = null, string? uri = null)
    {
        using var key = Key(rsa);
        var request = Request(new X500DistinguishedName(subject), key, hash ?? HashAlgorithmName.SHA256, authority: false);
        if (dns is not null || uri is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            foreach (var name in dns ?? [])
            {
                names.AddDnsName(name);
            }

            if (uri is not null)
            {
                names.AddUri(new Uri(uri));
            }

            request.CertificateExtensions.Add(names.Build());
        }

        return Sign(request, behind, left, hash);
    }

    private static AsymmetricAlgorithm Key(int rsa) => rsa == 0 ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : RSA.Create(rsa);

    private static CertificateRequest Request(X500DistinguishedName name, AsymmetricAlgorithm key, HashAlgorithmName hash, bool authority)
    {
        var request = key is RSA rsa ? new CertificateRequest(name, rsa, hash, RSASignaturePadding.Pkcs1) : new CertificateRequest(name, (ECDsa)key, hash);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority, false, 0, true));
        return request;
    }

    private ImmutableArray<byte> Sign(CertificateRequest request, double behind, double left, HashAlgorithmName? hash = null)
    {
        var generator = hash == HashAlgorithmName.SHA1 ? new Sha1Generator((RSA)_key) : _key is RSA rsa ? X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1) : X509SignatureGenerator.CreateForECDsa((ECDsa)_key);
        var again = hash is null ? request : new CertificateRequest(request.SubjectName, request.PublicKey, hash.Value);
        if (hash is not null)
        {
            foreach (var extension in request.CertificateExtensions)
            {
                again.CertificateExtensions.Add(extension);
            }
        }

        using var certificate = again.Create(_name, generator, Given.Now.AddDays(-behind), Given.Now.AddDays(left), RandomNumberGenerator.GetBytes(15));
        return [.. certificate.RawData];
    }

    /// <summary>The platform makes no such signatures any more; they are still about.</summary>
    private sealed class Sha1Generator(RSA key) : X509SignatureGenerator
    {
        // sha1WithRSAEncryption, parameters NULL (RFC 8017, appendix A.2.4).
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05, 0x05, 0x00];

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => key.SignData(data, HashAlgorithmName.SHA1, RSASignaturePadding.Pkcs1);

        protected override PublicKey BuildPublicKey() => new(key);
    }
}
