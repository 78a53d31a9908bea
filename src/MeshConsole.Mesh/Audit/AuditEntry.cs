using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Storage;

namespace MeshConsole.Mesh.Audit;

/// <summary>What is to be recorded; the log adds number, time and hashes when it stores it.</summary>
public sealed record AuditEntry
{
    public required Actor Actor { get; init; }

    /// <summary>What was done, as verb: <c>change.submit</c>, <c>change.write</c>, <c>route.stop</c>, <c>audit.export</c> …</summary>
    public required string Action { get; init; }

    /// <summary>Part of the action: <c>request, approve, reject, intent, outcome, rollback, denied, refused, export, verify, config, break-glass</c>.</summary>
    public required string Phase { get; init; }

    /// <summary>How it ended: <c>ok, refused, denied, failed, unknown, pending</c>.</summary>
    public required string Outcome { get; init; }

    /// <summary>One sentence for people.</summary>
    public required string Summary { get; init; }

    public AuditTarget? Target { get; init; }

    /// <summary>Id of the change it belongs to; null outside changes.</summary>
    public string? ChangeId { get; init; }

    public string? Reason { get; init; }

    public string? Ticket { get; init; }

    public string? PlanHash { get; init; }

    public string? PolicyHash { get; init; }

    /// <summary>Everything else: patch, weights before and after, guard verdicts, gate evidence, HTTP status, versions. Never a secret.</summary>
    public JsonObject? Details { get; init; }
}

/// <summary>What was acted on.</summary>
public sealed record AuditTarget(string Cluster, string ApiVersion, string Kind, string Namespace, string Name, string? Uid);

/// <summary>A stored record.</summary>
/// <param name="Sequence">From 1, without gaps.</param>
/// <param name="At">UTC, of the server.</param>
/// <param name="PreviousHash">Hash of the record before; 64 zeros for the first.</param>
/// <param name="Hash">SHA-256 of the canonical JSON of everything but this field, in lower-case hexadecimal.</param>
public sealed record AuditRecord(long Sequence, string Id, DateTimeOffset At, AuditEntry Entry, string PreviousHash, string Hash);

/// <summary>The append-only log. There is no method to change or remove a record.</summary>
public interface IAuditLog
{
    /// <summary>Stores the entry durably. Whoever is about to write must not go on when this throws.</summary>
    /// <exception cref="AuditUnavailableException">It could not be stored.</exception>
    Task<AuditRecord> AppendAsync(AuditEntry entry, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    Task<ImmutableArray<AuditRecord>> SearchAsync(AuditFilter filter, CancellationToken cancellationToken);
}

/// <param name="Actor">Part of a subject or name.</param>
/// <param name="Target">Part of <c>cluster/namespace/kind/name</c>.</param>
/// <param name="BelowSequence">To go on below; null from the newest.</param>
public sealed record AuditFilter(
    string? Actor = null,
    string? Target = null,
    string? ChangeId = null,
    string? Action = null,
    string? Outcome = null,
    DateTimeOffset? From = null,
    DateTimeOffset? To = null,
    long? BelowSequence = null,
    int Limit = 100);

/// <summary>The audit could not be written: disk full, read-only, database gone. Nothing may be changed until it can.</summary>
public sealed class AuditUnavailableException(string message, Exception? inner = null)
    : StorageException((inner as StorageException)?.Fault ?? StorageFault.Other, message, inner);
