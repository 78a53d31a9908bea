using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Latency;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Prometheus.Istio;
using MeshConsole.Testing;

namespace MeshConsole.Mesh.Tests.Prometheus;

public sealed class TrafficHistoryTests : IDisposable
{
    private static readonly DateTimeOffset s_now = new(2026, 3, 2, 8, 14, 37, TimeSpan.Zero);
    private static readonly DateTimeOffset s_end = new(2026, 3, 2, 8, 14, 0, TimeSpan.Zero);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new(s_now);
    private readonly List<IDisposable> _used = [];

    public void Dispose() => _used.ForEach(one => one.Dispose());

    [Fact]
    public async Task ReadAsync_AnyInstant_AsksForWholeMinutesOfTheLastHour()
    {
        var (history, server) = History(_ => Matrix(("200", s_end.AddMinutes(-60), 61)));

        var span = await history.ReadAsync(HistoryPart.Responses, HistoryScope.All, CancellationToken.None);

        span.Start.ShouldBe(s_end.AddHours(-1));
        span.Points.Length.ShouldBe(61);
        span.Points.ShouldAllBe(point => point != null);
        var asked = server.Requests.ShouldHaveSingleItem();
        asked.Address.AbsolutePath.ShouldBe("/api/v1/query_range");
        asked.Parameters["start"].ShouldBe(Seconds(s_end.AddHours(-1)));
        asked.Parameters["end"].ShouldBe(Seconds(s_end));
        asked.Parameters["step"].ShouldBe("60s");
        asked.Query.ShouldContain("[60s]");
    }

