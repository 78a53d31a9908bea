using System.Collections.Immutable;
using MeshConsole.Mesh.Changes.Guards;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>What people set for the time being: read-only switches and broken glass. Read for every decision, never cached.</summary>
public interface IWriteControls
{
    Task<ImmutableArray<ReadOnlySwitch>> ReadOnlyAsync(CancellationToken cancellationToken);

    /// <summary>The break-glass in force for the target; null when there is none, or it has expired.</summary>
    Task<BreakGlass?> BreakGlassAsync(string targetKey, CancellationToken cancellationToken);
}
