using System.Net;
using System.Text;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Testing;
using static MeshConsole.Mesh.Tests.Prometheus.ScriptedPrometheus;

namespace MeshConsole.Mesh.Tests.Prometheus;

public sealed class PrometheusClientTests
{
    private static readonly DateTimeOffset s_at = DateTimeOffset.FromUnixTimeMilliseconds(1772442000500);

    [Fact]
    public async Task QueryAsync_Vector_KeepsLabelsValuesAndTimes()
    {
        var (client, server) = Client(_ => Json("""
            {"status":"success","data":{"resultType":"vector","result":[
              {"metric":{"__name__":"up","job":"a\"b\\c\nd","x":"\u00e9€😀"},"value":[1772442000.5,"1.25"]},
              {"metric":{"job":"b","zone":"z"},"value":[1772442000.5,"NaN"]},
              {"metric":{},"value":[1772442000.5,"+Inf"]},
              {"metric":{"zone":"y"},"value":[1772442000.5,"-Inf"]},
              {"metric":{"e":""},"value":[1772442000.5,"1e-320"]}]},"warnings":["some store is missing"]}
            """));

        var answer = await client.QueryAsync("up", s_at, CancellationToken.None);

        answer.Series.Select(series => string.Join(',', series.Labels.Select(label => $"{label.Key}={label.Value}"))).ShouldBe(
        [
            "__name__=up,job=a\"b\\c\nd,x=é€😀", "job=b,zone=z", "", "zone=y", "",
        ]);
        answer.Series.Select(series => series.Points.ShouldHaveSingleItem().Value).ShouldBe([1.25, double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1e-320]);
        answer.Series[0].Points[0].At.ShouldBe(s_at);
        answer.Receipt.Warnings.ShouldBe(["some store is missing"]);
        answer.Receipt.Series.ShouldBe(5);
        server.Requests.ShouldHaveSingleItem().Parameters["time"].ShouldBe("1772442000.5");
        server.Requests[0].Parameters["timeout"].ShouldBe("10s");
        server.Requests[0].Address.AbsolutePath.ShouldBe("/prefix/api/v1/query");
    }

    [Fact]
    public async Task QueryAsync_Scalar_IsOneSeriesWithoutLabels()
    {
        var (client, _) = Client(_ => Json("""{"status":"success","data":{"resultType":"scalar","result":[1772442000,"42"]}}"""));

        var answer = await client.QueryAsync("42", null, CancellationToken.None);

        answer.Series.ShouldHaveSingleItem().Points.ShouldBe([new SamplePoint(1772442000, 42)]);
    }

    [Fact]
    public async Task QueryRangeAsync_Matrix_KeepsEveryPoint()
    {
        var (client, server) = Client(_ => Json("""
            {"status":"success","data":{"resultType":"matrix","result":[
              {"metric":{"a":"1"},"values":[[10,"1"],[20,"NaN"],[30.5,"3"]]},
              {"metric":{"a":"2"},"histograms":[[10,{"count":"1","sum":"2","buckets":[[0,"1","2","3"]]}]]},
              {"metric":{"a":"3"},"values":[[10,"7"]]}]}}
            """));

        var answer = await client.QueryRangeAsync("x", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddMinutes(1), TimeSpan.FromSeconds(10), CancellationToken.None);

        answer.Series.Select(series => series.Labels["a"]).ShouldBe(["1", "3"], "a series of native histograms alone has nothing that the console reads");
        answer.Series[0].Points.ShouldBe([new SamplePoint(10, 1), new SamplePoint(20, double.NaN), new SamplePoint(30.5, 3)]);
        server.Requests[0].Parameters["step"].ShouldBe("10s");
        server.Requests[0].Address.AbsolutePath.ShouldEndWith("/query_range");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    public async Task QueryAsync_AnswerInPieces_ReadsTheSame(int piece)
    {
        var body = Encoding.UTF8.GetBytes("""
            {"status":"success","isPartial":false,"data":{"stats":{"a":[1,{"b":2}]},"resultType":"vector","result":[
              {"metric":{"job":"ledger ✓","le":"+Inf"},"value":[1772442000.123,"0.0666666666666667"]},
              {"metric":{"job":"ledger ✓","le":"1e+03"},"value":[1772442000.123,"5"]}]},"infos":["i"]}
            """);
        var (client, _) = Client(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new SlowStream(body, piece)) });

        var answer = await client.QueryAsync("x", null, CancellationToken.None);

