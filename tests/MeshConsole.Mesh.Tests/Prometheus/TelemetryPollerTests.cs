using System.Net;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Prometheus.Istio;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using static MeshConsole.Mesh.Tests.Prometheus.IstioAnswers;

namespace MeshConsole.Mesh.Tests.Prometheus;

public sealed class TelemetryPollerTests
{
    /// <summary>Nine seconds after a multiple of the refresh interval.</summary>
    private static readonly DateTimeOffset s_start = new(2026, 3, 2, 9, 0, 9, 250, TimeSpan.Zero);

    [Fact]
    public async Task RunAsync_FirstRefresh_AsksEverythingForOneInstantAndIsReady()
    {
        await using var rig = new Rig(Traffic);

        await rig.Poller.Ready.WaitAsync(Rig.Patience);

        rig.Server.Requests.Count.ShouldBe(12);
        rig.Server.Requests.Select(request => request.Parameters["time"]).Distinct().ShouldBe(["1772442009"]);
        rig.Poller.Sources.Select(source => source.State).Distinct().ShouldBe([SourceState.Live]);
        rig.Poller.Sources.Select(source => source.Name).ShouldBe(rig.Poller.Sources.Select(source => source.Name).Order(StringComparer.Ordinal));
        rig.Poller.Frame!.Edges.ShouldHaveSingleItem().FromSource!.RequestsPerSecond.ShouldBe(10);
        rig.Poller.Sources.Single(source => source.Name == SourceNames.Requests).Items.ShouldBe(1);
    }

    [Fact]
    public async Task RunAsync_LaterRefreshes_AreAlignedAndLeaveOutTheDearQueriesForAMinute()
    {
        await using var rig = new Rig(Traffic);
        await rig.Poller.Ready.WaitAsync(Rig.Patience);

        var counts = new List<int>();
        for (var i = 0; i < 4; i++)
        {
            var before = rig.Server.Requests.Count;
            await rig.NextRefreshAsync();
            counts.Add(rig.Server.Requests.Count - before);
        }

        // 09:00:15, :30, :45 and 09:01:00; the dear one was asked at 09:00:09 and is due from 09:01:09 on.
        counts.ShouldBe([11, 11, 11, 11]);
        rig.Server.Requests[^1].Parameters["time"].ShouldBe("1772442060");
        await rig.NextRefreshAsync();
        rig.Server.Requests.Count(request => request.Query.Contains("_bucket")
            && request.Query.Contains("istio_request")).ShouldBe(2);
    }

    [Fact]
    public async Task RunAsync_StartedBetweenTwoMilliseconds_AsksForTheNextInstantAndNotForTheSecondBefore()
    {
        // A delay is cut to whole milliseconds: it ends 0.4 ms before 09:00:15, and that instant would be asked for at once after it.
        await using var rig = new Rig(Traffic, after: TimeSpan.FromMicroseconds(600));
        await rig.Poller.Ready.WaitAsync(Rig.Patience);

        await rig.NextRefreshAsync();

        rig.Server.Requests.Count.ShouldBe(12 + 11);
        rig.Server.Requests.Select(request => request.Parameters["time"]).Distinct().ShouldBe(["1772442009", "1772442015"]);
    }

    [Fact]
    public async Task RunAsync_ClockSetBack_IsNotWaitedFor()
    {
        await using var rig = new Rig(Traffic);
        await rig.Poller.Ready.WaitAsync(Rig.Patience);
        await rig.Time.WaitForTimersAsync();

        rig.Time.StepBack(TimeSpan.FromHours(1));
        await rig.NextRefreshAsync();

        rig.Server.Requests.Count.ShouldBe(12 + 11);
    }

