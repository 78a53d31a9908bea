using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.Changes;

/// <summary>A console over a simulated mesh that outlives it, as one operator uses it over REST.</summary>
internal sealed class ChangeConsole(ConsoleProcess process, SimulatorProcess simulator) : IAsyncDisposable
{
    public const string Route = "sim/payments/VirtualService/card-processor/http/1";
    private const string Object = "apis/networking.istio.io/v1beta1/namespaces/payments/virtualservices/card-processor";
    private const string Token = "an operator's token of the tests, and of nothing else";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    public ConsoleProcess Process => process;

    /// <param name="storage">Settings of the section <c>Storage</c> and of what lies beside it.</param>
    public static async Task<ChangeConsole> StartAsync(SimulatorProcess simulator, IReadOnlyDictionary<string, string> storage, TimeSpan soak)
    {
        var settings = new Dictionary<string, string>(storage, StringComparer.Ordinal)
        {
            ["Clusters:0:Name"] = "sim",
            ["Clusters:0:Kubeconfig"] = simulator.KubeconfigFile,
            ["Clusters:0:PrometheusUrl"] = simulator.PrometheusAddress.ToString(),
            ["Telemetry:RefreshInterval"] = "00:00:05",
            ["Auth:Mode"] = "Demo",
            ["Auth:ApiTokens:0:Name"] = "tests",
            ["Auth:ApiTokens:0:Sha256"] = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Token))),
            ["Auth:ApiTokens:0:Roles:0"] = "admin",
            ["Auth:ApiTokens:0:ClusterGroups:0"] = "mesh-operators",
            ["Changes:Enabled"] = "true",
            ["Changes:MinSoak"] = soak.ToString(),
            ["Changes:NoApprovalUpToPercent"] = "100",
            ["Changes:MaxStartsPerHour"] = "1000",
        };
        var console = new ChangeConsole(await ConsoleProcess.StartAsync(settings), simulator);
        await console.Process.UntilReadyAsync();
        return console;
    }

    /// <summary>Plans, submits and starts a change to the percentage in one stage.</summary>
    public async Task<string> StartChangeAsync(int percent)
    {
        var created = await PostAsync("changes", new JsonObject { ["routeId"] = Route, ["stages"] = new JsonArray(new JsonObject { ["canaryPercent"] = percent }), ["reason"] = "what a crash leaves" });
        var id = created["id"]!.GetValue<string>();
        await PostAsync($"changes/{id}/submit", null);
        await PostAsync($"changes/{id}/start", null);
        return id;
    }

    public async Task<JsonNode> ChangeAsync(string id) => await GetAsync($"changes/{id}");

    public Task<JsonNode> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    public Task<JsonNode> PostAsync(string path, JsonNode? content) => SendAsync(HttpMethod.Post, path, content);

    /// <summary>Waits until the change is as asked for, and returns it.</summary>
    public async Task<JsonNode> UntilAsync(string id, string what, Func<JsonNode, bool> holds)
    {
        using var patience = new CancellationTokenSource(s_patience);
        JsonNode? change = null;
        while (true)
        {
            change = await ChangeAsync(id);
            if (holds(change))
            {
                return change;
            }

            if (patience.IsCancellationRequested)
            {
                throw new TimeoutException($"{what}: not within {s_patience.TotalMinutes:0} min. {change["state"]}, {change["stateReason"]}; writes {change["writes"]!.ToJsonString()}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>How often the object's spec was written since it was made.</summary>
    public async Task<long> GenerationAsync() => (await simulator.Kubernetes.GetAsync(Object))["metadata"]!["generation"]!.GetValue<long>();

    public async Task<int[]> WeightsAsync() =>
        [.. (await simulator.Kubernetes.GetAsync(Object))["spec"]!["http"]![1]!["route"]!.AsArray().Select(r => r!["weight"]!.GetValue<int>())];

    /// <summary>Another client puts the weights where the next round begins.</summary>
    public Task ResetAsync() => simulator.Kubernetes.JsonPatchAsync(Object,
    [
        new JsonObject { ["op"] = "replace", ["path"] = "/spec/http/1/route/0/weight", ["value"] = 90 },
        new JsonObject { ["op"] = "replace", ["path"] = "/spec/http/1/route/1/weight", ["value"] = 10 },
    ]);

    /// <summary>Every intent of a change has exactly one outcome, and the log verifies.</summary>
    public async Task ShouldBeAccountedForAsync(string id)
    {
        var records = (await GetAsync($"audit?change={id}&limit=500")).AsArray().Select(r => r!["entry"]!).Where(e => e["action"]!.GetValue<string>() == "change.write").ToList();
        string[] Ids(string phase) => [.. records.Where(e => e["phase"]!.GetValue<string>() == phase).Select(e => e["details"]!["writeId"]!.GetValue<string>()).Order(StringComparer.Ordinal)];
        Ids("intent").ShouldBeUnique();
        Ids("outcome").ShouldBe(Ids("intent"));
        (await GetAsync("audit/verify"))["good"]!.GetValue<bool>().ShouldBeTrue();
    }

    public ValueTask DisposeAsync() => process.DisposeAsync();

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, JsonNode? content)
    {
        using var request = new HttpRequestMessage(method, $"api/v1/{path}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        request.Content = content is null ? null : new StringContent(content.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await process.Http.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBeOneOf([HttpStatusCode.OK, HttpStatusCode.Created], $"{path}: {body}");
        return JsonNode.Parse(body)!;
    }
}
