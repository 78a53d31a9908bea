using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

/// <summary>
/// Reads the certificates of Secrets and ConfigMaps. Data under keys that are not known to hold certificates is skipped
/// without being copied or decoded; what is decoded lives in a buffer that is zeroed before it is given back, and only
/// certificates come out of it. Secrets without any certificate are left out.
/// </summary>
internal sealed class CertificateBundleParser : ObjectParser<CertificateBundle>
{
    /// <summary>
    /// <c>tls.crt</c>, <c>ca.crt</c>: kubernetes.io/tls and cert-manager. <c>ca-cert.pem</c>, <c>cert-chain.pem</c>,
    /// <c>root-cert.pem</c>: Istio's cacerts and istio-ca-secret. <c>cert</c>, <c>cacert</c>: Istio's generic gateway
    /// Secrets. <c>crt.pem</c>, <c>ca-bundle.crt</c>: Linkerd's issuer and trust roots.
    /// </summary>
    private static readonly byte[][] s_certificateKeys =
    [
        .. new[] { "tls.crt", "ca.crt", "ca-cert.pem", "cert-chain.pem", "root-cert.pem", "cert", "cacert", "crt.pem", "ca-bundle.crt", "ca.pem", "cert.pem" }
            .Select(Encoding.UTF8.GetBytes),
    ];

    private readonly StringPool _strings = new();
    private readonly string _kind;
    private readonly bool _secret;

    private CertificateBundleParser(string kind, bool secret)
    {
        _kind = kind;
        _secret = secret;
    }

    public static CertificateBundleParser ForSecrets() => new("Secret", secret: true);

    public static CertificateBundleParser ForConfigMaps() => new("ConfigMap", secret: false);

    public override CertificateBundle? Parse(ReadOnlySpan<byte> utf8Json)
    {
        var reader = JsonReading.Open(utf8Json);
        ObjectMeta? meta = null;
        string? type = null;
        ImmutableArray<CertificateEntry> entries = [];
        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                meta = reader.ReadMeta(_strings, AnnotationFilter.Secrets);
            }
            else if (_secret && reader.ValueTextEquals("type"u8))
            {
                type = reader.ReadString(_strings, "type");
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                entries = ReadData(ref reader);
            }
            else
            {
                reader.SkipValue();
            }
        }

        if (meta is null)
        {
            throw new MalformedObjectException("metadata is missing");
        }

        // A key called "cert" may hold anything. A Secret that says it is for certificates is kept even when its entry is
        // broken: that is worth showing.
        var declared = !_secret || type is "kubernetes.io/tls" or "istio.io/ca-root";
        if (!entries.Any(entry => !entry.Certificates.IsEmpty) && !(declared && !entries.IsEmpty))
        {
            return null;
        }

        return new CertificateBundle(meta, _kind, type, entries);
    }

    private ImmutableArray<CertificateEntry> ReadData(ref Utf8JsonReader reader)
    {
        if (!reader.EnterObject("data"))
        {
            return [];
        }

        var entries = ImmutableArray.CreateBuilder<CertificateEntry>();
        while (reader.NextProperty())
        {
            if (!HoldsCertificates(ref reader))
            {
                reader.SkipValue();
                continue;
            }

            if (ReadValue(ref reader, _strings.Get(ref reader), _secret, hashed: !_secret) is { } entry)
            {
                entries.Add(entry);
            }
        }

        entries.Sort(static (left, right) => string.CompareOrdinal(left.Key, right.Key));
        return entries.DrainToImmutable();
    }

    private static bool HoldsCertificates(ref Utf8JsonReader reader)
    {
        foreach (var key in s_certificateKeys)
        {
            if (reader.ValueTextEquals(key))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Reads the certificates of the value of the property on whose name the reader stands.</summary>
    /// <param name="base64">The value is encoded, as those of Secrets and <c>caBundle</c> are.</param>
    /// <param name="hashed">See <see cref="CertificateEntry.TextHashes"/>.</param>
    /// <returns>Null when there is no value: Istio's CA Secrets carry empty entries for what the other layout uses.</returns>
    public static CertificateEntry? ReadValue(ref Utf8JsonReader reader, string key, bool base64, bool hashed = false)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.String)
        {
            throw JsonReading.Unexpected(key, "a string", reader.TokenType);
        }

        if (reader.ValueSpan.IsEmpty)
        {
            return null;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            var length = reader.CopyString(buffer.AsSpan());
            if (base64 && Base64.DecodeFromUtf8InPlace(buffer.AsSpan(0, length), out length) != OperationStatus.Done)
            {
                return new CertificateEntry(key, [], "is not valid base64");
            }

            var value = buffer.AsSpan(0, length);
            var (certificates, problem) = PemCertificates.Read(value);
            return new CertificateEntry(key, certificates, problem, hashed ? Hashes(value) : []);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static ImmutableArray<string> Hashes(ReadOnlySpan<byte> value)
    {
        var trimmed = value.Trim(" \t\r\n"u8);
        return [.. new[] { Hash(value), Hash(trimmed), Hash([.. trimmed, (byte)'\n']) }.Distinct(StringComparer.Ordinal)];

        static string Hash(ReadOnlySpan<byte> text) => Convert.ToHexStringLower(SHA256.HashData(text));
    }
}
