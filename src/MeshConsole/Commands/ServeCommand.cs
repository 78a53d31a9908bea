using MeshConsole.Configuration;
using MeshConsole.Mesh.Storage;

namespace MeshConsole.Commands;

/// <summary>Serves the console until it is told to stop.</summary>
internal static class ServeCommand
{
    /// <summary>What the shell sees when the configuration is wrong.</summary>
    public const int ConfigurationFault = 2;

    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            await using var app = MeshConsoleApplication.Build(args);
            await app.RunAsync();
            return Environment.ExitCode;
        }
        catch (ConfigurationException exception)
        {
            await Console.Error.WriteLineAsync("The configuration is wrong:");
            foreach (var fault in exception.Faults)
            {
                await Console.Error.WriteLineAsync($"  {fault}");
            }

            return ConfigurationFault;
        }
        catch (StorageException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
        catch (IOException exception) when (exception.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            await Console.Error.WriteLineAsync($"{exception.Message} Stop what listens there, or choose another address: --urls http://127.0.0.1:5081");
            return 1;
        }
    }
}
