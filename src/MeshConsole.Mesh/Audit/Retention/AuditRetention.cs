using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Storage;

namespace MeshConsole.Mesh.Audit;

/// <summary>
/// Closes the log segment by segment and deletes whole segments that are older than is wanted, the oldest first. The root of a
/// segment is stored and recorded when it is sealed, long before anything of it is deleted; a deletion is a record too. Before
/// either, the whole log is verified once more: a log with a fault in it is evidence, and nothing is taken out of it.
/// </summary>
/// <param name="keep">For how long at least; at least <see cref="Shortest"/>.</param>
/// <param name="records">Most records of a segment.</param>
public sealed class AuditRetention(AuditLog log, TimeSpan keep, TimeProvider time, int records = AuditRetention.Records)
{
    /// <summary>Longer than any change is under way, and than an approval or a look at an incident afterwards takes.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromDays(30);

    /// <summary>A segment is closed when its first record is so old, however few it has.</summary>
    public static readonly TimeSpan Age = TimeSpan.FromDays(7);

    internal const string SealAction = "audit.seal";
    internal const string DeleteAction = "audit.delete";
    internal const int Records = 10_000;

    private static readonly TimeSpan s_every = TimeSpan.FromHours(1);

    private DateTimeOffset? _next;

    /// <summary>One look: seals and deletes what is due. At most one look an hour does anything.</summary>
    /// <param name="key">Signs the roots; the log has made it known.</param>
    /// <exception cref="StorageException">The database does not answer, or the log is broken; it is tried again.</exception>
    public async Task WorkAsync(CheckpointKey key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (time.GetUtcNow() < _next)
        {
            return;
        }

        if (await log.ReadAsync(DueAsync, cancellationToken).ConfigureAwait(false))
        {
            var verified = await log.VerifyAgainAsync(cancellationToken).ConfigureAwait(false);
            while (verified.Good
                && (await log.WriteAsync(session => SealAsync(session, key, verified.VerifiedTo), cancellationToken).ConfigureAwait(false)
                    || await log.WriteAsync(DeleteAsync, cancellationToken).ConfigureAwait(false)))
            {
                // One transaction per segment: other writers wait for none of them long.
            }
        }

        _next = time.GetUtcNow() + s_every;
    }

    private async Task<bool> DueAsync(DatabaseSession session) =>
        await NextEndAsync(session, long.MaxValue).ConfigureAwait(false) is not null || await OldestDueAsync(session).ConfigureAwait(false) is not null;

    /// <summary>Where the next segment ends; null when it is not due.</summary>
    private async Task<(long First, long Last)?> NextEndAsync(DatabaseSession session, long verifiedTo)
    {
        var first = await session.ScalarAsync<long>("SELECT COALESCE(MAX(last), 0) + 1 FROM audit_segments").ConfigureAwait(false);
        var begun = await session.ScalarAsync<long?>("SELECT at FROM audit WHERE sequence = @First", new { First = first }).ConfigureAwait(false);
        var head = Math.Min(verifiedTo, await session.ScalarAsync<long>("SELECT COALESCE(MAX(sequence), 0) FROM audit").ConfigureAwait(false));
        if (begun is not { } at || head < first)
        {
            return null;
        }

        var full = head - first + 1 >= records;
        return full || time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(at) >= Age ? (first, full ? first + records - 1 : head) : null;
    }

    private async Task<bool> SealAsync(DatabaseSession session, CheckpointKey key, long verifiedTo)
    {
        await session.LockAsync(AdvisoryLocks.Audit).ConfigureAwait(false);
        if (await NextEndAsync(session, verifiedTo).ConfigureAwait(false) is not var (first, last))
        {
            return false;
        }

        var before = await session.FirstOrDefaultAsync<string>("SELECT root FROM audit_segments ORDER BY last DESC LIMIT 1").ConfigureAwait(false);
        var begin = await RecordAsync(session, first).ConfigureAwait(false);
        var end = await RecordAsync(session, last).ConfigureAwait(false);
        var keys = await session.QueryAsync<string>("SELECT body FROM audit WHERE sequence BETWEEN @First AND @Last AND action = @Action ORDER BY sequence", new { First = first, Last = last, Action = AuditChainVerifier.KeyAction }).ConfigureAwait(false);
        var sealedNow = key.Seal(new AuditSegment(
            first,
            last,
            begin.PreviousHash,
            end.Hash,
            begin.At,
            end.At,
            Keys(keys.Select(AuditLog.Parse)),
            before is null ? AuditRecordFormat.NoHash : AuditRecordFormat.Hash(before),
            time.GetUtcNow(),
            "",
            "",
            ""));
        await session.ExecuteAsync(
            "INSERT INTO audit_segments (first, last, until, root) VALUES (@First, @Last, @Until, @Root)",
            new { sealedNow.First, sealedNow.Last, Until = sealedNow.To.ToUnixTimeMilliseconds(), Root = sealedNow.ToJson() }).ConfigureAwait(false);
        await log.AppendAsync(session, [Entry(SealAction, sealedNow, $"Sealed records {first} to {last}: they may be deleted as a whole from {sealedNow.To + keep:u} on.")]).ConfigureAwait(false);
        return true;
    }

