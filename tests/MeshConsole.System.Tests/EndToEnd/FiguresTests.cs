using System.Net;
using System.Text.Json.Nodes;
using MeshConsole.System.Tests.ByHand;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>
/// What the console answers over REST when it runs against a real API server and a real Prometheus, against figures worked out
/// on paper from the rates that <see cref="HandMesh"/> states.
/// </summary>
[Collection(HandMeshRig.Collection)]
public sealed class FiguresTests(HandMeshRig rig)
{
    private const double Exact = 1e-6;

    [SkippableFact]
    public async Task Status_OfRealCluster_SaysThatEverySourceIsLiveAndThatThisIsNoDemo()
    {
        await rig.StartedAsync();
        var status = await Eventually.BecomesAsync(
            "every source live or disabled",
            TimeSpan.FromSeconds(30),
            token => rig.Console.GetJsonAsync("api/v1/status", token),
            answer => Sources(answer).All(source => Text(source["state"]) is "live" or "disabled"));

        status["demo"]!.GetValue<bool>().ShouldBeFalse();
        status["clusters"]!.AsArray().ShouldHaveSingleItem()!["meshes"]!.AsArray().Select(Text).ShouldContain("istio");
        Sources(status).Where(source => Text(source["state"]) == "live").Count().ShouldBeGreaterThan(15);
        foreach (var disabled in Sources(status).Where(source => Text(source["state"]) == "disabled"))
        {
            Text(disabled["message"]).ShouldNotBeNullOrWhiteSpace(disabled.ToJsonString());
        }
    }

    [SkippableFact]
    public async Task Topology_ByWorkload_EqualsTheStatedRates()
    {
        await rig.StartedAsync();
        await UndisturbedAsync(TopologyFiguresAsync);
    }

    private async Task TopologyFiguresAsync()
    {
        var topology = await TopologyAsync("workload");

        topology["window"]!.GetValue<double>().ShouldBe(60);
        var nodes = topology["nodes"]!.AsArray().ToDictionary(node => Text(node!["id"])!, node => node!, StringComparer.Ordinal);
        foreach (var name in new[] { "payment-api", "card-processor-v1", "card-processor-v2", "ledger-db" })
        {
            Text(nodes[$"real/payments/workload/{name}"]["mesh"]).ShouldBe("sidecar", name);
        }

        Text(nodes["real/payments/workload/card-processor-v2"]["version"]).ShouldBe("v2");
        Text(nodes["real/payments/workload/card-processor-v2"]["app"]).ShouldBe("card-processor");
        nodes["real/payments/workload/card-processor-v1"]["readyReplicas"]!.GetValue<int>().ShouldBe(3);
        nodes.ShouldContainKey("real/istio-ingress/gateway/istio-ingressgateway");

        var arriving = Edge(topology, "istio-ingressgateway", "payment-api");
        Number(arriving["requestsPerSecond"]).ShouldBe(20, Exact * 20);
        // 0.3 of 503 out of 20; the 0.2 that callers gave up (code 0, DC) are no fault of the mesh.
        Number(arriving["errorRatio"]).ShouldBe(0.3 / 20, Exact);
        Number(arriving["clientErrorRatio"]).ShouldBe(0.5 / 20, Exact);
        Text(arriving["mtls"]!["state"]).ShouldBe("mutual");
        Number(arriving["mtls"]!["ratio"]).ShouldBe(1);
        Text(arriving["sourcePrincipal"]).ShouldBe("spiffe://cluster.local/ns/istio-ingress/sa/istio-ingressgateway");
        var refused = arriving["responses"]!.AsArray().Single(response => Text(response!["code"]) == "503")!;
        Text(refused["flags"]).ShouldBe("UF");
        Number(refused["requestsPerSecond"]).ShouldBe(0.3, Exact);

        var canary = Edge(topology, "payment-api", "card-processor-v2");
        Number(canary["requestsPerSecond"]).ShouldBe(1, Exact);
        Number(canary["errorRatio"]).ShouldBe(0.1, Exact);

        var plaintext = Edge(topology, "unknown", "payment-api");
        Number(plaintext["requestsPerSecond"]).ShouldBe(2, Exact);
        Text(plaintext["mtls"]!["state"]).ShouldBe("plaintext");
        Number(plaintext["mtls"]!["ratio"]).ShouldBe(0);

        var ledger = Edge(topology, "payment-api", "ledger-db");
        Text(ledger["protocol"]).ShouldBe("tcp");
        ledger["requestsPerSecond"].ShouldBeNull();
        Number(ledger["bytesPerSecond"]!["sent"]).ShouldBe(2_000, 0.01);
        Number(ledger["bytesPerSecond"]!["received"]).ShouldBe(500, 0.01);
        Text(ledger["mtls"]!["state"]).ShouldBe("mutual");
    }

