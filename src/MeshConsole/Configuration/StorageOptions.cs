namespace MeshConsole.Configuration;

/// <summary>Where changes and audit are kept.</summary>
public sealed class StorageOptions
{
    public StorageProvider Provider { get; set; } = StorageProvider.Sqlite;

    /// <summary>Null means a SQLite file under <c>data/</c>.</summary>
    public string? ConnectionString { get; set; }
}

public enum StorageProvider
{
    Sqlite,
    Postgres,
}
