using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Storage;
using MeshConsole.Testing;
using MeshConsole.Testing.RealServices;
using MeshConsole.Testing.Storage;

namespace MeshConsole.Mesh.Tests.Storage;

public sealed class SqliteFaultTests : IDisposable
{
    private readonly ScratchFolder _scratch = ScratchFolder.Create("sqlite");
    private readonly FakeTimeProvider _time = new(StoredChanges.At);

    private string File => _scratch.File("meshconsole.db");

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Settings_OfDurability_AreInForce()
    {
        await using var database = new Database(DatabaseSettings.SqliteFile(File), _time);
        (await database.ReadAsync(session => session.ScalarAsync<string>("PRAGMA journal_mode"), default)).ShouldBe("wal");
        (await database.ReadAsync(session => session.ScalarAsync<long>("PRAGMA synchronous"), default)).ShouldBe(2);
    }

    [Fact]
    public async Task Disk_WithoutSpace_RefusesToRecordAndStillReads()
    {
        await using var database = new Database(DatabaseSettings.SqliteFile(File) with { SqlitePages = 60 }, _time);
        using var audit = new AuditLog(database, _time);
        var written = 0;
        var refused = await Should.ThrowAsync<AuditUnavailableException>(async () =>
        {
            for (; written < 1_000; written++)
            {
                await audit.AppendAsync(StoredChanges.Entry(summary: new string('x', 900)), default);
            }
        });
        refused.Fault.ShouldBe(StorageFault.Full);
        refused.Message.ShouldContain("nothing may be changed");
        refused.Message.ShouldContain("space");
        written.ShouldBeGreaterThan(5);

        (await audit.SearchAsync(new AuditFilter(Limit: 1000), default)).Length.ShouldBe(written);
        var verified = await audit.VerifyAsync([], default);
        verified.Good.ShouldBeTrue();
        verified.VerifiedTo.ShouldBe(written);

        var changes = new ChangeStore(database, audit);
        (await Should.ThrowAsync<AuditUnavailableException>(() => changes.AddAsync(StoredChanges.Change("c-1"), null, [StoredChanges.Entry()], [], default))).Fault.ShouldBe(StorageFault.Full);
        (await changes.FindAsync("c-1", default)).ShouldBeNull();
    }

    [Fact]
    public async Task Database_ThatIsReadOnly_RefusesToRecordAndStillReads()
    {
        await using (var writable = new Database(DatabaseSettings.SqliteFile(File), _time))
        {
            using var log = new AuditLog(writable, _time);
            await log.AppendAsync(StoredChanges.Entry(), default);
        }

        await using var database = new Database(new DatabaseSettings(DatabaseProvider.Sqlite, $"Data Source={File};Mode=ReadOnly"), _time);
        using var audit = new AuditLog(database, _time);
        (await audit.SearchAsync(new AuditFilter(), default)).Length.ShouldBe(1);
        var refused = await Should.ThrowAsync<AuditUnavailableException>(() => audit.AppendAsync(StoredChanges.Entry(), default));
        refused.Fault.ShouldBe(StorageFault.ReadOnly);
        refused.Message.ShouldContain("right to write");

        // What cannot be recorded is not deleted either.
        using var key = CheckpointKey.LoadOrCreate(_scratch.File("audit-key.pem"));
        _time.Advance(TimeSpan.FromDays(60));
        (await Should.ThrowAsync<AuditUnavailableException>(() => new AuditRetention(audit, AuditRetention.Shortest, _time).WorkAsync(key, default))).Fault.ShouldBe(StorageFault.ReadOnly);
        (await audit.SearchAsync(new AuditFilter(), default)).Length.ShouldBe(1);
    }

    [Fact]
    public async Task File_ThatIsNoDatabase_IsSaidToBeDamaged()
    {
        await System.IO.File.WriteAllTextAsync(File, new string('x', 5_000));
        await using var database = new Database(DatabaseSettings.SqliteFile(File), _time);
        var refused = await Should.ThrowAsync<StorageException>(() => database.OpenAsync(default));
        refused.Fault.ShouldBe(StorageFault.Damaged);
        refused.Message.ShouldContain(File);
    }

