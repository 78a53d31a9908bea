using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace MeshConsole.Mesh.Storage;

/// <summary>
/// The one database of the console, SQLite or PostgreSQL: opens it, brings its schema up to date, and runs reads and
/// transactions. A write is on the disk when it returns. Every failure is a <see cref="StorageException"/>.
/// </summary>
public sealed class Database : IAsyncDisposable
{
    private readonly DatabaseSettings _settings;
    private readonly TimeProvider _time;
    private readonly NpgsqlDataSource? _postgres;
    private readonly string _sqlite = "";

    // SQLite lets one write at a time in; waiting here costs nothing, waiting there is polling.
    private readonly SemaphoreSlim _writer = new(1, 1);
    private readonly SemaphoreSlim _opening = new(1, 1);
    private volatile bool _open;

    public Database(DatabaseSettings settings, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _settings = settings;
        _time = time;
        if (settings.Provider == DatabaseProvider.Postgres)
        {
            _postgres = NpgsqlDataSource.Create(settings.ConnectionString);
        }
        else
        {
            _sqlite = new SqliteConnectionStringBuilder(settings.ConnectionString) { DefaultTimeout = (int)Math.Ceiling(settings.Patience.TotalSeconds), Pooling = true }.ConnectionString;
        }
    }

    /// <summary>For messages and the status page: which database, without credentials.</summary>
    public string Where => _settings.Where;

    public DatabaseProvider Provider => _settings.Provider;

    /// <summary>Opens it and migrates its schema; does nothing when that was done already. Reads and writes do it by themselves.</summary>
    /// <exception cref="StorageException">It cannot be opened, or a newer console has written it.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (_open)
        {
            return;
        }

        await _opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_open)
            {
                await GuardAsync(
                    async () =>
                    {
                        await MigrateAsync(cancellationToken).ConfigureAwait(false);
                        return true;
                    },
                    "opened",
                    cancellationToken).ConfigureAwait(false);
                _open = true;
            }
        }
        finally
        {
            _opening.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null)
        {
            await _postgres.DisposeAsync().ConfigureAwait(false);
        }
        else
        {
            using var connection = new SqliteConnection(_sqlite);
            SqliteConnection.ClearPool(connection);
        }

        _writer.Dispose();
        _opening.Dispose();
    }

    /// <summary>Reads; each statement sees what was committed when it began.</summary>
    internal async Task<T> ReadAsync<T>(Func<DatabaseSession, Task<T>> read, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await GuardAsync(
            async () =>
            {
                var connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                {
                    return await read(new DatabaseSession(Provider, connection, null, _time, cancellationToken)).ConfigureAwait(false);
                }
            },
            "read",
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs a transaction: all of it is on the disk when this returns, or none of it is.</summary>
    internal async Task<T> WriteAsync<T>(Func<DatabaseSession, Task<T>> write, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await GuardAsync(() => TransactAsync(write, cancellationToken), "written", cancellationToken).ConfigureAwait(false);
    }

    private async Task<T> TransactAsync<T>(Func<DatabaseSession, Task<T>> write, CancellationToken cancellationToken)
    {
        var alone = Provider == DatabaseProvider.Sqlite;
        if (alone && !await _writer.WaitAsync(_settings.Patience, cancellationToken).ConfigureAwait(false))
        {
            throw new StorageException(StorageFault.Busy, $"{Where} could not be written: other writes of this console took longer than {_settings.Patience.TotalSeconds:0} s. Nothing was written; try again.");
        }

        try
        {
            var connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                // BEGIN IMMEDIATE on SQLite: a transaction that reads first and writes later could not be let in any more.
                var transaction = connection is SqliteConnection sqlite ? sqlite.BeginTransaction(deferred: false) : await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    var session = new DatabaseSession(Provider, connection, transaction, _time, cancellationToken);
                    if (Provider == DatabaseProvider.Postgres)
                    {
                        // Whatever the server's default: an intent that a crash of the server takes back was no intent.
                        await session.ExecuteAsync("SET LOCAL synchronous_commit TO on").ConfigureAwait(false);
                    }

                    var result = await write(session).ConfigureAwait(false);

                    // From here on a cancellation would leave open whether it was written.
                    await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
                    return result;
                }
            }
        }
        finally
        {
            if (alone)
            {
                _writer.Release();
            }
        }
    }

    private async Task<DbConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        if (_postgres is not null)
        {
            return await _postgres.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        }

        var connection = new SqliteConnection(_sqlite);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            using var pragmas = connection.CreateCommand();

            // FULL: a commit is on the disk before it is answered. Recursive triggers: REPLACE is seen by the triggers that guard the audit.
            pragmas.CommandText = "PRAGMA synchronous = FULL; PRAGMA recursive_triggers = ON;";
            if (_settings.SqlitePages is { } pages)
            {
                pragmas.CommandText += string.Create(System.Globalization.CultureInfo.InvariantCulture, $" PRAGMA max_page_count = {pages};");
            }

            await pragmas.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task MigrateAsync(CancellationToken cancellationToken)
    {
        if (_settings.Folder is { } folder)
        {
            Directory.CreateDirectory(folder);
        }

        var connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var plain = new DatabaseSession(Provider, connection, null, _time, cancellationToken);
            var found = await Schema.VersionAsync(plain).ConfigureAwait(false);
            Schema.Check(found, Where);
            if (found == Schema.Known)
            {
                return;
            }

            if (Provider == DatabaseProvider.Sqlite)
            {
                // Kept in the file, and not to be changed inside a transaction.
                await plain.ScalarAsync<string>("PRAGMA journal_mode = WAL").ConfigureAwait(false);
            }
        }

        await TransactAsync(
            async session =>
            {
                await session.LockAsync(AdvisoryLocks.Migration).ConfigureAwait(false);

                // Another replica may have been faster.
                var version = await Schema.VersionAsync(session).ConfigureAwait(false);
                Schema.Check(version, Where);
                await Schema.MigrateAsync(session, version).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<T> GuardAsync<T>(Func<Task<T>> work, string done, CancellationToken cancellationToken)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception exception) when (StorageFaults.Of(exception, cancellationToken) is { } fault)
        {
            throw new StorageException(fault, StorageFaults.Words(fault, Where, done, exception), exception);
        }
    }
}

/// <summary>Keys of the advisory locks of PostgreSQL; arbitrary, and the same in every version.</summary>
internal static class AdvisoryLocks
{
    public const long Migration = 0x4D43_0001;
    public const long Audit = 0x4D43_0002;
}