    [SkippableFact]
    public async Task Hops_EqualTheStatedHistogramsAndMeans()
    {
        await rig.StartedAsync();
        await UndisturbedAsync(HopsFiguresAsync);
    }

    private async Task HopsFiguresAsync()
    {
        var hops = await Eventually.BecomesAsync(
            "quantiles of the stable version",
            TimeSpan.FromSeconds(20),
            token => rig.Console.GetJsonAsync("api/v1/latency/hops", token),
            answer => answer.AsArray().Any(hop => Text(hop!["target"])!.EndsWith("/card-processor-v1", StringComparison.Ordinal) && hop["server"]?["p99"] is not null));

        var hop = hops.AsArray().Single(item => Text(item!["target"])!.EndsWith("/card-processor-v1", StringComparison.Ordinal))!;
        Number(hop["requestsPerSecond"]).ShouldBe(9, Exact * 9);
        Number(hop["server"]!["mean"]).ShouldBe(46.5, 1e-4);
        Number(hop["client"]!["mean"]).ShouldBe(48, 1e-4);
        Number(hop["overhead"]!["meanMs"]).ShouldBe(1.5, 1e-4);
        hop["overhead"]!["reliable"]!.GetValue<bool>().ShouldBeTrue(hop["overhead"]!.ToJsonString());

        // Of 9/s at the callee 4.5 lie in (10, 25], 3.6 in (25, 50], 0.9 in (50, 100].
        Number(hop["server"]!["p50"]).ShouldBe(25, 1e-3);
        Number(hop["server"]!["p95"]).ShouldBe(50 + (50 * 0.45 / 0.9), 1e-3);
        Number(hop["server"]!["p99"]).ShouldBe(50 + (50 * 0.81 / 0.9), 1e-3);
        // The caller has 8.1 in (25, 50].
        Number(hop["client"]!["p50"]).ShouldBe(25 + (25 * 4.5 / 8.1), 1e-3);
        Number(hop["resolutionMs"]).ShouldBe(50);
    }

    [SkippableFact]
    public async Task MutualTls_CoverageAndPolicies_EqualTheStatedRates()
    {
        await rig.StartedAsync();
        await UndisturbedAsync(MutualTlsFiguresAsync);
    }

    private async Task MutualTlsFiguresAsync()
    {
        var mtls = await Eventually.BecomesAsync(
            "coverage is known",
            TimeSpan.FromSeconds(20),
            token => rig.Console.GetJsonAsync("api/v1/mtls", token),
            answer => answer["coverage"]!["requests"] is not null);

        // As the callees report: 19.7 + 9 + 1 encrypted, 2 not.
        Number(mtls["coverage"]!["requests"]).ShouldBe(29.7 / 31.7, Exact);
        Number(mtls["coverage"]!["connections"]).ShouldBe(1);
        var plaintext = mtls["plaintext"]!.AsArray().ShouldHaveSingleItem()!;
        Text(plaintext["target"])!.ShouldEndWith("/payment-api");
        Number(plaintext["requestsPerSecond"]).ShouldBe(2, Exact);
        Text(plaintext["reason"]).ShouldNotBeNullOrWhiteSpace();
        var payments = mtls["namespaces"]!.AsArray().Single(item => Text(item!["namespace"]) == "payments")!;
        Text(payments["mode"]).ShouldBe("PERMISSIVE");

        var policies = (await rig.Console.GetJsonAsync("api/v1/mtls/policies")).AsArray();
        var policy = policies.First(item => Text(item!["workload"])!.EndsWith("/card-processor-v2", StringComparison.Ordinal))!;
        Text(policy["mode"]).ShouldBe("PERMISSIVE");
        Text(policy["decidedBy"]!["kind"]).ShouldBe("PeerAuthentication");
        Text(policy["decidedBy"]!["namespace"]).ShouldBe("payments");
        Text(policy["decidedBy"]!["name"]).ShouldBe("default");
    }