    [Fact]
    public async Task Folder_ThatCannotBeMade_IsSaidSo()
    {
        await System.IO.File.WriteAllTextAsync(_scratch.File("taken"), "");
        await using var database = new Database(DatabaseSettings.SqliteFile(_scratch.File("taken/meshconsole.db")), _time);
        (await Should.ThrowAsync<StorageException>(() => database.OpenAsync(default))).Fault.ShouldBe(StorageFault.Unreachable);
    }

    [Fact]
    public async Task Writer_ThatHoldsTheFile_IsWaitedForOnlySoLong()
    {
        await using var database = new Database(DatabaseSettings.SqliteFile(File) with { Patience = TimeSpan.FromSeconds(1) }, _time);
        using var audit = new AuditLog(database, _time);
        await audit.AppendAsync(StoredChanges.Entry(), default);
        await using var holder = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={File};Pooling=False");
        await holder.OpenAsync();
        await using (holder.BeginTransaction(deferred: false))
        {
            (await Should.ThrowAsync<AuditUnavailableException>(() => audit.AppendAsync(StoredChanges.Entry(), default))).Fault.ShouldBe(StorageFault.Busy);
            (await audit.SearchAsync(new AuditFilter(), default)).Length.ShouldBe(1);
        }

        (await audit.AppendAsync(StoredChanges.Entry(), default)).Sequence.ShouldBe(2);
    }

    /// <summary>What a crash or power cut leaves: the file and a write-ahead log that ends in the middle of the last commit.</summary>
    [Fact]
    public async Task LastRecord_TornByACrash_IsGoneAndTheChainGoesOn()
    {
        var copy = _scratch.File("copy.db");
        await using (var database = new Database(DatabaseSettings.SqliteFile(File), _time))
        {
            using var audit = new AuditLog(database, _time);
            await audit.AppendAsync(StoredChanges.Entry(), default);
            await audit.AppendAsync(StoredChanges.Entry(), default);
            await audit.AppendAsync(StoredChanges.Entry(), default);
            System.IO.File.Copy(File, copy);
            System.IO.File.Copy(File + "-wal", copy + "-wal");
        }

        await using (var torn = new FileStream(copy + "-wal", FileMode.Open))
        {
            torn.SetLength(torn.Length - 1_000);
        }

        await using var recovered = new Database(DatabaseSettings.SqliteFile(copy), _time);
        using var log = new AuditLog(recovered, _time);
        var next = await log.AppendAsync(StoredChanges.Entry(), default);
        next.Sequence.ShouldBe(3);
        (await log.VerifyAsync([], default)).Good.ShouldBeTrue();
    }

    [Theory]
    [InlineData(DatabaseProvider.Sqlite, "Data Source=:memory:")]
    [InlineData(DatabaseProvider.Sqlite, "Nonsense=1;Password=secret")]
    [InlineData(DatabaseProvider.Postgres, "Host=db")]
    [InlineData(DatabaseProvider.Postgres, "Hots=db;Password=secret")]
    public void ConnectionString_ThatCannotServe_IsExplainedWithoutRepeatingIt(DatabaseProvider provider, string connectionString)
    {
        var problem = DatabaseSettings.Problem(provider, connectionString).ShouldNotBeNull();
        problem.ShouldNotContain("secret");
    }

    [Fact]
    public void Where_ForPeople_HoldsNoPassword()
    {
        var settings = new DatabaseSettings(DatabaseProvider.Postgres, "Host=db;Database=mesh;Username=me;Password=secret");
        DatabaseSettings.Problem(settings.Provider, settings.ConnectionString).ShouldBeNull();
        settings.Where.ShouldBe("PostgreSQL database 'mesh' at db:5432");
    }
}
