using MeshConsole.Commands;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Storage;
using MeshConsole.Testing;
using MeshConsole.Testing.RealServices;
using MeshConsole.Testing.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.Tests.Commands;

/// <summary><c>meshconsole audit verify</c> on what a console exported, whole and tampered with.</summary>
public sealed class AuditCommandTests : IAsyncLifetime
{
    private readonly ScratchFolder _scratch = ScratchFolder.Create("verify");
    private string[] _lines = [];

    private string Export => _scratch.File("audit.jsonl");

    private string Checkpoints => _scratch.File("checkpoints.jsonl");

    private string Key => _scratch.File("audit-key.pem");

    public async Task InitializeAsync()
    {
        await using var database = new Database(DatabaseSettings.SqliteFile(_scratch.File("meshconsole.db")), TimeProvider.System);
        using var log = new AuditLog(database, TimeProvider.System);
        using var writer = new CheckpointWriter(log, Key, [new FileCheckpointSink(Checkpoints)], new CheckpointPolicy(1, TimeSpan.FromHours(1)), TimeProvider.System, NullLogger<CheckpointWriter>.Instance);
        await writer.WriteDueAsync(default);
        for (var i = 0; i < 6; i++)
        {
            await log.AppendAsync(StoredChanges.Entry(summary: $"number {i}"), default);
        }

        await writer.WriteDueAsync(default);
        await using (var stream = File.Create(Export))
        {
            await new AuditService(log, writer, Checkpoints, NullLogger<AuditService>.Instance).ExportAsync(AuditExportFormat.JsonLines, StoredChanges.Admin, stream, default);
        }

        _lines = await File.ReadAllLinesAsync(Export);
    }

    public Task DisposeAsync()
    {
        _scratch.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Export_Untouched_IsGood()
    {
        var (code, output, _) = await RunAsync("verify", Export, "--checkpoint", Checkpoints, "--key", Key + ".pub");
        code.ShouldBe(0, output);
        output.ShouldContain("records 1 to 8");
        output.ShouldContain("vouches for record 7");
        (await RunAsync("verify", Export)).Output.ShouldContain("No checkpoint was given");
    }

    [Fact]
    public async Task Export_TamperedWith_IsBadAndNamesTheFirstBadRecord()
    {
        await WriteAsync(_lines.Select((line, i) => i == 3 ? line.Replace("number 2", "number 9", StringComparison.Ordinal) : line));
        var (code, output, _) = await RunAsync("verify", Export);
        code.ShouldBe(1);
        output.ShouldContain("first bad record is 4");

        await WriteAsync(_lines.Where((_, i) => i != 4));
        (await RunAsync("verify", Export)).Output.ShouldContain("first bad record is 5");

        await WriteAsync(_lines.Take(5));
        (await RunAsync("verify", Export)).Code.ShouldBe(0);
        var cut = await RunAsync("verify", Export, "--checkpoint", Checkpoints);
        cut.Code.ShouldBe(1);
        cut.Output.ShouldContain("first bad record is 6");

        await WriteAsync([]);
        (await RunAsync("verify", Export, "--checkpoint", Checkpoints)).Code.ShouldBe(1);
    }

    /// <summary>The export of a log whose oldest records were deleted begins with the roots that stand for them.</summary>
    [Fact]
    public async Task Export_WhoseOldestRecordsWereDeleted_IsGoodByItsRoots()
    {
        var month = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var database = new Database(DatabaseSettings.SqliteFile(_scratch.File("meshconsole.db")), TimeProvider.System);
        using var log = new AuditLog(database, TimeProvider.System);
        using var key = CheckpointKey.LoadOrCreate(Key);
        var retention = new AuditRetention(log, AuditRetention.Shortest, month);
        month.Advance(TimeSpan.FromDays(8));
        await retention.WorkAsync(key, default);
        month.Advance(TimeSpan.FromDays(30));
        await retention.WorkAsync(key, default);
        await using (var stream = File.Create(Export))
        {
            await new AuditService(log, null, Checkpoints, NullLogger<AuditService>.Instance).ExportAsync(AuditExportFormat.JsonLines, StoredChanges.Admin, stream, default);
        }

        // 1 to 8 were sealed after a week by 9, which a month later is a segment too (10) and deleted with it (11, 12); 13 is this export.
        var (code, output, _) = await RunAsync("verify", Export, "--checkpoint", Checkpoints, "--key", Key + ".pub");
        code.ShouldBe(0, output);
        output.ShouldContain("records 10 to 13");
        output.ShouldContain("Records 1 to 9 were deleted as old.");

        var lines = await File.ReadAllLinesAsync(Export);
        await WriteAsync(lines.Skip(1));
        var forged = await RunAsync("verify", Export);
        forged.Code.ShouldBe(1);
        forged.Output.ShouldContain("first bad record is 1 (RootWrong)");
    }

    [Fact]
    public async Task Export_CheckedWithAnotherKey_IsBad()
    {
        CheckpointKey.LoadOrCreate(_scratch.File("other.pem")).Dispose();
        var (code, output, _) = await RunAsync("verify", Export, "--checkpoint", Checkpoints, "--key", _scratch.File("other.pem.pub"));
        code.ShouldBe(1);
        output.ShouldContain("KeySwapped");
    }

    [Fact]
    public async Task File_ThatCannotBeUsed_IsSaidWithCodeTwo()
    {
        await WriteAsync([]);
        foreach (var arguments in new string[][]
        {
            ["verify", _scratch.File("nowhere.jsonl")],
            ["verify", Export],
            ["verify"],
            ["verify", Checkpoints, "--from", "0"],
            ["verify", Checkpoints, "--checkpoint", Export],
            ["verify", Checkpoints, "--key", Export],
            ["nonsense"],
        })
        {
            var (code, output, error) = await RunAsync(arguments);
            code.ShouldBe(2, string.Join(' ', arguments) + output);
            (output + error).ShouldNotBeEmpty();
        }
    }

    private Task WriteAsync(IEnumerable<string> lines) => File.WriteAllLinesAsync(Export, lines);

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await AuditCommand.RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
