using MeshConsole.Mesh.Storage;
using MeshConsole.Testing;
using MeshConsole.Testing.RealServices;
using MeshConsole.Testing.Storage;

namespace MeshConsole.Mesh.Tests.Storage;

public sealed class SqliteStorageTests : StorageContract
{
    private readonly ScratchFolder _scratch = ScratchFolder.Create("sqlite");
    private readonly FakeTimeProvider _time = new(StoredChanges.At);

    protected override TimeProvider Clock => _time;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _scratch.Dispose();
    }

    protected override Task<DatabaseSettings?> EmptyAsync() => Task.FromResult<DatabaseSettings?>(DatabaseSettings.SqliteFile(_scratch.File("folder/that/is/made/meshconsole.db")));

    protected override Task PassAsync(TimeSpan time)
    {
        _time.Advance(time);
        return Task.CompletedTask;
    }

    protected override void Require()
    {
    }
}
