using System.Collections.Immutable;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Guards;

namespace MeshConsole.Changes;

/// <summary>Switches and broken glass, read from the store for every decision.</summary>
internal sealed class WriteControls(ISwitchStore switches) : IWriteControls
{
    public Task<ImmutableArray<ReadOnlySwitch>> ReadOnlyAsync(CancellationToken cancellationToken) => switches.ListReadOnlyAsync(cancellationToken);

    public Task<BreakGlass?> BreakGlassAsync(string targetKey, CancellationToken cancellationToken) => switches.FindBreakGlassAsync(targetKey, cancellationToken);
}
