using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace MeshConsole.Mesh.Storage;

public enum DatabaseProvider
{
    Sqlite,
    Postgres,
}

/// <summary>Which database, and how it is reached.</summary>
/// <param name="ConnectionString">In the words of the provider: <c>Data Source=data/meshconsole.db</c>, or <c>Host=…;Database=…;Username=…</c>. Never shown whole: it may hold a password.</param>
public sealed record DatabaseSettings(DatabaseProvider Provider, string ConnectionString)
{
    /// <summary>How long a write waits for somebody else's, before it is refused.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Largest number of pages of a SQLite file; null leaves it to the disk. Tests fill a database with it.</summary>
    internal int? SqlitePages { get; init; }

    /// <summary>For messages: which database, without credentials.</summary>
    public string Where
    {
        get
        {
            if (Provider == DatabaseProvider.Sqlite)
            {
                return $"SQLite file '{new SqliteConnectionStringBuilder(ConnectionString).DataSource}'";
            }

            var postgres = new NpgsqlConnectionStringBuilder(ConnectionString);
            return $"PostgreSQL database '{postgres.Database}' at {postgres.Host}:{postgres.Port}";
        }
    }

    /// <summary>Folder of the SQLite file; null where there is none to be made.</summary>
    public string? Folder
    {
        get
        {
            if (Provider != DatabaseProvider.Sqlite)
            {
                return null;
            }

            var source = new SqliteConnectionStringBuilder(ConnectionString);
            var inMemory = source.Mode == SqliteOpenMode.Memory || source.DataSource is ":memory:" or "" || source.DataSource.StartsWith("file:", StringComparison.Ordinal);
            return inMemory ? null : Path.GetDirectoryName(Path.GetFullPath(source.DataSource));
        }
    }

    public static DatabaseSettings SqliteFile(string path) =>
        new(DatabaseProvider.Sqlite, new SqliteConnectionStringBuilder { DataSource = path }.ConnectionString);

    /// <summary>What is wrong with a connection string, in words that do not repeat it; null when the provider understands it.</summary>
    public static string? Problem(DatabaseProvider provider, string connectionString)
    {
        try
        {
            DbConnectionStringBuilder parsed = provider == DatabaseProvider.Sqlite
                ? new SqliteConnectionStringBuilder(connectionString)
                : new NpgsqlConnectionStringBuilder(connectionString);
            return parsed switch
            {
                SqliteConnectionStringBuilder { DataSource: "" or ":memory:" } or SqliteConnectionStringBuilder { Mode: SqliteOpenMode.Memory } =>
                    "'Data Source' with the path of a file is expected: what is kept in memory is no audit",
                NpgsqlConnectionStringBuilder { Host: null or "" } or NpgsqlConnectionStringBuilder { Database: null or "" } =>
                    "'Host' and 'Database' are expected",
                _ => null,
            };
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or KeyNotFoundException or InvalidOperationException)
        {
            // The provider's message names a keyword and may quote a value, which can be a password.
            return provider == DatabaseProvider.Sqlite
                ? "this is not understood as a SQLite connection string such as 'Data Source=data/meshconsole.db'"
                : "this is not understood as a PostgreSQL connection string such as 'Host=db;Database=meshconsole;Username=meshconsole'";
        }
    }
}
