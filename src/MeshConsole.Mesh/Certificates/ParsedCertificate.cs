using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace MeshConsole.Mesh.Certificates;

/// <summary>What the console reads from a public X.509 certificate.</summary>
/// <param name="Subject">The subject's name; the first alternative name where it is empty, as in workload certificates.</param>
/// <param name="Fingerprint">SHA-256 of the DER, lower-case hex.</param>
/// <param name="KeySize">Bits; null for algorithms the platform does not know.</param>
/// <param name="SignatureAlgorithm">As people call it: <c>sha256RSA</c>, <c>sha256ECDSA</c>; the object identifier where it has no name.</param>
/// <param name="IsAuthority">Says of itself that it may sign certificates (basic constraints).</param>
internal sealed record ParsedCertificate(
    string Subject,
    string Issuer,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter,
    string SerialNumber,
    string Fingerprint,
    string KeyAlgorithm,
    int? KeySize,
    string SignatureAlgorithm,
    bool IsAuthority,
    ImmutableArray<string> SubjectAlternativeNames)
{
    /// <summary>RSA keys below this can be broken by those who care enough (NIST SP 800-131A).</summary>
    private const int WeakRsa = 2048;

    /// <summary>What the problem is when bytes are no certificate.</summary>
    public const string Unreadable = "is no X.509 certificate";

    private static readonly ConditionalWeakTable<byte[], Parsed> s_parsed = [];

    /// <summary>Answers of <see cref="IsSignedBy"/> by fingerprint: a signature does not change, and snapshots come four times a second.</summary>
    private readonly ConcurrentDictionary<string, SignatureCheck> _signers = new(StringComparer.Ordinal);

    private ImmutableArray<byte> Der { get; init; }

    /// <summary>Subject and issuer are the same, as in a root.</summary>
    public bool IsSelfIssued => string.Equals(SubjectName, IssuerName, StringComparison.Ordinal);

    private string SubjectName { get; init; } = "";

    private string IssuerName { get; init; } = "";

    /// <summary>SPIFFE identities among the alternative names.</summary>
    public IEnumerable<string> SpiffeIds => SubjectAlternativeNames.Where(name => name.StartsWith("spiffe://", StringComparison.Ordinal));

    /// <summary>What is weak about key or signature, in words; null when nothing is known to be.</summary>
    public string? Weakness =>
        KeyAlgorithm == "RSA" && KeySize < WeakRsa ? string.Create(CultureInfo.InvariantCulture, $"its RSA key has {KeySize} bits, fewer than {WeakRsa}")
        : !IsSelfIssued && (SignatureAlgorithm.Contains("sha1", StringComparison.OrdinalIgnoreCase) || SignatureAlgorithm.Contains("md5", StringComparison.OrdinalIgnoreCase)) ? $"it is signed with {SignatureAlgorithm}, which can be forged"
        : null;

    /// <summary>
    /// Whether the issuer's key really made the signature: names alone prove nothing, every root of Istio is called alike.
    /// Null for algorithms the platform does not know.
    /// </summary>
    public bool? IsSignedBy(ParsedCertificate issuer) => SignatureOf(issuer).Signed;

    /// <summary>The same, with the reason where it cannot be told.</summary>
    public SignatureCheck SignatureOf(ParsedCertificate issuer) => string.Equals(IssuerName, issuer.SubjectName, StringComparison.Ordinal)
        ? _signers.GetOrAdd(issuer.Fingerprint, static (_, pair) => CertificateSignature.Verify(pair.Der.AsSpan(), pair.Issuer.AsSpan()), (Der, Issuer: issuer.Der))
        : new SignatureCheck(false, null);

    /// <summary>The same certificate has the same bytes.</summary>
    public bool Equals(ParsedCertificate? other) => other is not null && string.Equals(Fingerprint, other.Fingerprint, StringComparison.Ordinal);

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Fingerprint);

    /// <summary>
    /// Reads a certificate; null when the bytes are none. Bytes are immutable, so each is read once however many snapshots
    /// hold it.
    /// </summary>
    public static ParsedCertificate? Read(ImmutableArray<byte> der) =>
        der.IsDefaultOrEmpty ? null : s_parsed.GetValue(ImmutableCollectionsMarshal.AsArray(der)!, static bytes => new Parsed(Parse(bytes))).Certificate;

    private static ParsedCertificate? Parse(byte[] der)
    {
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(der);
            var (algorithm, size) = Key(certificate);
            var names = AlternativeNames(certificate);
            var subject = certificate.Subject;
            return new ParsedCertificate(
                subject.Length > 0 ? subject : names.IsEmpty ? "(no subject)" : names[0],
                certificate.Issuer,
                Utc(certificate.NotBefore),
                Utc(certificate.NotAfter),
                certificate.SerialNumber,
                Convert.ToHexStringLower(SHA256.HashData(certificate.RawData)),
                algorithm,
                size,
                CertificateSignature.NameOf(der) ?? certificate.SignatureAlgorithm.FriendlyName ?? certificate.SignatureAlgorithm.Value ?? "unknown",
                certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority),
                names)
            {
                Der = ImmutableCollectionsMarshal.AsImmutableArray(der),
                SubjectName = Convert.ToHexString(certificate.SubjectName.RawData),
                IssuerName = Convert.ToHexString(certificate.IssuerName.RawData),
            };
        }
        catch (CryptographicException)
        {
            return null;
        }
        catch (ArgumentException)
        {
            // Dates that no calendar holds.
            return null;
        }
    }

    private static DateTimeOffset Utc(DateTime local) => new(local.ToUniversalTime());

    private static (string Algorithm, int? Size) Key(X509Certificate2 certificate)
    {
        try
        {
            using var rsa = certificate.GetRSAPublicKey();
            if (rsa is not null)
            {
                return ("RSA", rsa.KeySize);
            }

            using var ecdsa = certificate.GetECDsaPublicKey();
            if (ecdsa is not null)
            {
                return ("ECDSA", ecdsa.KeySize);
            }

            if (CertificateSignature.KeyOf(certificate.PublicKey) is { } other)
            {
                return other;
            }
        }
        catch (CryptographicException)
        {
            // A curve or a size the platform does not support: the dates are still good.
        }

        var oid = certificate.PublicKey.Oid;
        return (oid.FriendlyName ?? oid.Value ?? "unknown", null);
    }

    /// <summary>DNS names, addresses, URIs (SPIFFE identities) and mail addresses, in the order of the certificate.</summary>
    private static ImmutableArray<string> AlternativeNames(X509Certificate2 certificate)
    {
        var extension = certificate.Extensions.FirstOrDefault(e => e.Oid?.Value == "2.5.29.17");
        if (extension is null)
        {
            return [];
        }

        var names = ImmutableArray.CreateBuilder<string>();
        try
        {
            var sequence = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            while (sequence.HasData)
            {
                var tag = sequence.PeekTag();
                if (tag.TagClass != TagClass.ContextSpecific)
                {
                    sequence.ReadEncodedValue();
                    continue;
                }

                switch (tag.TagValue)
                {
                    case 1 or 2 or 6:
                        names.Add(sequence.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                        break;
                    case 7:
                        var address = sequence.ReadOctetString(tag);
                        names.Add(address.Length is 4 or 16 ? new IPAddress(address).ToString() : Convert.ToHexStringLower(address));
                        break;
                    default:
                        sequence.ReadEncodedValue();
                        break;
                }
            }
        }
        catch (AsnContentException)
        {
            // What was readable is kept; a broken extension does not make the dates unknown.
        }
        catch (DecoderFallbackException)
        {
            return names.ToImmutable();
        }

        return names.ToImmutable();
    }

    private sealed record Parsed(ParsedCertificate? Certificate);
}
