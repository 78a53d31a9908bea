using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Storage;
using MeshConsole.Testing;
using MeshConsole.Testing.RealServices;
using MeshConsole.Testing.Storage;

namespace MeshConsole.Mesh.Tests.Audit;

/// <summary>A log in a SQLite file of its own, on a clock that the test moves.</summary>
internal sealed class ScratchLog : IAsyncDisposable
{
    private readonly ScratchFolder _scratch;
    private readonly List<IAsyncDisposable> _opened = [];

    public ScratchLog(string name)
    {
        _scratch = ScratchFolder.Create(name);
        (Database, Log) = Open();
    }

    public FakeTimeProvider Time { get; } = new(StoredChanges.At);

    public Database Database { get; }

    public AuditLog Log { get; }

    public string CheckpointFile => File("kept/checkpoints.jsonl");

    public string File(string name) => _scratch.File(name);

    /// <summary>Another console on the same file; disposed with this.</summary>
    public (Database Database, AuditLog Log) Open()
    {
        var database = new Database(DatabaseSettings.SqliteFile(File("meshconsole.db")), Time);
        _opened.Add(database);
        return (database, new AuditLog(database, Time, async token => (await AuditService.ReadCheckpointsAsync(CheckpointFile, token)).Checkpoints));
    }

    /// <summary>What somebody does who has the file and knows how.</summary>
    public Task BehindItsBackAsync(string sql) => Database.WriteAsync(session => session.ExecuteAsync($"DROP TRIGGER IF EXISTS audit_no_update; DROP TRIGGER IF EXISTS audit_no_delete; {sql}"), default);

    public async ValueTask DisposeAsync()
    {
        foreach (var opened in _opened)
        {
            await opened.DisposeAsync();
        }

        _scratch.Dispose();
    }
}
