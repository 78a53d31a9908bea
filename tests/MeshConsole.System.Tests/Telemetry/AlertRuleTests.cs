using System.Diagnostics;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.Telemetry;

/// <summary>The rules in <c>deploy/prometheus</c>, checked and run by Prometheus's own tool on the series of <c>tests.yaml</c>.</summary>
public sealed class AlertRuleTests
{
    private static readonly string s_folder = Path.Combine(RepositoryPaths.Root, "deploy", "prometheus");

    [SkippableTheory]
    [InlineData("check", "rules", "rules.yaml", "alerts.yaml")]
    [InlineData("test", "rules", "tests.yaml")]
    public async Task Rules_AreAcceptedAndFireAsWorkedOutByHand(params string[] arguments)
    {
        Requires.Prometheus();
        var (code, output) = await RunAsync(arguments);
        code.ShouldBe(0, output);
        output.ShouldContain("SUCCESS");
    }

    [Fact]
    public void EveryAlert_HasATestThatSeesItFire()
    {
        var alerts = File.ReadLines(Path.Combine(s_folder, "alerts.yaml")).Where(line => line.Contains("- alert: ", StringComparison.Ordinal)).Select(line => line.Split(": ")[1].Trim()).ToList();
        var tests = File.ReadAllText(Path.Combine(s_folder, "tests.yaml"));
        alerts.Count.ShouldBeGreaterThan(10);
        foreach (var alert in alerts)
        {
            tests.ShouldContain($"alertname: {alert}\n        exp_alerts:", customMessage: $"{alert} is never seen to fire");
        }
    }

    private static async Task<(int Code, string Output)> RunAsync(string[] arguments)
    {
        var start = new ProcessStartInfo(ToolLocator.Promtool!) { WorkingDirectory = s_folder, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
        await process.WaitForExitAsync(patience.Token);
        return (process.ExitCode, string.Concat(output));
    }
}