    [Fact]
    public async Task ReadAsync_ManyAtOnce_AskPrometheusOnce()
    {
        var hold = new TaskCompletionSource();
        var (history, server) = History(_ => Matrix(("200", s_end.AddMinutes(-60), 61)));
        server.Hold = hold.Task;

        var readers = Enumerable.Range(0, 50).Select(_ => history.ReadAsync(HistoryPart.Responses, HistoryScope.All, CancellationToken.None)).ToList();
        hold.SetResult();
        var spans = await Task.WhenAll(readers).WaitAsync(s_patience);

        spans.ShouldAllBe(span => span.Points[60] != null);
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task ReadAsync_FirstReaderGoesAway_TheOthersStillGetTheirAnswer()
    {
        var hold = new TaskCompletionSource();
        var (history, server) = History(_ => Matrix(("200", s_end.AddMinutes(-60), 61)));
        server.Hold = hold.Task;
        using var cancel = new CancellationTokenSource();

        var first = history.ReadAsync(HistoryPart.Responses, HistoryScope.All, cancel.Token);
        var second = history.ReadAsync(HistoryPart.Responses, HistoryScope.All, CancellationToken.None);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => first.WaitAsync(s_patience));
        hold.SetResult();

        (await second.WaitAsync(s_patience)).Points[60].ShouldNotBeNull();
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task ReadAsync_WithinTheMinute_AsksNothingAndLaterOnlyForWhatIsNew()
    {
        var (history, server) = History(request => Matrix(("200", From(request), Count(request))));
        await history.ReadAsync(HistoryPart.Responses, HistoryScope.All, CancellationToken.None);

        _time.Advance(TimeSpan.FromSeconds(30));
        await history.ReadAsync(HistoryPart.Responses, HistoryScope.All, CancellationToken.None);
        server.Requests.Count.ShouldBe(1);

        _time.Advance(TimeSpan.FromMinutes(2));
        var span = await history.ReadAsync(HistoryPart.Responses, HistoryScope.All, CancellationToken.None);
        server.Requests.Count.ShouldBe(2);
        server.Requests[1].Parameters["start"].ShouldBe(Seconds(s_end.AddMinutes(1)));
        server.Requests[1].Parameters["end"].ShouldBe(Seconds(s_end.AddMinutes(2)));
        span.Start.ShouldBe(s_end.AddMinutes(-58));
        span.Points.ShouldAllBe(point => point != null);
    }

    [Fact]
    public async Task ReadAsync_NewestScrapeMayBeMissing_WaitsOneRefreshBeforeAMinuteCounts()
    {
        _time.Advance(TimeSpan.FromSeconds(30));
        var (history, server) = History(_ => Matrix(("200", s_end.AddMinutes(-60), 61)));

        await history.ReadAsync(HistoryPart.Responses, HistoryScope.All, CancellationToken.None);

        // 08:15:07 is seven seconds into the minute; a refresh is fifteen.
        server.Requests[0].Parameters["end"].ShouldBe(Seconds(s_end));
    }

    [Fact]
    public async Task ReadAsync_StepsWithoutSeries_AreGapsAndNotZero()
    {
        var (history, _) = History(_ => Matrix(("200", s_end.AddMinutes(-60), 20), ("200", s_end.AddMinutes(-30), 31)));

        var span = await history.ReadAsync(HistoryPart.Responses, HistoryScope.All, CancellationToken.None);

        span.Points.Take(20).ShouldAllBe(point => point != null);
        span.Points.Skip(20).Take(10).ShouldAllBe(point => point == null);
        span.Points.Skip(30).ShouldAllBe(point => point != null);
        span.Fault.ShouldBeNull();
    }

    [Fact]
    public async Task ReadAsync_ValuesThatAreNoNumbers_AreGaps()
    {
        var (history, _) = History(_ => Json($"{{\"metric\":{{\"response_code\":\"200\"}},\"values\":[[{Seconds(s_end)},\"NaN\"]]}}"));

        var span = await history.ReadAsync(HistoryPart.Responses, HistoryScope.All, CancellationToken.None);

        span.Points[60].ShouldBeNull();
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("+Inf")]
    public async Task ReadAsync_AClassThatIsNoNumber_MakesTheInstantAGap(string value)
    {
        // Encrypted requests that nobody can count do not leave plaintext alone as all there is.
        var (history, _) = History(_ => Json($$"""
            {"metric":{"connection_security_policy":"mutual_tls"},"values":[[{{Seconds(s_end)}},"{{value}}"]]},
            {"metric":{"connection_security_policy":"none"},"values":[[{{Seconds(s_end)}},"2"]]}
            """));

        var span = await history.ReadAsync(HistoryPart.Security, HistoryScope.All, CancellationToken.None);

        span.Points[60].ShouldBeNull();
    }

    [Fact]
    public async Task ReadAsync_FailureAfterAnAnswer_KeepsWhatIsKnownAndSaysWhy()
    {
        var down = false;
        var (history, server) = History(request => down ? throw new HttpRequestException(HttpRequestError.ConnectionError, "refused") : Matrix(("200", From(request), Count(request))));
        await history.ReadAsync(HistoryPart.Responses, HistoryScope.All, CancellationToken.None);

        down = true;
        _time.Advance(TimeSpan.FromMinutes(3));
        var span = await history.ReadAsync(HistoryPart.Responses, HistoryScope.All, CancellationToken.None);
        span.Fault.ShouldNotBeNull().ShouldContain("prom.example");
        span.Points.Take(58).ShouldAllBe(point => point != null);
        span.Points.Skip(58).ShouldAllBe(point => point == null);

        // Ten readers in the same seconds do not hammer a server that is down.
        var before = server.Requests.Count;
        for (var i = 0; i < 10; i++)
        {
            (await history.ReadAsync(HistoryPart.Responses, HistoryScope.All, CancellationToken.None)).Fault.ShouldNotBeNull();
        }

        server.Requests.Count.ShouldBe(before);

        down = false;
        _time.Advance(TimeSpan.FromSeconds(15));
        span = await history.ReadAsync(HistoryPart.Responses, HistoryScope.All, CancellationToken.None);
        span.Fault.ShouldBeNull();
        span.Points.ShouldAllBe(point => point != null);
        server.Requests[^1].Parameters["start"].ShouldBe(Seconds(s_end.AddMinutes(1)));
    }

    [Fact]
    public async Task ReadAsync_ScopesOfHostileNames_StayValues()
    {
        var (history, server) = History(_ => Matrix());
        var scope = new HistoryScope([new WorkloadId("main", "edge\"} or vector(1) #", "gate.way|x")], ["a\\b"]);

        await history.ReadAsync(HistoryPart.Responses, scope, CancellationToken.None);

        server.Requests[0].Query.ShouldBe(
            "sum by (response_code, grpc_response_status, response_flags) (rate(istio_requests_total{reporter=\"source\", "
            + "source_workload_namespace=\"edge\\\"} or vector(1) #\", source_workload=~\"gate\\\\.way\\\\|x\", destination_workload_namespace=~\"a\\\\\\\\b\"}[60s]))");
    }

    [Fact]
    public void HistoryQuery_OfACallerAndACallee_CountsEachSeriesOnce()
    {
        var scope = new HistoryScope([], []) { From = [new HistoryEnd("web", ["a", "b|c"])], To = [new HistoryEnd("pay", ["x"])], Protocol = "grpc" };
        const string Ends = "source_workload_namespace=\"web\", source_workload=~\"a|b\\\\|c\", destination_workload_namespace=\"pay\", destination_workload=~\"x\"";
        string Rate(string reporter) => $"rate(istio_requests_total{{reporter{reporter}, request_protocol=\"grpc\", {Ends}}}[60s])";
        const string On = "unless on (source_workload, source_workload_namespace, destination_workload, destination_workload_namespace, request_protocol)";

        new IstioDialect().HistoryQuery(HistoryPart.Responses, scope, TimeSpan.FromMinutes(1)).ShouldBe(
            $"sum by (response_code, grpc_response_status, response_flags) ({Rate("=\"source\"")} or ({Rate("=\"waypoint\"")} {On} {Rate("=\"source\"")}) or ({Rate("=\"destination\"")} {On} {Rate("=~\"source|waypoint\"")}))");
        new IstioDialect().HistoryQuery(HistoryPart.CalleeResponses, scope, TimeSpan.FromMinutes(1)).ShouldBe(
            $"sum by (response_code, grpc_response_status, response_flags) ({Rate("=\"destination\"")} or ({Rate("=\"waypoint\"")} {On} {Rate("=\"destination\"")}))");
    }

    [Fact]
    public void HistoryQuery_FromOutsideOfAnApp_IsTwoEndsThatExcludeEachOther()
    {
        var scope = new HistoryScope([], []) { From = [new HistoryEnd("pay", [], Except: true), new HistoryEnd("pay", ["x"], Except: true)], To = [new HistoryEnd("pay", ["x"])], Hosts = ["x.pay"] };

        new IstioDialect().HistoryQuery(HistoryPart.CalleeResponses, scope, TimeSpan.FromMinutes(1)).ShouldContain(
            "(rate(istio_requests_total{reporter=\"destination\", source_workload_namespace!=\"pay\", destination_workload_namespace=\"pay\", destination_workload=~\"x\"}[60s])"
            + " or rate(istio_requests_total{reporter=\"destination\", source_workload_namespace=\"pay\", source_workload!~\"x\", destination_workload_namespace=\"pay\", destination_workload=~\"x\"}[60s]))");
        new IstioDialect().HistoryQuery(HistoryPart.Responses, scope, TimeSpan.FromMinutes(1)).ShouldContain(
            "rate(istio_requests_total{reporter=\"source\", destination_service=~\"x\\\\.pay\", source_workload_namespace!=\"pay\"}[60s])");
    }

    [Fact]
    public async Task ReadAsync_UpToAPastInstant_EndsThereAndIsReadOnce()
    {
        var (history, server) = History(request => Matrix(("200", From(request), Count(request))));
        var until = s_end.AddHours(-5).AddSeconds(42);

        var span = await history.ReadAsync(HistoryPart.Responses, HistoryScope.All, HistoryRange.Hour, until, CancellationToken.None);
        _time.Advance(TimeSpan.FromMinutes(10));
        await history.ReadAsync(HistoryPart.Responses, HistoryScope.All, HistoryRange.Hour, until, CancellationToken.None);

        span.Start.ShouldBe(s_end.AddHours(-6));
        span.Points.Length.ShouldBe(61);
        span.Points.ShouldAllBe(point => point != null);
        server.Requests.ShouldHaveSingleItem().Parameters["end"].ShouldBe(Seconds(s_end.AddHours(-5)));

        // What has not come yet is the present.
        await history.ReadAsync(HistoryPart.Responses, HistoryScope.All, HistoryRange.Hour, s_end.AddHours(3), CancellationToken.None);
        server.Requests[^1].Parameters["end"].ShouldBe(Seconds(s_end.AddMinutes(10)));
    }

    [Theory]
    [InlineData(10, 15, 40)]
    [InlineData(36, 15, 144)]
    [InlineData(37, 30, 74)]
    [InlineData(60 * 24, 900, 96)]
    [InlineData(60 * 24 * 400, 43_200, 144)]
    public void HistoryRange_OfAnySpan_HasTheFinestStepThatAChartCanShow(int minutes, int stepSeconds, int points)
    {
        var range = HistoryRange.Of(TimeSpan.FromMinutes(minutes));

        range.Step.ShouldBe(TimeSpan.FromSeconds(stepSeconds));
        (range.Span / range.Step).ShouldBe(points);
    }

    [Fact]
    public void ReadHistory_Connections_TellThoseThatFailed()
    {
        var read = new IstioDialect().ReadHistory(HistoryPart.Connections, [Sample(3, ("response_flags", "-")), Sample(1, ("response_flags", "UF,URX")), Sample(1, ("response_flags", "DC"))]);

        (read.ConnectionsPerSecond, read.FailedConnectionsPerSecond).ShouldBe((5, 1));
    }

    [Fact]
    public async Task ReadAsync_ManyScopes_KeepsAFewOnly()
    {
        var (history, server) = History(_ => Matrix());
        for (var i = 0; i < 120; i++)
        {
            await history.ReadAsync(HistoryPart.Responses, new HistoryScope([], [$"ns-{i}"]), CancellationToken.None);
        }

        await history.ReadAsync(HistoryPart.Responses, new HistoryScope([], ["ns-119"]), CancellationToken.None);
        server.Requests.Count.ShouldBe(120);
        await history.ReadAsync(HistoryPart.Responses, new HistoryScope([], ["ns-0"]), CancellationToken.None);
        server.Requests.Count.ShouldBe(121);
    }

    [Fact]
    public void ReadHistory_Responses_AreClassifiedAsEverywhereElse()
    {
        var read = new IstioDialect().ReadHistory(HistoryPart.Responses,
        [
            Sample(6, ("response_code", "200"), ("response_flags", "-")),
            Sample(2, ("response_code", "0"), ("response_flags", "UF")),
            Sample(1, ("response_code", "200"), ("grpc_response_status", "14")),
            Sample(1, ("response_code", "0"), ("response_flags", "DC")),
        ]);

        read.RequestsPerSecond.ShouldBe(10);
        ResponseClassifier.Total(read.Responses).ErrorRatio.ShouldBe(0.3);
    }

    [Fact]
    public void ReadHistory_Durations_GiveTheQuantileOfTheTile()
    {
        var dialect = new IstioDialect();
        var read = dialect.ReadHistory(HistoryPart.Durations, [Sample(100, ("le", "+Inf")), Sample(50, ("le", "10")), Sample(100, ("le", "20"))]);

        HistogramQuantile.Of(read.Durations, 0.99)!.Value.ShouldBe(19.8, 1e-9);
        dialect.ReadHistory(HistoryPart.Durations, [Sample(50, ("le", "10")), Sample(100, ("le", "20"))]).Durations.ShouldBeNull();
    }

    [Fact]
    public void ReadHistory_Security_KeepsTheUnknownApart()
    {
        var read = new IstioDialect().ReadHistory(HistoryPart.Security, [Sample(7, ("connection_security_policy", "mutual_tls")), Sample(2, ("connection_security_policy", "none")), Sample(1)]);

        read.RequestSecurity.ShouldBe(new SecuritySplit(7, 2, 1));
    }

    private static HistorySample Sample(double value, params (string Name, string Value)[] labels) =>
        new(labels.ToImmutableSortedDictionary(label => label.Name, label => label.Value, StringComparer.Ordinal), value);

    private static DateTimeOffset From(ScriptedPrometheus.Request request) => DateTimeOffset.FromUnixTimeSeconds(long.Parse(request.Parameters["start"], CultureInfo.InvariantCulture));

    private static int Count(ScriptedPrometheus.Request request) =>
        (int)((long.Parse(request.Parameters["end"], CultureInfo.InvariantCulture) - long.Parse(request.Parameters["start"], CultureInfo.InvariantCulture)) / 60) + 1;

    private static string Seconds(DateTimeOffset at) => at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    /// <summary>Runs of points of value 1, a minute apart.</summary>
    private static HttpResponseMessage Matrix(params (string Code, DateTimeOffset From, int Count)[] runs) => Json(string.Join(',', runs
        .GroupBy(run => run.Code)
        .Select(series => $"{{\"metric\":{{\"response_code\":\"{series.Key}\"}},\"values\":["
            + string.Join(',', series.SelectMany(run => Enumerable.Range(0, run.Count).Select(i => $"[{Seconds(run.From.AddMinutes(i))},\"1\"]"))) + "]}")));

    private static HttpResponseMessage Json(string series) => ScriptedPrometheus.Json($"{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[{series}]}}}}");

    private (TrafficHistory History, ScriptedPrometheus Server) History(Func<ScriptedPrometheus.Request, HttpResponseMessage> answer)
    {
        var server = new ScriptedPrometheus(answer);
        var client = new PrometheusClient(new HttpClient(server), new PrometheusEndpoint(new Uri("http://prom.example:9090")), _time);
        var history = new TrafficHistory(client, new IstioDialect(), new TelemetrySettings(), _time);
        _used.Add(history);
        return (history, server);
    }
}
