using MeshConsole.Configuration;
using MeshConsole.Mesh.Storage;

namespace MeshConsole.Storage;

/// <summary>Where the console keeps what it must not lose.</summary>
/// <param name="Fallback">Why that is a folder of this start only; null when it is the configured or the usual place.</param>
internal sealed record StorageLocation(DatabaseSettings Database, string CheckpointFile, string KeyFile, string? Fallback)
{
    private const string DataFolder = "data";

    /// <summary>
    /// Works out the paths. The embedded mesh begins anew at each start, so what is kept of it does too, in a temporary folder:
    /// changes that an earlier start left unfinished would be carried on against objects they were never made for. A console
    /// with a real cluster never does that, since nobody would look for its audit there.
    /// </summary>
    public static StorageLocation Resolve(MeshConsoleOptions options)
    {
        var folder = DataFolder;
        string? fallback = null;
        if (options.RunsDemo && options.Storage.ConnectionString is null)
        {
            folder = Directory.CreateTempSubdirectory("meshconsole-demo-").FullName;
            fallback = $"Changes and audit of this demo are kept in '{folder}', and the next start begins without them, as its mesh does. MeshConsole:Storage:ConnectionString names another place.";
        }

        var database = options.Storage.ConnectionString is { } connectionString
            ? new DatabaseSettings(options.Storage.ToProvider(), connectionString)
            : DatabaseSettings.SqliteFile(Path.Combine(folder, "meshconsole.db"));
        var checkpoints = options.Audit.CheckpointFile ?? Path.Combine(database.Folder is { } beside && options.Storage.ConnectionString is not null ? beside : folder, "audit-checkpoints.jsonl");
        var key = options.Audit.KeyFile ?? Path.Combine(Path.GetDirectoryName(checkpoints) is { Length: > 0 } directory ? directory : ".", "audit-key.pem");
        return new StorageLocation(database, checkpoints, key, fallback);
    }
}
