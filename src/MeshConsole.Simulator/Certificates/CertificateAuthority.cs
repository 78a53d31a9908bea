using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MeshConsole.Simulator.Certificates;

/// <summary>
/// Issues X.509 certificates: a root that signs itself, authorities below it, and leaves. Keys are EC P-256, made anew in
/// each process; nothing about them is secret, nothing outside the simulator trusts them.
/// </summary>
internal sealed class CertificateAuthority : IDisposable
{
    private readonly X509Certificate2 _certificate;
    private readonly ECDsa _key;
    private readonly CertificateAuthority? _issuer;

    private CertificateAuthority(X509Certificate2 certificate, ECDsa key, CertificateAuthority? issuer)
    {
        (_certificate, _key, _issuer) = (certificate, key, issuer);
        CertificatePem = certificate.ExportCertificatePem() + "\n";
    }

    public X509Certificate2 Certificate => _certificate;

    public string CertificatePem { get; }

    /// <summary>This authority and those above it, the root last.</summary>
    public string ChainPem => _issuer is null ? CertificatePem : CertificatePem + _issuer.ChainPem;

    public string KeyPem => _key.ExportPkcs8PrivateKeyPem() + "\n";

    public static CertificateAuthority Root(string subject, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = AuthorityRequest(subject, key, pathLength: 2);
        using var selfSigned = request.CreateSelfSigned(Whole(notBefore), Whole(notAfter));
        return new CertificateAuthority(X509CertificateLoader.LoadCertificate(selfSigned.RawDataMemory.Span), key, null);
    }

    public CertificateAuthority Below(string subject, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateAuthority(Sign(AuthorityRequest(subject, key, pathLength: 0), notBefore, notAfter), key, this);
    }

    /// <param name="subject">A distinguished name; empty for a leaf that is known by its URI alone.</param>
    public Leaf Issue(string subject, IEnumerable<string> dnsNames, Uri? identity, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName(subject), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in dnsNames) names.AddDnsName(name);
        if (identity is not null) names.AddUri(identity);
        request.CertificateExtensions.Add(names.Build(critical: subject.Length == 0));
        return new Leaf(Sign(request, notBefore, notAfter), key, this);
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
    }

    private static CertificateRequest AuthorityRequest(string subject, ECDsa key, int pathLength)
    {
        var request = new CertificateRequest(new X500DistinguishedName(subject), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, pathLength, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request;
    }

    private static DateTimeOffset Whole(DateTimeOffset at) => DateTimeOffset.FromUnixTimeSeconds(at.ToUnixTimeSeconds());

    private X509Certificate2 Sign(CertificateRequest request, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7f;
        var generator = X509SignatureGenerator.CreateForECDsa(_key);
        return request.Create(_certificate.SubjectName, generator, Whole(notBefore), Whole(notAfter), serial);
    }
}

/// <summary>A certificate at the end of a chain, with its key.</summary>
internal sealed class Leaf(X509Certificate2 certificate, ECDsa key, CertificateAuthority issuer) : IDisposable
{
    public X509Certificate2 Certificate { get; } = certificate;

    /// <summary>The leaf, then its issuer; the root is not sent.</summary>
    public string ChainPem => Certificate.ExportCertificatePem() + "\n" + issuer.CertificatePem;

    public string KeyPem => key.ExportPkcs8PrivateKeyPem() + "\n";

    public void Dispose()
    {
        Certificate.Dispose();
        key.Dispose();
    }
}