    [SkippableFact]
    public async Task Routes_OfTheArticlesVirtualService_HoldItsWeightsAndTheLiveSplit()
    {
        await rig.StartedAsync();
        await UndisturbedAsync(RoutesFiguresAsync);
    }

    private async Task RoutesFiguresAsync()
    {
        var (items, _) = await rig.Kubernetes.Admin.ListAsync(CardProcessor.VirtualServices);
        var routes = await Eventually.BecomesAsync(
            "the routes of the version that the server lists",
            TimeSpan.FromSeconds(20),
            async token => (await rig.Console.GetJsonAsync("api/v1/routes?namespace=payments", token)).AsArray()
                .Where(route => Text(route!["object"]!["kind"]) == "VirtualService" && Text(route["object"]!["name"]) == "card-processor")
                .Select(route => route!)
                .OrderBy(route => route["rule"]!["index"]!.GetValue<int>())
                .ToList(),
            rules => rules.All(rule => Text(rule["object"]!["resourceVersion"]) == Text(items.Single()["metadata"]!["resourceVersion"])));

        routes.Count.ShouldBe(2);
        var enterprise = routes[0];
        enterprise["rule"]!["matches"]!.AsArray().ShouldHaveSingleItem()!.GetValue<string>().ShouldContain("x-merchant-tier");
        var all = enterprise["backends"]!.AsArray().ShouldHaveSingleItem()!;
        Text(all["subset"]).ShouldBe("v2-new-provider");
        Number(all["share"]).ShouldBe(1);

        var split = routes[1];
        split["rule"]!["matches"]!.AsArray().ShouldBeEmpty();
        var backends = split["backends"]!.AsArray().Select(backend => backend!).ToList();
        backends.Select(backend => Text(backend["subset"])).ShouldBe(["v1-stable", "v2-new-provider"]);
        backends.Select(backend => backend["weight"]!.GetValue<int>()).ShouldBe([90, 10]);
        Number(backends[0]["share"]).ShouldBe(0.9, Exact);
        Number(backends[1]["share"]).ShouldBe(0.1, Exact);
        Number(backends[0]["live"]!["requestsPerSecond"]).ShouldBe(9, Exact * 9);
        Number(backends[1]["live"]!["requestsPerSecond"]).ShouldBe(1, Exact);
        Number(backends[1]["live"]!["errorRatio"]).ShouldBe(0.1, Exact);

        Text(split["object"]!["uid"]).ShouldBe(Text(items.Single()["metadata"]!["uid"]));
        Text(split["policy"]!["timeout"]).ShouldBe("8s");
        split["policy"]!["retryAttempts"]!.GetValue<int>().ShouldBe(2);
    }

    [SkippableFact]
    public async Task Certificates_OfRealSecretsAndMetrics_RunOutWhenTheyDo()
    {
        await rig.StartedAsync();
        var certificates = (await rig.Console.GetJsonAsync("api/v1/certificates")).AsArray();

        var gateway = certificates.Single(item => Text(item!["kind"]) == "gateway")!;
        Text(gateway["subject"])!.ShouldContain("pay.example.com");
        (Number(gateway["remainingSeconds"]) / 86_400).ShouldBe(HandMeshObjects.GatewayCertificateLeft.TotalDays, 0.1);
        // 5 of 90 days.
        Number(gateway["lifeLeft"]).ShouldBe(5 / 90.0, 0.002);
        Text(gateway["state"]).ShouldBe("expiring");
        certificates.ShouldContain(item => Text(item!["kind"]) == "root" && Text(item["state"]) == "valid");

        // One proxy reports its certificate; of the others the end is not known, and not made up.
        var reported = certificates.Where(item => Text(item!["kind"]) == "workload" && item["remainingSeconds"] is not null).ShouldHaveSingleItem()!;
        (Number(reported["remainingSeconds"]) / 3600).ShouldBe(6, 0.05);
        foreach (var other in certificates.Where(item => Text(item!["kind"]) == "workload" && item["remainingSeconds"] is null))
        {
            Text(other!["state"]).ShouldBe("unknown", other.ToJsonString());
        }

        // A private key has no business anywhere in the answer.
        certificates.ToJsonString().ShouldNotContain("PRIVATE");
    }

