using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Notifications;

namespace MeshConsole.Mesh.Tests.Changes.Execution;

/// <summary>
/// Store, leases and audit in memory, with the contract's promises: versions are compared and swapped, one change is active
/// per target, a lease's token fences, and a change is stored with its audit entries or not at all. Documents go through
/// JSON, as in a database.
/// </summary>
internal sealed class FakeChangeStore(TimeProvider time) : IChangeStore, ILeaseStore, IAuditLog
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ChangeRecord> _documents = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _keys = new(StringComparer.Ordinal);
    private readonly List<AuditRecord> _audit = [];
    private readonly List<Notification> _notifications = [];
    private HeldLease? _lease;
    private long _tokens;

    /// <summary>Whether the audit refuses: disk full, read-only.</summary>
    public bool AuditIsFull { get; set; }

    public ImmutableArray<AuditRecord> Audit
    {
        get
        {
            lock (_lock)
            {
                return [.. _audit];
            }
        }
    }

    public ImmutableArray<ChangeRecord> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _documents.Values.OrderByDescending(c => c.Id, StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>What was queued for receivers, in order.</summary>
    public ImmutableArray<Notification> Notifications
    {
        get
        {
            lock (_lock)
            {
                return [.. _notifications];
            }
        }
    }

    public ChangeRecord Get(string id) => All.Single(c => c.Id == id);

    public Task<ChangeRecord?> FindAsync(string id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(All.FirstOrDefault(c => c.Id == id));
    }

    public Task<ImmutableArray<ChangeRecord>> ListAsync(ChangeFilter filter, CancellationToken cancellationToken) => Task.FromResult<ImmutableArray<ChangeRecord>>(
    [
        .. All.Where(c => (filter.States.IsDefaultOrEmpty || filter.States.Contains(c.State))
            && (filter.TargetKey is null || c.Plan.Target.Key == filter.TargetKey)
            && (filter.Cluster is null || c.Plan.Target.Cluster == filter.Cluster)
            && (filter.Namespaces.IsDefaultOrEmpty || filter.Namespaces.Contains(c.Plan.Target.Namespace))).Take(filter.Limit),
    ]);

    public Task<ImmutableArray<ChangeRecord>> ListOpenAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<ImmutableArray<ChangeRecord>>([.. All.Where(c => c.State.IsActive() || c.State is ChangeState.AwaitingApproval or ChangeState.Approved)]);
    }

    public Task<ImmutableArray<DateTimeOffset>> ListStartsAsync(string cluster, DateTimeOffset since, CancellationToken cancellationToken) =>
        Task.FromResult<ImmutableArray<DateTimeOffset>>([.. All.Where(c => c.Plan.Target.Cluster == cluster && c.Submitter is not null && c.StartedAt >= since).Select(c => c.StartedAt!.Value).Order()]);

    public async Task<ChangeRecord> AddAsync(ChangeRecord change, string? idempotencyKey, ImmutableArray<AuditEntry> audit, ImmutableArray<Notification> notifications, CancellationToken cancellationToken)
    {
        await Task.Yield();
        lock (_lock)
        {
            if (idempotencyKey is not null && _keys.TryGetValue(idempotencyKey, out var known))
            {
                return _documents[known];
            }

            Unique(change);
            Record(audit);
            _notifications.AddRange(notifications);
            if (idempotencyKey is not null)
            {
                _keys.Add(idempotencyKey, change.Id);
            }

            var stored = change with { Version = 1 };
            return _documents[stored.Id] = ThroughJson(stored);
        }
    }

    public async Task<ChangeRecord> ReplaceAsync(ChangeRecord change, ImmutableArray<AuditEntry> audit, HeldLease? lease, ImmutableArray<Notification> notifications, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await Task.Yield();
        lock (_lock)
        {
            if (lease is not null && (_lease is null || _lease.Token != lease.Token || _lease.ExpiresAt <= time.GetUtcNow()))
            {
                throw new StoreConflictException(StoreConflict.LeaseLost, $"The lease {lease.Token} is not held any more.");
            }

            if (_documents[change.Id].Version != change.Version)
            {
                throw new StoreConflictException(StoreConflict.Version, "Another version is stored.");
            }

            Unique(change);
            Record(audit);
            _notifications.AddRange(notifications);
            var stored = change with { Version = change.Version + 1 };
            return _documents[change.Id] = ThroughJson(stored);
        }
    }

    public Task<HeldLease?> TryAcquireAsync(string name, string holder, TimeSpan duration, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (_lease is not null && _lease.Holder != holder && _lease.ExpiresAt > now)
            {
                return Task.FromResult<HeldLease?>(null);
            }

            var goesOn = _lease is not null && _lease.Holder == holder && _lease.ExpiresAt > now;
            _lease = new HeldLease(name, holder, goesOn ? _lease!.Token : ++_tokens, now + duration);
            return Task.FromResult<HeldLease?>(_lease);
        }
    }

    public Task ReleaseAsync(HeldLease lease, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _lease = _lease?.Token == lease.Token ? null : _lease;
        }

        return Task.CompletedTask;
    }

    public Task<AuditRecord> AppendAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            Record([entry]);
            return Task.FromResult(_audit[^1]);
        }
    }

    public Task<ImmutableArray<AuditRecord>> SearchAsync(AuditFilter filter, CancellationToken cancellationToken) => Task.FromResult<ImmutableArray<AuditRecord>>(
    [
        .. Audit.Reverse().Where(r => (filter.Action is null || r.Entry.Action == filter.Action)
            && (filter.Outcome is null || r.Entry.Outcome == filter.Outcome)
            && (filter.ChangeId is null || r.Entry.ChangeId == filter.ChangeId)
            && (filter.From is null || r.At >= filter.From)).Take(filter.Limit),
    ]);

    private static ChangeRecord ThroughJson(ChangeRecord change) => JsonSerializer.Deserialize<ChangeRecord>(JsonSerializer.Serialize(change))!;

    private void Unique(ChangeRecord change)
    {
        if (change.State.IsActive() && _documents.Values.Any(c => c.Id != change.Id && c.State.IsActive() && c.Plan.Target.Key == change.Plan.Target.Key))
        {
            throw new StoreConflictException(StoreConflict.ActiveOnTarget, "Another change is active on the target.");
        }
    }

    private void Record(ImmutableArray<AuditEntry> entries)
    {
        if (AuditIsFull && !entries.IsEmpty)
        {
            throw new AuditUnavailableException("The disk is full.");
        }

        foreach (var entry in entries)
        {
            _audit.Add(new AuditRecord(_audit.Count + 1, $"r{_audit.Count + 1}", time.GetUtcNow(), entry, "", ""));
        }
    }
}
