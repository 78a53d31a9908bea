using System.Collections.Immutable;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Notifications;

namespace MeshConsole.Mesh.Tests.Changes.Execution;

/// <summary>
/// A process that dies at one point: every call to the outside passes two points, one before it has its effect and one after.
/// From the fatal point on nothing that the process does reaches the outside.
/// </summary>
internal sealed class KillSwitch(ExecutionRig rig, int diesAt)
{
    private int _points;

    /// <summary>Points passed so far; the process is dead once they reach the fatal one.</summary>
    public int Points => Volatile.Read(ref _points);

    public bool IsDead => diesAt > 0 && Points >= diesAt;

    /// <summary>What it was doing when it died.</summary>
    public string? DiedIn { get; private set; }

    public ExecutionParts Parts => rig.Parts with { Store = new Store(this, rig.Store), Audit = new Audit(this, rig.Store), Targets = new Targets(this, rig.Parts.Targets), Gates = new Reader(this, rig.Gates), Feed = new ChangeFeed() };

    public ILeaseStore Leases => new LeaseStore(this, rig.Store);

    private async Task<T> Around<T>(string what, Func<Task<T>> call)
    {
        Point($"before {what}");
        var result = await call();
        Point($"after {what}");
        return result;
    }

    private void Point(string where)
    {
        var point = Interlocked.Increment(ref _points);
        if (diesAt > 0 && point >= diesAt)
        {
            DiedIn ??= where;
            throw new InvalidOperationException($"Killed {where}.");
        }
    }

    private sealed class Store(KillSwitch life, IChangeStore inner) : IChangeStore
    {
        public Task<ChangeRecord?> FindAsync(string id, CancellationToken cancellationToken) => life.Around("find", () => inner.FindAsync(id, cancellationToken));

        public Task<ImmutableArray<ChangeRecord>> ListAsync(ChangeFilter filter, CancellationToken cancellationToken) => life.Around("list", () => inner.ListAsync(filter, cancellationToken));

        public Task<ImmutableArray<ChangeRecord>> ListOpenAsync(CancellationToken cancellationToken) => life.Around("open", () => inner.ListOpenAsync(cancellationToken));

        public Task<ImmutableArray<DateTimeOffset>> ListStartsAsync(string cluster, DateTimeOffset since, CancellationToken cancellationToken) => life.Around("starts", () => inner.ListStartsAsync(cluster, since, cancellationToken));

        public Task<ChangeRecord> AddAsync(ChangeRecord change, string? idempotencyKey, ImmutableArray<AuditEntry> audit, ImmutableArray<Notification> notifications, CancellationToken cancellationToken) => life.Around("add", () => inner.AddAsync(change, idempotencyKey, audit, notifications, cancellationToken));

        public Task<ChangeRecord> ReplaceAsync(ChangeRecord change, ImmutableArray<AuditEntry> audit, HeldLease? lease, ImmutableArray<Notification> notifications, CancellationToken cancellationToken) =>
            life.Around(audit is [{ Phase: "intent" }] ? "intent" : audit is [{ Action: "change.write" }] ? "outcome" : "replace", () => inner.ReplaceAsync(change, audit, lease, notifications, cancellationToken));
    }

    private sealed class Audit(KillSwitch life, IAuditLog inner) : IAuditLog
    {
        public Task<AuditRecord> AppendAsync(AuditEntry entry, CancellationToken cancellationToken) => life.Around("append", () => inner.AppendAsync(entry, cancellationToken));

        public Task<ImmutableArray<AuditRecord>> SearchAsync(AuditFilter filter, CancellationToken cancellationToken) => life.Around("search", () => inner.SearchAsync(filter, cancellationToken));
    }

    private sealed class LeaseStore(KillSwitch life, ILeaseStore inner) : ILeaseStore
    {
        public Task<HeldLease?> TryAcquireAsync(string name, string holder, TimeSpan duration, CancellationToken cancellationToken) => life.Around("lease", () => inner.TryAcquireAsync(name, holder, duration, cancellationToken));

        public Task ReleaseAsync(HeldLease lease, CancellationToken cancellationToken) => inner.ReleaseAsync(lease, cancellationToken);
    }

    private sealed class Targets(KillSwitch life, ITargetWriter inner) : ITargetWriter
    {
        public Task<LiveTarget> ReadAsync(ChangeTarget target, ImmutableArray<PlanBackend> backends, Impersonation actingAs, CancellationToken cancellationToken) => life.Around("read", () => inner.ReadAsync(target, backends, actingAs, cancellationToken));

        public Task<AccessVerdict> ReviewAsync(ChangeTarget target, bool goingBack, Impersonation actingAs, CancellationToken cancellationToken) => life.Around("review", () => inner.ReviewAsync(target, goingBack, actingAs, cancellationToken));

        public Task<DryRunAnswer> DryRunAsync(ChangeTarget target, TargetWrite patch, Impersonation actingAs, CancellationToken cancellationToken) => life.Around("dry run", () => inner.DryRunAsync(target, patch, actingAs, cancellationToken));

        public Task<WrittenTarget> PatchAsync(ChangeTarget target, ImmutableArray<PlanBackend> backends, TargetWrite patch, Impersonation actingAs, CancellationToken cancellationToken) => life.Around("patch", () => inner.PatchAsync(target, backends, patch, actingAs, cancellationToken));
    }

    private sealed class Reader(KillSwitch life, IGateReader inner) : IGateReader
    {
        public Task<GateEvidence> ReadAsync(ChangePlan plan, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken) => life.Around("gates", () => inner.ReadAsync(plan, from, to, cancellationToken));

        public Task<double?> CanaryShareAsync(ChangePlan plan, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken) => life.Around("share", () => inner.CanaryShareAsync(plan, from, to, cancellationToken));
    }
}
