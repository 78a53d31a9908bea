using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Storage;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Mesh.Audit;

/// <summary>
/// Everything that can be asked of the audit, by page, REST and command line alike. It authorises each call itself; a refusal
/// is recorded and thrown as a <see cref="ChangeException"/>. Exports and verifications are records too.
/// </summary>
/// <param name="checkpoints">Null: none are made.</param>
/// <param name="checkpointFile">Checkpoints to verify against; null: none.</param>
public sealed partial class AuditService(AuditLog log, CheckpointWriter? checkpoints, string? checkpointFile, ILogger<AuditService> logger)
{
    /// <summary>Newest first. For viewers.</summary>
    public async Task<ImmutableArray<AuditRecord>> SearchAsync(AuditFilter filter, Actor actor, CancellationToken cancellationToken)
    {
        await RequireAsync(actor, Role.Viewer, "audit.search", cancellationToken).ConfigureAwait(false);
        return await log.SearchAsync(filter, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Verifies the whole log against the checkpoint file. For viewers.</summary>
    /// <exception cref="StorageException">The log cannot be read. That the verification cannot be recorded is no reason not to verify: the outcome says so.</exception>
    public async Task<AuditVerification> VerifyAsync(Actor actor, CancellationToken cancellationToken)
    {
        await RequireAsync(actor, Role.Viewer, "audit.verify", cancellationToken).ConfigureAwait(false);
        var (against, notes) = await ReadCheckpointsAsync(checkpointFile, cancellationToken).ConfigureAwait(false);
        var result = await log.VerifyAsync(against, cancellationToken).ConfigureAwait(false);
        try
        {
            await log.AppendAsync(
                new AuditEntry
                {
                    Actor = actor,
                    Action = "audit.verify",
                    Phase = "verify",
                    Outcome = result.Good ? "ok" : "failed",
                    Summary = result.FirstBad is { } bad ? $"The log does not verify: {bad.Message}." : string.Create(CultureInfo.InvariantCulture, $"The log verifies up to record {result.VerifiedTo}."),
                    Details = new JsonObject { ["verifiedTo"] = result.VerifiedTo, ["head"] = result.Head, ["checkpoints"] = result.Checkpoints, ["checkpointedTo"] = result.CheckpointedTo },
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (AuditUnavailableException exception)
        {
            LogNotRecorded(logger, "verification", actor.Person, exception.Message);
            notes = notes.Add($"This verification itself could not be recorded: {exception.Message}");
        }

        return result with { Notes = [.. result.Notes, .. notes] };
    }

    /// <summary>Writes the whole log to a stream. For admins. The record of the export is stored first, so that the export holds it too.</summary>
    /// <exception cref="AuditUnavailableException">The export cannot be recorded, so it is not made. A log that is broken is exported all the same: it is evidence.</exception>
    /// <returns>Number of records.</returns>
    public async Task<long> ExportAsync(AuditExportFormat format, Actor actor, Stream output, CancellationToken cancellationToken)
    {
        await BeginExportAsync(format, actor, cancellationToken).ConfigureAwait(false);
        return await WriteExportAsync(format, output, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Authorises and records an export, so that a refusal can still be answered before the first byte; <see cref="WriteExportAsync"/> follows.</summary>
    /// <inheritdoc cref="ExportAsync" path="/exception"/>
    public async Task BeginExportAsync(AuditExportFormat format, Actor actor, CancellationToken cancellationToken)
    {
        await RequireAsync(actor, Role.Admin, "audit.export", cancellationToken).ConfigureAwait(false);
        try
        {
            await log.AppendAsync(
                new AuditEntry
                {
                    Actor = actor,
                    Action = "audit.export",
                    Phase = "export",
                    Outcome = "ok",
                    Summary = $"The audit was exported as {format}.",
                    Details = new JsonObject { ["format"] = format.ToString() },
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (AuditUnavailableException exception) when (log.State.Status == AuditChainStatus.Broken)
        {
            LogNotRecorded(logger, "export", actor.Person, exception.Message);
        }
    }

    /// <summary>Second half of an export that <see cref="BeginExportAsync"/> allowed.</summary>
    public Task<long> WriteExportAsync(AuditExportFormat format, Stream output, CancellationToken cancellationToken) =>
        AuditExporter.WriteAsync(log.ReadAllAsync(format == AuditExportFormat.JsonLines, cancellationToken), format, output, cancellationToken);

    /// <summary>What is known of the chain without asking the database.</summary>
    public AuditChainState Chain => log.State;

    /// <summary>For the page and the status; never throws for a database that does not answer.</summary>
    public async Task<AuditState> GetStateAsync(CancellationToken cancellationToken)
    {
        AuditHead? head = null;
        var deleted = 0L;
        DateTimeOffset? until = null;
        var problem = checkpoints?.Failure;
        try
        {
            head = await log.HeadAsync(cancellationToken).ConfigureAwait(false);
            deleted = await log.DeletedToAsync(cancellationToken).ConfigureAwait(false);
            until = await log.DeletedUntilAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException exception)
        {
            problem = exception.Message;
        }

        return new AuditState(log.State, head, checkpoints?.KeyId, checkpoints?.States ?? [], problem) { DeletedTo = deleted, DeletedUntil = until, ClockSteps = log.ClockSteps.Length, LastClockStep = log.ClockSteps.LastOrDefault() };
    }

    /// <summary>The checkpoints of a file that may not be there yet, and what could not be read of it.</summary>
    public static async Task<(ImmutableArray<AuditCheckpoint> Checkpoints, ImmutableArray<string> Problems)> ReadCheckpointsAsync(string? path, CancellationToken cancellationToken)
    {
        if (path is null)
        {
            return ([], []);
        }

        try
        {
            var (read, problems) = await FileCheckpointSink.ReadAsync(path, cancellationToken).ConfigureAwait(false);
            return (read, [.. problems.Select(problem => $"Checkpoint file '{path}': {problem}.")]);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return ([], []);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return ([], [$"The checkpoint file '{path}' could not be read: {exception.Message.TrimEnd('.')}."]);
        }
    }

    private async Task RequireAsync(Actor actor, Role role, string action, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(actor);
        if (actor.Has(role))
        {
            return;
        }

        var message = $"{action} needs the role {role.ToString().ToLowerInvariant()}, which {actor.Name} does not have. Ask an admin for it.";
        try
        {
            await log.AppendAsync(
                new AuditEntry { Actor = actor, Action = action, Phase = "denied", Outcome = "denied", Summary = message },
                cancellationToken).ConfigureAwait(false);
        }
        catch (AuditUnavailableException exception)
        {
            LogNotRecorded(logger, "refusal", actor.Person, exception.Message);
        }

        throw new ChangeException(ChangeFault.Forbidden, "missing-role", message);
    }

    [LoggerMessage(EventId = 4111, Level = LogLevel.Warning, Message = "The {What} of {Person} could not be recorded in the audit: {Problem}")]
    private static partial void LogNotRecorded(ILogger logger, string what, PersonId person, string problem);
}
