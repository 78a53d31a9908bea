using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace MeshConsole.Tests.Host;

[Collection(ConsoleCollection.Name)]
public sealed class ApiTests(ConsoleFactory console)
{
    [Fact]
    public async Task Status_NamesTheClusterItsMeshesAndEverySource()
    {
        var status = await console.GetAsync("/api/v1/status");

        status.GetProperty("demo").GetBoolean().ShouldBeTrue();
        status.GetProperty("revision").GetInt64().ShouldBeGreaterThan(0);
        var cluster = status.GetProperty("clusters").EnumerateArray().ShouldHaveSingleItem();
        cluster.GetProperty("meshes").EnumerateArray().Select(m => m.GetString()).ShouldContain("istio");
        var sources = cluster.GetProperty("sources").EnumerateArray().ToList();
        sources.Select(s => s.GetProperty("name").GetString()).ShouldContain("kubernetes/pods");
        sources.Select(s => s.GetProperty("name").GetString()).ShouldContain("prometheus/requests");
        sources.ShouldAllBe(s => s.GetProperty("state").GetString() == "live" || s.GetProperty("message").GetString() != null);
    }

    [Fact]
    public async Task Topology_OfTheDemo_HasThe23ServicesAndTheGateway()
    {
        var topology = await console.GetAsync("/api/v1/topology?view=service");

        var nodes = topology.GetProperty("nodes").EnumerateArray().ToList();
        nodes.Count(n => n.GetProperty("kind").GetString() == "service").ShouldBe(23);
        nodes.ShouldContain(n => n.GetProperty("kind").GetString() == "gateway" && n.GetProperty("name").GetString() == "istio-ingressgateway");
    }

    [Fact]
    public async Task Topology_OfWorkloads_HasBothVersionsOfTheCardProcessor()
    {
        var topology = await console.GetAsync("/api/v1/topology?namespace=payments");

        var versions = topology.GetProperty("nodes").EnumerateArray()
            .Where(n => n.GetProperty("app").GetString() == "card-processor")
            .Select(n => n.GetProperty("version").GetString());
        versions.Order().ShouldBe(["v1", "v2"]);
    }

    [Fact]
    public async Task Routes_OfTheCardProcessor_ShowTheEnterpriseRuleAndTheSplit()
    {
        var routes = await console.GetAsync("/api/v1/routes?namespace=payments");

        var rules = routes.EnumerateArray().Where(r => r.GetProperty("object").GetProperty("name").GetString() == "card-processor").ToList();
        rules.Count.ShouldBe(2);
        rules[0].GetProperty("rule").GetProperty("matches").EnumerateArray().ShouldHaveSingleItem().GetString()!.ShouldContain("x-merchant-tier");
        rules[0].GetProperty("backends").EnumerateArray().ShouldHaveSingleItem().GetProperty("subset").GetString().ShouldBe("v2-new-provider");
        rules[1].GetProperty("backends").EnumerateArray().Select(b => (b.GetProperty("subset").GetString(), b.GetProperty("weight").GetInt32(), b.GetProperty("share").GetDouble()))
            .ShouldBe([("v1-stable", 90, 0.9), ("v2-new-provider", 10, 0.1)]);
    }

    [Fact]
    public async Task Readiness_OfTheDemo_SaysWhatBlocksAndWhatIsReady()
    {
        var mesh = await console.GetAsync("/api/v1/mtls/readiness");
        mesh.GetProperty("verdict").GetString().ShouldBeOneOf("ready", "blocked", "unproven");
        mesh.GetProperty("lookbackSeconds").GetDouble().ShouldBe(3600);
        mesh.GetProperty("parts").EnumerateArray().Select(part => part.GetProperty("namespace").GetString()).ShouldContain("payments");

        var settlement = await console.GetAsync("/api/v1/mtls/readiness?namespace=finance&workload=settlement&lookback=5m");
        settlement.GetProperty("verdict").GetString().ShouldBe("blocked");
        settlement.GetProperty("scope").GetProperty("workload").GetString().ShouldBe("settlement");
        var blocker = settlement.GetProperty("blockers").EnumerateArray().ShouldHaveSingleItem();
        blocker.GetProperty("code").GetString().ShouldBe("plaintext-requests");
        blocker.GetProperty("message").GetString()!.ShouldContain("batch/legacy-batch");
        blocker.GetProperty("evidence").EnumerateArray().Select(one => one.GetProperty("name").GetString()).ShouldContain("requests in plaintext");
        settlement.GetProperty("parts").GetArrayLength().ShouldBe(0);
    }

