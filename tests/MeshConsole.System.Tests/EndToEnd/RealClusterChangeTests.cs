using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using MeshConsole.Testing.RealServices;
using Microsoft.AspNetCore.Http;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>
/// Changes over REST against a real API server and a real Prometheus: who may, what voids an approval, and that many who press
/// at once make one write, also when the console dies in the middle. Everything is read back by another client than the console's.
/// </summary>
[Collection(HandMeshRig.Collection)]
public sealed class RealClusterChangeTests(HandMeshRig rig)
{
    private const string Route = $"{HandMeshRig.Cluster}/payments/VirtualService/card-processor/http/1";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

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

    /// <summary>
    /// The console is killed at each point of the protocol, one after the other, and goes on from what it stored: while an
    /// approval reads the object, before an intent, between intent and patch, between patch and outcome. The way back at the
    /// end is a write whose answer never comes.
    /// </summary>
    [SkippableFact]
    public async Task Console_KilledAtEachPointOfTheProtocol_HasOneOutcomePerIntentAndNoWriteTwice()
    {
        await rig.StartedAsync();
        var kubernetes = rig.Kubernetes;
        await kubernetes.AllowAsync("mia", "payments", "networking.istio.io", ["virtualservices"], ["get", "patch"]);
        var original = await ObjectAsync();
        var generation = original["metadata"]!["generation"]!.GetValue<long>();
        using var scratch = ScratchFolder.Create("real-crash");
        await using var proxy = await ApiProxy.StartAsync(kubernetes);
        string id;
        try
        {
            await using (var console = await StartAsync(scratch, required: 1, proxy))
            {
                id = await SubmittedAsync(console, "mia");
                await KilledAtAsync(console, proxy.Hold(r => HttpMethods.IsGet(r.Method) && r.Path.Value!.EndsWith("/virtualservices/card-processor", StringComparison.Ordinal), after: true), () => SendAsync(console, "noor", $"changes/{id}/approve", Comment()));
            }

            await using (var console = await StartAsync(scratch, required: 1, proxy))
            {
                (await ChangeAsync(console, id))["approvals"]!.AsArray().ShouldBeEmpty("what was not stored was not decided");
                await OkAsync(console, "noor", $"changes/{id}/approve", Comment());

                // The start tries the patch, and the executor does before its intent.
                await KilledAtAsync(console, proxy.Hold(ApiProxy.Tries, after: true, skip: 1), () => SendAsync(console, "mia", $"changes/{id}/start", null));
            }

            (await ObjectAsync())["metadata"]!["generation"]!.GetValue<long>().ShouldBe(generation);
            var unsent = proxy.Hold(ApiProxy.Writes, after: false);
            await using (var console = await StartAsync(scratch, required: 1, proxy))
            {
                await KilledAtAsync(console, unsent);
            }

            (await ObjectAsync())["metadata"]!["generation"]!.GetValue<long>().ShouldBe(generation, "the patch had not been passed on");
            var landed = proxy.Hold(ApiProxy.Writes, after: true);
            await using (var console = await StartAsync(scratch, required: 1, proxy))
            {
                await KilledAtAsync(console, landed);
            }

            Weights(await ObjectAsync()).ShouldBe([80, 20], "the patch had landed");
            await using (var console = await StartAsync(scratch, required: 1, proxy))
            {
                await OutcomesAsync(console, id, "notApplied", "applied");
                var timedOut = proxy.Hold(ApiProxy.Writes, after: true);
                await OkAsync(console, "mia", $"changes/{id}/rollback", new JsonObject { ["reason"] = "the test has seen enough" });
                await timedOut.ReachedAsync(s_patience);
                await OutcomesAsync(console, id, "notApplied", "applied", "applied");

                Weights(await ObjectAsync()).ShouldBe(Weights(original));
                (await ObjectAsync())["metadata"]!["generation"]!.GetValue<long>().ShouldBe(generation + 2, "one write forward and one back");
                await AccountedForAsync(console, id);
            }
        }
        finally
        {
            await kubernetes.Admin.MergePatchAsync(CardProcessor.VirtualServicePath, new JsonObject { ["spec"] = original["spec"]!.DeepClone() });
        }
    }

    private static async Task KilledAtAsync(ConsoleProcess console, HeldRequest point, Func<Task>? call = null)
    {
        var calling = call?.Invoke() ?? Task.CompletedTask;
        await point.ReachedAsync(s_patience);
        await console.KillAsync();
        try
        {
            await calling;
        }
        catch (HttpRequestException)
        {
            // Nobody is there any more who could answer.
        }
    }

    private static async Task<JsonNode> OutcomesAsync(ConsoleProcess console, string id, params string[] outcomes) => await Eventually.BecomesAsync(
        $"the writes are {string.Join(", ", outcomes)}",
        s_patience,
        _ => ChangeAsync(console, id),
        change => change["writes"]!.AsArray().Select(w => w!["outcome"]!.GetValue<string>()).SequenceEqual(outcomes));

    /// <summary>One outcome per intent, one approval, and a log that verifies.</summary>
    private static async Task AccountedForAsync(ConsoleProcess console, string id)
    {
        var records = (await SendAsync(console, "mia", $"audit?change={id}&limit=500", null, HttpMethod.Get)).Body.AsArray().Select(r => r!["entry"]!).ToList();
        string[] Ids(string phase) => [.. records.Where(e => e["action"]!.GetValue<string>() == "change.write" && e["phase"]!.GetValue<string>() == phase).Select(e => e["details"]!["writeId"]!.GetValue<string>()).Order(StringComparer.Ordinal)];
        Ids("intent").Length.ShouldBe(3);
        Ids("intent").ShouldBeUnique();
        Ids("outcome").ShouldBe(Ids("intent"));
        records.Count(e => e["action"]!.GetValue<string>() == "change.approve" && e["outcome"]!.GetValue<string>() == "ok").ShouldBe(1);
        (await SendAsync(console, "mia", "audit/verify", null, HttpMethod.Get)).Body["good"]!.GetValue<bool>().ShouldBeTrue();
    }

    private static async Task<JsonNode> ChangeAsync(ConsoleProcess console, string id) => (await SendAsync(console, "mia", $"changes/{id}", null, HttpMethod.Get)).Body;

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

    private async Task<ConsoleProcess> StartAsync(ScratchFolder scratch, int required, ApiProxy? proxy = null)
    {
        var settings = HandMeshRig.Settings(rig.Kubernetes.WriteKubeconfig(server: proxy?.Address), rig.Prometheus.Address);
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

    private static async Task<(HttpStatusCode Status, JsonNode Body)> SendAsync(ConsoleProcess console, string person, string path, JsonNode? content, HttpMethod? method = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Post, $"api/v1/{path}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", TokenOf(person));
        request.Content = content is null ? null : new StringContent(content.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await console.Http.SendAsync(request);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }
}
