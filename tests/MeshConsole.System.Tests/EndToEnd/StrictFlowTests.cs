using System.Text.Json.Nodes;
using MeshConsole.Testing.RealServices;
using static MeshConsole.System.Tests.EndToEnd.ChangeFlow;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>
/// The way of a workload to STRICT and back, over REST as docs/api.md shows it, on the embedded payments mesh. A class of its own
/// beside <see cref="ChangeFlowTests"/>: it waits for soaks, and so do they.
/// </summary>
public sealed class StrictFlowTests
{
    [SkippableFact]
    public async Task Strict_ThroughThePlan_Completes_AndIsTakenBackByItselfWhenAPlaintextCallerWakesUp()
    {
        await using var console = await StartAsync();
        var policy = await VaultPolicyAsync(console);
        policy["mode"]!.GetValue<string>().ShouldBe("PERMISSIVE");
        var strict = await StrictAsync(console, "STRICT", "00:00:30");
        var completed = await UntilAsync(console, strict, state => state is "completed" or "rolledBack" or "aborted");
        completed["state"]!.GetValue<string>().ShouldBe("completed", completed["stateReason"]!.GetValue<string>());
        completed["stateReason"]!.GetValue<string>().ShouldContain("STRICT");
        completed["routeId"].ShouldBeNull();
        await EventuallyAsync(async () => (await VaultPolicyAsync(console))["mode"]!.GetValue<string>() == "STRICT", "STRICT is in force");

        var back = await StrictAsync(console, "PERMISSIVE", "00:00:30");
        (await UntilAsync(console, back, state => state is "completed" or "rolledBack" or "aborted"))["state"]!.GetValue<string>().ShouldBe("completed");

        // Long enough that only the tripwire ends it.
        var again = await StrictAsync(console, "STRICT", "00:10:00");
        await EventuallyAsync(async () => (await VaultPolicyAsync(console))["mode"]!.GetValue<string>() == "STRICT", "STRICT is in force again");
        await DemoScenario.SwitchAsync(console, "plaintext-caller");
        var ended = await UntilAsync(console, again, state => state is "completed" or "rolledBack" or "aborted");
        ended["state"]!.GetValue<string>().ShouldBe("rolledBack", ended["stateReason"]!.GetValue<string>());
        ended["stateReason"]!.GetValue<string>().ShouldContain("matched no filter chain");
        ended["writes"]!.AsArray().Select(w => w!["purpose"]!.GetValue<string>()).ShouldBe(["stage", "rollback"]);
        await EventuallyAsync(async () => (await VaultPolicyAsync(console)).ToJsonString() == policy.ToJsonString(), "the policy is back as it was");
        ended["plan"]!["target"]!["policy"]!["before"]!.GetValue<string>().ShouldBe(completed["plan"]!["target"]!["policy"]!["before"]!.GetValue<string>());

        // Who it was is told by readiness now, and it holds the next try.
        await EventuallyAsync(async () => (await GetAsync(console, "vera", "mtls/readiness?namespace=payments&workload=token-vault"))["verdict"]!.GetValue<string>() == "blocked", "readiness names the caller");
        var refused = await PostAsync(console, "omar", "changes/preview", StrictRequest("STRICT", "00:00:30"));
        refused["allowed"]!.GetValue<bool>().ShouldBeFalse();
        refused["guards"]!.AsArray().Single(g => g!["code"]!.GetValue<string>() == "strict-readiness")!["outcome"]!.GetValue<string>().ShouldBe("refuse");
        (await GetAsync(console, "vera", "audit/verify"))["good"]!.GetValue<bool>().ShouldBeTrue();
    }

    private static JsonObject StrictRequest(string mode, string soak) => new()
    {
        ["policy"] = new JsonObject { ["cluster"] = "payments-demo", ["namespace"] = "payments", ["workload"] = "token-vault", ["mode"] = mode },
        ["soak"] = soak,
        ["reason"] = "nobody needs plaintext any more",
    };

    private static async Task<string> StrictAsync(ConsoleProcess console, string mode, string soak)
    {
        var id = (await PostAsync(console, "omar", "changes", StrictRequest(mode, soak)))["id"]!.GetValue<string>();
        await PostAsync(console, "omar", $"changes/{id}/submit", null);
        await PostAsync(console, "anna", $"changes/{id}/approve", new JsonObject { ["comment"] = "readiness says so" });
        await PostAsync(console, "omar", $"changes/{id}/start", null);
        return id;
    }

    private static async Task<JsonNode> VaultPolicyAsync(ConsoleProcess console) =>
        (await GetAsync(console, "vera", "mtls/policies?namespace=payments")).AsArray().Single(p => p!["workload"]!.GetValue<string>().EndsWith("/token-vault", StringComparison.Ordinal) && p["port"] is null)!;
}
