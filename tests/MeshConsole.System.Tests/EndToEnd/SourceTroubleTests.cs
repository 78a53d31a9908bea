using System.Text.Json.Nodes;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>
/// The two scenarios in which the mesh is well and what tells of it is not. They are made of answers that come late or not at
/// all, so they are played in real time against the whole console, where the others are played in simulated time.
/// </summary>
[Collection(Alone.Name)]
public sealed class SourceTroubleTests
{
    private static readonly TimeSpan s_refresh = TimeSpan.FromSeconds(5);

    /// <summary>Two refreshes, each of which may wait for the time limit of its questions (10 s, two after one another).</summary>
    private static readonly TimeSpan s_twoRefreshes = 2 * (s_refresh + TimeSpan.FromSeconds(20));

    [SkippableFact]
    public async Task SourcesInTrouble_AreTheFirstProblem_AndAreOverAfterwards()
    {
        await using var console = await ConsoleProcess.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Demo"] = "true",
            ["Storage:ConnectionString"] = $"Data Source={Path.Combine(Directory.CreateTempSubdirectory("meshconsole-sources-").FullName, "console.db")}",
            ["Telemetry:RefreshInterval"] = s_refresh.ToString(),
        });
        await console.UntilReadyAsync();
        await FirstProblemAsync(console, "nothing is wrong at first", problem => problem is null);

        await DemoScenario.SwitchAsync(console, "prometheus-slow");
        var slow = await FirstProblemAsync(console, "Prometheus is slow", problem => Text(problem, "id") == "source:payments-demo/prometheus");
        Text(slow, "title").ShouldStartWith("Prometheus of cluster payments-demo ");
        slow!["evidence"]!.AsArray().Count.ShouldBeGreaterThan(0);
        slow["nextSteps"]!.AsArray().Count.ShouldBeGreaterThan(0);

        await DemoScenario.SwitchAsync(console, "healthy");
        await FirstProblemAsync(console, "Prometheus answers in time again", problem => problem is null);

        await DemoScenario.SwitchAsync(console, "apiserver-restarting");
        var away = await FirstProblemAsync(console, "the API server is away", problem => Text(problem, "id") == "source:payments-demo/kubernetes");
        (Text(away, "title"), Text(away, "severity")).ShouldBe(("The Kubernetes API of cluster payments-demo does not answer", "critical"));

        await DemoScenario.SwitchAsync(console, "healthy");
        await FirstProblemAsync(console, "the API server answers again", problem => problem is null);
    }

    private static string? Text(JsonNode? problem, string property) => problem?[property]?.GetValue<string>();

    private static async Task<JsonNode?> FirstProblemAsync(ConsoleProcess console, string what, Func<JsonNode?, bool> expected) =>
        (await Eventually.BecomesAsync(
            what,
            s_twoRefreshes,
            async token => (First: (await console.GetJsonAsync("api/v1/triage", token))["problems"]!.AsArray().FirstOrDefault(), Read: true),
            answer => expected(answer.First))).First;
}
