using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeshConsole.Mesh.Audit;

/// <summary>
/// A signed statement that the log ended with this record at that time. Kept where whoever can write the database cannot
/// write: it is what shows that the end of the log was cut off, or the log written anew.
/// </summary>
/// <param name="Sequence">Of the last record.</param>
/// <param name="Hash">Of the last record.</param>
/// <param name="KeyId">SHA-256 of <paramref name="PublicKey"/>, in lower-case hexadecimal.</param>
/// <param name="PublicKey">SubjectPublicKeyInfo, base64.</param>
/// <param name="Signature">ECDSA P-256 with SHA-256 over the canonical JSON of the other members, DER, base64.</param>
public sealed record AuditCheckpoint(long Sequence, string Hash, DateTimeOffset At, string KeyId, string PublicKey, string Signature)
{
    private const string Kind = "meshconsole-audit-checkpoint/1";

    /// <summary>One line.</summary>
    public string ToJson()
    {
        var json = Content(Sequence, Hash, At, KeyId, PublicKey);
        json["signature"] = Signature;
        return CanonicalJson.Write(json);
    }

    /// <exception cref="FormatException">It is no checkpoint.</exception>
    public static AuditCheckpoint Read(string json)
    {
        using var document = AuditRecordFormat.Parse(json);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !string.Equals(Text("kind"), Kind, StringComparison.Ordinal))
        {
            throw new FormatException($"'kind' must be {Kind}");
        }

        if (!root.TryGetProperty("sequence", out var number) || number.ValueKind != JsonValueKind.Number || !number.TryGetInt64(out var sequence) || sequence < 1)
        {
            throw new FormatException("'sequence' must be a whole number from 1");
        }

        if (!DateTimeOffset.TryParse(Text("at"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at))
        {
            throw new FormatException("'at' must be a time");
        }

        return new AuditCheckpoint(sequence, Text("hash"), at, Text("keyId"), Text("publicKey"), Text("signature"));

        string Text(string name) => root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new FormatException($"'{name}' is missing");
    }

    /// <summary>Whether the key is the one of the id, and the signature is that key's. Whether the key may be trusted is another question.</summary>
    public bool IsSigned() => CheckpointKey.Verifies(PublicKey, KeyId, Signed(Sequence, Hash, At, KeyId, PublicKey), Signature);

    internal static byte[] Signed(long sequence, string hash, DateTimeOffset at, string keyId, string publicKey) =>
        CanonicalJson.Utf8(CanonicalJson.Write(Content(sequence, hash, at, keyId, publicKey)));

    private static JsonObject Content(long sequence, string hash, DateTimeOffset at, string keyId, string publicKey) => new()
    {
        ["kind"] = Kind,
        ["sequence"] = sequence,
        ["hash"] = hash,
        ["at"] = AuditRecordFormat.Time(at),
        ["keyId"] = keyId,
        ["publicKey"] = publicKey,
    };
}
