using MeshConsole.Mesh.Changes.Execution;

namespace MeshConsole.Mesh.Storage;

/// <summary>
/// Leases in the database, on the database's clock. A token belongs to one holder's time without a break: it grows when
/// another holder takes over, and also when the same one comes back after its lease had run out.
/// </summary>
public sealed class LeaseStore(Database database) : ILeaseStore
{
    public Task<HeldLease?> TryAcquireAsync(string name, string holder, TimeSpan duration, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(holder);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        return database.WriteAsync<HeldLease?>(
            async session =>
            {
                // The row is made first, so that there is one to lock, for the first holder too.
                await session.ExecuteAsync("INSERT INTO leases (name, holder, token, expires_at) VALUES (@Name, '', 0, 0) ON CONFLICT (name) DO NOTHING", new { Name = name }).ConfigureAwait(false);
                var found = (await FindAsync(session, name).ConfigureAwait(false))!;
                var now = await session.NowAsync().ConfigureAwait(false);
                var running = found.ExpiresAt > now.ToUnixTimeMilliseconds();
                var ours = string.Equals(found.Holder, holder, StringComparison.Ordinal);
                if (running && !ours)
                {
                    return null;
                }

                var lease = new HeldLease(name, holder, running ? found.Token : found.Token + 1, now + duration);
                await session.ExecuteAsync(
                    "UPDATE leases SET holder = @Holder, token = @Token, expires_at = @Expires WHERE name = @Name",
                    new { lease.Holder, lease.Token, Expires = lease.ExpiresAt.ToUnixTimeMilliseconds(), Name = name }).ConfigureAwait(false);
                return lease;
            },
            cancellationToken);
    }

    public Task ReleaseAsync(HeldLease lease, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lease);

        // The row stays: the next token must be larger.
        return database.WriteAsync(
            session => session.ExecuteAsync(
                "UPDATE leases SET expires_at = 0 WHERE name = @Name AND holder = @Holder AND token = @Token",
                new { lease.Name, lease.Holder, lease.Token }),
            cancellationToken);
    }

    /// <summary>Insists, inside a transaction, that the lease is held now; nobody can take it until the transaction ends.</summary>
    /// <exception cref="StoreConflictException">It is not.</exception>
    internal static async Task RequireAsync(DatabaseSession session, HeldLease lease)
    {
        var found = await FindAsync(session, lease.Name).ConfigureAwait(false);
        var now = await session.NowAsync().ConfigureAwait(false);
        if (found is null || found.Token != lease.Token || !string.Equals(found.Holder, lease.Holder, StringComparison.Ordinal) || found.ExpiresAt <= now.ToUnixTimeMilliseconds())
        {
            throw new StoreConflictException(
                StoreConflict.LeaseLost,
                found is null || found.Token == lease.Token
                    ? $"The lease '{lease.Name}' of {lease.Holder} has run out; nothing was stored. It must be taken again first."
                    : $"The lease '{lease.Name}' is with {(found.Holder.Length == 0 ? "nobody" : found.Holder)} now (token {found.Token}, ours was {lease.Token}); nothing was stored.");
        }
    }

    private static Task<LeaseRow?> FindAsync(DatabaseSession session, string name) => session.FirstOrDefaultAsync<LeaseRow>(
        "SELECT holder AS Holder, token AS Token, expires_at AS ExpiresAt FROM leases WHERE name = @Name" + (session.Provider == DatabaseProvider.Postgres ? " FOR UPDATE" : ""),
        new { Name = name });

    private sealed record LeaseRow(string Holder, long Token, long ExpiresAt);
}
