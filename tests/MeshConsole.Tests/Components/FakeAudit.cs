using System.Collections.Immutable;
using MeshConsole.Components.Changes;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Notifications;

namespace MeshConsole.Tests.Components;

internal sealed class FakeAudit : IAuditReading
{
    public ImmutableArray<AuditRecord> Records { get; set; } = [];

    public Func<AuditFilter, ImmutableArray<AuditRecord>>? OnSearch { get; set; }

    public AuditState State { get; set; } = new(new AuditChainState(AuditChainStatus.Intact, 1204, Testing.SampleViews.Now, null), new AuditHead(1204, "ab", Testing.SampleViews.Now), "key", [new CheckpointSinkState("file checkpoints.jsonl", 1200, Testing.SampleViews.Now, null, null, null)], null);

    public AuditVerification Verification { get; set; } = new(1, 1204, "ab", [], 12, 1200, ["key"], []);

    public List<AuditFilter> Filters { get; } = [];

    public int Verifications { get; private set; }

    public Task<ImmutableArray<AuditRecord>> SearchAsync(AuditFilter filter, Actor actor, CancellationToken cancellationToken)
    {
        Filters.Add(filter);
        return Task.FromResult(OnSearch?.Invoke(filter) ?? Records);
    }

    public Task<AuditVerification> VerifyAsync(Actor actor, CancellationToken cancellationToken)
    {
        Verifications++;
        return Task.FromResult(Verification);
    }

    public Task<AuditState> GetStateAsync(CancellationToken cancellationToken) => Task.FromResult(State);
}

/// <summary>Switches that stand as a test set them.</summary>
internal sealed class FakeSwitches : ISwitchStore
{
    public ImmutableArray<ReadOnlySwitch> Off { get; set; } = [];

    public Task<ImmutableArray<ReadOnlySwitch>> ListReadOnlyAsync(CancellationToken cancellationToken) => Task.FromResult(Off);

    public Task SetReadOnlyAsync(ReadOnlySwitch readOnly, AuditEntry entry, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> ClearReadOnlyAsync(string? cluster, string? @namespace, AuditEntry entry, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task AddBreakGlassAsync(BreakGlass grant, AuditEntry entry, ImmutableArray<Notification> notifications, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<BreakGlass?> FindBreakGlassAsync(string targetKey, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ImmutableArray<BreakGlass>> ListBreakGlassAsync(int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<BreakGlass?> FindGrantAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ImmutableArray<BreakGlass>> ListUnreviewedAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> ReviewBreakGlassAsync(string id, BreakGlassReview review, AuditEntry entry, ImmutableArray<Notification> notifications, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> EndBreakGlassAsync(string id, AuditEntry entry, CancellationToken cancellationToken) => throw new NotSupportedException();
}
