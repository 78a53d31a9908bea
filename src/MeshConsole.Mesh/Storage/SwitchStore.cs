using System.Collections.Immutable;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Notifications;

namespace MeshConsole.Mesh.Storage;

/// <summary>Read-only switches and break-glass grants in the database, for all replicas at once.</summary>
public sealed class SwitchStore(Database database, AuditLog audit) : ISwitchStore
{
    public Task<ImmutableArray<ReadOnlySwitch>> ListReadOnlyAsync(CancellationToken cancellationToken) => database.ReadAsync<ImmutableArray<ReadOnlySwitch>>(
        async session =>
        [
            .. (await session.QueryAsync<string>("SELECT document FROM read_only_switches ORDER BY cluster, namespace").ConfigureAwait(false))
                .Select(document => StoredJson.Read<ReadOnlySwitch>(document, "A read-only switch")),
        ],
        cancellationToken);

    public Task SetReadOnlyAsync(ReadOnlySwitch readOnly, AuditEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(readOnly);
        if (readOnly is { Cluster: null, Namespace: not null })
        {
            throw new ArgumentException("A switch of a namespace names its cluster too.", nameof(readOnly));
        }

        return audit.WriteAsync(
            async session =>
            {
                await session.ExecuteAsync(
                    "INSERT INTO read_only_switches (cluster, namespace, since, document) VALUES (@Cluster, @Namespace, @Since, @Document) ON CONFLICT (cluster, namespace) DO UPDATE SET since = excluded.since, document = excluded.document",
                    new { Cluster = readOnly.Cluster ?? "", Namespace = readOnly.Namespace ?? "", Since = readOnly.Since.ToUnixTimeMilliseconds(), Document = StoredJson.Write(readOnly) }).ConfigureAwait(false);
                return await audit.AppendAsync(session, [entry]).ConfigureAwait(false);
            },
            cancellationToken);
    }

    public Task<bool> ClearReadOnlyAsync(string? cluster, string? @namespace, AuditEntry entry, CancellationToken cancellationToken) => audit.WriteAsync(
        async session =>
        {
            var cleared = await session.ExecuteAsync(
                "DELETE FROM read_only_switches WHERE cluster = @Cluster AND namespace = @Namespace",
                new { Cluster = cluster ?? "", Namespace = @namespace ?? "" }).ConfigureAwait(false);
            if (cleared > 0)
            {
                await audit.AppendAsync(session, [entry]).ConfigureAwait(false);
            }

            return cleared > 0;
        },
        cancellationToken);

    public Task AddBreakGlassAsync(BreakGlass grant, AuditEntry entry, ImmutableArray<Notification> notifications, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(grant);
        return audit.WriteAsync(
            async session =>
            {
                await session.ExecuteAsync(
                    "INSERT INTO break_glass (id, target_key, at, expires_at, document) VALUES (@Id, @TargetKey, @At, @ExpiresAt, @Document)",
                    new { grant.Id, grant.TargetKey, At = grant.At.ToUnixTimeMilliseconds(), ExpiresAt = grant.ExpiresAt.ToUnixTimeMilliseconds(), Document = StoredJson.Write(grant) }).ConfigureAwait(false);
                var recorded = await audit.AppendAsync(session, [entry]).ConfigureAwait(false);
                await NotificationOutbox.AddAsync(session, notifications).ConfigureAwait(false);
                return recorded;
            },
            cancellationToken);
    }

    public Task<BreakGlass?> FindBreakGlassAsync(string targetKey, CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            var now = await session.NowAsync().ConfigureAwait(false);
            var document = await session.FirstOrDefaultAsync<string>(
                "SELECT document FROM break_glass WHERE target_key = @TargetKey AND expires_at > @Now ORDER BY expires_at DESC LIMIT 1",
                new { TargetKey = targetKey, Now = now.ToUnixTimeMilliseconds() }).ConfigureAwait(false);
            return Read(document);
        },
        cancellationToken);

    public Task<ImmutableArray<BreakGlass>> ListBreakGlassAsync(int limit, CancellationToken cancellationToken) => database.ReadAsync<ImmutableArray<BreakGlass>>(
        async session =>
        [
            .. (await session.QueryAsync<string>("SELECT document FROM break_glass ORDER BY at DESC, id DESC LIMIT @Limit", new { Limit = Math.Clamp(limit, 0, 1000) }).ConfigureAwait(false))
                .Select(document => Read(document)!),
        ],
        cancellationToken);

    public Task<bool> EndBreakGlassAsync(string id, AuditEntry entry, CancellationToken cancellationToken) => audit.WriteAsync(
        async session =>
        {
            var now = await session.NowAsync().ConfigureAwait(false);
            var document = await session.FirstOrDefaultAsync<string>($"SELECT document FROM break_glass WHERE id = @Id AND expires_at > @Now{ForUpdate(session)}", new { Id = id, Now = now.ToUnixTimeMilliseconds() }).ConfigureAwait(false);
            if (document is null)
            {
                return false;
            }

            var ended = Read(document)! with { ExpiresAt = now };
            await session.ExecuteAsync(
                "UPDATE break_glass SET expires_at = @ExpiresAt, document = @Document WHERE id = @Id",
                new { Id = id, ExpiresAt = now.ToUnixTimeMilliseconds(), Document = StoredJson.Write(ended) }).ConfigureAwait(false);
            await audit.AppendAsync(session, [entry]).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    public Task<BreakGlass?> FindGrantAsync(string id, CancellationToken cancellationToken) => database.ReadAsync(
        async session => Read(await session.FirstOrDefaultAsync<string>("SELECT document FROM break_glass WHERE id = @Id", new { Id = id }).ConfigureAwait(false)),
        cancellationToken);

    public Task<ImmutableArray<BreakGlass>> ListUnreviewedAsync(CancellationToken cancellationToken) => database.ReadAsync<ImmutableArray<BreakGlass>>(
        async session => [.. (await session.QueryAsync<string>("SELECT document FROM break_glass WHERE reviewed_at IS NULL ORDER BY at, id").ConfigureAwait(false)).Select(document => Read(document)!)],
        cancellationToken);

    public Task<bool> ReviewBreakGlassAsync(string id, BreakGlassReview review, AuditEntry entry, ImmutableArray<Notification> notifications, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(review);
        return audit.WriteAsync(
            async session =>
            {
                if (Read(await session.FirstOrDefaultAsync<string>($"SELECT document FROM break_glass WHERE id = @Id AND reviewed_at IS NULL{ForUpdate(session)}", new { Id = id }).ConfigureAwait(false)) is not { } grant)
                {
                    return false;
                }

                await session.ExecuteAsync(
                    "UPDATE break_glass SET reviewed_at = @At, document = @Document WHERE id = @Id",
                    new { Id = id, At = review.At.ToUnixTimeMilliseconds(), Document = StoredJson.Write(grant with { Review = review }) }).ConfigureAwait(false);
                await audit.AppendAsync(session, [entry]).ConfigureAwait(false);
                await NotificationOutbox.AddAsync(session, notifications).ConfigureAwait(false);
                return true;
            },
            cancellationToken);
    }

    private static BreakGlass? Read(string? document) => document is null ? null : StoredJson.Read<BreakGlass>(document, "A break-glass grant");

    // A document is read and replaced whole: whoever comes second on PostgreSQL waits for the first. SQLite lets one write at a time.
    private static string ForUpdate(DatabaseSession session) => session.Provider == DatabaseProvider.Postgres ? " FOR UPDATE" : "";
}
