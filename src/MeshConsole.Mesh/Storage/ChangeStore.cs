using System.Collections.Immutable;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Notifications;

namespace MeshConsole.Mesh.Storage;

/// <summary>Changes as one JSON document each, with columns for what is searched and what must be unique.</summary>
public sealed class ChangeStore(Database database, AuditLog log) : IChangeStore
{
    private static readonly ImmutableArray<string> s_open =
        [.. Enum.GetValues<ChangeState>().Where(state => state != ChangeState.Draft && !state.IsFinal()).Select(state => state.ToString())];

    public async Task<ChangeRecord?> FindAsync(string id, CancellationToken cancellationToken) =>
        await database.ReadAsync(session => FindAsync(session, id), cancellationToken).ConfigureAwait(false);

    public Task<ImmutableArray<ChangeRecord>> ListAsync(ChangeFilter filter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var conditions = new List<string>();
        var states = filter.States.IsDefaultOrEmpty ? [] : filter.States.Select(state => state.ToString()).ToArray();
        var namespaces = filter.Namespaces.IsDefaultOrEmpty ? [] : filter.Namespaces.ToArray();
        Add(states.Length > 0, OneOf("state", "@States"));
        Add(namespaces.Length > 0, OneOf("namespace", "@Namespaces"));
        Add(filter.TargetKey is not null, "target_key = @TargetKey");
        Add(filter.Cluster is not null, "cluster = @Cluster");
        Add(filter.Before is not null, "id < @Before");
        var where = conditions.Count == 0 ? "" : " WHERE " + string.Join(" AND ", conditions);
        return ReadAsync(
            $"SELECT version AS Version, document AS Document FROM changes{where} ORDER BY id DESC LIMIT @Limit",
            new { States = states, Namespaces = namespaces, filter.TargetKey, filter.Cluster, filter.Before, Limit = Math.Clamp(filter.Limit, 0, 1000) },
            cancellationToken);

        void Add(bool asked, string condition)
        {
            if (asked)
            {
                conditions.Add(condition);
            }
        }
    }

    public Task<ImmutableArray<ChangeRecord>> ListOpenAsync(CancellationToken cancellationToken) => ReadAsync(
        $"SELECT version AS Version, document AS Document FROM changes WHERE {OneOf("state", "@States")} ORDER BY id",
        new { States = s_open.ToArray() },
        cancellationToken);

    public Task<ImmutableArray<DateTimeOffset>> ListStartsAsync(string cluster, DateTimeOffset since, CancellationToken cancellationToken) => database.ReadAsync<ImmutableArray<DateTimeOffset>>(
        async session =>
        [
            .. (await session.QueryAsync<long>("SELECT started_at FROM changes WHERE cluster = @Cluster AND started_at >= @Since ORDER BY started_at", new { Cluster = cluster, Since = since.ToUnixTimeMilliseconds() }).ConfigureAwait(false))
                .Select(DateTimeOffset.FromUnixTimeMilliseconds),
        ],
        cancellationToken);

    public Task<ChangeRecord> AddAsync(ChangeRecord change, string? idempotencyKey, ImmutableArray<AuditEntry> audit, ImmutableArray<Notification> notifications, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        var stored = change with { Version = 1 };
        return log.WriteAsync(
            async session =>
            {
                if (idempotencyKey is not null)
                {
                    // A second request with the key waits here for the first one's transaction, and then finds its change.
                    var taken = await session.ExecuteAsync(
                        "INSERT INTO change_keys (idempotency_key, change_id) VALUES (@Key, @Id) ON CONFLICT (idempotency_key) DO NOTHING",
                        new { Key = idempotencyKey, stored.Id }).ConfigureAwait(false);
                    if (taken == 0)
                    {
                        var first = await session.ScalarAsync<string>("SELECT change_id FROM change_keys WHERE idempotency_key = @Key", new { Key = idempotencyKey }).ConfigureAwait(false);
                        return (await FindAsync(session, first!).ConfigureAwait(false))!;
                    }
                }

                await SaveAsync(
                    session,
                    "INSERT INTO changes (id, version, state, active, target_key, cluster, namespace, created_at, updated_at, started_at, document) VALUES (@Id, @Version, @State, @Active, @TargetKey, @Cluster, @Namespace, @CreatedAt, @UpdatedAt, @StartedAt, @Document)",
                    stored,
                    version: 1).ConfigureAwait(false);
                await log.AppendAsync(session, audit).ConfigureAwait(false);
                await NotificationOutbox.AddAsync(session, notifications).ConfigureAwait(false);
                return stored;
            },
            cancellationToken);
    }

