using System.Collections.Immutable;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Kubernetes;

/// <summary>The watched objects of one cluster. Reads are lock-free and may come from any thread.</summary>
public interface IClusterObjectSource
{
    /// <summary>The objects now: an immutable view, cheap to ask for, the same instance until something changes.</summary>
    ClusterObjects Objects { get; }

    /// <summary>One status per watched kind, ordered by name.</summary>
    ImmutableArray<SourceStatus> Sources { get; }

    /// <summary>Raised (from any thread, often) when objects or states changed. Handlers only mark something dirty.</summary>
    event Action? Changed;

    /// <summary>Ends once every kind has listed, failed or been disabled once.</summary>
    Task Ready { get; }

    /// <summary>Lists and watches until cancelled; a failing kind backs off and never ends the others.</summary>
    Task RunAsync(CancellationToken cancellationToken);
}
