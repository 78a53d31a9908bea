using MeshConsole.Configuration;
using MeshConsole.Mesh.Storage;

namespace MeshConsole.Storage;

/// <summary>Where the console keeps what it must not lose.</summary>
/// <param name="Fallback">Why that is a folder of this start only; null when it is the configured or the usual place.</param>
internal sealed record StorageLocation(DatabaseSettings Database, string CheckpointFile, string KeyFile, string? Fallback)
{
    private const string DataFolder = "data";

    /// <summary>
    /// Works out the paths. The demo must start from a checkout that cannot be written, and then keeps its changes in a
    /// temporary folder; a console with a real cluster never does that, since nobody would look for its audit there.
    /// </summary>
    public static StorageLocation Resolve(MeshConsoleOptions options)
    {
        var folder = DataFolder;
        string? fallback = null;
        var usesFolder = options.Storage.ConnectionString is null || options.Audit.CheckpointFile is null;
        if (options.RunsDemo && usesFolder && !IsWritable(DataFolder))
        {
            folder = Directory.CreateTempSubdirectory("meshconsole-demo-").FullName;
            fallback = $"The folder '{Path.GetFullPath(DataFolder)}' cannot be written: changes and audit of this demo are kept in '{folder}', and the next start begins without them.";
        }

        var database = options.Storage.ConnectionString is { } connectionString
            ? new DatabaseSettings(options.Storage.ToProvider(), connectionString)
            : DatabaseSettings.SqliteFile(Path.Combine(folder, "meshconsole.db"));
        var checkpoints = options.Audit.CheckpointFile ?? Path.Combine(database.Folder is { } beside && options.Storage.ConnectionString is not null ? beside : folder, "audit-checkpoints.jsonl");
        var key = options.Audit.KeyFile ?? Path.Combine(Path.GetDirectoryName(checkpoints) is { Length: > 0 } directory ? directory : ".", "audit-key.pem");
        return new StorageLocation(database, checkpoints, key, fallback);
    }

    private static bool IsWritable(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            var probe = Path.Combine(folder, $".probe-{Guid.NewGuid():N}");
            using (new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
            {
                return true;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