    public Task<ChangeRecord> ReplaceAsync(ChangeRecord change, ImmutableArray<AuditEntry> audit, HeldLease? lease, ImmutableArray<Notification> notifications, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        var stored = change with { Version = change.Version + 1 };
        return log.WriteAsync(
            async session =>
            {
                if (lease is not null)
                {
                    await LeaseStore.RequireAsync(session, lease).ConfigureAwait(false);
                }

                var replaced = await SaveAsync(
                    session,
                    "UPDATE changes SET version = @Version, state = @State, active = @Active, target_key = @TargetKey, cluster = @Cluster, namespace = @Namespace, updated_at = @UpdatedAt, started_at = @StartedAt, document = @Document WHERE id = @Id AND version = @Expected",
                    stored,
                    change.Version).ConfigureAwait(false);
                if (replaced == 0)
                {
                    var found = await session.ScalarAsync<long?>("SELECT version FROM changes WHERE id = @Id", new { change.Id }).ConfigureAwait(false);
                    throw new StoreConflictException(
                        StoreConflict.Version,
                        found is null
                            ? $"Change {change.Id} is not stored; nothing was written."
                            : $"Change {change.Id} is at version {found} by now, version {change.Version} was to be replaced; nothing was written. Read it again and decide anew.");
                }

                await log.AppendAsync(session, audit).ConfigureAwait(false);
                await NotificationOutbox.AddAsync(session, notifications).ConfigureAwait(false);
                return stored;
            },
            cancellationToken);
    }

    private static async Task<int> SaveAsync(DatabaseSession session, string sql, ChangeRecord change, long version)
    {
        try
        {
            return await session.ExecuteAsync(
                sql,
                new
                {
                    change.Id,
                    change.Version,
                    Expected = version,
                    State = change.State.ToString(),
                    Active = change.State.IsActive() ? 1L : 0L,
                    TargetKey = change.Plan.Target.Key,
                    change.Plan.Target.Cluster,
                    change.Plan.Target.Namespace,
                    CreatedAt = change.CreatedAt.ToUnixTimeMilliseconds(),
                    UpdatedAt = change.UpdatedAt.ToUnixTimeMilliseconds(),

                    // Nobody submits an emergency stop, and it is no start that a limit counts.
                    StartedAt = change.Submitter is null ? null : change.StartedAt?.ToUnixTimeMilliseconds(),
                    Document = StoredJson.Write(change),
                }).ConfigureAwait(false);
        }
        catch (Exception exception) when (StorageFaults.IsUniqueViolation(exception, "changes_active_target", "changes.target_key"))
        {
            throw new StoreConflictException(StoreConflict.ActiveOnTarget, $"Another change is active on {change.Plan.Target.Key}; nothing was written. It must end first.");
        }
    }

    private static async Task<ChangeRecord?> FindAsync(DatabaseSession session, string id)
    {
        var row = await session.FirstOrDefaultAsync<ChangeRow>("SELECT version AS Version, document AS Document FROM changes WHERE id = @Id", new { Id = id }).ConfigureAwait(false);
        return row?.Read();
    }

    // Npgsql sends an array as one parameter; for SQLite it is spelled out.
    private string OneOf(string column, string parameter) => database.Provider == DatabaseProvider.Postgres ? $"{column} = ANY({parameter})" : $"{column} IN {parameter}";

    private Task<ImmutableArray<ChangeRecord>> ReadAsync(string sql, object parameters, CancellationToken cancellationToken) => database.ReadAsync<ImmutableArray<ChangeRecord>>(
        async session => [.. (await session.QueryAsync<ChangeRow>(sql, parameters).ConfigureAwait(false)).Select(row => row.Read())],
        cancellationToken);

    private sealed record ChangeRow(long Version, string Document)
    {
        // The column decides about the version: it is what replacements are compared with.
        public ChangeRecord Read() => StoredJson.Read<ChangeRecord>(Document, "A change") with { Version = Version };
    }
}
