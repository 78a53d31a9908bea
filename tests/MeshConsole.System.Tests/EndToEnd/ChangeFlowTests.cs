using System.Net;
using System.Text.Json.Nodes;
using MeshConsole.Testing.RealServices;
using static MeshConsole.System.Tests.EndToEnd.ChangeFlow;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>
/// A canary change from the proposal to its end, over REST as docs/api.md shows it, on the embedded payments mesh: the built
/// console, its real store, the simulated API server and Prometheus behind the same clients as a cluster's.
/// </summary>
public sealed class ChangeFlowTests
{
    private const string Route = "payments-demo/payments/VirtualService/card-processor/http/1";

    [SkippableFact]
    public async Task Canary_ProposedApprovedAndStarted_MovesTrafficAndIsInTheAudit_AndTheEnterpriseRuleIsUntouched()
    {
        await using var console = await StartAsync();
        var enterprise = await EnterpriseRuleAsync(console);

        var preview = await PostAsync(console, "omar", "changes/preview", Request(50));
        preview["allowed"]!.GetValue<bool>().ShouldBeTrue(preview.ToJsonString());
        preview["plan"]!["stages"]!.AsArray().Select(s => string.Join('/', s!["weights"]!.AsArray())).ShouldBe(["75/25", "50/50"]);
        preview["diff"]!.GetValue<string>().ShouldContain("+");

        var id = await CreateAndSubmitAsync(console, 50);
        await RefusedAsync(console, "omar", $"changes/{id}/approve", new JsonObject { ["comment"] = "my own change" }, HttpStatusCode.Forbidden);
        await RefusedAsync(console, "vera", $"changes/{id}/start", null, HttpStatusCode.Forbidden);
        await RefusedAsync(console, "omar", $"changes/{id}/start", null, HttpStatusCode.Conflict);
        await PostAsync(console, "anna", $"changes/{id}/approve", new JsonObject { ["comment"] = "numbers look right" });
        await PostAsync(console, "omar", $"changes/{id}/start", null);

        var ended = await UntilAsync(console, id, state => state is "completed" or "rolledBack" or "aborted");
        ended["state"]!.GetValue<string>().ShouldBe("completed", ended["stateReason"]!.GetValue<string>());
        ended["writes"]!.AsArray().Select(w => w!["outcome"]!.GetValue<string>()).ShouldAllBe(outcome => outcome == "applied");

        (await EnterpriseRuleAsync(console)).ShouldBe(enterprise);
        (await WeightsAsync(console)).ShouldBe([50, 50]);
        await EventuallyAsync(async () => (await ObservedAsync(console)) is > 0.35 and < 0.65, "the observed share follows the weights");

        var audit = await GetAsync(console, "vera", $"audit?change={id}");
        var actions = audit.AsArray().Select(r => $"{r!["entry"]!["action"]} {r["entry"]!["phase"]}").ToArray();
        actions.ShouldContain("change.approve approve");
        actions.Count(phase => phase == "change.write intent").ShouldBe(2);
        actions.Count(phase => phase == "change.write outcome").ShouldBe(2);
        actions.ShouldContain("change.approve denied", "the self-approval was recorded");
        (await GetAsync(console, "vera", "audit/verify"))["good"]!.GetValue<bool>().ShouldBeTrue();
    }

    [SkippableFact]
    public async Task Canary_ThatFails_IsTakenBackByItself()
    {
        await using var console = await StartAsync();
        await DemoScenario.SwitchAsync(console, "provider-failing");
        var id = await CreateAndSubmitAsync(console, 25);
        await PostAsync(console, "anna", $"changes/{id}/approve", new JsonObject { ["comment"] = "let us see" });
        await PostAsync(console, "omar", $"changes/{id}/start", null);

        var ended = await UntilAsync(console, id, state => state is "completed" or "rolledBack" or "aborted");

        ended["state"]!.GetValue<string>().ShouldBe("rolledBack", ended["stateReason"]!.GetValue<string>());
        (await WeightsAsync(console)).ShouldBe([90, 10]);
        ended["writes"]!.AsArray().Select(w => w!["purpose"]!.GetValue<string>()).ShouldBe(["stage", "rollback"]);
    }