    [Fact]
    public async Task RunAsync_OneQueryFails_KeepsItsLastAnswerAndTheOthersGoOn()
    {
        var broken = false;
        await using var rig = new Rig(request => broken && request.Query.Contains("_milliseconds_sum")
            ? ScriptedPrometheus.Json("""{"status":"error","errorType":"execution","error":"too many samples"}""", HttpStatusCode.UnprocessableEntity)
            : request.Query.Contains("_milliseconds_sum") ? ScriptedPrometheus.Vector(Series("100", Hop("source", "api", "ledger"), "response_flags=-"))
            : Traffic(request));
        await rig.Poller.Ready.WaitAsync(Rig.Patience);
        var firstSuccess = rig.Poller.Sources.Single(source => source.Name == SourceNames.DurationSums).LastSuccess;
        broken = true;

        await rig.NextRefreshAsync();

        var sums = rig.Poller.Sources.Single(source => source.Name == SourceNames.DurationSums);
        sums.State.ShouldBe(SourceState.Stale);
        sums.LastSuccess.ShouldBe(firstSuccess);
        sums.Message!.ShouldContain("too many samples");
        rig.Poller.Sources.Count(source => source.State == SourceState.Live).ShouldBe(11);
        rig.Poller.Frame!.Edges[0].FromSource!.DurationSum.ShouldBe(100);
        rig.Poller.Frame.At.ShouldBe(new DateTimeOffset(2026, 3, 2, 9, 0, 15, TimeSpan.Zero));
    }

