using System.Collections.Immutable;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Notifications;

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

    /// <summary>Stores a grant; what is to be told of it is queued with it.</summary>
    Task AddBreakGlassAsync(BreakGlass grant, AuditEntry entry, ImmutableArray<Notification> notifications, CancellationToken cancellationToken);

    /// <summary>The grant in force for the target, the one that lasts longest; null when there is none. Expiry is judged on the store's clock.</summary>
    Task<BreakGlass?> FindBreakGlassAsync(string targetKey, CancellationToken cancellationToken);

    /// <summary>Newest first, those that have run out too.</summary>
    Task<ImmutableArray<BreakGlass>> ListBreakGlassAsync(int limit, CancellationToken cancellationToken);

    /// <summary>The grant with this id, whether it is in force or not; null when there is none.</summary>
    Task<BreakGlass?> FindGrantAsync(string id, CancellationToken cancellationToken);

    /// <summary>Grants that nobody has reviewed yet, oldest first.</summary>
    Task<ImmutableArray<BreakGlass>> ListUnreviewedAsync(CancellationToken cancellationToken);

    /// <summary>Closes a grant with its review; false, and no audit entry, when there is none or it was reviewed already.</summary>
    Task<bool> ReviewBreakGlassAsync(string id, BreakGlassReview review, AuditEntry entry, ImmutableArray<Notification> notifications, CancellationToken cancellationToken);

    /// <summary>Ends a grant before its time; false, and no audit entry, when it is not in force.</summary>
    Task<bool> EndBreakGlassAsync(string id, AuditEntry entry, CancellationToken cancellationToken);
}
