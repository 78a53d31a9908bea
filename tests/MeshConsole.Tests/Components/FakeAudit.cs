using System.Collections.Immutable;
using MeshConsole.Components.Changes;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Audit;

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

    public AuditChainState Chain => State.Chain;

    public Task<AuditState> GetStateAsync(CancellationToken cancellationToken) => Task.FromResult(State);
}
