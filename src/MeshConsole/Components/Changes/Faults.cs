using System.Data.Common;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Storage;

namespace MeshConsole.Components.Changes;

/// <summary>What went wrong with a request, as the reader is told.</summary>
internal static class Faults
{
    /// <summary>Null for what is a fault of the console itself, which must not pass as an answer.</summary>
    public static ChangeException? Of(Exception exception) => exception switch
    {
        ChangeException known => known,
        StorageException storage => new ChangeException(ChangeFault.Unavailable, "store-unavailable", storage.Message, storage),
        DbException or IOException => new ChangeException(ChangeFault.Unavailable, "store-unavailable", "The store of the console cannot be reached. Nothing was done; try again once it is back.", exception),
        _ => null,
    };

    public static string Title(ChangeFault fault) => fault switch
    {
        ChangeFault.Invalid => "This cannot be done as it is written",
        ChangeFault.Forbidden => "You may not do this",
        ChangeFault.NotFound => "There is no such thing",
        ChangeFault.Conflict => "Something else was faster",
        ChangeFault.Refused => "A guard refuses",
        _ => "It could not be done right now",
    };
}