    [SkippableFact]
    public async Task UnknownNames_AreProblemsWithACode()
    {
        await rig.StartedAsync();
        foreach (var path in new[] { "api/v1/nothing", "api/v1/topology?cluster=nowhere", "api/v1/topology?view=galaxy" })
        {
            using var answer = await rig.Console.Http.GetAsync(new Uri(path, UriKind.Relative));
            var body = await answer.Content.ReadAsStringAsync();
            ((int)answer.StatusCode).ShouldBeInRange(400, 404, path);
            answer.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json", path + body);
            JsonNode.Parse(body)!["code"]!.GetValue<string>().ShouldNotBeNullOrWhiteSpace(path);
        }

        using var unknown = await rig.Console.Http.GetAsync(new Uri("api/v1/topology?cluster=nowhere", UriKind.Relative));
        unknown.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [SkippableFact]
    public async Task WeightPatchedByAnotherClient_IsInTheAnswerWithinASecond()
    {
        await rig.StartedAsync();

        // Each time it is there; the quickest of three tells what the console takes, the others what else the machine does.
        var took = new List<TimeSpan>();
        foreach (var weight in new[] { 70, 75, 80 })
        {
            await rig.Kubernetes.Admin.JsonPatchAsync(CardProcessor.VirtualServicePath, CardProcessor.MoveWeights(90, weight));
            var patched = TimeProvider.System.GetTimestamp();
            try
            {
                var expected = $"{weight} {100 - weight}";
                var shares = await Eventually.BecomesAsync(
                    $"{expected} in the routes",
                    TimeSpan.FromSeconds(15),
                    async token => string.Join(' ', (await rig.Console.GetJsonAsync("api/v1/routes?namespace=payments", token)).AsArray()
                        .Where(route => route!["rule"]!["index"]!.GetValue<int>() == 1)
                        .SelectMany(route => route!["backends"]!.AsArray().Select(backend => backend!["weight"]!.GetValue<int>()))),
                    weights => weights == expected);
                took.Add(TimeProvider.System.GetElapsedTime(patched));
                shares.ShouldBe(expected);
            }
            finally
            {
                await rig.Kubernetes.Admin.JsonPatchAsync(CardProcessor.VirtualServicePath, CardProcessor.MoveWeights(weight, 90));
            }
        }

        took.Min().ShouldBeLessThan(TimeSpan.FromSeconds(1), string.Join(", ", took));
    }

    /// <summary>
    /// A scrape that a busy machine delays bends every rate until the next refresh, so the figures must hold for one refresh
    /// within a while, and then to the last digit.
    /// </summary>
    private static async Task UndisturbedAsync(Func<Task> figures)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await figures();
                return;
            }
            catch (ShouldAssertException) when (attempt < 20)
            {
                await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
            }
        }
    }

    private async Task<JsonNode> TopologyAsync(string view) => await Eventually.BecomesAsync(
        "a topology with traffic",
        TimeSpan.FromSeconds(20),
        token => rig.Console.GetJsonAsync($"api/v1/topology?view={view}", token),
        answer => answer["edges"]!.AsArray().Count >= 6);

    private static JsonNode Edge(JsonNode topology, string source, string target) => topology["edges"]!.AsArray().Single(edge =>
        Text(edge!["source"])!.EndsWith("/" + source, StringComparison.Ordinal) && Text(edge["target"])!.EndsWith("/" + target, StringComparison.Ordinal))!;

    private static IEnumerable<JsonNode> Sources(JsonNode status) => status["clusters"]!.AsArray().SelectMany(cluster => cluster!["sources"]!.AsArray()).Select(source => source!);

    private static string? Text(JsonNode? node) => node?.GetValue<string>();

    private static double Number(JsonNode? node) => node.ShouldNotBeNull().GetValue<double>();
}