    [Theory]
    [InlineData("/api/v1/topology?cluster=nowhere", HttpStatusCode.NotFound, "unknown-cluster")]
    [InlineData("/api/v1/mtls?namespace=payments,nowhere", HttpStatusCode.NotFound, "unknown-namespace")]
    [InlineData("/api/v1/certificates?namespace=%3Cscript%3E", HttpStatusCode.NotFound, "unknown-namespace")]
    [InlineData("/api/v1/mtls/readiness?namespace=nowhere", HttpStatusCode.NotFound, "unknown-namespace")]
    [InlineData("/api/v1/mtls/readiness?namespace=payments,risk", HttpStatusCode.NotFound, "unknown-namespace")]
    [InlineData("/api/v1/mtls/readiness?namespace=payments&workload=nobody", HttpStatusCode.NotFound, "unknown-workload")]
    [InlineData("/api/v1/mtls/readiness?workload=ledger", HttpStatusCode.BadRequest, "invalid-parameter")]
    [InlineData("/api/v1/mtls/readiness?namespace=finance&workload=ledger&port=99999", HttpStatusCode.BadRequest, "invalid-parameter")]
    [InlineData("/api/v1/mtls/readiness?namespace=finance&port=9090", HttpStatusCode.BadRequest, "invalid-parameter")]
    [InlineData("/api/v1/mtls/readiness?lookback=soon", HttpStatusCode.BadRequest, "invalid-parameter")]
    [InlineData("/api/v1/mtls/readiness?lookback=10s", HttpStatusCode.BadRequest, "invalid-parameter")]
    [InlineData("/api/v1/mtls/readiness?lookback=2147483647d", HttpStatusCode.BadRequest, "invalid-parameter")]
    [InlineData("/api/v1/mtls/readiness?cluster=nowhere", HttpStatusCode.NotFound, "unknown-cluster")]
    [InlineData("/api/v1/certificates.ics?kind=leaf", HttpStatusCode.BadRequest, "invalid-parameter")]
    [InlineData("/api/v1/certificates.ics?kind=0", HttpStatusCode.BadRequest, "invalid-parameter")]
    [InlineData("/api/v1/certificates/trust?cluster=nowhere", HttpStatusCode.NotFound, "unknown-cluster")]
    [InlineData("/api/v1/nothing", HttpStatusCode.NotFound, "unknown-endpoint")]
    [InlineData("/api/v2/topology", HttpStatusCode.NotFound, "unknown-endpoint")]
    [InlineData("/api/v1/topology?view=pods", HttpStatusCode.BadRequest, "invalid-parameter")]
    [InlineData("/api/v1/topology?window=soon", HttpStatusCode.BadRequest, "invalid-parameter")]
    [InlineData("/api/v1/topology?window=1s", HttpStatusCode.BadRequest, "invalid-parameter")]
    [InlineData("/api/v1/topology/compare", HttpStatusCode.BadRequest, "invalid-parameter")]
    [InlineData("/api/v1/topology/compare?from=yesterday", HttpStatusCode.BadRequest, "invalid-parameter")]
    [InlineData("/api/v1/topology/compare?from=2026-01-31T02:14:00Z&to=2999-01-01T00:00:00Z", HttpStatusCode.BadRequest, "invalid-parameter")]
    [InlineData("/api/v1/topology/compare?from=2026-01-31T02:14:00Z&view=pods", HttpStatusCode.BadRequest, "invalid-parameter")]
    [InlineData("/api/v1/topology/compare?from=2026-01-31T02:14:00Z&namespace=nowhere", HttpStatusCode.NotFound, "unknown-namespace")]
    [InlineData("/api/v1/topology?at=yesterday", HttpStatusCode.BadRequest, "invalid-parameter")]
    [InlineData("/api/v1/topology?at=2999-01-01T00:00:00Z", HttpStatusCode.BadRequest, "invalid-parameter")]
    public async Task Fault_IsAProblemDocumentWithACode(string path, HttpStatusCode status, string code)
    {
        using var response = await console.Http.GetAsync(path);

        response.StatusCode.ShouldBe(status);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        problem.GetProperty("code").GetString().ShouldBe(code);
        problem.GetProperty("status").GetInt32().ShouldBe((int)status);
        problem.GetProperty("detail").GetString().ShouldNotBeNullOrWhiteSpace();
    }

