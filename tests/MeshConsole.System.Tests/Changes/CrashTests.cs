using System.Text.Json.Nodes;
using MeshConsole.System.Tests.Storage;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.Changes;

/// <summary>
/// The console is killed, or stopped for longer than its lease, in the middle of changes: afterwards every intent has one
/// outcome, nothing was written twice, and the log verifies. The cluster is the simulated API server in a process of its own.
/// </summary>
public sealed class CrashTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly TimeSpan s_soak = TimeSpan.FromSeconds(20);

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(700)]
    public async Task Console_KilledAroundItsWrite_EndsWithOneOutcomePerIntentAndNoWriteTwice(int millisecondsAfterStart)
    {
        await using var simulator = await SimulatorProcess.StartAsync();
        using var scratch = ScratchFolder.Create("crash");
        var storage = new Dictionary<string, string>(StringComparer.Ordinal) { ["Storage:ConnectionString"] = $"Data Source={scratch.File("console.db")}" };
        string id;
        long before;
        await using (var first = await ChangeConsole.StartAsync(simulator, storage, s_soak))
        {
            before = await first.GenerationAsync();
            id = await first.StartChangeAsync(25);
            await Task.Delay(TimeSpan.FromMilliseconds(millisecondsAfterStart), TimeProvider.System, CancellationToken.None);
            await first.Process.KillAsync();
        }

        await using var second = await ChangeConsole.StartAsync(simulator, storage, s_soak);
        var applied = await second.UntilAsync(id, "the first stage is applied", change => change["writes"]!.AsArray().Any(w => Outcome(w) == "applied") && change["writes"]!.AsArray().All(w => Outcome(w) != "pending"));

        (await second.WeightsAsync()).ShouldBe([75, 25]);
        (await second.GenerationAsync() - before).ShouldBe(applied["writes"]!.AsArray().Count(w => Outcome(w) == "applied"));
        await second.PostAsync($"changes/{id}/abort", new JsonObject { ["reason"] = "the test has seen enough" });
        await second.ShouldBeAccountedForAsync(id);
    }

    [SkippableFact]
    public async Task Leader_StoppedForLongerThanItsLease_IsReplacedAndWritesNothingWhenItGoesOn()
    {
        Requires.Postgres();
        await using var simulator = await SimulatorProcess.StartAsync();
        using var scratch = ScratchFolder.Create("replicas");
        var storage = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Storage:Provider"] = "Postgres",
            ["Storage:ConnectionString"] = await postgres.Server!.CreateDatabaseAsync(),
            ["Audit:CheckpointFile"] = scratch.File("checkpoints.jsonl"),
        };
        await using var leader = await ChangeConsole.StartAsync(simulator, storage, s_soak);
        var before = await leader.GenerationAsync();
        var created = await leader.PostAsync("changes", new JsonObject { ["routeId"] = ChangeConsole.Route, ["targetPercent"] = 50, ["reason"] = "two replicas, one executor" });
        var id = created["id"]!.GetValue<string>();
        await leader.PostAsync($"changes/{id}/submit", null);
        await leader.PostAsync($"changes/{id}/start", null);
        await leader.UntilAsync(id, "the leader applies the first stage", change => change["writes"]!.AsArray().Any(w => Outcome(w) == "applied"));
        await using var follower = await ChangeConsole.StartAsync(simulator, storage, s_soak);

        leader.Process.Freeze();
        var frozen = TimeProvider.System.GetTimestamp();
        await follower.UntilAsync(id, "the follower takes over and applies the second stage", change => change["writes"]!.AsArray().Count(w => Outcome(w) == "applied") == 2);
        var rest = TimeSpan.FromSeconds(30) - TimeProvider.System.GetElapsedTime(frozen);
        await Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, TimeProvider.System, CancellationToken.None);
        leader.Process.Thaw();

        var ended = await follower.UntilAsync(id, "the change ends", change => change["state"]!.GetValue<string>() is "completed" or "rolledBack" or "aborted");
        ended["state"]!.GetValue<string>().ShouldBe("completed", ended["stateReason"]!.GetValue<string>());
        (await follower.WeightsAsync()).ShouldBe([50, 50]);
        (await follower.GenerationAsync() - before).ShouldBe(2);
        ended["writes"]!.AsArray().Count.ShouldBe(2);
        await follower.ShouldBeAccountedForAsync(id);
        (await leader.ChangeAsync(id))["state"]!.GetValue<string>().ShouldBe("completed", "the one that slept sees it too");
    }

    private static string Outcome(JsonNode? write) => write!["outcome"]!.GetValue<string>();
}