        answer.Series.Select(series => (series.Labels["job"], series.Labels["le"], series.Points[0].Value)).ShouldBe(
            [("ledger ✓", "+Inf", 0.0666666666666667), ("ledger ✓", "1e+03", 5)]);
        answer.Receipt.Bytes.ShouldBe(body.Length);
    }

    [Fact]
    public async Task QueryAsync_LabelLongerThanTheBuffer_IsRead()
    {
        var name = new string('x', 200_000);
        var (client, _) = Client(_ => Vector(Series("1", $"job={name}")));

        (await client.QueryAsync("x", null, CancellationToken.None)).Series[0].Labels["job"].ShouldBe(name);
    }

    [Fact]
    public async Task QueryAsync_LongQuery_IsPosted()
    {
        var (client, server) = Client(_ => Json(EmptyVector));
        var query = $"up{{job=~\"{new string('x', 3000)}\"}}";

        await client.QueryAsync(query, null, CancellationToken.None);

        var request = server.Requests.ShouldHaveSingleItem();
        request.Method.ShouldBe(HttpMethod.Post);
        request.Query.ShouldBe(query);
        request.Address.Query.ShouldBeEmpty();
    }

    [Fact]
    public async Task QueryAsync_PostRefused_FallsBackToGetAndRemembers()
    {
        var (client, server) = Client(request => request.Method == HttpMethod.Post ? new HttpResponseMessage(HttpStatusCode.MethodNotAllowed) : Json(EmptyVector));
        var query = $"up{{job=~\"{new string('x', 3000)}\"}}";

        await client.QueryAsync(query, null, CancellationToken.None);
        await client.QueryAsync(query, null, CancellationToken.None);

        server.Requests.Select(request => request.Method.Method).ShouldBe(["POST", "GET", "GET"]);
        server.Requests[2].Query.ShouldBe(query);
        client.QueriesSent.ShouldBe(3);
    }

    [Theory]
    [InlineData(400, """{"status":"error","errorType":"bad_data","error":"parse error at char 3\nhere"}""", PrometheusFault.BadData, "parse error at char 3 here")]
    [InlineData(422, """{"status":"error","errorType":"execution","error":"many-to-many matching not allowed"}""", PrometheusFault.Execution, "many-to-many")]
    [InlineData(503, """{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}""", PrometheusFault.Timeout, "timed out")]
    [InlineData(503, "upstream connect error", PrometheusFault.Unreachable, "503")]
    [InlineData(504, "", PrometheusFault.Timeout, "504")]
    [InlineData(401, "", PrometheusFault.Unauthorized, "token")]
    [InlineData(403, "<html>", PrometheusFault.Unauthorized, "token")]
    [InlineData(404, "404 page not found", PrometheusFault.NotPrometheus, "path prefix")]
    [InlineData(200, "<html><body>Sign in</body></html>", PrometheusFault.NotPrometheus, "path prefix")]
    [InlineData(200, "", PrometheusFault.NotPrometheus, "path prefix")]
    [InlineData(200, "{}", PrometheusFault.NotPrometheus, "path prefix")]
    [InlineData(200, "[1,2]", PrometheusFault.NotPrometheus, "path prefix")]
    [InlineData(200, """{"status":"error","errorType":"internal","error":"expanding series"}""", PrometheusFault.Execution, "expanding series")]
    [InlineData(200, """{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1,"2"]},{"met""", PrometheusFault.Unreachable, "broke off after 1 series")]
    public async Task QueryAsync_Refusal_SaysWhatAndWhere(int status, string body, PrometheusFault fault, string words)
    {
        var (client, _) = Client(_ => Json(body, (HttpStatusCode)status));

        var exception = await Should.ThrowAsync<PrometheusException>(() => client.QueryAsync("up", null, CancellationToken.None));

        exception.Fault.ShouldBe(fault);
        exception.Message.ShouldContain(words);
        exception.Message.ShouldContain("prom.example:9090");
        exception.Message.ShouldNotContain("secret");
    }

    [Theory]
    [InlineData(HttpRequestError.NameResolutionError, "has no address")]
    [InlineData(HttpRequestError.ConnectionError, "accepts no connection")]
    [InlineData(HttpRequestError.SecureConnectionError, "TLS")]
    public async Task QueryAsync_NoConnection_IsUnreachable(HttpRequestError error, string words)
    {
        var (client, _) = Client(_ => throw new HttpRequestException(error, "inner words"));

        var exception = await Should.ThrowAsync<PrometheusException>(() => client.QueryAsync("up", null, CancellationToken.None));

        exception.Fault.ShouldBe(PrometheusFault.Unreachable);
        exception.Message.ShouldContain(words);
    }

    [Fact]
    public async Task QueryAsync_NoAnswerInTime_TimesOut()
    {
        var time = new FakeTimeProvider();
        var (client, server) = Client(_ => Json(EmptyVector), time);
        server.Hold = new TaskCompletionSource().Task;

        var query = client.QueryAsync("up", null, CancellationToken.None);
        await time.WaitForTimersAsync();
        time.Advance(TimeSpan.FromSeconds(10));

        var exception = await Should.ThrowAsync<PrometheusException>(() => query.WaitAsync(TimeSpan.FromSeconds(10)));
        exception.Fault.ShouldBe(PrometheusFault.Timeout);
        exception.Message.ShouldContain("10 s");
    }

    [Fact]
    public async Task QueryAsync_CallerCancels_IsNoFaultOfPrometheus()
    {
        var (client, server) = Client(_ => Json(EmptyVector));
        server.Hold = new TaskCompletionSource().Task;
        using var cancel = new CancellationTokenSource();

        var query = client.QueryAsync("up", null, cancel.Token);
        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => query.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task QueryAsync_AnswerOverTheLimit_IsTooLarge()
    {
        var time = new FakeTimeProvider();
        using var handler = new ScriptedPrometheus(_ => Vector([.. Enumerable.Range(0, 50_000).Select(i => Series("1", $"job={i}"))]));
        var client = new PrometheusClient(new HttpClient(handler), new PrometheusEndpoint(new Uri("http://prom.example:9090")) { MaxAnswerBytes = 1024 * 1024 }, time);

        var exception = await Should.ThrowAsync<PrometheusException>(() => client.QueryAsync("up", null, CancellationToken.None));

        exception.Fault.ShouldBe(PrometheusFault.TooLarge);
        exception.Message.ShouldContain("1 MiB");
    }

    [Fact]
    public async Task QueryAsync_TokenRotated_ReadsTheFileAgainAfterARefusal()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "old\n");
            var time = new FakeTimeProvider();
            var accepted = "old";
            using var handler = new ScriptedPrometheus(request => request.Token == accepted ? Json(EmptyVector) : new HttpResponseMessage(HttpStatusCode.Unauthorized));
            var client = new PrometheusClient(new HttpClient(handler), new PrometheusEndpoint(new Uri("http://prom.example:9090"), file), time);
            await client.QueryAsync("up", null, CancellationToken.None);

            await File.WriteAllTextAsync(file, "new");
            accepted = "new";
            await client.QueryAsync("up", null, CancellationToken.None);

            handler.Requests.Select(request => request.Token).ShouldBe(["old", "old", "new"]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task QueryAsync_TokenFileMissing_SaysSo()
    {
        var client = new PrometheusClient(new HttpClient(new ScriptedPrometheus(_ => Json(EmptyVector))), new PrometheusEndpoint(new Uri("http://prom.example:9090"), "/nowhere/token"), new FakeTimeProvider());

        var exception = await Should.ThrowAsync<PrometheusException>(() => client.QueryAsync("up", null, CancellationToken.None));

        exception.Fault.ShouldBe(PrometheusFault.Unauthorized);
        exception.Message.ShouldContain("/nowhere/token");
    }

    [Fact]
    public async Task BuildInfoAsync_GivesTheVersion()
    {
        var (client, _) = Client(_ => Json("""{"status":"success","data":{"version":"2.42.0","revision":"abc"}}"""));

        (await client.BuildInfoAsync(CancellationToken.None)).ShouldBe(new PrometheusBuildInfo("2.42.0", "abc"));
    }

    [Fact]
    public async Task BuildInfoAsync_SomethingElse_IsNoPrometheus()
    {
        var (client, _) = Client(_ => Json("""{"status":"ok"}"""));

        (await Should.ThrowAsync<PrometheusException>(() => client.BuildInfoAsync(CancellationToken.None))).Fault.ShouldBe(PrometheusFault.NotPrometheus);
    }

    private static (PrometheusClient Client, ScriptedPrometheus Server) Client(Func<ScriptedPrometheus.Request, HttpResponseMessage> answer, TimeProvider? time = null)
    {
        var handler = new ScriptedPrometheus(answer);
        return (new PrometheusClient(new HttpClient(handler), new PrometheusEndpoint(new Uri("http://user:secret@prom.example:9090/prefix/")), time ?? new FakeTimeProvider()), handler);
    }

    /// <summary>Gives a few bytes at a time, so that tokens are cut anywhere.</summary>
    private sealed class SlowStream(byte[] body, int piece) : MemoryStream(body)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
    }
}
