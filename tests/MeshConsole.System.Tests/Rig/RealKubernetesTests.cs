using System.Net;
using System.Text.Json.Nodes;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.Rig;

/// <summary>What every other system test takes for granted about the API server it runs against.</summary>
[Collection(SharedKubernetes.Collection)]
public sealed class RealKubernetesTests(SharedKubernetes shared)
{
    [SkippableFact]
    public async Task ArticleObjects_PatchedWithTest_AreWrittenOnlyWhenTheTestHolds()
    {
        var cluster = await shared.GetAsync();
        var admin = cluster.Admin;
        await admin.CreateNamespaceAsync("payments");
        await admin.CreateAsync(CardProcessor.VirtualServices, CardProcessor.VirtualService);
        await admin.CreateAsync(CardProcessor.DestinationRules, CardProcessor.DestinationRule);

        var patched = await admin.JsonPatchAsync(CardProcessor.VirtualServicePath, CardProcessor.MoveWeights(90, 80));
        Weights(patched).ShouldBe([80, 20]);

        var refused = await Should.ThrowAsync<ApiRefusedException>(
            () => admin.JsonPatchAsync(CardProcessor.VirtualServicePath, CardProcessor.MoveWeights(90, 50)));
        refused.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        Weights(await admin.GetAsync(CardProcessor.VirtualServicePath)).ShouldBe([80, 20]);

        var rehearsed = await admin.JsonPatchAsync(CardProcessor.VirtualServicePath + "?dryRun=All", CardProcessor.MoveWeights(80, 0));
        Weights(rehearsed).ShouldBe([0, 100]);
        Weights(await admin.GetAsync(CardProcessor.VirtualServicePath)).ShouldBe([80, 20]);

        var stale = patched.DeepClone();
        await admin.JsonPatchAsync(CardProcessor.VirtualServicePath, CardProcessor.MoveWeights(80, 90));
        var conflict = await Should.ThrowAsync<ApiRefusedException>(() => admin.ReplaceAsync(CardProcessor.VirtualServicePath, stale));
        conflict.Status.ShouldBe(HttpStatusCode.Conflict);
        await admin.DeleteAsync("api/v1/namespaces/payments");
    }

    [SkippableFact]
    public async Task Watch_WithBookmarks_TellsChangesAndItsVersion()
    {
        var cluster = await shared.GetAsync();
        var admin = cluster.Admin;
        await admin.CreateNamespaceAsync("watched");
        const string path = "api/v1/namespaces/watched/configmaps";
        var (_, version) = await admin.ListAsync(path);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        // The server sends a bookmark two seconds before it ends a watch for its time-out, if it has seen a change by then.
        var changes = ChangeAsync();
        var types = new List<string>();
        string? bookmark = null;
        await foreach (var happening in admin.WatchAsync($"{path}?watch=1&resourceVersion={version}&allowWatchBookmarks=true&timeoutSeconds=8", deadline.Token))
        {
            var type = happening["type"]!.GetValue<string>();
            types.Add(type);
            bookmark = type == "BOOKMARK" ? happening["object"]!["metadata"]!["resourceVersion"]!.GetValue<string>() : bookmark;
        }

        await changes;
        types.Where(type => type != "BOOKMARK").ShouldBe(["ADDED", "DELETED"]);
        bookmark.ShouldNotBeNullOrEmpty();

        async Task ChangeAsync()
        {
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, deadline.Token);
            await admin.CreateAsync(path, ConfigMap("one"), deadline.Token);
            await admin.DeleteAsync(path + "/one", deadline.Token);
        }
    }

    [SkippableFact]
    public async Task User_WithoutARole_IsRefusedUntilItHasOne()
    {
        var cluster = await shared.GetAsync();
        var limited = cluster.ClientFor("limited");
        await cluster.Admin.CreateNamespaceAsync("allowed");

        (await Should.ThrowAsync<ApiRefusedException>(() => limited.GetAsync("api/v1/namespaces/allowed/pods"))).Status.ShouldBe(HttpStatusCode.Forbidden);
        await cluster.AllowAsync("limited", "allowed", "", ["pods"], ["list"]);

        var seen = await Eventually.BecomesAsync(
            "the role counts",
            TimeSpan.FromSeconds(10),
            async token =>
            {
                using var answer = await limited.Http.GetAsync(new Uri("api/v1/namespaces/allowed/pods", UriKind.Relative), token);
                return answer.StatusCode;
            },
            status => status == HttpStatusCode.OK);
        seen.ShouldBe(HttpStatusCode.OK);
        (await Should.ThrowAsync<ApiRefusedException>(() => limited.GetAsync("api/v1/namespaces/default/pods"))).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [SkippableFact]
    public async Task Server_KilledAndStartedAgain_KeepsItsDataAndItsAddress()
    {
        var cluster = await shared.GetAsync();
        var admin = cluster.Admin;
        await admin.CreateNamespaceAsync("kept");
        await admin.CreateAsync("api/v1/namespaces/kept/configmaps", ConfigMap("before"));

        await cluster.KillServerAsync();
        await Should.ThrowAsync<HttpRequestException>(() => admin.GetAsync("api/v1/namespaces/kept"));
        await cluster.ThroughPeerAsync(peer => peer.CreateAsync("api/v1/namespaces/kept/configmaps", ConfigMap("meanwhile")));
        await cluster.StartServerAsync();

        var (items, _) = await admin.ListAsync("api/v1/namespaces/kept/configmaps");
        items.Select(item => item["metadata"]!["name"]!.GetValue<string>()).ShouldBe(["before", "meanwhile"]);
    }

    private static JsonObject ConfigMap(string name) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject { ["name"] = name },
    };

    private static int[] Weights(JsonNode virtualService) =>
        [.. virtualService["spec"]!["http"]![1]!["route"]!.AsArray().Select(backend => backend!["weight"]!.GetValue<int>())];
}
