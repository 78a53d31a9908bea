namespace MeshConsole.Testing.RealServices;

/// <summary>Folders that tests need, found from where the tests run: nothing is configured and no machine path is written down.</summary>
public static class RepositoryPaths
{
    private static readonly Lazy<string> s_root = new(FindRoot);

    /// <summary>The folder of <c>MeshConsole.sln</c>.</summary>
    public static string Root => s_root.Value;

    /// <summary>What tests leave for a reader after a failure: screenshots, logs of processes.</summary>
    public static string Evidence => Directory.CreateDirectory(Path.Combine(Root, "artifacts", "test-evidence")).FullName;

    /// <summary>
    /// The folder of upstream files (CRDs, samples) beside the repository, or the one named by <c>MESHCONSOLE_SHARED</c>;
    /// null where there is none. The project builds and passes its tests without it.
    /// </summary>
    public static string? UpstreamData
    {
        get
        {
            var named = Environment.GetEnvironmentVariable("MESHCONSOLE_SHARED");
            string?[] candidates = string.IsNullOrEmpty(named)
                ? [Path.Combine(Root, "..", "shared", "data")]
                : [Path.Combine(named, "data"), named];
            return candidates.FirstOrDefault(folder => Directory.Exists(Path.Combine(folder!, "crds"))) is { } found ? Path.GetFullPath(found) : null;
        }
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "MeshConsole.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"MeshConsole.sln is in no folder above {AppContext.BaseDirectory}.");
    }
}
