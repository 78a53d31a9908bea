using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using MeshConsole.Mesh.Storage;

namespace MeshConsole.Mesh.Audit;

/// <summary>
/// The log in the database. One writer at a time over all replicas gives each record the next number and the hash of the one
/// before. Nothing is recorded before the whole chain has been verified once since the start, nor after a fault was found in
/// it: then writes are refused until somebody has decided what to do (see docs/operations.md).
/// </summary>
/// <param name="checkpoints">Reads the checkpoints to compare with at the start; null: none.</param>
public sealed class AuditLog(Database database, TimeProvider time, Func<CancellationToken, Task<ImmutableArray<AuditCheckpoint>>>? checkpoints = null) : IAuditLog, IDisposable
{
    internal const string ClockAction = "audit.clock-step";

    private const int PageSize = 500;
    private const int LargestSearch = 1_000;
    private const string RowColumns = "sequence AS Sequence, id AS Id, at AS At, actor AS Actor, action AS Action, outcome AS Outcome, target AS Target, change_id AS ChangeId, hash AS Hash, body AS Body";

    /// <summary>Clocks are slewed and replicas differ by a little: less than this is no step.</summary>
    private static readonly TimeSpan s_step = TimeSpan.FromSeconds(5);

    /// <summary>Replicas whose clocks differ would say so with every other record.</summary>
    private static readonly TimeSpan s_betweenSteps = TimeSpan.FromMinutes(10);

    private readonly SemaphoreSlim _verifying = new(1, 1);
    private volatile AuditChainState _state = AuditChainState.Unverified;

    // A record that was committed and read back: it must still be there at the next append.
    private volatile AuditHead? _known;
    private ImmutableHashSet<string> _announcedKeys = [];
    private ImmutableArray<AuditClockStep> _clockSteps = [];
    private (long Sequence, long At) _stepSaid;

    public AuditChainState State => _state;

    /// <summary>Records that say that the clock stepped back, in order; empty before the first verification.</summary>
    public ImmutableArray<AuditClockStep> ClockSteps => _clockSteps;

