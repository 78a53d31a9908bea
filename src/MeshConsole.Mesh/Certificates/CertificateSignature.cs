using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MeshConsole.Mesh.Certificates;

/// <summary>
/// Checks one signature with one key (RFC 5280, section 4.1.1.3). Building a chain through the platform would judge dates,
/// purposes and revocation too, may fetch certificates, and gives no answer about one link alone.
/// </summary>
internal static class CertificateSignature
{
    /// <summary>Whether <paramref name="issuer"/>'s key signed <paramref name="certificate"/>; null when the algorithm is not known here.</summary>
    public static bool? Verify(ReadOnlySpan<byte> certificate, ReadOnlySpan<byte> issuer)
    {
        try
        {
            AsnDecoder.ReadSequence(certificate, AsnEncodingRules.DER, out var offset, out var length, out _);
            var rest = certificate.Slice(offset, length);
            AsnDecoder.ReadSequence(rest, AsnEncodingRules.DER, out _, out _, out var signedLength);
            var signed = rest[..signedLength];
            rest = rest[signedLength..];
            AsnDecoder.ReadSequence(rest, AsnEncodingRules.DER, out offset, out length, out var algorithmLength);
            var algorithm = AsnDecoder.ReadObjectIdentifier(rest.Slice(offset, length), AsnEncodingRules.DER, out _);
            var signature = AsnDecoder.ReadBitString(rest[algorithmLength..], AsnEncodingRules.DER, out _, out _);
            if (Hash(algorithm) is not { } hash)
            {
                return null;
            }

            using var signer = X509CertificateLoader.LoadCertificate(issuer);
            using var rsa = signer.GetRSAPublicKey();
            if (rsa is not null)
            {
                return rsa.VerifyData(signed, signature, hash, RSASignaturePadding.Pkcs1);
            }

            using var ecdsa = signer.GetECDsaPublicKey();
            return ecdsa?.VerifyData(signed, signature, hash, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (Exception exception) when (exception is AsnContentException or CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Signature algorithms of RFC 8017 (PKCS #1 v1.5) and RFC 5758 (ECDSA); PSS and Edwards curves are left unknown.</summary>
    private static HashAlgorithmName? Hash(string algorithm) => algorithm switch
    {
        "1.2.840.113549.1.1.5" or "1.2.840.10045.4.1" => HashAlgorithmName.SHA1,
        "1.2.840.113549.1.1.11" or "1.2.840.10045.4.3.2" => HashAlgorithmName.SHA256,
        "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => HashAlgorithmName.SHA384,
        "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => HashAlgorithmName.SHA512,
        _ => null,
    };
}
