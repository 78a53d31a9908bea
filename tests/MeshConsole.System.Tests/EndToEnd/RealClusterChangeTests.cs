using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>
/// Changes over REST against a real API server and a real Prometheus: who may, what voids an approval, and that many who press
/// at once make one write. Everything is read back by another client than the console's.
/// </summary>
[Collection(HandMeshRig.Collection)]
public sealed class RealClusterChangeTests(HandMeshRig rig)
{
    private const string Route = $"{HandMeshRig.Cluster}/payments/VirtualService/card-processor/http/1";

    [SkippableFact]
    public async Task Change_OnARealCluster_IsGuardedByTheServersRightsByPeopleAndByWhatIsThere()
    {
        await rig.StartedAsync();
        var kubernetes = rig.Kubernetes;
        await kubernetes.AllowAsync("mia", "payments", "networking.istio.io", ["virtualservices"], ["get", "patch"]);
        var original = await kubernetes.Admin.GetAsync(CardProcessor.VirtualServicePath);
        using var scratch = ScratchFolder.Create("real-changes");
        try
        {
            await using (var console = await StartAsync(scratch, required: 1))
            {
                await RefuseWhoeverTheServerRefusesAsync(console);
                await VoidWhatChangedSinceAsync(console);
                await CountPeopleAndNotTokensAsync(console);
                await WriteOnceHoweverManyPressAsync(console, original);
            }
        }
        finally
        {
            var spec = new JsonObject { ["spec"] = original["spec"]!.DeepClone(), ["metadata"] = new JsonObject { ["annotations"] = null, ["labels"] = original["metadata"]!["labels"]?.DeepClone() } };
            await kubernetes.Admin.MergePatchAsync(CardProcessor.VirtualServicePath, spec);
        }
    }

    [SkippableFact]
    public async Task Approval_UnderAnotherPolicy_IsVoid()
    {
        await rig.StartedAsync();
        await rig.Kubernetes.AllowAsync("mia", "payments", "networking.istio.io", ["virtualservices"], ["get", "patch"]);
        var before = await ObjectAsync();
        using var scratch = ScratchFolder.Create("real-policy");
        string id;
        await using (var console = await StartAsync(scratch, required: 1))
        {
            id = await SubmittedAsync(console, "mia");
            await OkAsync(console, "noor", $"changes/{id}/approve", Comment());
        }

        // The same store under a policy that asks for more people.
        await using var stricter = await StartAsync(scratch, required: 2);

        (await RefusedAsync(stricter, "mia", $"changes/{id}/start", null, HttpStatusCode.Conflict)).ShouldBe("approval-void");
        (await ObjectAsync())["metadata"]!["resourceVersion"]!.ToJsonString().ShouldBe(before["metadata"]!["resourceVersion"]!.ToJsonString());
    }

    private async Task RefuseWhoeverTheServerRefusesAsync(ConsoleProcess console)
    {
        // An operator here, and nobody to the cluster.
        var (_, preview) = await SendAsync(console, "leo", "changes/preview", Request());
        preview["allowed"]!.GetValue<bool>().ShouldBeFalse();
        var right = preview["guards"]!.AsArray().Single(g => g!["code"]!.GetValue<string>() == "cluster-right")!;
        right["outcome"]!.GetValue<string>().ShouldBe("refuse");
        right["found"]!.GetValue<string>().ShouldContain("leo");

        var before = await ObjectAsync();
        var (status, refusal) = await SendAsync(console, "leo", "changes", Request());
        status.ShouldBe(HttpStatusCode.Forbidden);
        refusal["detail"]!.GetValue<string>().ShouldContain("User \"leo\" cannot get resource \"virtualservices\"", customMessage: "the API server's own words");
        (await RefusedAsync(console, "leo", $"routes/{Uri.EscapeDataString(Route)}/stop", new JsonObject { ["reason"] = "not mine to stop" }, null)).ShouldNotBeNull();
        (await ObjectAsync()).ToJsonString().ShouldBe(before.ToJsonString());
    }

    private async Task VoidWhatChangedSinceAsync(ConsoleProcess console)
    {
        var id = await SubmittedAsync(console, "mia");
        await OkAsync(console, "noor", $"changes/{id}/approve", Comment());
        await rig.Kubernetes.Admin.JsonPatchAsync(CardProcessor.VirtualServicePath, [new JsonObject { ["op"] = "replace", ["path"] = "/spec/http/1/timeout", ["value"] = "9s" }]);
        var edited = await ObjectAsync();

        (await RefusedAsync(console, "mia", $"changes/{id}/start", null, HttpStatusCode.Conflict)).ShouldBe("approval-void");

        (await ObjectAsync()).ToJsonString().ShouldBe(edited.ToJsonString(), "nothing was written");
        await RefusedAsync(console, "mia", $"changes/{id}/start", null, HttpStatusCode.Conflict);
    }

    private async Task CountPeopleAndNotTokensAsync(ConsoleProcess console)
    {
        var id = await SubmittedAsync(console, "mia");

        (await RefusedAsync(console, "mia-phone", $"changes/{id}/approve", Comment(), HttpStatusCode.Forbidden)).ShouldNotBeNullOrEmpty();
        await OkAsync(console, "noor", $"changes/{id}/reject", Comment());
    }

