using System.Collections.Immutable;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Notifications;

namespace MeshConsole.Mesh.Storage;

/// <summary>The outbox as a table; several replicas may send from it.</summary>
public sealed class NotificationOutbox(Database database, AuditLog audit) : INotificationOutbox
{
    private const int LongestError = 500;
    private const string Columns = "id AS Id, channel AS Channel, change_id AS ChangeId, payload AS Payload, state AS State, attempts AS Attempts, created_at AS CreatedAt, next_at AS NextAt, last_error AS LastError";

    public Task AddAsync(ImmutableArray<Notification> notifications, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            await AddAsync(session, notifications).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    public Task<ImmutableArray<QueuedNotification>> ClaimDueAsync(int limit, TimeSpan claim, CancellationToken cancellationToken) => database.WriteAsync<ImmutableArray<QueuedNotification>>(
        async session =>
        {
            var now = (await session.NowAsync().ConfigureAwait(false)).ToUnixTimeMilliseconds();
            var skipping = session.Provider == DatabaseProvider.Postgres ? " FOR UPDATE SKIP LOCKED" : "";
            var rows = await session.QueryAsync<Row>(
                $"SELECT {Columns} FROM notifications WHERE state = 'Pending' AND next_at <= @Now ORDER BY next_at, id LIMIT @Limit{skipping}",
                new { Now = now, Limit = Math.Clamp(limit, 0, 1000) }).ConfigureAwait(false);
            var until = now + (long)claim.TotalMilliseconds;
            foreach (var row in rows)
            {
                await session.ExecuteAsync("UPDATE notifications SET attempts = attempts + 1, next_at = @Until WHERE id = @Id", new { Until = until, row.Id }).ConfigureAwait(false);
            }

            return [.. rows.Select(row => (row with { Attempts = row.Attempts + 1, NextAt = until }).Read())];
        },
        cancellationToken);

    public Task DeliveredAsync(string id, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.ExecuteAsync("UPDATE notifications SET state = 'Delivered', last_error = NULL WHERE id = @Id", new { Id = id }),
        cancellationToken);

    public Task FailedAsync(string id, string error, TimeSpan? retryAfter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(error);
        return database.WriteAsync(
            async session =>
            {
                var now = (await session.NowAsync().ConfigureAwait(false)).ToUnixTimeMilliseconds();
                var next = now + (long)(retryAfter ?? TimeSpan.Zero).TotalMilliseconds;
                return await session.ExecuteAsync(
                    "UPDATE notifications SET state = @State, next_at = @Next, last_error = @Error WHERE id = @Id AND state = 'Pending'",
                    new { State = (retryAfter is null ? NotificationState.Dead : NotificationState.Pending).ToString(), Next = next, Error = Printable.Text(error, LongestError), Id = id }).ConfigureAwait(false);
            },
            cancellationToken);
    }

    public Task<ImmutableArray<QueuedNotification>> ListDeadAsync(int limit, CancellationToken cancellationToken) => database.ReadAsync<ImmutableArray<QueuedNotification>>(
        async session =>
        [
            .. (await session.QueryAsync<Row>($"SELECT {Columns} FROM notifications WHERE state = 'Dead' ORDER BY next_at DESC, id DESC LIMIT @Limit", new { Limit = Math.Clamp(limit, 0, 1000) }).ConfigureAwait(false))
                .Select(row => row.Read()),
        ],
        cancellationToken);

    public Task<bool> RetryAsync(string id, AuditEntry entry, CancellationToken cancellationToken) => audit.WriteAsync(
        async session =>
        {
            var now = (await session.NowAsync().ConfigureAwait(false)).ToUnixTimeMilliseconds();
            var revived = await session.ExecuteAsync("UPDATE notifications SET state = 'Pending', attempts = 0, next_at = @Now WHERE id = @Id AND state = 'Dead'", new { Now = now, Id = id }).ConfigureAwait(false);
            if (revived > 0)
            {
                await audit.AppendAsync(session, [entry]).ConfigureAwait(false);
            }

            return revived > 0;
        },
        cancellationToken);

    public Task<OutboxCounts> CountAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async session => new OutboxCounts(
            await session.ScalarAsync<long>("SELECT COUNT(*) FROM notifications WHERE state = 'Pending'").ConfigureAwait(false),
            await session.ScalarAsync<long>("SELECT COUNT(*) FROM notifications WHERE state = 'Dead'").ConfigureAwait(false)),
        cancellationToken);

    public Task<int> ForgetDeliveredAsync(DateTimeOffset before, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.ExecuteAsync("DELETE FROM notifications WHERE state = 'Delivered' AND created_at < @Before", new { Before = before.ToUnixTimeMilliseconds() }),
        cancellationToken);

    /// <summary>Adds to a transaction that somebody else commits.</summary>
    internal static async Task AddAsync(DatabaseSession session, ImmutableArray<Notification> notifications)
    {
        if (notifications.IsDefaultOrEmpty)
        {
            return;
        }

        var now = (await session.NowAsync().ConfigureAwait(false)).ToUnixTimeMilliseconds();
        foreach (var notification in notifications)
        {
            await session.ExecuteAsync(
                "INSERT INTO notifications (id, channel, change_id, payload, state, attempts, created_at, next_at) VALUES (@Id, @Channel, @ChangeId, @Payload, 'Pending', 0, @Now, @Now)",
                new { notification.Id, notification.Channel, notification.ChangeId, notification.Payload, Now = now }).ConfigureAwait(false);
        }
    }

    private sealed record Row(string Id, string Channel, string? ChangeId, string Payload, string State, long Attempts, long CreatedAt, long NextAt, string? LastError)
    {
        public QueuedNotification Read() => new(
            new Notification(Id, Channel, ChangeId, Payload),
            Enum.Parse<NotificationState>(State),
            (int)Attempts,
            DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt),
            DateTimeOffset.FromUnixTimeMilliseconds(NextAt),
            LastError);
    }
}
