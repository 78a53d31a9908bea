using MeshConsole.Mesh.Audit;
using MeshConsole.Testing.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.Mesh.Tests.Audit;

/// <summary>What is sealed and deleted when, on a clock that the test moves; five records are a segment.</summary>
public sealed class RetentionTests : IAsyncLifetime
{
    private readonly ScratchLog _stored = new("retention");
    private CheckpointWriter _writer = null!;

    private AuditLog Log => _stored.Log;

    public async Task InitializeAsync()
    {
        _writer = Writer(Log);

        // Record 1 makes the key known.
        await _writer.WriteDueAsync(default);
    }

    public async Task DisposeAsync()
    {
        _writer.Dispose();
        await _stored.DisposeAsync();
    }

    [Fact]
    public async Task Segments_AreSealedWhenFullAndDeletedWhenOldAsAWhole()
    {
        await AppendAsync(6);
        await WorkAsync();
        (await RecordsAsync("audit.seal")).ShouldBe(["Sealed records 1 to 5: they may be deleted as a whole from 2026-04-01 09:00:00Z on."], "7 records: the second segment is not full");
        _stored.Time.Advance(TimeSpan.FromDays(6));
        await AppendAsync(2);
        await WorkAsync();
        (await RecordsAsync("audit.seal")).Count.ShouldBe(2, "records 6 to 10 are a segment");

        // 30 days after record 5 its segment may go; record 10 is six days younger.
        _stored.Time.Advance(TimeSpan.FromDays(24));
        await WorkAsync();
        (await RecordsAsync("audit.delete")).ShouldBeEmpty("not a moment before");
        _stored.Time.Advance(TimeSpan.FromHours(2));
        await WorkAsync();
        (await RecordsAsync("audit.delete")).ShouldHaveSingleItem().ShouldStartWith("Deleted records 1 to 5, the last of 2026-03-02 09:00:00Z: they are older than is kept (30 d).");
        (await Log.SearchAsync(new AuditFilter(Limit: 1000), default)).Min(r => r.Sequence).ShouldBe(6);
        await GoodAsync(deletedTo: 5);
        var state = await new AuditService(Log, _writer, _stored.CheckpointFile, NullLogger<AuditService>.Instance).GetStateAsync(default);
        (state.DeletedTo, state.DeletedUntil).ShouldBe((5, new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero)));
    }

    [Fact]
    public async Task Segment_OfFewRecords_IsClosedAfterAWeek()
    {
        await AppendAsync(1);
        _stored.Time.Advance(AuditRetention.Age - TimeSpan.FromHours(2));
        await WorkAsync();
        (await RecordsAsync("audit.seal")).ShouldBeEmpty();
        _stored.Time.Advance(TimeSpan.FromHours(2));
        await WorkAsync();
        (await RecordsAsync("audit.seal")).ShouldHaveSingleItem().ShouldStartWith("Sealed records 1 to 2:");
        await GoodAsync(deletedTo: 0);
    }

    /// <summary>What is deleted cannot be looked at any more: a log with a fault in it is kept whole, and nothing is recorded over it.</summary>
    [Fact]
    public async Task Log_WithAFault_IsNeitherSealedNorDeleted()
    {
        await AppendAsync(12);
        await WorkAsync();
        await _stored.BehindItsBackAsync("UPDATE audit SET body = REPLACE(body, 'number 1', 'number 9') WHERE sequence = 3");
        _stored.Time.Advance(TimeSpan.FromDays(60));
        await WorkAsync();
        Log.State.FirstBad!.Sequence.ShouldBe(3);
        (await Log.DeletedToAsync(default)).ShouldBe(0);
        (await Log.SearchAsync(new AuditFilter(Limit: 1000), default)).Min(r => r.Sequence).ShouldBe(1);
    }

    [Fact]
    public async Task Export_OfWhatIsLeft_VerifiesAlone()
    {
        await AppendAsync(12);
        await WorkAsync();
        _stored.Time.Advance(TimeSpan.FromDays(31));
        await AppendAsync(3);
        await WorkAsync();
        var lines = await LinesAsync(AuditExportFormat.JsonLines);
        var (checkpoints, _) = await AuditService.ReadCheckpointsAsync(_stored.CheckpointFile, default);
        var result = Chain.Verify(lines, checkpoints, _writer.KeyId);
        result.FirstBad.ShouldBeNull();
        (result.First, result.DeletedTo).ShouldBe((16, 15), "13 records and 2 of sealing are three segments");
        lines.Count(line => line.Contains("meshconsole-audit-segment/1", StringComparison.Ordinal)).ShouldBe(3);
        (await LinesAsync(AuditExportFormat.CloudEvents)).ShouldAllBe(line => line.Contains("specversion", StringComparison.Ordinal), "events hold records only");

        // Another root, or none, for what is gone.
        Chain.Verify(lines.Skip(1), checkpoints).Good.ShouldBeFalse();
    }

    [Fact]
    public async Task Console_StartedAnew_VerifiesWhatIsLeftAndGoesOn()
    {
        await AppendAsync(12);
        await WorkAsync();
        _stored.Time.Advance(TimeSpan.FromDays(31));
        await WorkAsync();
        var (_, again) = _stored.Open();
        await again.AppendAsync(StoredChanges.Entry(summary: "after the restart"), default);
        again.State.ShouldSatisfyAllConditions(s => s.Status.ShouldBe(AuditChainStatus.Intact), s => s.FirstBad.ShouldBeNull());
        again.Announces(_writer.KeyId!).ShouldBeTrue("record 1 made it known, and is gone");
        await GoodAsync(deletedTo: await Log.DeletedToAsync(default));
    }

    /// <summary>A replica that recorded nothing for longer than records are kept finds its last record gone, and that is no fault.</summary>
    [Fact]
    public async Task Replica_WhoseLastRecordWasDeletedAsOld_GoesOn()
    {
        var (_, idle) = _stored.Open();
        await idle.AppendAsync(StoredChanges.Entry(summary: "idle from here on"), default);
        await AppendAsync(10);
        await WorkAsync();
        _stored.Time.Advance(TimeSpan.FromDays(31));
        await WorkAsync();
        (await Log.DeletedToAsync(default)).ShouldBeGreaterThanOrEqualTo(5);
        (await idle.AppendAsync(StoredChanges.Entry(summary: "back"), default)).Entry.Summary.ShouldBe("back");
    }

    [Fact]
    public async Task Replicas_ThatWorkAtOnce_SealAndDeleteOnce()
    {
        await AppendAsync(12);
        var (_, other) = _stored.Open();
        using var second = Writer(other, "other-key.pem");
        await Task.WhenAll(_writer.WriteDueAsync(default), second.WriteDueAsync(default));
        _stored.Time.Advance(TimeSpan.FromDays(31));
        await Task.WhenAll(_writer.WriteDueAsync(default), second.WriteDueAsync(default));
        var deletions = await RecordsAsync("audit.delete");
        deletions.ShouldBeUnique();
        deletions.Count.ShouldBeGreaterThanOrEqualTo(2);
        await GoodAsync(deletedTo: await Log.DeletedToAsync(default));
    }

    [Fact]
    public async Task Everything_IsKeptByDefault()
    {
        using var writer = new CheckpointWriter(Log, _stored.File("audit-key.pem"), [new FileCheckpointSink(_stored.CheckpointFile)], CheckpointPolicy.Default, _stored.Time, NullLogger<CheckpointWriter>.Instance);
        await AppendAsync(12);
        _stored.Time.Advance(TimeSpan.FromDays(3650));
        await writer.WriteDueAsync(default);
        (await RecordsAsync("audit.seal")).ShouldBeEmpty();
        (await RecordsAsync("audit.delete")).ShouldBeEmpty();
    }

    private CheckpointWriter Writer(AuditLog log, string key = "audit-key.pem") => new(
        log,
        _stored.File(key),
        [new FileCheckpointSink(_stored.CheckpointFile)],
        CheckpointPolicy.Default,
        _stored.Time,
        NullLogger<CheckpointWriter>.Instance,
        new AuditRetention(log, AuditRetention.Shortest, _stored.Time, records: 5));

    private async Task AppendAsync(int records)
    {
        for (var i = 0; i < records; i++)
        {
            await Log.AppendAsync(StoredChanges.Entry(summary: $"number {i}"), default);
        }
    }

    private async Task WorkAsync()
    {
        // Another one, since each looks once an hour.
        _writer.Dispose();
        _writer = Writer(Log);
        await _writer.WriteDueAsync(default);
    }

    private async Task<List<string>> RecordsAsync(string action) => [.. (await Log.SearchAsync(new AuditFilter(Action: action, Limit: 1000), default)).Reverse().Select(r => r.Entry.Summary)];

    private async Task GoodAsync(long deletedTo)
    {
        var (checkpoints, _) = await AuditService.ReadCheckpointsAsync(_stored.CheckpointFile, default);
        var result = await Log.VerifyAsync(checkpoints, default);
        result.FirstBad.ShouldBeNull();
        result.DeletedTo.ShouldBe(deletedTo);
    }

    private async Task<string[]> LinesAsync(AuditExportFormat format)
    {
        using var output = new MemoryStream();
        await new AuditService(Log, _writer, _stored.CheckpointFile, NullLogger<AuditService>.Instance).ExportAsync(format, StoredChanges.Admin, output, default);
        return System.Text.Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
