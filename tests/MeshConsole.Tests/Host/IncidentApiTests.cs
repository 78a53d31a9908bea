using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace MeshConsole.Tests.Host;

/// <summary>An incident over REST as docs/api.md tells it, on the embedded mesh: its steps, who may take them, and every code of a refusal.</summary>
public sealed class IncidentApiTests : IAsyncLifetime
{
    private readonly ConsoleFactory _console = new();

    public Task InitializeAsync() => _console.InitializeAsync();

    public async Task DisposeAsync() => await _console.DisposeAsync();

    [Fact]
    public async Task Incident_OfATime_IsOpenedNotedClosedReopenedAndReported_ByWhomItIsAllowed()
    {
        var to = TimeProvider.System.GetUtcNow();
        var from = to - TimeSpan.FromMinutes(10);
        JsonObject Body() => new() { ["title"] = "Slow cards", ["from"] = from.ToString("O"), ["to"] = to.ToString("O"), ["namespaces"] = new JsonArray("payments", "payments") };

        (await RefusedAsync("vera", "incidents", Body())).ShouldBe((HttpStatusCode.Forbidden, "missing-role"));
        var (created, location, opened) = await SendAsync("omar", HttpMethod.Post, "incidents", Body());
        created.ShouldBe(HttpStatusCode.Created, opened.ToJsonString());
        var id = opened["id"]!.GetValue<string>();
        location.ShouldBe($"/api/v1/incidents/{id}");
        opened["state"]!.GetValue<string>().ShouldBe("open");
        opened["title"]!.GetValue<string>().ShouldBe("Slow cards");
        opened["namespaces"]!.AsArray().Select(one => one!.GetValue<string>()).ShouldBe(["payments"]);
        DateTimeOffset.Parse(opened["from"]!.GetValue<string>(), CultureInfo.InvariantCulture).ShouldBe(from, TimeSpan.FromMilliseconds(1));

        // Notes: each with a number, never changed, corrected by their author only, and once.
        (await DoneAsync("omar", $"incidents/{id}/notes", new() { ["text"] = "the provder answers late" }))["number"]!.GetValue<int>().ShouldBe(1);
        (await RefusedAsync("vera", $"incidents/{id}/notes", new() { ["text"] = "mine" })).ShouldBe((HttpStatusCode.Forbidden, "missing-role"));
        (await RefusedAsync("ada", $"incidents/{id}/notes", new() { ["text"] = "not mine", ["corrects"] = 1 })).ShouldBe((HttpStatusCode.Forbidden, "not-your-note"));
        (await DoneAsync("omar", $"incidents/{id}/notes", new() { ["text"] = "the provider answers late", ["corrects"] = 1 }))["number"]!.GetValue<int>().ShouldBe(2);
        (await RefusedAsync("omar", $"incidents/{id}/notes", new() { ["text"] = "again", ["corrects"] = 1 })).ShouldBe((HttpStatusCode.Conflict, "note-corrected"));
        (await RefusedAsync("omar", $"incidents/{id}/notes", new() { ["text"] = "no such", ["corrects"] = 9 })).ShouldBe((HttpStatusCode.NotFound, "no-such-note"));
        (await RefusedAsync("omar", $"incidents/{id}/notes", new() { ["text"] = " " })).ShouldBe((HttpStatusCode.BadRequest, "invalid-note"));
        (await RefusedAsync("omar", $"incidents/{id}/notes", new() { ["text"] = new string('a', 4001) })).ShouldBe((HttpStatusCode.BadRequest, "invalid-note"));
        (await RefusedAsync("omar", $"incidents/{id}/problems", new() { ["problem"] = "errors:nowhere" })).ShouldBe((HttpStatusCode.NotFound, "no-such-problem"));

        (await RefusedAsync("omar", $"incidents/{id}/reopen", new() { ["reason"] = "it is open" })).ShouldBe((HttpStatusCode.Conflict, "incident-open"));
        (await RefusedAsync("omar", $"incidents/{id}/close", new())).ShouldBe((HttpStatusCode.BadRequest, "reason-required"));
        (await DoneAsync("omar", $"incidents/{id}/close", new() { ["reason"] = "the provider is back" }))["state"]!.GetValue<string>().ShouldBe("closed");
        (await RefusedAsync("omar", $"incidents/{id}/close", new() { ["reason"] = "twice" })).ShouldBe((HttpStatusCode.Conflict, "incident-closed"));
        (await DoneAsync("omar", $"incidents/{id}/reopen", new() { ["reason"] = "late again" }))["state"]!.GetValue<string>().ShouldBe("open");

        var (found, _, file) = await SendAsync("vera", HttpMethod.Get, $"incidents/{id}", null);
        found.ShouldBe(HttpStatusCode.OK);
        file["notes"]!.AsArray().Select(note => note!["text"]!.GetValue<string>()).ShouldBe(["the provder answers late", "the provider answers late"]);
        file["incident"]!["steps"]!.AsArray().Count.ShouldBe(3, "opened, closed, reopened");
        (await SendAsync("vera", HttpMethod.Get, "incidents?namespace=payments", null)).Body.AsArray().ShouldContain(one => one!["id"]!.GetValue<string>() == id);
        (await SendAsync("vera", HttpMethod.Get, "incidents?namespace=finance", null)).Body.AsArray().ShouldNotContain(one => one!["id"]!.GetValue<string>() == id);

        using var markdown = await ReportAsync(id, "markdown");
        markdown.Content.Headers.ContentType!.MediaType.ShouldBe("text/markdown");
        markdown.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var report = await markdown.Content.ReadAsStringAsync();
        report.ShouldContain("Slow cards");
        report.ShouldContain("the provider answers late");
        using var page = await ReportAsync(id, "html");
        page.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        (await SendAsync("vera", HttpMethod.Get, $"incidents/{id}/report?format=pdf", null)).Body["code"]!.GetValue<string>().ShouldBe("invalid-parameter");

        var records = (await SendAsync("vera", HttpMethod.Get, "audit", null)).Body.AsArray().Select(record => record!["entry"]!).Where(entry => entry["action"]!.GetValue<string>().StartsWith("incident.", StringComparison.Ordinal)).ToList();
        records.Count(entry => entry["phase"]!.GetValue<string>() == "denied").ShouldBeGreaterThanOrEqualTo(3, "vera twice, and who corrected what was not theirs");
        records.Select(entry => entry["action"]!.GetValue<string>()).ShouldBeSubsetOf(["incident.open", "incident.note", "incident.add-problem", "incident.close", "incident.reopen", "incident.export", "incident.list", "incident.read"]);
        records.Count(entry => entry["action"]!.GetValue<string>() == "incident.export").ShouldBe(2);
    }

