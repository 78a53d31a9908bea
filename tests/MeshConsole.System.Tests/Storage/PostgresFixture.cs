using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.Storage;

/// <summary>One server for the tests of a class, where PostgreSQL is on the machine.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    public RealPostgres? Server { get; private set; }

    public async Task InitializeAsync()
    {
        if (ToolLocator.Postgres is not null)
        {
            Server = await RealPostgres.StartAsync();
        }
    }

    public async Task DisposeAsync()
    {
        if (Server is { } server)
        {
            await server.DisposeAsync();
        }
    }
}
