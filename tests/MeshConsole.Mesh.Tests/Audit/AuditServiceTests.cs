using System.Text;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Testing.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.Mesh.Tests.Audit;

public sealed class AuditServiceTests : IAsyncLifetime
{
    private readonly ScratchLog _stored = new("audit");
    private readonly AuditService _service;

    public AuditServiceTests() => _service = new AuditService(Log, null, _stored.CheckpointFile, NullLogger<AuditService>.Instance);

    private AuditLog Log => _stored.Log;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _stored.DisposeAsync();

    [Fact]
    public async Task Export_ByAnAdmin_IsRecordedAndVerifies()
    {
        await Log.AppendAsync(StoredChanges.Entry(), default);
        using var stream = new MemoryStream();
        (await _service.ExportAsync(AuditExportFormat.JsonLines, StoredChanges.Admin, stream, default)).ShouldBe(2);
        var lines = Encoding.UTF8.GetString(stream.ToArray()).TrimEnd('\n').Split('\n');
        Chain.Verify(lines).VerifiedTo.ShouldBe(2);
        AuditRecordFormat.Read(lines[1]).Entry.ShouldSatisfyAllConditions(entry => entry.Action.ShouldBe("audit.export"), entry => entry.Actor.Subject.ShouldBe("ada"));
    }

    [Theory]
    [InlineData(Role.Viewer)]
    [InlineData(Role.Operator)]
    [InlineData(Role.Approver)]
    public async Task Export_ByOthers_IsRefusedAndRecorded(Role role)
    {
        using var stream = new MemoryStream();
        var refused = await Should.ThrowAsync<ChangeException>(() => _service.ExportAsync(AuditExportFormat.Csv, StoredChanges.Operator with { Roles = [role] }, stream, default));
        refused.Fault.ShouldBe(ChangeFault.Forbidden);
        stream.Length.ShouldBe(0);
        (await Log.SearchAsync(new AuditFilter(), default)).ShouldHaveSingleItem().Entry.Outcome.ShouldBe("denied");
    }

    [Fact]
    public async Task Search_WithoutAnyRole_IsRefused()
    {
        await Should.ThrowAsync<ChangeException>(() => _service.SearchAsync(new AuditFilter(), Actor.Console, default));
        (await _service.SearchAsync(new AuditFilter(), Actor.Anonymous, default)).Length.ShouldBe(1);
    }

    [Fact]
    public async Task Verification_IsRecordedAndTheStateSaysSo()
    {
        await Log.AppendAsync(StoredChanges.Entry(), default);
        var result = await _service.VerifyAsync(Actor.Anonymous, default);
        result.Good.ShouldBeTrue();
        result.VerifiedTo.ShouldBe(1);
        var state = await _service.GetStateAsync(default);
        state.Chain.Status.ShouldBe(AuditChainStatus.Intact);
        state.Chain.VerifiedAt.ShouldBe(_stored.Time.GetUtcNow());
        state.Head!.Sequence.ShouldBe(2);
    }

    [Fact]
    public async Task Log_ThatIsBroken_IsStillVerifiedAndExported()
    {
        await Log.AppendAsync(StoredChanges.Entry(), default);
        await Log.AppendAsync(StoredChanges.Entry(), default);
        await _stored.BehindItsBackAsync("UPDATE audit SET body = REPLACE(body, 'Something', 'Nothing') WHERE sequence = 1");

        var result = await _service.VerifyAsync(StoredChanges.Admin, default);
        result.FirstBad!.Sequence.ShouldBe(1);
        result.Notes.ShouldContain(note => note.Contains("could not be recorded", StringComparison.Ordinal));
        (await _service.GetStateAsync(default)).Chain.FirstBad!.Sequence.ShouldBe(1);
        using var stream = new MemoryStream();
        (await _service.ExportAsync(AuditExportFormat.JsonLines, StoredChanges.Admin, stream, default)).ShouldBe(2);

        // Mended behind its back is not mended: somebody is at the database.
        await _stored.BehindItsBackAsync("UPDATE audit SET body = REPLACE(body, 'Nothing', 'Something') WHERE sequence = 1");
        (await _service.VerifyAsync(StoredChanges.Admin, default)).Good.ShouldBeTrue();
        await Should.ThrowAsync<AuditUnavailableException>(() => Log.AppendAsync(StoredChanges.Entry(), default));
    }

    [Fact]
    public async Task Clock_ThatStepsBack_IsRecordedOnceAndShown_AndTheOrderIsByNumber()
    {
        await Log.AppendAsync(StoredChanges.Entry(summary: "before"), default);
        _stored.Time.StepBack(TimeSpan.FromSeconds(4));
        await Log.AppendAsync(StoredChanges.Entry(summary: "slewed"), default);
        (await _service.GetStateAsync(default)).ClockSteps.ShouldBe(0, "four seconds are no step");

        _stored.Time.StepBack(TimeSpan.FromSeconds(90));
        var after = await Log.AppendAsync(StoredChanges.Entry(summary: "after"), default);
        await Log.AppendAsync(StoredChanges.Entry(summary: "later"), default);

        // 1 before, 2 slewed, 3 the step, 4 after, 5 later.
        after.Sequence.ShouldBe(4);
        after.Entry.Summary.ShouldBe("after");
        var records = await Log.SearchAsync(new AuditFilter(), default);
        records.Select(r => r.Entry.Summary[..3]).ShouldBe(["lat", "aft", "The", "sle", "bef"]);
        records[2].Entry.ShouldSatisfyAllConditions(e => e.Action.ShouldBe("audit.clock-step"), e => e.Summary.ShouldContain("90 s less than record 2"));
        var state = await _service.GetStateAsync(default);
        (state.ClockSteps, state.LastClockStep!.Sequence).ShouldBe((1, 3L));
        (await _service.VerifyAsync(Actor.Anonymous, default)).Good.ShouldBeTrue();

        // A console that starts later finds it in the log.
        var (_, other) = _stored.Open();
        await other.EnsureVerifiedAsync(default);
        other.ClockSteps.ShouldHaveSingleItem().Sequence.ShouldBe(3);
    }
}
