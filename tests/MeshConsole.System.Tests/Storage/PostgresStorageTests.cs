using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Storage;
using MeshConsole.Testing.RealServices;
using MeshConsole.Testing.Storage;

namespace MeshConsole.System.Tests.Storage;

/// <summary>The promises of the stores on a real PostgreSQL, and what only a server can do to them.</summary>
public sealed class PostgresStorageTests(PostgresFixture postgres) : StorageContract, IClassFixture<PostgresFixture>
{
    protected override TimeProvider Clock => TimeProvider.System;

    [SkippableFact]
    public async Task Server_KilledAndBack_RefusesMeanwhileAndGoesOn()
    {
        Require();
        await Audit.AppendAsync(StoredChanges.Entry(), default);
        await postgres.Server!.KillAsync();
        var refused = await Should.ThrowAsync<AuditUnavailableException>(() => Audit.AppendAsync(StoredChanges.Entry(), default));
        refused.Fault.ShouldBe(StorageFault.Unreachable);
        await postgres.Server.StartAgainAsync();

        // Connections of before are broken, and the pool finds out one by one.
        await Eventually.BecomesAsync(
            "last record",
            TimeSpan.FromSeconds(30),
            async token =>
            {
                try
                {
                    return (await Audit.AppendAsync(StoredChanges.Entry(), token)).Sequence;
                }
                catch (AuditUnavailableException)
                {
                    return 0;
                }
            },
            sequence => sequence == 2);
        (await Audit.VerifyAsync([], default)).Good.ShouldBeTrue();
    }

    [SkippableFact]
    public async Task Server_ThatIsReadOnly_RefusesToRecordAndStillReads()
    {
        Require();
        await Audit.AppendAsync(StoredChanges.Entry(), default);
        var (database, audit) = Open(";Options=-c default_transaction_read_only=on");
        (await audit.SearchAsync(new AuditFilter(), default)).Length.ShouldBe(1);
        (await Should.ThrowAsync<AuditUnavailableException>(() => audit.AppendAsync(StoredChanges.Entry(), default))).Fault.ShouldBe(StorageFault.ReadOnly);
        (await Should.ThrowAsync<StorageException>(() => new LeaseStore(database).TryAcquireAsync("executor", "a", TimeSpan.FromMinutes(1), default))).Fault.ShouldBe(StorageFault.ReadOnly);
    }

    [SkippableFact]
    public async Task Changes_OfTwoReplicas_NeverShareATarget()
    {
        Require();
        var (otherDatabase, otherAudit) = Open();
        ChangeStore[] stores = [new(Database, Audit), new(otherDatabase, otherAudit)];
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            try
            {
                await stores[i % 2].AddAsync(StoredChanges.Change($"c-{i}", ChangeState.Running), null, [StoredChanges.Entry()], [], default);
                return true;
            }
            catch (StoreConflictException conflict)
            {
                conflict.Conflict.ShouldBe(StoreConflict.ActiveOnTarget);
                return false;
            }
        }));
        outcomes.Count(stored => stored).ShouldBe(1);
        (await Audit.HeadAsync(default)).Sequence.ShouldBe(1);
    }

    protected override async Task<DatabaseSettings?> EmptyAsync() =>
        postgres.Server is { } server ? new DatabaseSettings(DatabaseProvider.Postgres, await server.CreateDatabaseAsync()) : null;

    protected override Task PassAsync(TimeSpan time) => Task.Delay(time, TimeProvider.System, CancellationToken.None);

    protected override void Require() => Requires.Postgres();
}
