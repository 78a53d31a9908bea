namespace MeshConsole.Testing.RealServices;

/// <summary>
/// Where the real services are on this machine, in the order that <c>tests/provision/common.sh</c> uses too: the folder
/// <c>KUBEBUILDER_ASSETS</c>, the cache that the test command fills, then PATH. Null is "not here".
/// </summary>
public static class ToolLocator
{
    public static string? KubeApiserver => FirstExisting([InAssets("kube-apiserver"), InCache("kube-apiserver"), .. OnPath("kube-apiserver")]);

    public static string? Etcd => FirstExisting([InAssets("etcd"), InCache("etcd"), .. OnPath("etcd")]);

    public static string? Prometheus => FirstExisting([Variable("MESHCONSOLE_PROMETHEUS"), .. OnPath("prometheus")]);

    /// <summary>Beside the Prometheus in use, so that both are of one version; else on PATH.</summary>
    public static string? Promtool =>
        FirstExisting([Prometheus is { } prometheus ? Path.Combine(Path.GetDirectoryName(prometheus)!, "promtool") : null, .. OnPath("promtool")]);

    public static string? Chromium =>
        FirstExisting([Variable("MESHCONSOLE_CHROMIUM"), .. OnPath("chromium"), .. OnPath("chromium-browser"), .. OnPath("google-chrome")]);

    /// <summary>The <c>dotnet</c> that runs these tests, by its whole path where it is known.</summary>
    public static string Dotnet =>
        Environment.ProcessPath is { } running && Path.GetFileNameWithoutExtension(running) == "dotnet" ? running : FirstExisting(OnPath("dotnet")) ?? "dotnet";

    /// <summary>The server's executable; <c>initdb</c> lies beside it. Debian keeps it off PATH, and links there hide its folder.</summary>
    public static string? Postgres =>
        FirstExisting([Variable("MESHCONSOLE_POSTGRES"), .. InDebianFolders("postgres"), .. OnPath("postgres")]) is { } path
            ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path
            : null;

    private static string? FirstExisting(IEnumerable<string?> candidates) => candidates.FirstOrDefault(candidate => candidate is not null && File.Exists(candidate));

    private static string? InAssets(string name) => Variable("KUBEBUILDER_ASSETS") is { } folder ? Path.Combine(folder, name) : null;

    private static string? InCache(string name)
    {
        var home = Variable("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var cache = Variable("MESHCONSOLE_CACHE") ?? Path.Combine(Variable("XDG_CACHE_HOME") ?? Path.Combine(home, ".cache"), "meshconsole");
        return Path.Combine(cache, "kubernetes-1.20", name);
    }

    private static IEnumerable<string> InDebianFolders(string name) => Directory.Exists("/usr/lib/postgresql")
        ? Directory.EnumerateDirectories("/usr/lib/postgresql").OrderByDescending(folder => folder, StringComparer.Ordinal).Select(folder => Path.Combine(folder, "bin", name))
        : [];

    private static IEnumerable<string> OnPath(string name) =>
        (Variable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, name));

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
