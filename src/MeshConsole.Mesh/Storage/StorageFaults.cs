using System.Net.Sockets;
using MeshConsole.Mesh.Kubernetes;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace MeshConsole.Mesh.Storage;

/// <summary>Reads the providers' errors: what happened in one word, and what to do about it in a sentence.</summary>
internal static class StorageFaults
{
    /// <summary>Result codes of SQLite (https://www.sqlite.org/rescode.html).</summary>
    private const int SqliteBusy = 5, SqliteLocked = 6, SqliteReadOnly = 8, SqliteInputOutput = 10, SqliteCorrupt = 11, SqliteFull = 13, SqliteCannotOpen = 14, SqliteConstraint = 19, SqliteNotADatabase = 26;

    /// <summary>Null for what is no fault of the database: cancellations, conflicts, errors of the program.</summary>
    public static StorageFault? Of(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        StorageException => null,
        OperationCanceledException when cancellationToken.IsCancellationRequested => null,
        SqliteException { SqliteErrorCode: SqliteConstraint } => StorageFault.Other,
        SqliteException sqlite => sqlite.SqliteErrorCode switch
        {
            SqliteBusy or SqliteLocked => StorageFault.Busy,
            SqliteReadOnly => StorageFault.ReadOnly,
            SqliteInputOutput => StorageFault.Unreachable,
            SqliteCorrupt or SqliteNotADatabase => StorageFault.Damaged,
            SqliteFull => StorageFault.Full,
            SqliteCannotOpen => StorageFault.Unreachable,
            _ => StorageFault.Other,
        },
        PostgresException postgres => postgres.SqlState switch
        {
            PostgresErrorCodes.DiskFull or PostgresErrorCodes.OutOfMemory => StorageFault.Full,
            PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.InsufficientPrivilege => StorageFault.ReadOnly,
            PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure => StorageFault.Busy,
            PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted => StorageFault.Damaged,
            _ when postgres.SqlState.StartsWith("08", StringComparison.Ordinal) || postgres.SqlState.StartsWith("28", StringComparison.Ordinal) || postgres.SqlState.StartsWith("57P", StringComparison.Ordinal) || postgres.SqlState.StartsWith("3D", StringComparison.Ordinal) || postgres.SqlState == PostgresErrorCodes.TooManyConnections => StorageFault.Unreachable,
            _ => StorageFault.Other,
        },
        NpgsqlException or SocketException or TimeoutException => StorageFault.Unreachable,
        UnauthorizedAccessException => StorageFault.ReadOnly,
        IOException => StorageFault.Unreachable,
        _ => null,
    };

    public static string Words(StorageFault fault, string where, string done, Exception exception)
    {
        var next = fault switch
        {
            StorageFault.Unreachable => "Check that it is there, that it answers, and that the console's account may use it.",
            StorageFault.ReadOnly => "Give the console's account the right to write it, or mount it writable.",
            StorageFault.Full => "Free or add space where it lies.",
            StorageFault.Busy => "Somebody else holds it; try again, and look for a backup or a second console if it goes on.",
            StorageFault.Damaged => "Put the file away as it is and restore the newest backup; 'meshconsole audit verify' on an export says how far it can be trusted.",
            _ => "See the log of the console and of the database.",
        };
        var said = exception is PostgresException postgres ? $"{postgres.MessageText} ({postgres.SqlState})" : Printable.Text(exception.Message.Trim().TrimEnd('.'), 500);
        return $"{where} could not be {done}: {said}. {next}";
    }

    /// <summary>Whether a unique index refused the row: PostgreSQL names the index, SQLite its columns.</summary>
    public static bool IsUniqueViolation(Exception exception, string index, string columns) => exception switch
    {
        SqliteException { SqliteErrorCode: SqliteConstraint } sqlite => sqlite.Message.Contains($"UNIQUE constraint failed: {columns}'", StringComparison.Ordinal),
        PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } postgres => string.Equals(postgres.ConstraintName, index, StringComparison.Ordinal),
        _ => false,
    };
}