    [SkippableFact]
    public async Task EmergencyStop_WorksWithPrometheusDown_WithoutApproval()
    {
        await using var console = await StartAsync();
        await DemoScenario.SwitchAsync(console, "prometheus-down");

        await PostAsync(console, "omar", $"routes/{Uri.EscapeDataString(Route)}/stop", new JsonObject { ["reason"] = "card declines explode" });

        await EventuallyAsync(async () => (await WeightsAsync(console)).SequenceEqual([100, 0]), "all weight is on the stable version");
    }

    [SkippableFact]
    public async Task Change_WithWrongBodyRoleOrRoute_IsRefusedWithACode()
    {
        await using var console = await StartAsync();

        (await RefusedAsync(console, "omar", "changes", JsonNode.Parse("""{"routeId":"x","stagess":[]}"""), HttpStatusCode.BadRequest)).ShouldBe("invalid-body");
        (await RefusedAsync(console, "vera", "changes", Request(50), HttpStatusCode.Forbidden)).ShouldNotBeNullOrEmpty();
        await RefusedAsync(console, "omar", "changes", new JsonObject { ["routeId"] = "payments-demo/payments/VirtualService/nothing/http/0", ["reason"] = "there is none" }, HttpStatusCode.NotFound);
        await RefusedAsync(console, "omar", "changes/unknown/start", null, HttpStatusCode.NotFound);
        (await RefusedAsync(console, "omar", "changes", null, HttpStatusCode.BadRequest)).ShouldBe("invalid-body");
        (await GetAsync(console, "vera", "../../openapi/v1.json"))["paths"]!["/api/v1/changes/{id}/approve"]!["post"]!["requestBody"].ShouldNotBeNull();
    }

    private static JsonObject Request(int percent) => new() { ["routeId"] = Route, ["targetPercent"] = percent, ["reason"] = "the new provider is cheaper", ["ticket"] = "PAY-1207" };

    private static async Task<string> CreateAndSubmitAsync(ConsoleProcess console, int percent)
    {
        var change = await PostAsync(console, "omar", "changes", Request(percent));
        var id = change["id"]!.GetValue<string>();
        var submitted = await PostAsync(console, "omar", $"changes/{id}/submit", null);
        submitted["state"]!.GetValue<string>().ShouldBe("awaitingApproval", submitted["stateReason"]!.GetValue<string>());
        return id;
    }

    private static async Task<string> EnterpriseRuleAsync(ConsoleProcess console)
    {
        var routes = await GetAsync(console, "vera", "routes?namespace=payments");
        var rule = routes.AsArray().Single(r => r!["id"]!.GetValue<string>() == Route.Replace("/1", "/0", StringComparison.Ordinal))!;
        return new JsonObject { ["rule"] = rule["rule"]!.DeepClone(), ["hosts"] = rule["hosts"]!.DeepClone(), ["weights"] = new JsonArray([.. rule["backends"]!.AsArray().Select(b => b!["weight"]!.DeepClone())]) }.ToJsonString();
    }

    private static async Task<JsonNode> RuleAsync(ConsoleProcess console) =>
        (await GetAsync(console, "vera", "routes?namespace=payments")).AsArray().Single(r => r!["id"]!.GetValue<string>() == Route)!;

    private static async Task<int[]> WeightsAsync(ConsoleProcess console) => [.. (await RuleAsync(console))["backends"]!.AsArray().Select(b => b!["weight"]!.GetValue<int>())];

    private static async Task<double?> ObservedAsync(ConsoleProcess console) => (await RuleAsync(console))["backends"]![1]!["observedShare"]?.GetValue<double>();
}
