using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>With a rig of its own: after an outage rates are for a while those of a window with a hole in it.</summary>
[Collection(Alone.Name)]
public sealed class OutageTests(HandMeshRig rig) : IClassFixture<HandMeshRig>
{
    /// <summary>A developer in a hurry may say <c>MESHCONSOLE_OUTAGE_SECONDS=10</c>.</summary>
    private static readonly TimeSpan s_outage = TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable("MESHCONSOLE_OUTAGE_SECONDS"), CultureInfo.InvariantCulture, out var seconds) ? seconds : 60);

    [SkippableFact]
    public async Task ApiServerAndPrometheus_KilledForAMinute_KeepTheLastDataAndAreLiveAgainWithinTenSeconds()
    {
        await rig.StartedAsync();
        await UntilAllAsync("every source live before", TimeSpan.FromSeconds(30), "live", "disabled");
        var before = await rig.Console.GetJsonAsync("api/v1/topology?view=workload");
        before["edges"]!.AsArray().Count.ShouldBeGreaterThanOrEqualTo(6);

        await Task.WhenAll(rig.Kubernetes.KillServerAsync(), rig.Prometheus.KillAsync());
        var killed = TimeProvider.System.GetUtcNow();
        await rig.Kubernetes.ThroughPeerAsync(async peer =>
        {
            await peer.JsonPatchAsync(CardProcessor.VirtualServicePath, CardProcessor.MoveWeights(90, 75));
            await peer.DeleteAsync("api/v1/namespaces/payments/pods/card-processor-v1-6d4c5b7f8-00003?gracePeriodSeconds=0");
        });
        await UntilAllAsync("every source stale", TimeSpan.FromSeconds(30), "stale", "disabled");
        var left = s_outage - (TimeProvider.System.GetUtcNow() - killed);
        await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, TimeProvider.System);

        // The process lives, and what it knew is still there, called what it is: old, and how old.
        rig.Console.HasExited.ShouldBeFalse();
        using (var ready = await rig.Console.Http.GetAsync(new Uri("readyz", UriKind.Relative)))
        {
            ready.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        var during = await rig.Console.GetJsonAsync("api/v1/topology?view=workload");
        Ids(during["nodes"]!).ShouldBe(Ids(before["nodes"]!));
        during["edges"]!.AsArray().Select(Edge).ShouldBe(before["edges"]!.AsArray().Select(Edge));
        during["edges"]!.AsArray().Count(edge => edge!["requestsPerSecond"] is not null).ShouldBeGreaterThanOrEqualTo(5);
        Weights(await RoutesAsync()).ShouldBe("90 10");
        foreach (var source in Sources(await rig.Console.GetJsonAsync("api/v1/status")).Where(source => Text(source["state"]) == "stale"))
        {
            var last = source["lastSuccess"].ShouldNotBeNull(source.ToJsonString()).GetValue<DateTimeOffset>();
            (TimeProvider.System.GetUtcNow() - last).ShouldBeGreaterThan(s_outage - TimeSpan.FromSeconds(5), source.ToJsonString());
            Text(source["message"]).ShouldNotBeNullOrWhiteSpace(source.ToJsonString());
        }

        await Task.WhenAll(rig.Prometheus.StartAgainAsync(), rig.Kubernetes.StartServerAsync());
        await UntilAllAsync("every source live again", TimeSpan.FromSeconds(10), "live", "disabled");

        Weights(await RoutesAsync()).ShouldBe("75 25");
        await Eventually.BecomesAsync(
            "the deleted pod is gone",
            TimeSpan.FromSeconds(5),
            async token => (await rig.Console.GetJsonAsync("api/v1/topology?view=workload", token))["nodes"]!.AsArray()
                .Single(node => Text(node!["id"])!.EndsWith("/card-processor-v1", StringComparison.Ordinal))!["readyReplicas"]?.ToJsonString(),
            _ => true);
        await rig.Kubernetes.Admin.JsonPatchAsync(CardProcessor.VirtualServicePath, CardProcessor.MoveWeights(75, 90));
        rig.Console.Output.ShouldNotContain("Unhandled exception");
    }

    private async Task UntilAllAsync(string what, TimeSpan within, params string[] states) => await Eventually.BecomesAsync(
        what,
        within,
        async token => string.Join('\n', Sources(await rig.Console.GetJsonAsync("api/v1/status", token)).Where(source => !states.Contains(Text(source["state"]), StringComparer.Ordinal)).Select(source => source.ToJsonString())),
        others => others.Length == 0);

    private async Task<JsonArray> RoutesAsync() => (await rig.Console.GetJsonAsync("api/v1/routes?namespace=payments")).AsArray();

    private static string Weights(JsonArray routes) => string.Join(' ', routes
        .Where(route => route!["rule"]!["index"]!.GetValue<int>() == 1)
        .SelectMany(route => route!["backends"]!.AsArray().Select(backend => backend!["weight"]!.GetValue<int>())));

    private static IEnumerable<string> Ids(JsonNode nodes) => nodes.AsArray().Select(node => Text(node!["id"])!);

    private static string Edge(JsonNode? edge) => $"{edge!["source"]} {edge["target"]} {edge["protocol"]}";

    private static IEnumerable<JsonNode> Sources(JsonNode status) => status["clusters"]!.AsArray().SelectMany(cluster => cluster!["sources"]!.AsArray()).Select(source => source!);

    private static string? Text(JsonNode? node) => node?.GetValue<string>();
}
