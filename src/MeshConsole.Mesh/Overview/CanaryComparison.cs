using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Overview;

/// <summary>Compares the backends of a divided rule with the one that has most of it.</summary>
internal static class CanaryComparison
{
    /// <summary>From this share of failed requests a canary is worth a word, and from twice the stable's.</summary>
    private const double ErrorFloor = 0.01;
    private const double ErrorFactor = 2;

    /// <summary>Errors that make it urgent.</summary>
    private const double CriticalErrors = 0.05;

    private const double LatencyFactor = 2;
    private const double LatencyFloorMs = 10;

    /// <summary>Requests in the window under which nothing is said: three requests prove little.</summary>
    private const double MinimumRequests = 10;

    /// <summary>Whether a rule is divided right now: at least two backends get a part.</summary>
    public static bool IsDivided(RouteView route) => route.Backends.Count(b => b.Share is > 0 and < 1) > 1;

    /// <summary>What is worse at a backend than at the stable one; nothing where either cannot be told.</summary>
    /// <param name="route">A divided rule.</param>
    /// <param name="window">Rate window in seconds.</param>
    public static IEnumerable<CanaryFinding> Findings(RouteView route, double window)
    {
        var stable = route.Backends.MaxBy(b => b.Share ?? 0)!;
        foreach (var canary in route.Backends)
        {
            if (ReferenceEquals(canary, stable) || canary.Share is not (> 0 and < 1) || canary.Live is not { } live || stable.Live is not { } usual
                || live.RequestsPerSecond * window is not >= MinimumRequests)
            {
                continue;
            }

            var errors = live.ErrorRatio >= ErrorFloor && live.ErrorRatio > ErrorFactor * (usual.ErrorRatio ?? 0);
            var slow = live.P99Ms > LatencyFactor * usual.P99Ms && live.P99Ms - usual.P99Ms > LatencyFloorMs;
            if (!errors && !slow)
            {
                continue;
            }

            var details = new List<string>();
            if (errors)
            {
                details.Add($"{Figures.Percent(live.ErrorRatio!.Value)} of its requests fail, {(usual.ErrorRatio is { } ratio ? Figures.Percent(ratio) : "an unknown share")} of {Name(stable)}.");
            }

            if (slow)
            {
                details.Add($"Its p99 is {Figures.Milliseconds(live.P99Ms!.Value)}, that of {Name(stable)} {Figures.Milliseconds(usual.P99Ms!.Value)}.");
            }

            details.Add($"It has {Figures.Percent(canary.Share.Value)} of the rule ({route.Summary}).");
            yield return new CanaryFinding(
                canary,
                stable,
                errors && live.ErrorRatio >= CriticalErrors ? "critical" : "warning",
                $"Canary {Name(canary)} of {route.Object.Namespace}/{route.Object.Name} is worse than {Name(stable)}",
                string.Join(' ', details));
        }
    }

    /// <param name="Severity"><c>critical, warning</c>.</param>
    internal sealed record CanaryFinding(RouteBackend Canary, RouteBackend Stable, string Severity, string Title, string Detail);

    private static string Name(RouteBackend backend) => backend.Subset ?? backend.Host.Split('.')[0];
}
