using System.Data.Common;
using System.Globalization;
using Dapper;

namespace MeshConsole.Mesh.Storage;

/// <summary>A connection with a transaction around everything that is done through it. SQL is written so that both providers take it.</summary>
internal sealed class DatabaseSession(DatabaseProvider provider, DbConnection connection, DbTransaction? transaction, TimeProvider time, CancellationToken cancellationToken)
{
    public DatabaseProvider Provider => provider;

    public CancellationToken CancellationToken => cancellationToken;

    public Task<int> ExecuteAsync(string sql, object? parameters = null) => connection.ExecuteAsync(Command(sql, parameters));

    public Task<T?> ScalarAsync<T>(string sql, object? parameters = null) => connection.ExecuteScalarAsync<T>(Command(sql, parameters));

    public Task<T?> FirstOrDefaultAsync<T>(string sql, object? parameters = null) => connection.QueryFirstOrDefaultAsync<T>(Command(sql, parameters));

    public async Task<List<T>> QueryAsync<T>(string sql, object? parameters = null) => (await connection.QueryAsync<T>(Command(sql, parameters)).ConfigureAwait(false)).AsList();

    /// <summary>
    /// The clock that expiry is judged by, UTC in whole milliseconds. Replicas share a PostgreSQL, so there it is the server's;
    /// a SQLite file has one machine around it.
    /// </summary>
    public async Task<DateTimeOffset> NowAsync()
    {
        var milliseconds = provider == DatabaseProvider.Postgres
            ? await ScalarAsync<long>("SELECT CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS BIGINT)").ConfigureAwait(false)
            : time.GetUtcNow().ToUnixTimeMilliseconds();
        return DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
    }

    /// <summary>One at a time over all replicas until the end of the transaction. A SQLite transaction is that already.</summary>
    public Task LockAsync(long key) => provider == DatabaseProvider.Postgres
        ? ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_xact_lock({key})"))
        : Task.CompletedTask;

    private CommandDefinition Command(string sql, object? parameters) => new(sql, parameters, transaction, cancellationToken: cancellationToken);
}
