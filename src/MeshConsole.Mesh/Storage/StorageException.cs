namespace MeshConsole.Mesh.Storage;

/// <summary>What kept the database from answering.</summary>
public enum StorageFault
{
    /// <summary>The server or the file cannot be reached or opened.</summary>
    Unreachable,

    /// <summary>It can be read and not written.</summary>
    ReadOnly,

    /// <summary>No space is left where it lies.</summary>
    Full,

    /// <summary>Somebody else held it for longer than the console waits.</summary>
    Busy,

    /// <summary>The file is no database, or is damaged.</summary>
    Damaged,

    /// <summary>A newer version of the console has written it.</summary>
    NewerSchema,

    /// <summary>Anything else the database said.</summary>
    Other,
}

/// <summary>The database could not do what was asked. The message says what happened, where, and what to do; nothing was written.</summary>
public class StorageException(StorageFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public StorageFault Fault { get; } = fault;
}