    [Theory]
    [InlineData("""{"title":"ab","from":"2026-11-28T09:00:00Z"}""", "invalid-title")]
    [InlineData("""{"title":"Slow cards"}""", "invalid-range")]
    [InlineData("""{"title":"Slow cards","from":"2026-11-28T09:20:00Z","to":"2026-11-28T09:00:00Z"}""", "invalid-range")]
    [InlineData("""{"title":"Slow cards","from":"2999-01-01T00:00:00Z"}""", "invalid-range")]
    [InlineData("""{"title":"Slow cards","form":"2026-11-28T09:00:00Z"}""", "invalid-body")]
    [InlineData("""["Slow cards"]""", "invalid-body")]
    public async Task Body_ThatIsWrong_IsRefusedWithACode(string body, string code)
    {
        var (status, _, problem) = await SendAsync("omar", HttpMethod.Post, "incidents", JsonNode.Parse(body));

        status.ShouldBe(HttpStatusCode.BadRequest, problem.ToJsonString());
        problem["code"]!.GetValue<string>().ShouldBe(code);
        problem["detail"]!.GetValue<string>().ShouldNotBeNullOrWhiteSpace();
    }

    [Fact]
    public async Task Incident_ThatIsNot_IsNotFoundInEveryStep()
    {
        foreach (var (method, path) in new[] { (HttpMethod.Get, ""), (HttpMethod.Post, "/notes"), (HttpMethod.Post, "/problems"), (HttpMethod.Post, "/close"), (HttpMethod.Post, "/reopen"), (HttpMethod.Get, "/report") })
        {
            var body = path switch
            {
                "/notes" => new JsonObject { ["text"] = "to nobody" },
                "/problems" => new JsonObject { ["problem"] = "errors:nowhere" },
                "/close" or "/reopen" => new JsonObject { ["reason"] = "there is none" },
                _ => null,
            };
            var (status, _, problem) = await SendAsync("omar", method, $"incidents/00000000000000000000000000000000{path}", body);
            status.ShouldBe(HttpStatusCode.NotFound, path + problem.ToJsonString());
            problem["code"]!.GetValue<string>().ShouldBe("no-such-incident", path);
        }
    }

    private async Task<JsonNode> DoneAsync(string persona, string path, JsonObject body)
    {
        var (status, _, answer) = await SendAsync(persona, HttpMethod.Post, path, body);
        ((int)status).ShouldBeInRange(200, 201, answer.ToJsonString());
        return answer;
    }

    private async Task<(HttpStatusCode Status, string? Code)> RefusedAsync(string persona, string path, JsonObject body)
    {
        var (status, _, answer) = await SendAsync(persona, HttpMethod.Post, path, body);
        return (status, answer["code"]?.GetValue<string>());
    }

    private async Task<HttpResponseMessage> ReportAsync(string id, string format)
    {
        using var request = Request("vera", HttpMethod.Get, $"incidents/{id}/report?format={format}", null);
        var response = await _console.Http.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return response;
    }

    private async Task<(HttpStatusCode Status, string? Location, JsonNode Body)> SendAsync(string persona, HttpMethod method, string path, JsonNode? body)
    {
        using var request = Request(persona, method, path, body);
        using var response = await _console.Http.SendAsync(request);
        return (response.StatusCode, response.Headers.Location?.ToString(), (await response.Content.ReadFromJsonAsync<JsonNode>())!);
    }

    private static HttpRequestMessage Request(string persona, HttpMethod method, string path, JsonNode? body)
    {
        var request = new HttpRequestMessage(method, $"/api/v1/{path}") { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", $"demo-{persona}");
        return request;
    }
}
