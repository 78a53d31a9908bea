using System.Collections.Immutable;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Notifications;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>
/// Keeps changes. Every write of a change carries its audit entries: both are stored in one transaction, or neither is.
/// </summary>
public interface IChangeStore
{
    /// <summary>Null when there is none.</summary>
    Task<ChangeRecord?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    Task<ImmutableArray<ChangeRecord>> ListAsync(ChangeFilter filter, CancellationToken cancellationToken);

    /// <summary>Changes that are active, or wait for people or a clock: what the executor looks after.</summary>
    Task<ImmutableArray<ChangeRecord>> ListOpenAsync(CancellationToken cancellationToken);

    /// <summary>When changes of this cluster were started, those since an instant; emergency stops are no starts.</summary>
    Task<ImmutableArray<DateTimeOffset>> ListStartsAsync(string cluster, DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>Stores a new change. With an idempotency key that was used before, returns the change stored then.</summary>
    /// <param name="notifications">Queued in the same transaction: they go out only if the change was stored, and then always.</param>
    Task<ChangeRecord> AddAsync(ChangeRecord change, string? idempotencyKey, ImmutableArray<AuditEntry> audit, ImmutableArray<Notification> notifications, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces the change if it still has the version of <paramref name="change"/> and returns it with the next version.
    /// With <paramref name="lease"/>, only while that lease is held: the fencing of the executor.
    /// </summary>
    /// <param name="notifications">Queued in the same transaction: they go out only if the change was stored, and then always.</param>
    /// <exception cref="StoreConflictException">Another version is stored, another change is active on the target, or the lease is lost.</exception>
    Task<ChangeRecord> ReplaceAsync(ChangeRecord change, ImmutableArray<AuditEntry> audit, HeldLease? lease, ImmutableArray<Notification> notifications, CancellationToken cancellationToken);

    /// <summary>Like <see cref="AddAsync(ChangeRecord, string?, ImmutableArray{AuditEntry}, ImmutableArray{Notification}, CancellationToken)"/>, of which nobody is told.</summary>
    Task<ChangeRecord> AddAsync(ChangeRecord change, string? idempotencyKey, ImmutableArray<AuditEntry> audit, CancellationToken cancellationToken) =>
        AddAsync(change, idempotencyKey, audit, [], cancellationToken);

    /// <summary>Like <see cref="ReplaceAsync(ChangeRecord, ImmutableArray{AuditEntry}, HeldLease?, ImmutableArray{Notification}, CancellationToken)"/>, of which nobody is told.</summary>
    Task<ChangeRecord> ReplaceAsync(ChangeRecord change, ImmutableArray<AuditEntry> audit, HeldLease? lease, CancellationToken cancellationToken) =>
        ReplaceAsync(change, audit, lease, [], cancellationToken);
}

/// <param name="States">Empty: all.</param>
/// <param name="TargetKey">Null: all.</param>
/// <param name="Before">Id to go on below; null from the newest.</param>
public sealed record ChangeFilter(ImmutableArray<ChangeState> States, string? TargetKey = null, string? Cluster = null, ImmutableArray<string> Namespaces = default, string? Before = null, int Limit = 100);

/// <summary>Something else was stored first. What was to be written was not.</summary>
public sealed class StoreConflictException(StoreConflict conflict, string message) : Exception(message)
{
    public StoreConflict Conflict { get; } = conflict;
}

public enum StoreConflict
{
    Version,
    ActiveOnTarget,
    LeaseLost,
}

/// <summary>The right to execute, until <paramref name="ExpiresAt"/>. Tokens grow: a lower one is of an earlier holder.</summary>
public sealed record HeldLease(string Name, string Holder, long Token, DateTimeOffset ExpiresAt);

/// <summary>One holder at a time, across replicas that share the store.</summary>
public interface ILeaseStore
{
    /// <summary>Takes or renews the lease; null when somebody else holds it.</summary>
    Task<HeldLease?> TryAcquireAsync(string name, string holder, TimeSpan duration, CancellationToken cancellationToken);

    Task ReleaseAsync(HeldLease lease, CancellationToken cancellationToken);
}