    private async Task WriteOnceHoweverManyPressAsync(ConsoleProcess console, JsonNode original)
    {
        var id = await SubmittedAsync(console, "mia");
        await OkAsync(console, "noor", $"changes/{id}/approve", Comment());
        var before = (await ObjectAsync())["metadata"]!["generation"]!.GetValue<long>();

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => SendAsync(console, "mia", $"changes/{id}/start", null)));

        answers.Count(a => a.Status == HttpStatusCode.OK).ShouldBe(1);
        answers.Where(a => a.Status != HttpStatusCode.OK).ShouldAllBe(a => a.Status == HttpStatusCode.Conflict);
        await Eventually.BecomesAsync("the stage is applied", TimeSpan.FromSeconds(30), async _ => await ObjectAsync(), o => Weights(o).SequenceEqual([80, 20]));
        var after = await ObjectAsync();
        (after["metadata"]!["generation"]!.GetValue<long>() - before).ShouldBe(1);
        after["spec"]!["http"]![0]!.ToJsonString().ShouldBe(original["spec"]!["http"]![0]!.ToJsonString());
        after["metadata"]!["annotations"]!["meshconsole.io/last-change"]!.GetValue<string>().ShouldStartWith(id);
        after["metadata"]!["managedFields"]!.AsArray().ShouldContain(m => m!["manager"]!.GetValue<string>() == "meshconsole");
        await OkAsync(console, "mia", $"changes/{id}/abort", new JsonObject { ["reason"] = "the test has seen enough" });
    }

    private static JsonObject Request() => new() { ["routeId"] = Route, ["stages"] = new JsonArray(new JsonObject { ["canaryPercent"] = 20 }), ["reason"] = "a step on a real cluster" };

    private static JsonObject Comment() => new() { ["comment"] = "as discussed" };

    private static int[] Weights(JsonNode virtualService) => [.. virtualService["spec"]!["http"]![1]!["route"]!.AsArray().Select(r => r!["weight"]!.GetValue<int>())];

    private Task<JsonNode> ObjectAsync() => rig.Kubernetes.Admin.GetAsync(CardProcessor.VirtualServicePath);

    private async Task<ConsoleProcess> StartAsync(ScratchFolder scratch, int required)
    {
        var settings = HandMeshRig.Settings(rig.Kubernetes.WriteKubeconfig(), rig.Prometheus.Address);
        settings["Storage:ConnectionString"] = $"Data Source={scratch.File("console.db")}";
        settings["Changes:Enabled"] = "true";
        settings["Changes:MinSoak"] = "00:05:00";
        settings["Changes:RequiredApprovals"] = $"{required}";
        var tokens = new[] { ("mia", "mia", "operator"), ("mia-phone", "MIA", "approver"), ("leo", "leo", "operator"), ("noor", "noor", "approver") };
        for (var i = 0; i < tokens.Length; i++)
        {
            var (name, subject, role) = tokens[i];
            settings[$"Auth:ApiTokens:{i}:Name"] = name;
            settings[$"Auth:ApiTokens:{i}:Subject"] = subject;
            settings[$"Auth:ApiTokens:{i}:Sha256"] = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(TokenOf(name))));
            settings[$"Auth:ApiTokens:{i}:Roles:0"] = role;
            settings[$"Auth:ApiTokens:{i}:ClusterUser"] = role == "approver" ? "mia" : subject;
        }

        var console = await ConsoleProcess.StartAsync(settings);
        await console.UntilReadyAsync();
        return console;
    }

    private static string TokenOf(string name) => $"{name}'s token of the tests, and of nothing else";

    private static async Task<string> SubmittedAsync(ConsoleProcess console, string person)
    {
        var id = (await OkAsync(console, person, "changes", Request()))["id"]!.GetValue<string>();
        await OkAsync(console, person, $"changes/{id}/submit", null);
        return id;
    }

    private static async Task<JsonNode> OkAsync(ConsoleProcess console, string person, string path, JsonNode? content)
    {
        var (status, body) = await SendAsync(console, person, path, content);
        ((int)status).ShouldBeInRange(200, 201, $"{path}: {body.ToJsonString()}");
        return body;
    }

    private static async Task<string> RefusedAsync(ConsoleProcess console, string person, string path, JsonNode? content, HttpStatusCode? expected)
    {
        var (status, body) = await SendAsync(console, person, path, content);
        ((int)status).ShouldBeInRange(400, 499, $"{path}: {body.ToJsonString()}");
        if (expected is { } one)
        {
            status.ShouldBe(one, $"{path}: {body.ToJsonString()}");
        }

        return body["code"]!.GetValue<string>();
    }

    private static async Task<(HttpStatusCode Status, JsonNode Body)> SendAsync(ConsoleProcess console, string person, string path, JsonNode? content)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"api/v1/{path}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", TokenOf(person));
        request.Content = content is null ? null : new StringContent(content.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await console.Http.SendAsync(request);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }
}
