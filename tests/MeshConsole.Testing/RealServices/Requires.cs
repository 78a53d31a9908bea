using Xunit;

namespace MeshConsole.Testing.RealServices;

/// <summary>
/// First line of a test that needs a real service. Without it the test is skipped and says why and what to do; under
/// <c>CI=true</c> it fails, so that a pipeline cannot lose these tests unnoticed. Use with <c>[SkippableFact]</c>.
/// </summary>
public static class Requires
{
    private const string Advice = "bash tests/run.sh installs or builds it on Debian 12 as root; docs/operations.md says what to do elsewhere.";

    public static void Kubernetes()
    {
        Present("kube-apiserver", ToolLocator.KubeApiserver);
        Present("etcd", ToolLocator.Etcd);
    }

    public static void Prometheus()
    {
        Present("prometheus", ToolLocator.Prometheus);
        Present("promtool", ToolLocator.Promtool);
    }

    public static void Postgres() => Present("postgres", ToolLocator.Postgres);

    public static void Chromium() => Present("chromium", ToolLocator.Chromium);

    /// <summary>Upstream CRDs and samples never come with the project, so that their absence is a skip in a pipeline too.</summary>
    public static string UpstreamData()
    {
        Skip.If(RepositoryPaths.UpstreamData is null, "The upstream files are neither at ../shared/data nor in the folder that MESHCONSOLE_SHARED names.");
        return RepositoryPaths.UpstreamData!;
    }

    private static void Present(string tool, string? path)
    {
        if (path is not null)
        {
            return;
        }

        var reason = $"{tool} is not on this machine. {Advice}";
        if (string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidOperationException($"CI=true and {reason}");
        }

        Skip.If(true, reason);
    }
}
