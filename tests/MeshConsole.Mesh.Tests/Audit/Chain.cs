using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Audit;
using MeshConsole.Testing.Storage;

namespace MeshConsole.Mesh.Tests.Audit;

/// <summary>Logs to be tampered with: lines as an export holds them.</summary>
internal static class Chain
{
    public static List<string> Of(int records, CheckpointKey? key = null)
    {
        var lines = new List<string>();
        for (var i = 1; i <= records; i++)
        {
            Append(lines, i == 1 && key is not null ? KeyEntry(key) : StoredChanges.Entry(summary: $"number {i}"));
        }

        return lines;
    }

    /// <summary>Adds a record as the console would: what somebody does who knows how.</summary>
    public static AuditRecord Append(List<string> lines, AuditEntry entry)
    {
        var previous = lines.Count == 0 ? null : AuditRecordFormat.Read(lines[^1]);
        var (record, json) = AuditRecordFormat.Seal(entry, (previous?.Sequence ?? 0) + 1, $"id-{lines.Count + 1}", StoredChanges.At.AddSeconds(lines.Count), previous?.Hash ?? AuditRecordFormat.NoHash);
        lines.Add(json);
        return record;
    }

    /// <summary>Writes everything from a record on anew, with hashes that fit.</summary>
    public static List<string> Forge(List<string> lines, int sequence, string summary)
    {
        var forged = lines.Take(sequence - 1).ToList();
        foreach (var line in lines.Skip(sequence - 1))
        {
            var record = AuditRecordFormat.Read(line);
            Append(forged, record.Sequence == sequence ? record.Entry with { Summary = summary } : record.Entry);
        }

        return forged;
    }

    public static AuditCheckpoint Checkpoint(List<string> lines, CheckpointKey key, int? sequence = null)
    {
        var record = AuditRecordFormat.Read(lines[(sequence ?? lines.Count) - 1]);
        return key.Sign(record.Sequence, record.Hash, record.At);
    }

    public static AuditVerification Verify(IEnumerable<string> lines, ImmutableArray<AuditCheckpoint> checkpoints = default, string? trusted = null, long from = 1)
    {
        var verifier = new AuditChainVerifier(checkpoints.IsDefault ? [] : checkpoints, trusted, from);
        foreach (var line in lines)
        {
            verifier.Add(line);
        }

        return verifier.Finish();
    }

    public static AuditEntry KeyEntry(CheckpointKey key) => StoredChanges.Entry(AuditChainVerifier.KeyAction) with { Details = new JsonObject { ["keyId"] = key.Id, ["publicKey"] = key.PublicKey } };
}
