using System.Collections.Immutable;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Notifications;

namespace MeshConsole.Tests.Components;

/// <summary>Switches and grants in memory. What is recorded with them is kept in <see cref="Recorded"/>.</summary>
internal sealed class FakeSwitches(TimeProvider time) : ISwitchStore
{
    public ImmutableArray<ReadOnlySwitch> Off { get; set; } = [];

    public ImmutableArray<BreakGlass> Grants { get; set; } = [];

    public List<AuditEntry> Recorded { get; } = [];

    /// <summary>How often unreviewed grants were read.</summary>
    public int UnreviewedReads { get; private set; }

    public Task<ImmutableArray<ReadOnlySwitch>> ListReadOnlyAsync(CancellationToken cancellationToken) => Task.FromResult(Off);

    public Task SetReadOnlyAsync(ReadOnlySwitch readOnly, AuditEntry entry, CancellationToken cancellationToken)
    {
        Recorded.Add(entry);
        Off = [.. Off.Where(off => (off.Cluster, off.Namespace) != (readOnly.Cluster, readOnly.Namespace)), readOnly];
        return Task.CompletedTask;
    }

    public Task<bool> ClearReadOnlyAsync(string? cluster, string? @namespace, AuditEntry entry, CancellationToken cancellationToken)
    {
        var left = Off.Where(off => (off.Cluster, off.Namespace) != (cluster, @namespace)).ToImmutableArray();
        var cleared = left.Length < Off.Length;
        Off = left;
        Recorded.Add(entry);
        return Task.FromResult(cleared);
    }

    public Task AddBreakGlassAsync(BreakGlass grant, AuditEntry entry, ImmutableArray<Notification> notifications, CancellationToken cancellationToken)
    {
        Recorded.Add(entry);
        Grants = [grant, .. Grants];
        return Task.CompletedTask;
    }

    public Task<BreakGlass?> FindBreakGlassAsync(string targetKey, CancellationToken cancellationToken) => Task.FromResult(Grants.FirstOrDefault(grant => grant.CoversAt(targetKey, time.GetUtcNow())));

    public Task<ImmutableArray<BreakGlass>> ListBreakGlassAsync(int limit, CancellationToken cancellationToken) => Task.FromResult(Grants);

    public Task<BreakGlass?> FindGrantAsync(string id, CancellationToken cancellationToken) => Task.FromResult(Grants.FirstOrDefault(grant => grant.Id == id));

    public Task<ImmutableArray<BreakGlass>> ListUnreviewedAsync(CancellationToken cancellationToken)
    {
        UnreviewedReads++;
        return Task.FromResult<ImmutableArray<BreakGlass>>([.. Grants.Where(grant => grant.Review is null).Reverse()]);
    }

    public Task<bool> ReviewBreakGlassAsync(string id, BreakGlassReview review, AuditEntry entry, ImmutableArray<Notification> notifications, CancellationToken cancellationToken) =>
        Replace(id, grant => grant with { Review = review }, entry);

    public Task<bool> EndBreakGlassAsync(string id, AuditEntry entry, CancellationToken cancellationToken) => Replace(id, grant => grant with { ExpiresAt = time.GetUtcNow() }, entry);

    private Task<bool> Replace(string id, Func<BreakGlass, BreakGlass> change, AuditEntry entry)
    {
        Recorded.Add(entry);
        var found = Grants.Any(grant => grant.Id == id);
        Grants = [.. Grants.Select(grant => grant.Id == id ? change(grant) : grant)];
        return Task.FromResult(found);
    }
}

/// <summary>Keeps what is recorded, and nothing else.</summary>
internal sealed class FakeAuditLog : IAuditLog
{
    public List<AuditEntry> Recorded { get; } = [];

    public Task<AuditRecord> AppendAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        Recorded.Add(entry);
        return Task.FromResult(new AuditRecord(Recorded.Count, $"id-{Recorded.Count}", Testing.SampleViews.Now, entry, "", ""));
    }

    public Task<ImmutableArray<AuditRecord>> SearchAsync(AuditFilter filter, CancellationToken cancellationToken) => Task.FromResult<ImmutableArray<AuditRecord>>([]);
}

/// <summary>Tells nobody.</summary>
internal sealed class NoNotices : IChangeNotices
{
    public ImmutableArray<Notification> Of(ChangeNotice notice) => [];

    public ImmutableArray<Notification> Of(BreakGlassNotice notice) => [];
}

/// <summary>Dead letters in memory; nothing is sent.</summary>
internal sealed class FakeOutbox : INotificationOutbox
{
    public ImmutableArray<QueuedNotification> Dead { get; set; } = [];

    public List<string> Retried { get; } = [];

    public Task AddAsync(ImmutableArray<Notification> notifications, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ImmutableArray<QueuedNotification>> ClaimDueAsync(int limit, TimeSpan claim, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task DeliveredAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task FailedAsync(string id, string error, TimeSpan? retryAfter, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ImmutableArray<QueuedNotification>> ListDeadAsync(int limit, CancellationToken cancellationToken) => Task.FromResult(Dead);

    public Task<bool> RetryAsync(string id, AuditEntry entry, CancellationToken cancellationToken)
    {
        var left = Dead.Where(letter => letter.Notification.Id != id).ToImmutableArray();
        var found = left.Length < Dead.Length;
        Dead = left;
        Retried.Add(id);
        return Task.FromResult(found);
    }

    public Task<OutboxCounts> CountAsync(CancellationToken cancellationToken) => Task.FromResult(new OutboxCounts(0, Dead.Length));

    public Task<int> ForgetDeliveredAsync(DateTimeOffset before, CancellationToken cancellationToken) => throw new NotSupportedException();
}
