using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>A console over the embedded payments mesh with short soaks, and what people with a token do on it over REST.</summary>
internal static class ChangeFlow
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    public static async Task<ConsoleProcess> StartAsync()
    {
        var console = await ConsoleProcess.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Demo"] = "true",
            ["Storage:ConnectionString"] = $"Data Source={Path.Combine(Directory.CreateTempSubdirectory("meshconsole-flow-").FullName, "console.db")}",
            ["Changes:MinSoak"] = "00:00:30",
            ["Telemetry:RefreshInterval"] = "00:00:05",
        });
        await console.UntilReadyAsync();
        return console;
    }

    public static async Task<JsonNode> UntilAsync(ConsoleProcess console, string id, Func<string, bool> ended)
    {
        JsonNode? change = null;
        await EventuallyAsync(async () => ended((change = await GetAsync(console, "vera", $"changes/{id}"))["state"]!.GetValue<string>()), () => $"the change ends; it is {change?["state"]}: {change?["stateReason"]}");
        return change!;
    }

    public static Task EventuallyAsync(Func<Task<bool>> holds, string what) => EventuallyAsync(holds, () => what);

    public static async Task EventuallyAsync(Func<Task<bool>> holds, Func<string> what)
    {
        using var patience = new CancellationTokenSource(s_patience);
        while (!await holds())
        {
            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, patience.Token);
            }
            catch (OperationCanceledException exception)
            {
                throw new TimeoutException($"Not within {s_patience.TotalMinutes:0} min: {what()}", exception);
            }
        }
    }

    public static async Task<JsonNode> GetAsync(ConsoleProcess console, string persona, string path)
    {
        var (status, body) = await SendAsync(console, persona, HttpMethod.Get, path, null);
        status.ShouldBe(HttpStatusCode.OK, body);
        return JsonNode.Parse(body)!;
    }

    public static async Task<JsonNode> PostAsync(ConsoleProcess console, string persona, string path, JsonNode? content)
    {
        var (status, body) = await SendAsync(console, persona, HttpMethod.Post, path, content);
        ((int)status).ShouldBeInRange(200, 201, $"{path}: {body}");
        return JsonNode.Parse(body)!;
    }

    public static async Task<string> RefusedAsync(ConsoleProcess console, string persona, string path, JsonNode? content, HttpStatusCode expected)
    {
        var (status, body) = await SendAsync(console, persona, HttpMethod.Post, path, content);
        status.ShouldBe(expected, $"{path}: {body}");
        return JsonNode.Parse(body)!["code"]!.GetValue<string>();
    }

    private static async Task<(HttpStatusCode Status, string Body)> SendAsync(ConsoleProcess console, string persona, HttpMethod method, string path, JsonNode? content)
    {
        using var request = new HttpRequestMessage(method, $"api/v1/{path}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", $"demo-{persona}");
        request.Content = content is null ? null : new StringContent(content.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await console.Http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