    [Fact]
    public async Task PastInstant_IsAnsweredFromThatTime()
    {
        var at = DateTimeOffset.UnixEpoch.AddSeconds(Math.Floor((TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds)).AddHours(-2);

        var topology = await console.GetAsync($"/api/v1/topology?view=service&window=5m&at={at:yyyy-MM-ddTHH:mm:ssZ}");

        topology.GetProperty("window").GetDouble().ShouldBe(300);
        topology.GetProperty("observedAt").GetDateTimeOffset().ShouldBeInRange(at.AddMinutes(-1), at);
        topology.GetProperty("edges").EnumerateArray().ShouldContain(e => e.GetProperty("requestsPerSecond").ValueKind == JsonValueKind.Number);
    }

    [Fact]
    public async Task Topology_Compressed_SaysWhatThePlainOneSays()
    {
        // A past instant does not change between the two requests.
        var path = $"/api/v1/topology?at={TimeProvider.System.GetUtcNow().AddHours(-1):yyyy-MM-ddTHH:mm:ssZ}";
        var plain = await console.GetAsync(path);
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.AcceptEncoding.ParseAdd("gzip");

        using var response = await console.Http.SendAsync(request);

        response.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
        await using var body = new GZipStream(await response.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        var compressed = await JsonSerializer.DeserializeAsync<JsonElement>(body);
        compressed.GetProperty("edges").GetRawText().ShouldBe(plain.GetProperty("edges").GetRawText());
        compressed.GetProperty("nodes").GetArrayLength().ShouldBe(plain.GetProperty("nodes").GetArrayLength());
    }

    [Fact]
    public async Task Comparison_OfAnInstantWithItself_FindsNothing_AndIsDescribed()
    {
        var at = TimeProvider.System.GetUtcNow().AddMinutes(-30).ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);
        var comparison = await console.GetAsync($"/api/v1/topology/compare?from={at}&to={at}");
        comparison.GetProperty("differences").GetArrayLength().ShouldBe(0);
        comparison.GetProperty("goneEdges").GetArrayLength().ShouldBe(0);
        comparison.GetProperty("compared").GetInt32().ShouldBe((await console.GetAsync($"/api/v1/topology?at={at}")).GetProperty("edges").EnumerateArray().Count(edge => new[] { "requestsPerSecond", "connectionsPerSecond" }.Any(rate => edge.GetProperty(rate).ValueKind == JsonValueKind.Number)));
        comparison.GetProperty("from").GetDateTimeOffset().ShouldBe(comparison.GetProperty("to").GetDateTimeOffset());

        var described = (await console.GetAsync("/openapi/v1.json")).GetProperty("paths").GetProperty("/api/v1/topology/compare").GetProperty("get");
        described.GetProperty("parameters").EnumerateArray().Select(parameter => parameter.GetProperty("name").GetString()).ShouldBe(["cluster", "namespace", "window", "view", "from", "to"], ignoreOrder: true);
        described.GetProperty("responses").EnumerateObject().Select(response => response.Name).ShouldBe(["200", "400", "404", "502"], ignoreOrder: true);
    }

    [Fact]
    public async Task OpenApi_NamesEveryEndpoint()
    {
        var document = await console.GetAsync("/openapi/v1.json");

        var paths = document.GetProperty("paths").EnumerateObject().Select(p => p.Name).ToList();
        foreach (var path in new[] { "/healthz", "/readyz", "/metrics", "/api/v1/status", "/api/v1/topology", "/api/v1/topology/compare", "/api/v1/mtls", "/api/v1/mtls/policies", "/api/v1/certificates", "/api/v1/latency/hops", "/api/v1/routes", "/api/v1/notifications", "/api/v1/notifications/{id}/retry", "/api/v1/break-glass/{id}/review" })
        {
            paths.ShouldContain(path);
        }
    }

    [Theory]
    [InlineData("/api/v1/topology")]
    [InlineData("/api/v1/topology?view=namespace")]
    [InlineData("/api/v1/mtls")]
    [InlineData("/api/v1/mtls/policies")]
    [InlineData("/api/v1/certificates")]
    [InlineData("/api/v1/latency/hops")]
    [InlineData("/api/v1/routes")]
    public async Task View_HasContentAndNeverHoldsAKey(string path)
    {
        var text = await console.Http.GetStringAsync(new Uri(console.Address, path), CancellationToken.None);

        text.Length.ShouldBeGreaterThan(500);
        text.ShouldNotContain("PRIVATE KEY", Case.Sensitive);
        text.ShouldNotContain(":NaN", Case.Sensitive);
    }

    [Fact]
    public async Task Triage_OfTheHealthyDemo_HasNoProblem()
    {
        var triage = await console.GetAsync("/api/v1/triage");
        triage.GetProperty("problems").GetArrayLength().ShouldBe(0, triage.GetProperty("problems").ToString());
        triage.GetProperty("changes").ValueKind.ShouldBe(JsonValueKind.Array);
    }

    [Theory]
    [InlineData("/api/v1/triage?at=2026-01-31T02:14:00Z", "at")]
    [InlineData("/api/v1/triage?namespace=no-such", "no-such")]
    [InlineData("/api/v1/timeline?kind=nonsense", "deploy, scale")]
    [InlineData("/api/v1/timeline?kind=3", "deploy, scale")]
    [InlineData("/api/v1/timeline?from=yesterday", "from")]
    [InlineData("/api/v1/timeline?to=x", "to")]
    [InlineData("/api/v1/timeline?limit=0", "limit")]
    [InlineData("/api/v1/timeline?limit=1001", "limit")]
    public async Task TriageAndTimeline_WrongParameters_AreNamed(string address, string named)
    {
        using var client = console.CreateClient();
        var answer = await client.GetAsync(new Uri(address, UriKind.Relative));
        ((int)answer.StatusCode).ShouldBeOneOf(400, 404);
        (await answer.Content.ReadAsStringAsync()).ShouldContain(named);
    }

    [Fact]
    public async Task Timeline_WithEveryParameter_Answers() =>
        (await console.GetAsync("/api/v1/timeline?cluster=payments-demo&namespace=payments,finance&from=2026-01-31T02:14:00Z&to=2036-01-31T02:14:00Z&kind=weight&q=card&limit=5")).ValueKind.ShouldBe(JsonValueKind.Array);
}
