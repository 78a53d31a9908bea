using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MeshConsole.Mesh.Certificates;

/// <summary>
/// Checks one signature with one key (RFC 5280, section 4.1.1.3). Building a chain through the platform would judge dates,
/// purposes and revocation too, may fetch certificates, and gives no answer about one link alone.
/// </summary>
internal static class CertificateSignature
{
    private const string RsaKey = "1.2.840.113549.1.1.1";
    private const string PssKey = "1.2.840.113549.1.1.10";
    private const string EllipticKey = "1.2.840.10045.2.1";
    private const string DsaKey = "1.2.840.10040.4.1";
    private const string Ed25519 = "1.3.101.112";
    private const string Ed448 = "1.3.101.113";

    /// <summary>Whether <paramref name="issuer"/>'s key signed <paramref name="certificate"/>.</summary>
    public static SignatureCheck Verify(ReadOnlySpan<byte> certificate, ReadOnlySpan<byte> issuer)
    {
        try
        {
            AsnDecoder.ReadSequence(certificate, AsnEncodingRules.DER, out var offset, out var length, out _);
            var rest = certificate.Slice(offset, length);
            AsnDecoder.ReadSequence(rest, AsnEncodingRules.DER, out _, out _, out var signedLength);
            var signed = rest[..signedLength];
            rest = rest[signedLength..];
            AsnDecoder.ReadSequence(rest, AsnEncodingRules.DER, out _, out _, out var algorithmLength);
            var scheme = Scheme.Read(rest[..algorithmLength].ToArray());
            var signature = AsnDecoder.ReadBitString(rest[algorithmLength..], AsnEncodingRules.DER, out _, out _);
            using var signer = X509CertificateLoader.LoadCertificate(issuer);
            if (!scheme.Keys.IsEmpty && !scheme.Keys.Contains(signer.PublicKey.Oid.Value ?? ""))
            {
                // Such a signature is made by another kind of key, whatever the names say.
                return new SignatureCheck(false, null);
            }

            return scheme.Undecided is { } why ? new SignatureCheck(null, why) : new SignatureCheck(scheme.Verify(signer, signed, signature), null);
        }
        catch (Exception exception) when (exception is AsnContentException or CryptographicException or PlatformNotSupportedException)
        {
            return new SignatureCheck(null, "its signature or its issuer's key is of a form that cannot be checked here");
        }
    }