    [Fact]
    public async Task RunAsync_PrometheusNeverThere_IsReadyWithEverythingFailed()
    {
        await using var rig = new Rig(_ => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused"));

        await rig.Poller.Ready.WaitAsync(Rig.Patience);

        rig.Poller.Frame.ShouldBeNull();
        rig.Poller.Sources.ShouldAllBe(source => source.State == SourceState.Failed && source.LastSuccess == null && source.Message!.Contains("accepts no connection"));
        rig.Server.Requests.Count.ShouldBeLessThanOrEqualTo(3, "a refused connection says enough for all");
    }

    [Fact]
    public async Task RunAsync_Outage_KeepsDataAsStaleAndIsLiveAgainWithinTenSeconds()
    {
        var down = false;
        await using var rig = new Rig(request => down ? throw new HttpRequestException(HttpRequestError.ConnectionError, "refused") : Traffic(request));
        await rig.Poller.Ready.WaitAsync(Rig.Patience);
        down = true;
        await rig.NextRefreshAsync();
        var since = rig.Poller.Sources[0].Since;
        for (var i = 0; i < 10; i++)
        {
            await rig.NextRefreshAsync();
        }

        rig.Poller.Sources.ShouldAllBe(source => source.State == SourceState.Stale && source.Since == since);
        rig.Poller.Frame!.Edges.ShouldNotBeEmpty();
        down = false;
        var back = rig.Time.GetUtcNow();
        await rig.NextRefreshAsync();

        (rig.Time.GetUtcNow() - back).ShouldBeLessThan(TimeSpan.FromSeconds(10));
        rig.Poller.Sources.ShouldAllBe(source => source.State == SourceState.Live);
    }

    [Fact]
    public async Task RunAsync_Outage_AsksOneSmallQuestionPerTry()
    {
        var down = true;
        await using var rig = new Rig(request => down ? throw new HttpRequestException(HttpRequestError.ConnectionError, "refused") : Traffic(request));
        await rig.Poller.Ready.WaitAsync(Rig.Patience);
        var before = rig.Server.Requests.Count;

        await rig.NextRefreshAsync();
        await rig.NextRefreshAsync();

        rig.Server.Requests.Skip(before).Select(request => request.Query).ShouldBe(["1", "1"]);
    }

    [Fact]
    public async Task RunAsync_NoTrafficSeriesAtAll_IsAGapAndNotZero()
    {
        var gap = false;
        await using var rig = new Rig(request => gap ? ScriptedPrometheus.Json(ScriptedPrometheus.EmptyVector) : Traffic(request));
        await rig.Poller.Ready.WaitAsync(Rig.Patience);
        gap = true;

        await rig.NextRefreshAsync();

        var requests = rig.Poller.Sources.Single(source => source.Name == SourceNames.Requests);
        requests.State.ShouldBe(SourceState.Stale);
        requests.Message!.ShouldContain("check that the proxies are scraped");
        rig.Poller.Frame!.Edges.ShouldHaveSingleItem().FromSource!.RequestsPerSecond.ShouldBe(10);
    }

    [Fact]
    public async Task RunAsync_SecondClusterSeen_AsksForClustersFromThenOn()
    {
        await using var rig = new Rig(request => request.Query.Contains("istio_requests_total")
            ? ScriptedPrometheus.Vector(Series("10", Hop("source", "api", "ledger"), "source_cluster=Kubernetes", "destination_cluster=west"))
            : Traffic(request));
        await rig.Poller.Ready.WaitAsync(Rig.Patience);
        rig.Poller.SeveralClusters.ShouldBeTrue();

        await rig.NextRefreshAsync();

        rig.Server.Requests.Take(12).Count(request => request.Query.Contains("_milliseconds_count") && request.Query.Contains("source_cluster")).ShouldBe(0);
        rig.Server.Requests.Skip(12).Single(request => request.Query.Contains("_milliseconds_count")).Query.ShouldContain("source_cluster");
    }

    [Fact]
    public async Task RunAsync_SlowAnswers_NeverOverlap()
    {
        var hold = new TaskCompletionSource();
        await using var rig = new Rig(Traffic);
        await rig.Poller.Ready.WaitAsync(Rig.Patience);
        rig.Server.Hold = hold.Task;
        var before = rig.Server.Requests.Count;
        rig.Time.Advance(TimeSpan.FromSeconds(6));
        await rig.UntilAsync(() => rig.Server.Requests.Count == before + 3);

        rig.Time.Advance(TimeSpan.FromSeconds(9));

        rig.Server.Requests.Count.ShouldBe(before + 3, "three under way, the others wait for them");
        hold.SetResult();
        await rig.UntilAsync(() => rig.Server.Requests.Count >= before + 9);
    }

    [Fact]
    public async Task RunAsync_Cancelled_Ends()
    {
        var rig = new Rig(Traffic);
        await rig.Poller.Ready.WaitAsync(Rig.Patience);

        await rig.DisposeAsync();

        rig.Time.PendingTimers.ShouldBe(0);
    }

    private static HttpResponseMessage Traffic(ScriptedPrometheus.Request request) => request.Query.Contains("istio_requests_total")
        ? ScriptedPrometheus.Vector(Series("10", Hop("source", "api", "ledger"), "response_code=200", "response_flags=-"))
        : ScriptedPrometheus.Json(ScriptedPrometheus.EmptyVector);

    private sealed class Rig : IAsyncDisposable
    {
        public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

        private readonly CancellationTokenSource _stop = new();
        private readonly Task _run;
        private int _changes;

        public Rig(Func<ScriptedPrometheus.Request, HttpResponseMessage> answer, TimeSpan after = default)
        {
            Time = new FakeTimeProvider(s_start + after);
            Server = new ScriptedPrometheus(answer);
            var client = new PrometheusClient(new HttpClient(Server), new PrometheusEndpoint(new Uri("http://prom.example:9090")), Time);
            Poller = new TelemetryPoller("main", client, new IstioDialect(), new TelemetrySettings(), Time, NullLogger<TelemetryPoller>.Instance);
            Poller.Changed += () => Interlocked.Increment(ref _changes);
            _run = Poller.RunAsync(_stop.Token);
        }

        public FakeTimeProvider Time { get; }

        public ScriptedPrometheus Server { get; }

        public TelemetryPoller Poller { get; }

        /// <summary>Waits until the poller sleeps, wakes it when it wants to be woken, and waits for what comes of it.</summary>
        public async Task NextRefreshAsync()
        {
            var before = Volatile.Read(ref _changes);

            // The first refresh raises Changed before it sleeps; nothing else sets a timer then.
            await Time.WaitForTimersAsync();
            Time.Advance(Time.UntilNextTimer!.Value);
            await UntilAsync(() => Volatile.Read(ref _changes) > before);
            await Time.WaitForTimersAsync();
        }

        public async Task UntilAsync(Func<bool> condition)
        {
            var started = TimeProvider.System.GetTimestamp();
            while (!condition())
            {
                TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(Patience);
                await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, CancellationToken.None);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _run.WaitAsync(Patience);
            _stop.Dispose();
            Server.Dispose();
        }
    }
}