    /// <summary>The oldest segment that is there, if it is old enough.</summary>
    private async Task<AuditSegment?> OldestDueAsync(DatabaseSession session)
    {
        var root = await session.FirstOrDefaultAsync<string>(
            "SELECT root FROM audit_segments WHERE until < @Until AND last = (SELECT MIN(last) FROM audit_segments WHERE last > (SELECT COALESCE(MAX(last), 0) FROM audit_deletions))",
            new { Until = (time.GetUtcNow() - keep).ToUnixTimeMilliseconds() }).ConfigureAwait(false);
        if (root is null)
        {
            return null;
        }

        try
        {
            using var document = AuditRecordFormat.Parse(root);
            return AuditSegment.Read(document.RootElement);
        }
        catch (FormatException exception)
        {
            throw new StorageException(StorageFault.Damaged, $"The root of the oldest records of the audit cannot be read: {exception.Message}. Verify the log; it was changed by hand or is damaged.", exception);
        }
    }

    private async Task<bool> DeleteAsync(DatabaseSession session)
    {
        await session.LockAsync(AdvisoryLocks.Audit).ConfigureAwait(false);
        if (await OldestDueAsync(session).ConfigureAwait(false) is not { } oldest)
        {
            return false;
        }

        // The table lets go of what stands here and of nothing else.
        await session.ExecuteAsync("INSERT INTO audit_deletions (last, at) VALUES (@Last, @At)", new { oldest.Last, At = time.GetUtcNow().ToUnixTimeMilliseconds() }).ConfigureAwait(false);
        var deleted = await session.ExecuteAsync("DELETE FROM audit WHERE sequence <= @Last", new { oldest.Last }).ConfigureAwait(false);
        if (deleted != oldest.Count)
        {
            throw new StorageException(StorageFault.Damaged, Text($"Records {oldest.First} to {oldest.Last} of the audit were to be deleted, and {deleted} were there. Nothing was deleted; verify the log."));
        }

        await log.AppendAsync(session, [Entry(DeleteAction, oldest, $"Deleted records {oldest.First} to {oldest.Last}, the last of {oldest.To:u}: they are older than is kept ({keep.TotalDays:0} d). Their sealed root stays.")]).ConfigureAwait(false);
        return true;
    }

    private static async Task<AuditRecord> RecordAsync(DatabaseSession session, long sequence) =>
        AuditLog.Parse(await session.FirstOrDefaultAsync<string>("SELECT body FROM audit WHERE sequence = @Sequence", new { Sequence = sequence }).ConfigureAwait(false)
            ?? throw new StorageException(StorageFault.Damaged, Text($"Record {sequence} of the audit is missing: verify the log.")));

    private static ImmutableSortedDictionary<string, long> Keys(IEnumerable<AuditRecord> records)
    {
        var keys = ImmutableSortedDictionary.CreateBuilder<string, long>(StringComparer.Ordinal);
        foreach (var record in records)
        {
            if (AuditChainVerifier.KeyIn(record) is { } key)
            {
                keys.TryAdd(key, record.Sequence);
            }
        }

        return keys.ToImmutable();
    }

    private static AuditEntry Entry(string action, AuditSegment segment, FormattableString summary) => new()
    {
        Actor = Actor.Console,
        Action = action,
        Phase = "config",
        Outcome = "ok",
        Summary = Text(summary),
        Details = new JsonObject { ["first"] = segment.First, ["last"] = segment.Last, ["head"] = segment.Head, ["root"] = segment.Root },
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
