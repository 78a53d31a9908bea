using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeshConsole.Mesh.Audit;

/// <summary>
/// The sealed root of a run of records: what is kept for ever when the records themselves are deleted. Roots are a chain like
/// the records are, and the log records each of them, so that neither can be made up without the other. A root proves that
/// what follows in the log followed these records, and not what they said: that is in exports from before.
/// </summary>
/// <param name="First">Number of the first record.</param>
/// <param name="Last">Number of the last record.</param>
/// <param name="PreviousHash">Hash of the record before the first; 64 zeros for the first segment.</param>
/// <param name="Head">Hash of the last record.</param>
/// <param name="From">Time of the first record.</param>
/// <param name="To">Time of the last record.</param>
/// <param name="Keys">Keys of checkpoints that records in it make known, with the number of the record.</param>
/// <param name="PreviousRoot">Hash of the root before; 64 zeros for the first.</param>
/// <param name="KeyId">SHA-256 of <paramref name="PublicKey"/>, in lower-case hexadecimal.</param>
/// <param name="PublicKey">SubjectPublicKeyInfo, base64.</param>
/// <param name="Signature">As of an <see cref="AuditCheckpoint"/>, over the canonical JSON of the other members.</param>
public sealed record AuditSegment(
    long First,
    long Last,
    string PreviousHash,
    string Head,
    DateTimeOffset From,
    DateTimeOffset To,
    ImmutableSortedDictionary<string, long> Keys,
    string PreviousRoot,
    DateTimeOffset SealedAt,
    string KeyId,
    string PublicKey,
    string Signature)
{
    internal const string Kind = "meshconsole-audit-segment/1";

    /// <summary>SHA-256 of the canonical JSON, signature and all.</summary>
    public string Root => AuditRecordFormat.Hash(ToJson());

    /// <summary>How many records it stands for.</summary>
    public long Count => Last - First + 1;

    /// <summary>One line.</summary>
    public string ToJson()
    {
        var json = Content();
        json["signature"] = Signature;
        return CanonicalJson.Write(json);
    }

    /// <summary>Whether the signature is of this root and of the key it names. Whether the key may be trusted is another question.</summary>
    public bool IsSigned() => CheckpointKey.Verifies(PublicKey, KeyId, Signed(), Signature);

    internal static bool IsOne(JsonElement line) =>
        line.ValueKind == JsonValueKind.Object && line.TryGetProperty("kind", out var kind) && kind.ValueKind == JsonValueKind.String && kind.ValueEquals(Kind);

    /// <exception cref="FormatException">It is no root.</exception>
    internal static AuditSegment Read(JsonElement root)
    {
        if (!IsOne(root))
        {
            throw new FormatException($"'kind' must be {Kind}");
        }

        var (first, last) = (Number("firstSequence"), Number("lastSequence"));
        if (first < 1 || last < first || Number("count") != last - first + 1)
        {
            throw new FormatException("'firstSequence', 'lastSequence' and 'count' contradict each other");
        }

        if (Member("keys", JsonValueKind.Object) is not { } keys)
        {
            throw new FormatException("'keys' is missing");
        }

        return new AuditSegment(
            first,
            last,
            Text("previousHash"),
            Text("head"),
            Time("from"),
            Time("to"),
            keys.EnumerateObject().ToImmutableSortedDictionary(key => key.Name, key => key.Value.ValueKind == JsonValueKind.Number && key.Value.TryGetInt64(out var since) ? since : throw new FormatException("'keys' holds something else than numbers"), StringComparer.Ordinal),
            Text("previousRoot"),
            Time("sealedAt"),
            Text("keyId"),
            Text("publicKey"),
            Text("signature"));

        JsonElement? Member(string name, JsonValueKind kind) => root.TryGetProperty(name, out var value) && value.ValueKind == kind ? value : null;

        string Text(string name) => Member(name, JsonValueKind.String)?.GetString() ?? throw new FormatException($"'{name}' is missing");

        long Number(string name) => Member(name, JsonValueKind.Number) is { } value && value.TryGetInt64(out var number) ? number : throw new FormatException($"'{name}' must be a whole number");

        DateTimeOffset Time(string name) => DateTimeOffset.TryParse(Text(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at : throw new FormatException($"'{name}' must be a time");
    }

    internal byte[] Signed() => CanonicalJson.Utf8(CanonicalJson.Write(Content()));

    private JsonObject Content() => new()
    {
        ["kind"] = Kind,
        ["firstSequence"] = First,
        ["lastSequence"] = Last,
        ["count"] = Count,
        ["previousHash"] = PreviousHash,
        ["head"] = Head,
        ["from"] = AuditRecordFormat.Time(From),
        ["to"] = AuditRecordFormat.Time(To),
        ["keys"] = new JsonObject(Keys.Select(key => KeyValuePair.Create(key.Key, (JsonNode?)JsonValue.Create(key.Value)))),
        ["previousRoot"] = PreviousRoot,
        ["sealedAt"] = AuditRecordFormat.Time(SealedAt),
        ["keyId"] = KeyId,
        ["publicKey"] = PublicKey,
    };
}
