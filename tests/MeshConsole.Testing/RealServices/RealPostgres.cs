using System.Globalization;
using Npgsql;

namespace MeshConsole.Testing.RealServices;

/// <summary>
/// A real PostgreSQL on a loopback port with a scratch folder. It refuses to run as root, so it then runs as the user that its
/// package made. Texts sort as people sort them, not by bytes, as on most servers.
/// </summary>
public sealed class RealPostgres : IAsyncDisposable
{
    private const string User = "meshconsole";
    private const string Account = "postgres";

    private readonly ScratchFolder _scratch = ScratchFolder.Create("postgres");
    private readonly int _port = LoopbackPorts.Take();
    private ChildProcess? _process;
    private int _databases;

    private RealPostgres()
    {
    }

    public static async Task<RealPostgres> StartAsync()
    {
        var postgres = new RealPostgres();
        try
        {
            await postgres.InitializeAsync();
            await postgres.StartAgainAsync();
            return postgres;
        }
        catch
        {
            await postgres.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes an empty database and says how it is reached.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _databases)}");
        await ExecuteAsync("postgres", $"CREATE DATABASE {name}");
        return ConnectionString(name);
    }

    public async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The tests' own text.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }

    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            _process = null;

            // SIGQUIT would be its own word for it; a kill leaves the same: nothing is said goodbye to.
            await process.DisposeAsync();
        }
    }

    /// <summary>Starts it on its port with its data and waits until it answers.</summary>
    public async Task StartAgainAsync()
    {
        _process = Run("postgres", ["-D", _scratch.File("data"), "-p", _port.ToString(CultureInfo.InvariantCulture), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]);
        await _process.WaitUntilAsync(
            async token =>
            {
                try
                {
                    await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
                    await connection.OpenAsync(token);
                    return true;
                }
                catch (NpgsqlException)
                {
                    return false;
                }
            },
            TimeSpan.FromSeconds(60));
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _scratch.Dispose();
    }

    private async Task InitializeAsync()
    {
        if (Environment.IsPrivilegedProcess)
        {
            await CompleteAsync(ChildProcess.Start("chown", "chown", [Account, _scratch.Path]));
        }

        await CompleteAsync(Run("initdb", ["-D", _scratch.File("data"), "-A", "trust", "-U", User, "-E", "UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US", "--no-sync", "--no-instructions"]));
    }

    private string ConnectionString(string database) =>
        string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={_port};Username={User};Database={database};Timeout=5;Maximum Pool Size=20");

    private ChildProcess Run(string tool, string[] arguments)
    {
        var path = Path.Combine(Path.GetDirectoryName(ToolLocator.Postgres)!, tool);
        return Environment.IsPrivilegedProcess
            ? ChildProcess.Start(tool, "setpriv", ["--reuid", Account, "--regid", Account, "--clear-groups", "--", path, .. arguments], workingDirectory: _scratch.Path)
            : ChildProcess.Start(tool, path, arguments, workingDirectory: _scratch.Path);
    }

    private static async Task CompleteAsync(ChildProcess process)
    {
        await using (process)
        {
            if (!await process.WaitForExitAsync(TimeSpan.FromSeconds(60)) || process.ExitCode != 0)
            {
                throw new InvalidOperationException($"{process.Name} failed:\n{process.LastLines(40)}");
            }
        }
    }
}
