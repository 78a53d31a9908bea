using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

/// <summary>
/// Takes the certificates, and nothing else, out of bytes that may also hold keys. What leaves is the DER of each PEM
/// block labelled CERTIFICATE that really has the structure of an X.509 certificate: a key under a wrong label stays out.
/// </summary>
internal static class PemCertificates
{
    /// <summary>A bundle of all public authorities has about 150; more in one entry is not read.</summary>
    private const int MostCertificates = 512;

    /// <summary>Reads PEM (or the DER of one certificate).</summary>
    /// <returns>The DER of each certificate in order, and what is wrong in words (never quoting the value); null when nothing is.</returns>
    public static (ImmutableArray<ImmutableArray<byte>> Certificates, string? Problem) Read(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return ([], "is empty");
        }

        if (value[0] == 0x30 && IsCertificate(value))
        {
            return ([ImmutableCollectionsMarshal.AsImmutableArray(value.ToArray())], null);
        }

        var certificates = ImmutableArray.CreateBuilder<ImmutableArray<byte>>();
        string? problem = null;
        var rest = value;
        while (PemEncoding.TryFindUtf8(rest, out var fields))
        {
            var label = rest[fields.Label];
            if (!label.SequenceEqual("CERTIFICATE"u8))
            {
                problem ??= IsKey(label)
                    ? "holds a private key beside or instead of the certificate; it was not read. Move it to the key that is meant for it"
                    : "holds a block that is not a certificate; it was not read";
            }
            else if (certificates.Count == MostCertificates)
            {
                problem ??= $"holds more than {MostCertificates} certificates; the first {MostCertificates} are shown";
                break;
            }
            else if (Decode(rest[fields.Base64Data], fields.DecodedDataLength) is { } der)
            {
                certificates.Add(der);
            }
            else
            {
                problem ??= "holds a block labelled CERTIFICATE that is not an X.509 certificate; it was not read";
            }

            rest = rest[fields.Location.End..];
        }

        if (certificates.Count == 0)
        {
            problem ??= "holds no certificate in PEM form";
        }

        return (certificates.DrainToImmutable(), problem);
    }

    /// <summary>
    /// Whether the bytes have the outer structure of a certificate (RFC 5280, section 4.1) and nothing after it. Private
    /// keys (PKCS #1, PKCS #8, SEC 1) begin with a version number where a certificate has a sequence.
    /// </summary>
    public static bool IsCertificate(ReadOnlySpan<byte> der)
    {
        try
        {
            AsnDecoder.ReadSequence(der, AsnEncodingRules.DER, out var offset, out var length, out var consumed);
            if (consumed != der.Length)
            {
                return false;
            }

            var certificate = der.Slice(offset, length);
            AsnDecoder.ReadSequence(certificate, AsnEncodingRules.DER, out offset, out length, out consumed);
            var body = certificate.Slice(offset, length);
            certificate = certificate[consumed..];
            AsnDecoder.ReadSequence(certificate, AsnEncodingRules.DER, out _, out _, out consumed);
            certificate = certificate[consumed..];
            if (!AsnDecoder.TryReadPrimitiveBitString(certificate, AsnEncodingRules.DER, out _, out _, out consumed) || consumed != certificate.Length)
            {
                return false;
            }

            // tbsCertificate: [0] version, serial number, then four sequences: algorithm, issuer, validity, subject; key.
            var version = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
            if (Asn1Tag.TryDecode(body, out var first, out _) && first.HasSameClassAndValue(version))
            {
                AsnDecoder.ReadSequence(body, AsnEncodingRules.DER, out _, out _, out consumed, version);
                body = body[consumed..];
            }

            AsnDecoder.ReadIntegerBytes(body, AsnEncodingRules.DER, out consumed);
            body = body[consumed..];
            for (var field = 0; field < 5; field++)
            {
                AsnDecoder.ReadSequence(body, AsnEncodingRules.DER, out _, out _, out consumed);
                body = body[consumed..];
            }

            return true;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    private static ImmutableArray<byte>? Decode(ReadOnlySpan<byte> base64, int length)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(length, 1));
        try
        {
            return Base64.DecodeFromUtf8(base64, buffer, out _, out var written) == OperationStatus.Done && IsCertificate(buffer.AsSpan(0, written))
                ? ImmutableCollectionsMarshal.AsImmutableArray(buffer.AsSpan(0, written).ToArray())
                : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static bool IsKey(ReadOnlySpan<byte> label) => Encoding.ASCII.GetString(label).EndsWith("PRIVATE KEY", StringComparison.Ordinal);
}
