using System.Collections.Immutable;
using MeshConsole.Mesh.Audit;

namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>
/// Read-only switches and break-glass grants. Each of them is stored together with its audit entry, or neither is
/// (<see cref="AuditUnavailableException"/>).
/// </summary>
public interface ISwitchStore
{
    /// <summary>All switches in force: everywhere, per cluster, per namespace of a cluster.</summary>
    Task<ImmutableArray<ReadOnlySwitch>> ListReadOnlyAsync(CancellationToken cancellationToken);

    /// <summary>Sets the switch, or replaces the one of the same scope.</summary>
    Task SetReadOnlyAsync(ReadOnlySwitch readOnly, AuditEntry entry, CancellationToken cancellationToken);

    /// <summary>Takes the switch of exactly this scope back; false, and no audit entry, when there is none.</summary>
    Task<bool> ClearReadOnlyAsync(string? cluster, string? @namespace, AuditEntry entry, CancellationToken cancellationToken);

    Task AddBreakGlassAsync(BreakGlass grant, AuditEntry entry, CancellationToken cancellationToken);

    /// <summary>The grant in force for the target, the one that lasts longest; null when there is none. Expiry is judged on the store's clock.</summary>
    Task<BreakGlass?> FindBreakGlassAsync(string targetKey, CancellationToken cancellationToken);

    /// <summary>Newest first, those that have run out too.</summary>
    Task<ImmutableArray<BreakGlass>> ListBreakGlassAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Ends a grant before its time; false, and no audit entry, when it is not in force.</summary>
    Task<bool> EndBreakGlassAsync(string id, AuditEntry entry, CancellationToken cancellationToken);
}