    /// <summary>What people call a signature algorithm, where the platform has no name for it or one that says too little; null elsewhere.</summary>
    /// <param name="certificate">DER of the certificate that carries the signature.</param>
    public static string? NameOf(ReadOnlySpan<byte> certificate)
    {
        try
        {
            AsnDecoder.ReadSequence(certificate, AsnEncodingRules.DER, out var offset, out var length, out _);
            var rest = certificate.Slice(offset, length);
            AsnDecoder.ReadSequence(rest, AsnEncodingRules.DER, out _, out _, out var signedLength);
            rest = rest[signedLength..];
            AsnDecoder.ReadSequence(rest, AsnEncodingRules.DER, out _, out _, out var algorithmLength);
            return Scheme.Read(rest[..algorithmLength].ToArray()).Name;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    /// <summary>Algorithm and size in bits of a public key that the platform does not name well; null for the others.</summary>
    public static (string Algorithm, int? Size)? KeyOf(PublicKey key)
    {
        switch (key.Oid.Value)
        {
            case PssKey:
                using (var rsa = PssPublicKey(key))
                {
                    return ("RSA", rsa.KeySize);
                }

            case Ed25519:
                return ("Ed25519", 256);
            case Ed448:
                return ("Ed448", 456);
            default:
                return null;
        }
    }

    /// <summary>A key that may be used with PSS only is encoded like any RSA key (RFC 4055, section 1.2).</summary>
    private static RSA PssPublicKey(PublicKey key)
    {
        var rsa = RSA.Create();
        try
        {
            rsa.ImportRSAPublicKey(key.EncodedKeyValue.RawData, out _);
            return rsa;
        }
        catch
        {
            rsa.Dispose();
            throw;
        }
    }

    /// <summary>How a signature was made.</summary>
    /// <param name="Keys">Kinds of keys that make such signatures; empty when that is not known.</param>
    /// <param name="Hash">Null where the scheme has its own.</param>
    /// <param name="Name">See <see cref="NameOf"/>.</param>
    /// <param name="Undecided">Why it cannot be checked here; null when it can.</param>
    private sealed record Scheme(ImmutableArray<string> Keys, HashAlgorithmName? Hash, RSASignaturePadding? Padding, string? Name, string? Undecided)
    {
        /// <summary>From an AlgorithmIdentifier.</summary>
        public static Scheme Read(ReadOnlyMemory<byte> identifier)
        {
            var (oid, parameters) = Algorithm(identifier);
            return oid switch
            {
                "1.2.840.113549.1.1.4" => Rsa(HashAlgorithmName.MD5),
                "1.2.840.113549.1.1.5" => Rsa(HashAlgorithmName.SHA1),
                "1.2.840.113549.1.1.11" => Rsa(HashAlgorithmName.SHA256),
                "1.2.840.113549.1.1.12" => Rsa(HashAlgorithmName.SHA384),
                "1.2.840.113549.1.1.13" => Rsa(HashAlgorithmName.SHA512),
                "2.16.840.1.101.3.4.3.14" => Rsa(HashAlgorithmName.SHA3_256),
                "2.16.840.1.101.3.4.3.15" => Rsa(HashAlgorithmName.SHA3_384),
                "2.16.840.1.101.3.4.3.16" => Rsa(HashAlgorithmName.SHA3_512),
                PssKey => Pss(parameters),
                "1.2.840.10045.4.1" => With(EllipticKey, HashAlgorithmName.SHA1),
                "1.2.840.10045.4.3.2" => With(EllipticKey, HashAlgorithmName.SHA256),
                "1.2.840.10045.4.3.3" => With(EllipticKey, HashAlgorithmName.SHA384),
                "1.2.840.10045.4.3.4" => With(EllipticKey, HashAlgorithmName.SHA512),
                "2.16.840.1.101.3.4.3.10" => With(EllipticKey, HashAlgorithmName.SHA3_256),
                "2.16.840.1.101.3.4.3.11" => With(EllipticKey, HashAlgorithmName.SHA3_384),
                "2.16.840.1.101.3.4.3.12" => With(EllipticKey, HashAlgorithmName.SHA3_512),
                "1.2.840.10040.4.3" => With(DsaKey, HashAlgorithmName.SHA1),
                "2.16.840.1.101.3.4.3.2" => With(DsaKey, HashAlgorithmName.SHA256),
                Ed25519 => NotHere("Ed25519", oid, oid),
                Ed448 => NotHere("Ed448", oid, oid),
                _ => new([], null, null, null, $"unknown signature algorithm {oid}"),
            };

            static Scheme Rsa(HashAlgorithmName hash) => new([RsaKey], hash, RSASignaturePadding.Pkcs1, null, null);

            static Scheme With(string key, HashAlgorithmName hash) => new([key], hash, null, null, null);
        }

        public bool Verify(X509Certificate2 signer, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
        {
            if (Padding is not null)
            {
                using var rsa = signer.PublicKey.Oid.Value == PssKey ? PssPublicKey(signer.PublicKey) : signer.GetRSAPublicKey()!;
                return rsa.VerifyData(signed, signature, Hash!.Value, Padding);
            }

            if (Keys.Contains(DsaKey))
            {
                using var dsa = signer.GetDSAPublicKey()!;
                return dsa.VerifyData(signed, signature, Hash!.Value, DSASignatureFormat.Rfc3279DerSequence);
            }

            using var ecdsa = signer.GetECDsaPublicKey()!;
            return ecdsa.VerifyData(signed, signature, Hash!.Value, DSASignatureFormat.Rfc3279DerSequence);
        }

        private static Scheme NotHere(string name, string oid, params ImmutableArray<string> keys) => new(keys, null, null, name, $"unknown signature algorithm: {name} ({oid}) cannot be checked by this platform");

        /// <summary>
        /// RFC 4055, section 3.1. The platform checks PSS where the mask is made with the hash of the signature and the salt
        /// is as long as it, which is what every profile asks for; other parameters are legal.
        /// </summary>
        private static Scheme Pss(ReadOnlyMemory<byte> parameters)
        {
            var (hash, mask, salt) = ("1.3.14.3.2.26", "1.3.14.3.2.26", 20);
            if (!parameters.IsEmpty)
            {
                var sequence = new AsnReader(parameters, AsnEncodingRules.DER).ReadSequence();
                while (sequence.HasData)
                {
                    var tag = sequence.PeekTag();
                    var value = sequence.ReadSequence(tag);
                    switch (tag.TagValue)
                    {
                        case 0:
                            hash = Algorithm(value.ReadEncodedValue()).Oid;
                            break;
                        case 1:
                            mask = Algorithm(Algorithm(value.ReadEncodedValue()).Parameters).Oid;
                            break;
                        case 2:
                            salt = value.TryReadInt32(out var bytes) ? bytes : -1;
                            break;
                    }
                }
            }

            (HashAlgorithmName Hash, int Bytes)? known = hash switch
            {
                "1.3.14.3.2.26" => (HashAlgorithmName.SHA1, 20),
                "2.16.840.1.101.3.4.2.1" => (HashAlgorithmName.SHA256, 32),
                "2.16.840.1.101.3.4.2.2" => (HashAlgorithmName.SHA384, 48),
                "2.16.840.1.101.3.4.2.3" => (HashAlgorithmName.SHA512, 64),
                _ => null,
            };
            ImmutableArray<string> keys = [RsaKey, PssKey];
            if (known is not { } used)
            {
                return new(keys, null, RSASignaturePadding.Pss, "RSASSA-PSS", $"unknown signature algorithm: RSASSA-PSS with the hash {hash}");
            }

            var name = $"{used.Hash.Name!.ToLowerInvariant()}RSASSA-PSS";
            return new(
                keys,
                used.Hash,
                RSASignaturePadding.Pss,
                name,
                mask != hash ? $"unknown signature algorithm: {name} with a mask of another hash ({mask}) cannot be checked by this platform"
                : salt != used.Bytes ? string.Create(CultureInfo.InvariantCulture, $"unknown signature algorithm: {name} with a salt of {salt} bytes, where this platform checks {used.Bytes} only")
                : null);
        }

        /// <summary>An AlgorithmIdentifier: its name, and its parameters as they stand.</summary>
        private static (string Oid, ReadOnlyMemory<byte> Parameters) Algorithm(ReadOnlyMemory<byte> identifier)
        {
            var sequence = new AsnReader(identifier, AsnEncodingRules.DER).ReadSequence();
            var oid = sequence.ReadObjectIdentifier();
            return (oid, sequence.HasData ? sequence.ReadEncodedValue() : default);
        }
    }
}

/// <summary>Whether a key made a signature.</summary>
/// <param name="Signed">Null when it cannot be told here.</param>
/// <param name="Undecided">Why not, a clause; null when it can.</param>
internal readonly record struct SignatureCheck(bool? Signed, string? Undecided);
