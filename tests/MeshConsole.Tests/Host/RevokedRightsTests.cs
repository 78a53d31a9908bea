using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.Tests.Host;

/// <summary>A settings file is changed while the console runs: what it no longer gives is gone at once, from requests and from changes under way.</summary>
public sealed class RevokedRightsTests : IAsyncLifetime
{
    private const string Token = "a token of the tests, and of nothing else";
    private const string Route = "payments-demo/payments/VirtualService/card-processor/http/1";
    private const string Key = "MeshConsole:Auth:ApiTokens:0";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private readonly Factory _factory = new();
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _http = _factory.CreateClient();
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        await UntilAsync("the console is ready", async () => (await _http.GetAsync("/readyz")).IsSuccessStatusCode);
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _factory.DisposeAsync();
    }

    [Fact]
    public async Task ScheduledChange_OfSomebodyWhoseRoleOrNamespaceIsTakenAway_IsHeldAndGoesOnOnceItIsBack()
    {
        var id = (await PostAsync("changes", new JsonObject
        {
            ["routeId"] = Route,
            ["stages"] = new JsonArray(new JsonObject { ["canaryPercent"] = 20, ["notBefore"] = TimeProvider.System.GetUtcNow().AddSeconds(8).ToString("O") }),
            ["reason"] = "rights are taken away meanwhile",
        }))["id"]!.GetValue<string>();
        await PostAsync($"changes/{id}/submit", null);
        (await PostAsync($"changes/{id}/start", null))["state"]!.GetValue<string>().ShouldBe("running");

        Configure(($"{Key}:Namespaces:0", "ledger"));
        await UntilAsync("the change is held", async () => await StateAsync(id) == "held");
        var held = await GetAsync($"changes/{id}");
        held["stateReason"]!.GetValue<string>().ShouldContain("is not an operator in namespace payments any more");
        held["writes"]!.AsArray().ShouldBeEmpty();

        // A configuration with a fault changes nothing: neither is the namespace given back, nor the token taken away.
        Configure(($"{Key}:Namespaces:0", "payments"), ($"{Key}:Roles:0", "king"));
        (await SendAsync(HttpMethod.Post, "changes/preview", Request())).Code.ShouldBe("missing-role");

        Configure(($"{Key}:Roles:0", "viewer"));
        (await SendAsync(HttpMethod.Post, "changes/preview", Request())).ShouldBe((HttpStatusCode.Forbidden, "missing-role"));
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, CancellationToken.None);
        (await StateAsync(id)).ShouldBe("held");

        Configure(($"{Key}:Roles:0", "operator"));
        var draft = await GetAsync($"changes/{id}");
        draft["diff"]!.GetValue<string>().ShouldMatch(@"(?m)^\+ *weight: 20$");
        (await GetAsync("changes")).AsArray().Single(c => c!["id"]!.GetValue<string>() == id)!["diff"].ShouldBeNull();
        await UntilAsync("the change goes on", async () => (await GetAsync($"changes/{id}"))["writes"]!.AsArray().Any(w => w!["outcome"]!.GetValue<string>() == "applied"));

        // The token itself: from the next request on it is nobody's.
        Configure(($"{Key}:Sha256", new string('0', 64)));
        (await SendAsync(HttpMethod.Get, "status", null)).ShouldBe((HttpStatusCode.Unauthorized, "unknown-token"));
    }

    private void Configure(params (string Key, string Value)[] settings)
    {
        var configuration = (IConfigurationRoot)_factory.Services.GetRequiredService<IConfiguration>();
        foreach (var (key, value) in settings)
        {
            configuration[key] = value;
        }

        configuration.Reload();
    }

    private static JsonObject Request() => new() { ["routeId"] = Route, ["targetPercent"] = 50, ["reason"] = "may this be done?" };

    private async Task<string> StateAsync(string id) => (await GetAsync($"changes/{id}"))["state"]!.GetValue<string>();

    private async Task<JsonNode> GetAsync(string path) => (await _http.GetFromJsonAsync<JsonNode>($"/api/v1/{path}"))!;

    private async Task<JsonNode> PostAsync(string path, JsonNode? body)
    {
        using var response = await _http.PostAsJsonAsync($"/api/v1/{path}", body ?? new JsonObject());
        var text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue(text);
        return JsonNode.Parse(text)!;
    }

    private async Task<(HttpStatusCode Status, string? Code)> SendAsync(HttpMethod method, string path, JsonNode? body)
    {
        using var request = new HttpRequestMessage(method, $"/api/v1/{path}") { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await _http.SendAsync(request);
        return (response.StatusCode, (await response.Content.ReadFromJsonAsync<JsonElement>()).TryGetProperty("code", out var code) ? code.GetString() : null);
    }

    private static async Task UntilAsync(string what, Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(s_patience);
        while (!await holds())
        {
            patience.IsCancellationRequested.ShouldBeFalse(what);
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, CancellationToken.None);
        }
    }

    private sealed class Factory : WebApplicationFactory<Program>
    {
        public Factory() => UseKestrel(0);

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseSolutionRelativeContentRoot(".");
            builder.UseSetting($"{Key}:Name", "tests");
            builder.UseSetting($"{Key}:Sha256", Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Token))));
            builder.UseSetting($"{Key}:Roles:0", "operator");
            builder.UseSetting($"{Key}:Namespaces:0", "payments");
            builder.UseSetting($"{Key}:ClusterGroups:0", "mesh-operators");
            builder.UseSetting("MeshConsole:Changes:NoApprovalUpToPercent", "100");
        }
    }
}
