using System.Text;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Storage;
using MeshConsole.Testing;
using MeshConsole.Testing.RealServices;
using MeshConsole.Testing.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.Mesh.Tests.Audit;

public sealed class AuditServiceTests : IAsyncLifetime
{
    private readonly ScratchFolder _scratch = ScratchFolder.Create("audit");
    private readonly FakeTimeProvider _time = new(StoredChanges.At);
    private Database _database = null!;
    private AuditLog _log = null!;
    private AuditService _service = null!;

    public Task InitializeAsync()
    {
        _database = new Database(DatabaseSettings.SqliteFile(_scratch.File("meshconsole.db")), _time);
        _log = new AuditLog(_database, _time);
        _service = new AuditService(_log, null, _scratch.File("checkpoints.jsonl"), NullLogger<AuditService>.Instance);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _database.DisposeAsync();
        _log.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public async Task Export_ByAnAdmin_IsRecordedAndVerifies()
    {
        await _log.AppendAsync(StoredChanges.Entry(), default);
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
        (await _log.SearchAsync(new AuditFilter(), default)).ShouldHaveSingleItem().Entry.Outcome.ShouldBe("denied");
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
        await _log.AppendAsync(StoredChanges.Entry(), default);
        var result = await _service.VerifyAsync(Actor.Anonymous, default);
        result.Good.ShouldBeTrue();
        result.VerifiedTo.ShouldBe(1);
        var state = await _service.GetStateAsync(default);
        state.Chain.Status.ShouldBe(AuditChainStatus.Intact);
        state.Chain.VerifiedAt.ShouldBe(_time.GetUtcNow());
        state.Head!.Sequence.ShouldBe(2);
    }

    [Fact]
    public async Task Log_ThatIsBroken_IsStillVerifiedAndExported()
    {
        await _log.AppendAsync(StoredChanges.Entry(), default);
        await _log.AppendAsync(StoredChanges.Entry(), default);
        await _database.WriteAsync(session => session.ExecuteAsync("DROP TRIGGER audit_no_update; UPDATE audit SET body = REPLACE(body, 'Something', 'Nothing') WHERE sequence = 1"), default);

        var result = await _service.VerifyAsync(StoredChanges.Admin, default);
        result.FirstBad!.Sequence.ShouldBe(1);
        result.Notes.ShouldContain(note => note.Contains("could not be recorded", StringComparison.Ordinal));
        (await _service.GetStateAsync(default)).Chain.FirstBad!.Sequence.ShouldBe(1);
        using var stream = new MemoryStream();
        (await _service.ExportAsync(AuditExportFormat.JsonLines, StoredChanges.Admin, stream, default)).ShouldBe(2);

        // Mended behind its back is not mended: somebody is at the database.
        await _database.WriteAsync(session => session.ExecuteAsync("UPDATE audit SET body = REPLACE(body, 'Nothing', 'Something') WHERE sequence = 1"), default);
        (await _service.VerifyAsync(StoredChanges.Admin, default)).Good.ShouldBeTrue();
        await Should.ThrowAsync<AuditUnavailableException>(() => _log.AppendAsync(StoredChanges.Entry(), default));
    }
}
