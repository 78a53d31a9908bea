using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Kubernetes;

/// <summary>A watcher without its type: what the source of a cluster needs of each.</summary>
internal interface IResourceWatcher
{
    SourceStatus Status { get; }

    /// <summary>Ends once the kind has been listed, refused or failed once.</summary>
    Task Ready { get; }

    /// <summary>Objects or state changed. Raised on any thread.</summary>
    event Action? Changed;

    Task RunAsync(CancellationToken cancellationToken);
}
