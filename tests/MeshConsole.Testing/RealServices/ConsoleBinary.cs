namespace MeshConsole.Testing.RealServices;

/// <summary>The console as it was built beside the tests, started as a process with nothing of this machine's own configuration.</summary>
internal static class ConsoleBinary
{
    /// <summary>Folder of the program, artifacts/bin/MeshConsole/debug or release: of the configuration in which the tests were built.</summary>
    internal static string Folder
    {
        get
        {
            // artifacts/bin/<this test project>/<debug|release>/ → artifacts/bin/MeshConsole/<the same>/
            var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
            return Path.Combine(own.Parent!.Parent!.FullName, "MeshConsole", own.Name);
        }
    }

    /// <param name="settings">Keys of the section <c>MeshConsole</c>; a key that starts with a slash is taken from the root of the configuration.</param>
    /// <param name="published">Folder of a published console to run there instead of the built one; null for the built one.</param>
    internal static ChildProcess Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string> settings, ScratchFolder scratch, string? published = null)
    {
        var binary = Path.Combine(published ?? Folder, "MeshConsole.dll");
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["DOTNET_ENVIRONMENT"] = null,
            ["ASPNETCORE_URLS"] = null,
            ["KUBECONFIG"] = scratch.File("no-default-kubeconfig"),
            ["DOTNET_gcServer"] = "0",
        };
        foreach (var key in Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(key => key.StartsWith("MeshConsole__", StringComparison.OrdinalIgnoreCase)))
        {
            environment[key] = null;
        }

        foreach (var (key, value) in settings)
        {
            var name = key.StartsWith('/') ? key[1..] : $"MeshConsole:{key}";
            environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        return ChildProcess.Start("meshconsole", ToolLocator.Dotnet, [binary, .. arguments], environment, published ?? RepositoryPaths.Root);
    }
}
