using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.Building;

/// <summary>The SDK's own commands on this repository, in the configuration in which the tests were built and without a network.</summary>
internal static class DotnetCommand
{
    internal const string Project = "src/MeshConsole/MeshConsole.csproj";

    /// <summary><c>Debug</c> or <c>Release</c>: the name of the folder in which these tests run.</summary>
    internal static string Configuration =>
        Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)).Equals("release", StringComparison.OrdinalIgnoreCase) ? "Release" : "Debug";

    /// <param name="environment">Variables to set; a null value removes one.</param>
    internal static async Task<(int ExitCode, string Output)> RunAsync(IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var variables = new Dictionary<string, string?>(environment ?? new Dictionary<string, string?>(), StringComparer.Ordinal)
        {
            // Nothing of it outlives the test, and nothing of the test host's MSBuild is taken over.
            ["MSBUILDDISABLENODEREUSE"] = "1",
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["DOTNET_NOLOGO"] = "1",
            ["MSBUILD_EXE_PATH"] = null,
            ["MSBuildSDKsPath"] = null,
            ["MSBuildExtensionsPath"] = null,
        };
        await using var command = ChildProcess.Start("dotnet", ToolLocator.Dotnet, arguments, variables, RepositoryPaths.Root);
        var patience = TimeSpan.FromMinutes(3);
        return await command.WaitForExitAsync(patience)
            ? (command.ExitCode, command.Output)
            : throw new TimeoutException($"dotnet {string.Join(' ', arguments)} still runs after {patience.TotalSeconds:0} s.\n{command.LastLines(60)}");
    }
}
