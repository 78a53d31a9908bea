using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Prometheus.Istio;
using MeshConsole.Testing;
using static MeshConsole.Mesh.Tests.Prometheus.IstioAnswers;

namespace MeshConsole.Mesh.Tests.Prometheus;

public sealed class TelemetryHistoryTests
{
    private static readonly DateTimeOffset s_at = new(2026, 3, 2, 8, 14, 37, TimeSpan.Zero);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task AtAsync_PastInstant_AsksAtAMultipleOfTheInterval()
    {
        var (history, server) = History(Traffic);

        var frame = await history.AtAsync(s_at, TimeSpan.FromMinutes(5), CancellationToken.None);

        frame.At.ShouldBe(new DateTimeOffset(2026, 3, 2, 8, 14, 30, TimeSpan.Zero));
        frame.Window.ShouldBe(TimeSpan.FromMinutes(5));
        frame.Edges.ShouldHaveSingleItem();
        server.Requests.Count.ShouldBe(12);
        server.Requests.ShouldAllBe(request => request.Parameters["time"] == "1772439270");
        server.Requests.Count(request => request.Query.Contains("[300s]")).ShouldBe(10);
    }

    [Fact]
    public async Task AtAsync_ManyAtOnce_AskPrometheusOnce()
    {
        var hold = new TaskCompletionSource();
        var (history, server) = History(Traffic);
        server.Hold = hold.Task;

        var readers = Enumerable.Range(0, 20).Select(i => history.AtAsync(s_at.AddMilliseconds(i), null, CancellationToken.None)).ToList();
        hold.SetResult();
        var frames = await Task.WhenAll(readers).WaitAsync(s_patience);

        frames.Distinct().Count().ShouldBe(1);
        server.Requests.Count.ShouldBe(12);
        await history.AtAsync(s_at, null, CancellationToken.None);
        server.Requests.Count.ShouldBe(12);
    }

    [Fact]
    public async Task AtAsync_FirstReaderGoesAway_TheOthersStillGetTheirAnswer()
    {
        var hold = new TaskCompletionSource();
        var (history, server) = History(Traffic);
        server.Hold = hold.Task;
        using var cancel = new CancellationTokenSource();

        var first = history.AtAsync(s_at, null, cancel.Token);
        var second = history.AtAsync(s_at, null, CancellationToken.None);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => first.WaitAsync(s_patience));
        hold.SetResult();

        (await second.WaitAsync(s_patience)).Edges.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task AtAsync_NothingAnswered_FailsAndIsTriedAgain()
    {
        var down = true;
        var (history, _) = History(request => down ? throw new HttpRequestException(HttpRequestError.ConnectionError, "refused") : Traffic(request));

        (await Should.ThrowAsync<PrometheusException>(() => history.AtAsync(s_at, null, CancellationToken.None))).Fault.ShouldBe(PrometheusFault.Unreachable);
        down = false;

        (await history.AtAsync(s_at, null, CancellationToken.None)).Edges.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task AtAsync_ManyInstants_KeepsAFewOnly()
    {
        var (history, server) = History(Traffic);
        for (var i = 0; i < 20; i++)
        {
            await history.AtAsync(s_at.AddMinutes(-i), null, CancellationToken.None);
        }

        await history.AtAsync(s_at.AddMinutes(-19), null, CancellationToken.None);
        server.Requests.Count.ShouldBe(20 * 12);
        await history.AtAsync(s_at, null, CancellationToken.None);
        server.Requests.Count.ShouldBe(21 * 12);
    }

    [Fact]
    public async Task AtAsync_ManyInstantsAtOnce_ReadsTwoAtATime()
    {
        var hold = new TaskCompletionSource();
        var (history, server) = History(Traffic);
        server.Hold = hold.Task;

        // A replay of forty frames by three readers: what Prometheus is asked at a time does not grow with them.
        var readers = Enumerable.Range(0, 120).Select(i => history.AtAsync(s_at.AddMinutes(i % 40), null, CancellationToken.None)).ToList();
        var one = new TelemetrySettings().MaxParallelQueries;
        server.Requests.Count.ShouldBe(2 * one);
        hold.SetResult();
        await Task.WhenAll(readers).WaitAsync(s_patience);
        server.Requests.Count.ShouldBe(40 * 12);
    }

    [Fact]
    public async Task AtAsync_ReadersWhoLeave_AreNotReadFor_AndTheNewestWaitsForNobodyElse()
    {
        var hold = new TaskCompletionSource();
        var (history, server) = History(Traffic);
        server.Hold = hold.Task;

        // A thumb that goes over twenty instants: what was asked for one of them is left for the next.
        for (var i = 0; i < 20; i++)
        {
            using var leaving = new CancellationTokenSource();
            var left = history.AtAsync(s_at.AddMinutes(i), null, leaving.Token);
            await leaving.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => left.WaitAsync(s_patience));
        }

        var kept = history.AtAsync(s_at.AddMinutes(20), null, CancellationToken.None);
        hold.SetResult();
        (await kept.WaitAsync(s_patience)).Edges.ShouldHaveSingleItem();
        server.Requests.Count.ShouldBe((20 * new TelemetrySettings().MaxParallelQueries) + 12, "of what was left no more than had begun");
        (await history.AtAsync(s_at, null, CancellationToken.None).WaitAsync(s_patience)).Edges.ShouldHaveSingleItem("what was left can be asked for again");
    }

    [Fact]
    public async Task AtAsync_OneQueryRefused_SaysWhichAndWhy()
    {
        var (history, _) = History(request => request.Query.Contains("istio_tcp_connections_opened_total")
            ? ScriptedPrometheus.Json("""{"status":"error","errorType":"execution","error":"too many samples"}""", System.Net.HttpStatusCode.UnprocessableEntity)
            : Traffic(request));

        var frame = await history.AtAsync(s_at, null, CancellationToken.None);

        frame.Edges.ShouldHaveSingleItem();
        var (name, why) = frame.Unanswered.ShouldHaveSingleItem();
        name.ShouldBe("prometheus/tcp-opened");
        why.ShouldContain("too many samples");
    }

    private static HttpResponseMessage Traffic(ScriptedPrometheus.Request request) => request.Query.Contains("istio_requests_total")
        ? ScriptedPrometheus.Vector(Series("10", Hop("source", "api", "ledger"), "response_code=200", "response_flags=-"))
        : ScriptedPrometheus.Json(ScriptedPrometheus.EmptyVector);

    private static (TelemetryHistory History, ScriptedPrometheus Server) History(Func<ScriptedPrometheus.Request, HttpResponseMessage> answer)
    {
        var server = new ScriptedPrometheus(answer);
        var client = new PrometheusClient(new HttpClient(server), new PrometheusEndpoint(new Uri("http://prom.example:9090")), new FakeTimeProvider());
        return (new TelemetryHistory("main", client, new IstioDialect(), new TelemetrySettings(), () => false), server);
    }
}
