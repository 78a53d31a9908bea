using MeshConsole.Mesh.Storage;

namespace MeshConsole.Configuration;

/// <summary>Where changes and audit are kept.</summary>
public sealed class StorageOptions
{
    public StorageProvider Provider { get; set; } = StorageProvider.Sqlite;

    /// <summary>Null means the SQLite file <c>data/meshconsole.db</c>, relative to the working directory.</summary>
    public string? ConnectionString { get; set; }

    internal DatabaseProvider ToProvider() => Provider switch
    {
        StorageProvider.Sqlite => DatabaseProvider.Sqlite,
        StorageProvider.Postgres => DatabaseProvider.Postgres,
        _ => throw new InvalidOperationException($"There is no storage provider {Provider}."),
    };
}

public enum StorageProvider
{
    Sqlite,
    Postgres,
}