    public async Task<AuditRecord> AppendAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        var stored = await WriteAsync(session => AppendAsync(session, [entry]), cancellationToken).ConfigureAwait(false);
        return stored[0];
    }

    public async Task<ImmutableArray<AuditRecord>> SearchAsync(AuditFilter filter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var conditions = new List<string>();
        Add(filter.Actor is not null, "actor LIKE @Actor ESCAPE '!'");
        Add(filter.Target is not null, "target LIKE @Target ESCAPE '!'");
        Add(filter.ChangeId is not null, "change_id = @ChangeId");
        Add(filter.Action is not null, "action = @Action");
        Add(filter.Outcome is not null, "outcome = @Outcome");
        Add(filter.From is not null, "at >= @From");
        Add(filter.To is not null, "at <= @To");
        Add(filter.BelowSequence is not null, "sequence < @BelowSequence");
        var where = conditions.Count == 0 ? "" : " WHERE " + string.Join(" AND ", conditions);
        var parameters = new
        {
            Actor = Containing(filter.Actor),
            Target = Containing(filter.Target),
            ChangeId = Inert(filter.ChangeId),
            Action = Inert(filter.Action),
            Outcome = Inert(filter.Outcome),
            From = filter.From?.ToUnixTimeMilliseconds(),
            To = filter.To?.ToUnixTimeMilliseconds(),
            filter.BelowSequence,
            Limit = Math.Clamp(filter.Limit, 1, LargestSearch),
        };
        var bodies = await database.ReadAsync(
            session => session.QueryAsync<string>($"SELECT body FROM audit{where} ORDER BY sequence DESC LIMIT @Limit", parameters),
            cancellationToken).ConfigureAwait(false);
        return [.. bodies.Select(Parse)];

        void Add(bool asked, string condition)
        {
            if (asked)
            {
                conditions.Add(condition);
            }
        }
    }

    /// <summary>Number of the last record that was deleted as old; 0 when none was.</summary>
    public Task<long> DeletedToAsync(CancellationToken cancellationToken) => database.ReadAsync(DeletedAsync, cancellationToken);

    /// <summary>Time of the last record that was deleted as old, by its sealed root; null when none was.</summary>
    public Task<DateTimeOffset?> DeletedUntilAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async session => await session.ScalarAsync<long?>("SELECT until FROM audit_segments WHERE last = (SELECT MAX(last) FROM audit_deletions)").ConfigureAwait(false) is { } until
            ? DateTimeOffset.FromUnixTimeMilliseconds(until)
            : (DateTimeOffset?)null,
        cancellationToken);

    public Task<AuditHead> HeadAsync(CancellationToken cancellationToken) => database.ReadAsync(HeadAsync, cancellationToken);

    /// <summary>
    /// Every record as it is stored, one JSON text each, in order, to what is the last one now; before them the sealed roots, if
    /// they are wanted. Read page by page: no transaction stays open while somebody downloads.
    /// </summary>
    /// <exception cref="StorageException">Old records were deleted while they were being read.</exception>
    public async IAsyncEnumerable<string> ReadAllAsync(bool withRoots, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var extent = await database.ReadAsync(ExtentAsync, cancellationToken).ConfigureAwait(false);
        foreach (var root in withRoots ? extent.Roots : [])
        {
            yield return root;
        }

        var before = extent.DeletedTo;
        await foreach (var row in RowsAsync(1, extent.Head, cancellationToken).ConfigureAwait(false))
        {
            if (row.Sequence != before + 1 && await database.ReadAsync(DeletedAsync, cancellationToken).ConfigureAwait(false) != extent.DeletedTo)
            {
                throw new StorageException(StorageFault.Other, string.Create(CultureInfo.InvariantCulture, $"Records after {before} were deleted as old while they were being read. Read them again: what is left is whole."));
            }

            before = row.Sequence;
            yield return row.Body;
        }
    }

    /// <summary>Verifies everything that is stored now, and takes note of the outcome.</summary>
    public async Task<AuditVerification> VerifyAsync(ImmutableArray<AuditCheckpoint> against, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Another replica may delete old records while they are being read: what is missing then says nothing.
            var extent = await database.ReadAsync(ExtentAsync, cancellationToken).ConfigureAwait(false);
            var (verifier, result, steps) = await PassAsync(extent, against, cancellationToken).ConfigureAwait(false);
            if (result.Good || await database.ReadAsync(DeletedAsync, cancellationToken).ConfigureAwait(false) == extent.DeletedTo)
            {
                return Take(verifier, result, extent.Head, steps);
            }
        }
    }

    /// <summary>Verifies the whole log once more against the checkpoints of the start's verification, as they are now.</summary>
    internal async Task<AuditVerification> VerifyAgainAsync(CancellationToken cancellationToken) =>
        await VerifyAsync(checkpoints is null ? [] : await checkpoints(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    private async Task<(AuditChainVerifier Verifier, AuditVerification Result, ImmutableArray<AuditClockStep> Steps)> PassAsync(Extent extent, ImmutableArray<AuditCheckpoint> against, CancellationToken cancellationToken)
    {
        var verifier = new AuditChainVerifier(against);
        extent.Roots.ForEach(root => verifier.Add(root));
        var steps = ImmutableArray.CreateBuilder<AuditClockStep>();
        await foreach (var row in RowsAsync(1, long.MaxValue, cancellationToken).ConfigureAwait(false))
        {
            var record = verifier.Add(row.Body);
            if (record is not null && Row.Of(record, row.Body) != row)
            {
                verifier.Reject(new AuditFinding(AuditProblem.HashWrong, record.Sequence, string.Create(CultureInfo.InvariantCulture, $"record {record.Sequence} is filed under other columns than its content says: searches would not find it")));
            }

            if (record?.Entry.Action == ClockAction)
            {
                steps.Add(StepIn(record));
            }

            // Records that came in meanwhile are for the next verification.
            if (verifier.Broken || row.Sequence >= extent.Head)
            {
                break;
            }
        }

        return (verifier, verifier.Finish(), steps.ToImmutable());
    }

    private AuditVerification Take(AuditChainVerifier verifier, AuditVerification result, long head, ImmutableArray<AuditClockStep> steps)
    {
        ImmutableInterlocked.Update(ref _announcedKeys, keys => keys.Union(verifier.AnnouncedKeys.Keys));
        ImmutableInterlocked.Update(ref _clockSteps, known => [.. steps, .. known.Where(step => step.Sequence > head)]);
        if (_state.Status == AuditChainStatus.Broken && result.Good)
        {
            // What was broken a moment ago is not mended by looking again: somebody is at the database. A new start decides.
            return result;
        }

        _state = new AuditChainState(result.Good ? AuditChainStatus.Intact : AuditChainStatus.Broken, result.VerifiedTo, time.GetUtcNow(), result.FirstBad);
        return result;
    }

    /// <summary>Whether the log has made this key known. Only after the first verification.</summary>
    internal bool Announces(string keyId) => _announcedKeys.Contains(keyId);

    internal void Announced(string keyId) => ImmutableInterlocked.Update(ref _announcedKeys, keys => keys.Add(keyId));

    /// <summary>Verifies once after the start; whoever comes meanwhile waits for it.</summary>
    /// <exception cref="StorageException">The database does not answer; it is tried again the next time.</exception>
    public async Task EnsureVerifiedAsync(CancellationToken cancellationToken)
    {
        if (_state.Status != AuditChainStatus.Unverified)
        {
            return;
        }

        await _verifying.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_state.Status == AuditChainStatus.Unverified)
            {
                var against = checkpoints is null ? [] : await checkpoints(cancellationToken).ConfigureAwait(false);
                await VerifyAsync(against, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _verifying.Release();
        }
    }

    public void Dispose() => _verifying.Dispose();

    internal Task<T> ReadAsync<T>(Func<DatabaseSession, Task<T>> read, CancellationToken cancellationToken) => database.ReadAsync(read, cancellationToken);

    /// <summary>A transaction that records: whatever keeps it from being stored is an <see cref="AuditUnavailableException"/>.</summary>
    internal async Task<T> WriteAsync<T>(Func<DatabaseSession, Task<T>> write, CancellationToken cancellationToken)
    {
        try
        {
            await EnsureVerifiedAsync(cancellationToken).ConfigureAwait(false);
            RefuseIfBroken();
            return await database.WriteAsync(write, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException exception) when (exception is not AuditUnavailableException)
        {
            throw new AuditUnavailableException($"The audit cannot be written, so nothing may be changed. {exception.Message}", exception);
        }
    }

    /// <summary>Appends within a transaction of <see cref="WriteAsync"/>, as its last statements but inserts, and once: other writers wait from here to its end.</summary>
    internal async Task<ImmutableArray<AuditRecord>> AppendAsync(DatabaseSession session, ImmutableArray<AuditEntry> entries)
    {
        if (entries.IsDefaultOrEmpty)
        {
            return [];
        }

        await session.LockAsync(AdvisoryLocks.Audit).ConfigureAwait(false);
        var head = await CheckedHeadAsync(session).ConfigureAwait(false);
        var stored = ImmutableArray.CreateBuilder<AuditRecord>(entries.Length);
        var step = SteppedBack(head);
        foreach (var entry in step is null ? entries : entries.Insert(0, step))
        {
            var now = time.GetUtcNow();
            var (record, json) = AuditRecordFormat.Seal(entry, head.Sequence + 1, Guid.CreateVersion7(now).ToString("D"), now, head.Hash);
            await session.ExecuteAsync(
                "INSERT INTO audit (sequence, id, at, actor, action, outcome, target, change_id, hash, body) VALUES (@Sequence, @Id, @At, @Actor, @Action, @Outcome, @Target, @ChangeId, @Hash, @Body)",
                Row.Of(record, json)).ConfigureAwait(false);
            if (ReferenceEquals(entry, step))
            {
                // Of a transaction that was taken back there may be a rest.
                var before = head.Sequence;
                ImmutableInterlocked.Update(ref _clockSteps, known => [.. known.Where(step => step.Sequence <= before), StepIn(record)]);
                _stepSaid = (record.Sequence, time.GetTimestamp());
            }
            else
            {
                stored.Add(record);
            }

            head = new AuditHead(record.Sequence, record.Hash, record.At);
        }

        return stored.ToImmutable();
    }

    /// <summary>What is to be recorded first when the clock says less than the last record; null while it goes on.</summary>
    private AuditEntry? SteppedBack(AuditHead head)
    {
        var now = time.GetUtcNow();
        if (head.At is not { } last || last - now <= s_step || (_stepSaid is { Sequence: > 0 } said && said.Sequence <= head.Sequence && time.GetElapsedTime(said.At) < s_betweenSteps))
        {
            return null;
        }

        return new AuditEntry
        {
            Actor = Access.Actor.Console,
            Action = ClockAction,
            Phase = "config",
            Outcome = "ok",
            Summary = string.Create(CultureInfo.InvariantCulture, $"The clock says {(last - now).TotalSeconds:0} s less than record {head.Sequence}: it was set back here, or that of another replica is ahead. Order is by number; times on both sides of this record do not compare."),
            Details = new System.Text.Json.Nodes.JsonObject { ["recordBefore"] = head.Sequence, ["secondsBack"] = Math.Round((last - now).TotalSeconds, 3) },
        };
    }

    private static AuditClockStep StepIn(AuditRecord record) => new(record.Sequence, record.At, record.Entry.Summary);

    /// <summary>
    /// The last record, once it is sure that it is whole and that the log has not shrunk or changed behind the console's back
    /// since the last append.
    /// </summary>
    private async Task<AuditHead> CheckedHeadAsync(DatabaseSession session)
    {
        var row = await session.FirstOrDefaultAsync<Row>($"SELECT {RowColumns} FROM audit ORDER BY sequence DESC LIMIT 1").ConfigureAwait(false);
        var head = row is null ? new AuditHead(0, AuditRecordFormat.NoHash, null) : new AuditHead(row.Sequence, row.Hash, DateTimeOffset.FromUnixTimeMilliseconds(row.At));
        if (_known is { Sequence: > 0 } known)
        {
            var hash = await session.ScalarAsync<string>("SELECT hash FROM audit WHERE sequence = @Sequence", new { known.Sequence }).ConfigureAwait(false);
            var old = hash is null && known.Sequence <= await DeletedAsync(session).ConfigureAwait(false);
            if (!old && !string.Equals(hash, known.Hash, StringComparison.Ordinal))
            {
                Break(new AuditFinding(
                    hash is null ? AuditProblem.Truncated : AuditProblem.CheckpointDiffers,
                    hash is null ? Math.Min(head.Sequence + 1, known.Sequence) : known.Sequence,
                    string.Create(CultureInfo.InvariantCulture, $"record {known.Sequence} was there with another content since this console started: the log was {(hash is null ? "cut off" : "written anew")} behind its back")));
            }
        }

        if (row is not null)
        {
            string content;
            try
            {
                using var document = AuditRecordFormat.Parse(row.Body);
                content = AuditRecordFormat.ContentHash(document.RootElement);
            }
            catch (FormatException exception)
            {
                content = exception.Message;
            }

            if (!string.Equals(content, row.Hash, StringComparison.Ordinal))
            {
                Break(new AuditFinding(AuditProblem.HashWrong, row.Sequence, string.Create(CultureInfo.InvariantCulture, $"record {row.Sequence}, the last one, was changed: its content has another hash")));
            }
        }

        _known = head;
        return head;
    }

    private void Break(AuditFinding finding)
    {
        _state = new AuditChainState(AuditChainStatus.Broken, finding.Sequence - 1, time.GetUtcNow(), finding);
        RefuseIfBroken();
    }

    private void RefuseIfBroken()
    {
        if (_state is { Status: AuditChainStatus.Broken, FirstBad: { } bad })
        {
            throw new AuditUnavailableException($"The audit log is broken, so nothing is recorded and nothing may be changed: {bad.Message}. Keep the database as evidence, then restore a good backup or begin a new one, and start the console again (docs/operations.md, Audit).");
        }
    }

    private async IAsyncEnumerable<Row> RowsAsync(long from, long to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // By place and not by number, so that a number that stands twice or was moved is seen and not skipped.
        var next = from;
        while (next <= to)
        {
            var page = await database.ReadAsync(
                session => session.QueryAsync<Row>($"SELECT {RowColumns} FROM audit WHERE sequence >= @From AND sequence <= @To ORDER BY sequence LIMIT @Size", new { From = next, To = to, Size = PageSize }),
                cancellationToken).ConfigureAwait(false);
            foreach (var row in page)
            {
                yield return row;
            }

            if (page.Count < PageSize)
            {
                yield break;
            }

            next = page[^1].Sequence + 1;
        }
    }

    /// <summary>What there is, in one statement and so of one moment: a root that is sealed later has its record later too.</summary>
    private static async Task<Extent> ExtentAsync(DatabaseSession session)
    {
        var rows = await session.QueryAsync<ExtentRow>("""
            SELECT (SELECT COALESCE(MAX(sequence), 0) FROM audit) AS Head, (SELECT COALESCE(MAX(last), 0) FROM audit_deletions) AS DeletedTo, s.root AS Root
            FROM (SELECT 1 AS one) o LEFT JOIN audit_segments s ON 1 = 1 ORDER BY s.last
            """).ConfigureAwait(false);
        return new Extent(rows[0].Head, rows[0].DeletedTo, [.. rows.Select(row => row.Root).OfType<string>()]);
    }

    private static Task<long> DeletedAsync(DatabaseSession session) => session.ScalarAsync<long>("SELECT COALESCE(MAX(last), 0) FROM audit_deletions");

    private async Task<AuditHead> HeadAsync(DatabaseSession session)
    {
        var row = await session.FirstOrDefaultAsync<HeadRow>("SELECT sequence AS Sequence, hash AS Hash, at AS At FROM audit ORDER BY sequence DESC LIMIT 1").ConfigureAwait(false);
        return row is null ? new AuditHead(0, AuditRecordFormat.NoHash, null) : new AuditHead(row.Sequence, row.Hash, DateTimeOffset.FromUnixTimeMilliseconds(row.At));
    }

    internal static AuditRecord Parse(string body)
    {
        try
        {
            return AuditRecordFormat.Read(body);
        }
        catch (FormatException exception)
        {
            throw new StorageException(StorageFault.Damaged, $"A record of the audit cannot be read: {exception.Message}. Verify the log; it was changed by hand or is damaged.", exception);
        }
    }

    private static string? Inert(string? text) => text is null ? null : AuditText.Clean(text, AuditText.Name);

    private static string? Containing(string? text) => text is null
        ? null
        : $"%{SqlText.Literal(Inert(text)!.ToLowerInvariant())}%";

    /// <param name="Head">Number of the last record.</param>
    /// <param name="Roots">As stored, in order.</param>
    private sealed record Extent(long Head, long DeletedTo, List<string> Roots);

    private sealed record ExtentRow(long Head, long DeletedTo, string? Root);

    private sealed record HeadRow(long Sequence, string Hash, long At);

    private sealed record Row(long Sequence, string Id, long At, string Actor, string Action, string Outcome, string? Target, string? ChangeId, string Hash, string Body)
    {
        public static Row Of(AuditRecord record, string body)
        {
            var entry = record.Entry;
            return new Row(
                record.Sequence,
                record.Id,
                record.At.ToUnixTimeMilliseconds(),
                $"{entry.Actor.Subject} {entry.Actor.Name}".ToLowerInvariant(),
                entry.Action,
                entry.Outcome,
                entry.Target is { } target ? $"{target.Cluster}/{target.Namespace}/{target.Kind}/{target.Name}".ToLowerInvariant() : null,
                entry.ChangeId,
                record.Hash,
                body);
        }
    }
}
