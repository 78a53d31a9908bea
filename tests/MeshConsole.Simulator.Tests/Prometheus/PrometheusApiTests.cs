using System.IO.Compression;
using System.Net;
using System.Text;
using MeshConsole.Simulator.Prometheus;
using MeshConsole.Simulator.Prometheus.Evaluation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Simulator.Tests.Prometheus;

public sealed class PrometheusApiTests : IAsyncLifetime
{
    private readonly SampleStore _store = new();
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(30) };
    private WebApplication? _application;

    public async Task InitializeAsync()
    {
        foreach (var (i, value) in new[] { 1.5, double.PositiveInfinity, double.NaN, 1e-7 }.Index())
            _store.Append(_store.GetOrAdd(LabelSet.Metric("m", ("i", $"{i}"))), 1_000_000, value);
        _store.Append(_store.GetOrAdd(LabelSet.Metric("hostile", ("v", "<\"\\\n é🙂>"))), 1_000_000, 1);
        _store.Describe("m", new MetricMetadata("gauge", "A \"gauge\"."));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _application = builder.Build();
        PrometheusApi.Map(_application, _store, TimeProvider.System, new EngineOptions { Timeout = TimeSpan.FromSeconds(20) });
        await _application.StartAsync();
        _client.BaseAddress = new Uri(_application.Urls.First());
    }

    public async Task DisposeAsync()
    {
        await _application!.DisposeAsync();
        _client.Dispose();
    }

    [Fact]
    public async Task Query_Vector_HasPrometheusShape() => (await GetAsync("api/v1/query?query=m&time=1000.5")).ShouldBe((200,
        """{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"m","i":"0"},"value":[1000.500,"1.5"]},"""
        + """{"metric":{"__name__":"m","i":"1"},"value":[1000.500,"+Inf"]},{"metric":{"__name__":"m","i":"2"},"value":[1000.500,"NaN"]},"""
        + """{"metric":{"__name__":"m","i":"3"},"value":[1000.500,"1e-07"]}]}}"""));

    [Theory]
    [InlineData("api/v1/query?query=1%2B1&time=5", 200, """{"status":"success","data":{"resultType":"scalar","result":[5,"2"]}}""")]
    [InlineData("api/v1/query?query=%22x%22&time=5", 200, """{"status":"success","data":{"resultType":"string","result":[5,"x"]}}""")]
    [InlineData("api/v1/query?query=m%7Bi=%220%22%7D%5B1m%5D&time=1000", 200, """{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"m","i":"0"},"values":[[1000,"1.5"]]}]}}""")]
    [InlineData("api/v1/query?query=hostile&time=1000", 200, """{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"hostile","v":"<\"\\\n é\uD83D\uDE42>"},"value":[1000,"1"]}]}}""")]
    [InlineData("api/v1/query_range?query=m%7Bi=%220%22%7D&start=999&end=1001&step=1", 200, """{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"m","i":"0"},"values":[[1000,"1.5"],[1001,"1.5"]]}]}}""")]
    [InlineData("api/v1/query?query=m%2B", 400, """{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:3: parse error: unexpected end of input"}""")]
    [InlineData("api/v1/query?query=m&time=x", 400, """{"status":"error","errorType":"bad_data","error":"invalid parameter \"time\": cannot parse \"x\" to a valid timestamp"}""")]
    [InlineData("api/v1/query?query=m%2Bon()m&time=1000", 422, null)]
    [InlineData("api/v1/query_range?query=m&start=0&end=11001&step=1", 400, """{"status":"error","errorType":"bad_data","error":"exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"}""")]
    [InlineData("api/v1/query?query=m&timeout=0.0001", 503, """{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}""")]
    [InlineData("api/v1/series", 400, """{"status":"error","errorType":"bad_data","error":"no match[] parameter provided"}""")]
    [InlineData("api/v1/series?match[]=m%7Bi=~%220|1%22%7D", 200, """{"status":"success","data":[{"__name__":"m","i":"0"},{"__name__":"m","i":"1"}]}""")]
    [InlineData("api/v1/labels", 200, """{"status":"success","data":["__name__","i","v"]}""")]
    [InlineData("api/v1/label/i/values", 200, """{"status":"success","data":["0","1","2","3"]}""")]
    [InlineData("api/v1/metadata", 200, """{"status":"success","data":{"m":[{"type":"gauge","help":"A \"gauge\".","unit":""}]}}""")]
    public async Task Answers_OfEachKind_HaveShapeAndCode(string path, int status, string? body)
    {
        var (actualStatus, actualBody) = await GetAsync(path);
        actualStatus.ShouldBe(status);
        if (body is not null) actualBody.ShouldBe(body);
        else actualBody.ShouldStartWith("""{"status":"error","errorType":"execution","error":"found duplicate series""");
    }

    [Fact]
    public async Task Query_Posted_IsTheSame()
    {
        using var form = new FormUrlEncodedContent([new("query", "sum(m{i=\"0\"})"), new("time", "1000")]);
        using var response = await _client.PostAsync(new Uri("api/v1/query", UriKind.Relative), form);
        (await response.Content.ReadAsStringAsync()).ShouldBe("""{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1000,"1.5"]}]}}""");
    }

    [Fact]
    public async Task Query_GzipAccepted_IsPacked()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/query?query=m&time=1000.5");
        request.Headers.AcceptEncoding.ParseAdd("gzip, deflate");
        using var response = await _client.SendAsync(request);
        response.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
        await using var unpacked = new GZipStream(await response.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        using var reader = new StreamReader(unpacked, Encoding.UTF8);
        (await reader.ReadToEndAsync()).ShouldBe((await GetAsync("api/v1/query?query=m&time=1000.5")).Item2);
    }

    [Fact]
    public async Task Query_LargeAnswer_ArrivesWhole()
    {
        for (var i = 0; i < 5000; i++) _store.Append(_store.GetOrAdd(LabelSet.Metric("large", ("i", $"{i}"), ("padding", new string('x', 200)))), 1_000_000, i);
        var (status, body) = await GetAsync("api/v1/query?query=large&time=1000");
        status.ShouldBe(200);
        using var json = System.Text.Json.JsonDocument.Parse(body);
        json.RootElement.GetProperty("data").GetProperty("result").EnumerateArray().Sum(item => double.Parse(item.GetProperty("value")[1].GetString()!, System.Globalization.CultureInfo.InvariantCulture))
            .ShouldBe(4999 * 5000 / 2);
    }

    [Fact]
    public async Task HealthAndBuild_AreAnswered()
    {
        (await GetAsync("-/ready")).Item1.ShouldBe(200);
        (await GetAsync("-/healthy")).Item1.ShouldBe(200);
        (await GetAsync("api/v1/status/buildinfo")).Item2.ShouldContain("\"version\":\"2.42.0\"");
    }

    private async Task<(int, string)> GetAsync(string path)
    {
        using var response = await _client.GetAsync(new Uri(path, UriKind.Relative));
        if (response.StatusCode != HttpStatusCode.OK || path.StartsWith("api", StringComparison.Ordinal))
            response.Content.Headers.ContentType?.MediaType.ShouldBe("application/json");
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
