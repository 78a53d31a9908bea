using System.Collections.Concurrent;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Connections;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Kubernetes.Parsing;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Testing;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Mesh.Tests.Kubernetes;

public sealed class ResourceWatcherTests : IAsyncDisposable
{
    private const string AllPods = "/api/v1/pods";

    private readonly ScriptedApi _api = new();
    private readonly FakeTimeProvider _time = new();
    private readonly RecordingLogger _logger = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly KubernetesClient _client;
    private readonly ApiDiscovery _discovery;
    private Task _running = Task.CompletedTask;

    public ResourceWatcherTests()
    {
        var connection = KubernetesConnection.Through(() => _api, new Uri("http://api.test/"), CredentialSource.BearerToken("secret-token"));
        _client = new KubernetesClient(connection, _time, new KubernetesClientOptions { RequestTimeout = TimeSpan.FromSeconds(40), WatchConnectTimeout = TimeSpan.FromSeconds(40) });
        _discovery = new ApiDiscovery(_client, _time);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(ScriptedApi.Patience, TimeProvider.System);
        _discovery.Dispose();
        _client.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public async Task Watch_EventsAfterList_AreApplied()
    {
        var watcher = Start(ResourceKinds.Pods);
        watcher.Items.IsDefault.ShouldBeTrue();
        watcher.Status.State.ShouldBe(SourceState.Starting);

        var watch = await ListThenWatchAsync("5", Json.Pod("b", "one"), Json.Pod("a", "two"));
        await Names(watcher, "a/two", "b/one");
        await watch.SendAsync("ADDED", Json.Pod("a", "three", "6"));
        await watch.SendAsync("MODIFIED", Json.Pod("b", "one", "7", image: "ledger:1.5"));
        await watch.SendAsync("DELETED", Json.Pod("a", "two", "8"));

        await Names(watcher, "a/three", "b/one");
        watcher.Items[1].Containers.ShouldHaveSingleItem().Image.ShouldBe("ledger:1.5");
        watcher.Status.State.ShouldBe(SourceState.Live);
        watcher.Status.Items.ShouldBe(2);
        watcher.Ready.IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public async Task Watch_ClosedByServer_GoesOnFromLastVersionAndStaysLive()
    {
        var watcher = Start(ResourceKinds.Pods);
        var watch = await ListThenWatchAsync("5", Json.Pod("a", "one"));
        await watch.SendAsync("ADDED", Json.Pod("a", "two", "9"));
        await watch.BookmarkAsync("14");
        await Names(watcher, "a/one", "a/two");
        watch.Close();

        var again = await _api.NextAsync(AllPods);
        again["watch"].ShouldBe("true");
        again["allowWatchBookmarks"].ShouldBe("true");
        again["resourceVersion"].ShouldBe("14");
        int.Parse(again["timeoutSeconds"]!, null).ShouldBeInRange(300, 600);
        watcher.Status.State.ShouldBe(SourceState.Live);
        again.ReplyWatch();
    }

    [Fact]
    public async Task Watch_GoneAtConnect_ListsAnewAndDropsWhatVanished()
    {
        var watcher = Start(ResourceKinds.Pods);
        var watch = await ListThenWatchAsync("5", Json.Pod("a", "stays"), Json.Pod("a", "vanishes"));
        await Names(watcher, "a/stays", "a/vanishes");
        await watch.BookmarkAsync("6");
        watch.Close();

        (await _api.NextAsync(AllPods)).ReplyStatus(410, "Expired", "too old resource version: 6 (90)");
        await ListThenWatchAsync("91", Json.Pod("a", "stays", "50"));

        await Names(watcher, "a/stays");
        watcher.Status.State.ShouldBe(SourceState.Live);
    }

    [Fact]
    public async Task Watch_GoneInMidStream_ListsAnewAndDropsWhatVanished()
    {
        var watcher = Start(ResourceKinds.Pods);
        var watch = await ListThenWatchAsync("5", Json.Pod("a", "stays"), Json.Pod("a", "vanishes"));
        await Names(watcher, "a/stays", "a/vanishes");
        await watch.SendAsync("ERROR", Json.Status(410, "Expired", "too old resource version: 5 (90)"));

        await ListThenWatchAsync("91", Json.Pod("a", "stays", "50"));

        await Names(watcher, "a/stays");
        watcher.Status.State.ShouldBe(SourceState.Live);
    }

    [Fact]
    public async Task List_GoneBetweenPages_StartsAgainWithoutTheToken()
    {
        var watcher = Start(ResourceKinds.Pods);
        (await _api.NextAsync(AllPods)).Reply(Json.List("5", "page-2", Json.Pod("a", "deleted-meanwhile")));
        var second = await _api.NextAsync(AllPods);
        second["continue"].ShouldBe("page-2");
        second.ReplyStatus(410, "Expired", "The provided continue parameter is too old");
        var again = await _api.NextAsync(AllPods);
        again["continue"].ShouldBeNull();
        again.ReplyList("9", Json.Pod("a", "one"));
        (await _api.NextAsync(AllPods)).ReplyWatch();

        await Names(watcher, "a/one");
    }

    [Fact]
    public async Task List_GoneAgainAndAgain_BacksOffAndStaysStaleUntilItWorks()
    {
        var watcher = Start(ResourceKinds.Pods);
        var watch = await ListThenWatchAsync("5", Json.Pod("a", "one"));
        await Names(watcher, "a/one");
        await watch.SendAsync("ERROR", Json.Status(410, "Expired", "too old"));
        (await _api.NextAsync(AllPods)).ReplyStatus(410, "Expired", "still too old");

        await State(watcher, SourceState.Stale);
        Names(watcher).ShouldBe(["a/one"]);
        await BackingOffAsync();
        _time.Advance(TimeSpan.FromSeconds(4));
        await ListThenWatchAsync("95", Json.Pod("a", "two"));

        await Names(watcher, "a/two");
        await State(watcher, SourceState.Live);
    }

    [Fact]
    public async Task Watch_ErrorEventOtherThanGone_IsStaleThenListsAnew()
    {
        var watcher = Start(ResourceKinds.Pods);
        var watch = await ListThenWatchAsync("5", Json.Pod("a", "one"));
        await Names(watcher, "a/one");
        await watch.SendAsync("ERROR", Json.Status(500, "InternalError", "etcd is gone"));

        await State(watcher, SourceState.Stale);
        watcher.Status.Message!.ShouldContain("etcd is gone");
        await BackingOffAsync();
        _time.Advance(TimeSpan.FromSeconds(4));
        await ListThenWatchAsync("8", Json.Pod("a", "one"));
        await State(watcher, SourceState.Live);
    }

    [Fact]
    public async Task Watch_Silent_IsGivenUpAndListedAnew()
    {
        var watcher = Start(ResourceKinds.Pods);
        await ListThenWatchAsync("5", Json.Pod("a", "one"));
        await WatchingAsync();

        _time.Advance(TimeSpan.FromMinutes(3));
        await ListThenWatchAsync("9", Json.Pod("a", "two"));

        await Names(watcher, "a/two");
        watcher.Status.State.ShouldBe(SourceState.Live);
    }

    [Fact]
    public async Task Watch_BookmarksOnly_IsKeptAndCountsAsCurrent()
    {
        var watcher = Start(ResourceKinds.Pods);
        var watch = await ListThenWatchAsync("5", Json.Pod("a", "one"));
        await WatchingAsync();
        for (var minute = 0; minute < 6; minute++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            var seen = watcher.Status.LastSuccess;
            await watch.BookmarkAsync(Json.Number(10 + minute));
            seen.ShouldBe(_time.GetUtcNow());
            await watch.SendAsync("ADDED", Json.Pod("a", $"pod-{Json.Number(minute)}"));
            await Until(() => watcher.Items.Length == minute + 2);
        }

        _api.HasRequest.ShouldBeFalse();
    }

    [Fact]
    public async Task Server_GoneAndBack_KeepsDataWithItsAgeAndIsLiveWithinTenSeconds()
    {
        var watcher = Start(ResourceKinds.Pods);
        var watch = await ListThenWatchAsync("5", Json.Pod("a", "stays"), Json.Pod("a", "deleted-in-the-gap"));
        await WatchingAsync();
        _time.Advance(TimeSpan.FromSeconds(30));
        var lost = _time.GetUtcNow();
        watch.Break();

        // Killed for 60 s: every try is refused.
        var until = lost + TimeSpan.FromSeconds(60);
        while (_time.GetUtcNow() < until)
        {
            (await _api.NextAsync(AllPods)).Refuse();
            await State(watcher, SourceState.Stale);
            await BackingOffAsync();
            _time.Advance(TimeSpan.FromMilliseconds(Math.Ceiling(_time.UntilNextTimer!.Value.TotalMilliseconds)));
        }

        var back = _time.GetUtcNow();
        watcher.Status.LastSuccess.ShouldBe(lost);
        Names(watcher).ShouldBe(["a/deleted-in-the-gap", "a/stays"]);
        await ListThenWatchAsync("80", Json.Pod("a", "stays"));

        await State(watcher, SourceState.Live);
        Names(watcher).ShouldBe(["a/stays"]);
        (back - until).ShouldBeLessThan(TimeSpan.FromSeconds(4.1));
        _logger.Entries.Count(entry => entry.Contains("is stale")).ShouldBe(1);
        _logger.Entries.Count(entry => entry.Contains("is live")).ShouldBe(2);
    }

    [Fact]
    public async Task Server_NeverAnswers_IsFailedWithTheReason()
    {
        var watcher = Start(ResourceKinds.Pods);
        (await _api.NextAsync(AllPods)).Refuse();

        await State(watcher, SourceState.Failed);
        watcher.Ready.IsCompleted.ShouldBeTrue();
        watcher.Items.IsDefault.ShouldBeTrue();
        watcher.Status.LastSuccess.ShouldBeNull();
        watcher.Status.Items.ShouldBeNull();
        watcher.Status.Message!.ShouldContain("http://api.test/");
        watcher.Status.Message!.ShouldContain("Connection refused");
    }

    [Fact]
    public async Task List_TooManyRequests_WaitsAsLongAsAsked()
    {
        var watcher = Start(ResourceKinds.Pods);
        (await _api.NextAsync(AllPods)).ReplyStatus(429, "TooManyRequests", "slow down", TimeSpan.FromSeconds(17));
        await State(watcher, SourceState.Failed);
        await BackingOffAsync();
        _time.UntilNextTimer.ShouldBe(TimeSpan.FromSeconds(17));
        _time.Advance(TimeSpan.FromSeconds(17));
        await ListThenWatchAsync("5");

        await State(watcher, SourceState.Live);
        watcher.Items.ShouldBeEmpty();
        watcher.Items.IsDefault.ShouldBeFalse();
    }

    [Fact]
    public async Task List_Forbidden_IsDisabledAndSaysWhatToGrant()
    {
        var watcher = Start(ResourceKinds.Pods);
        (await _api.NextAsync(AllPods)).ReplyStatus(403, "Forbidden", "pods is forbidden: User \"console\" cannot list resource \"pods\"");

        await State(watcher, SourceState.Disabled);
        var message = watcher.Status.Message!;
        message.ShouldContain("may not list and watch pods in all namespaces");
        message.ShouldContain("workloads and their proxies are not shown");
        message.ShouldContain("ClusterRole");
        message.ShouldContain("User \"console\" cannot list");
        watcher.Ready.IsCompleted.ShouldBeTrue();

        // Granted later: found without a restart.
        await BackingOffAsync();
        _time.Advance(TimeSpan.FromSeconds(30));
        await ListThenWatchAsync("5", Json.Pod("a", "one"));
        await State(watcher, SourceState.Live);
    }

    [Fact]
    public async Task Namespaces_OneRefused_TheOthersAreLiveAndTheRefusedIsNamed()
    {
        var watcher = Start(ResourceKinds.Pods, "payments", "ledger");
        var requests = new[] { await _api.NextAsync(), await _api.NextAsync() }.OrderBy(request => request.Path, StringComparer.Ordinal).ToArray();
        requests.Select(request => request.Path).ShouldBe(["/api/v1/namespaces/ledger/pods", "/api/v1/namespaces/payments/pods"]);
        requests[0].ReplyStatus(403, "Forbidden", "no");
        requests[1].ReplyList("5", Json.Pod("payments", "one"));
        (await _api.NextAsync("/api/v1/namespaces/payments/pods")).ReplyWatch();

        await State(watcher, SourceState.Live);
        Names(watcher).ShouldBe(["payments/one"]);
        watcher.Status.Message!.ShouldContain("namespace ledger");
        watcher.Status.Message!.ShouldNotContain("payments");
    }

    [Fact]
    public async Task Namespaces_RelistOfOne_LeavesTheOthers()
    {
        var watcher = Start(ResourceKinds.Pods, "a", "b");
        var first = await _api.NextAsync();
        var second = await _api.NextAsync();
        foreach (var request in new[] { first, second })
        {
            request.ReplyList("5", Json.Pod(request.Path.Split('/')[4], "one"));
        }

        var watches = new Dictionary<string, ScriptedWatch>(StringComparer.Ordinal);
        for (var index = 0; index < 2; index++)
        {
            var request = await _api.NextAsync();
            watches[request.Path.Split('/')[4]] = request.ReplyWatch();
        }

        await Names(watcher, "a/one", "b/one");
        await watches["a"].SendAsync("ERROR", Json.Status(410, "Expired", "too old"));
        (await _api.NextAsync("/api/v1/namespaces/a/pods")).ReplyList("20", Json.Pod("a", "two"));
        (await _api.NextAsync("/api/v1/namespaces/a/pods")).ReplyWatch();

        await Names(watcher, "a/two", "b/one");
    }

    [Fact]
    public async Task Kind_GroupMissing_IsDisabledThenLiveOnceInstalled()
    {
        var watcher = StartMesh(ResourceKinds.VirtualServices);
        (await _api.NextAsync("/apis")).Reply(Json.Groups("apps/v1"));

        await State(watcher, SourceState.Disabled);
        var message = watcher.Status.Message!;
        message.ShouldContain("VirtualService");
        message.ShouldContain("group networking.istio.io is missing");
        message.ShouldContain("routes are not shown");
        message.ShouldContain("Install Istio's CRDs");
        watcher.Items.IsDefault.ShouldBeTrue();
        watcher.Ready.IsCompleted.ShouldBeTrue();

        await BackingOffAsync();
        _time.Advance(TimeSpan.FromSeconds(30));
        (await _api.NextAsync("/apis")).Reply(Json.Groups("networking.istio.io/v1alpha3", "networking.istio.io/v1beta1"));
        (await _api.NextAsync("/apis/networking.istio.io/v1beta1")).Reply(Json.Resources("networking.istio.io/v1beta1", "virtualservices"));
        (await _api.NextAsync("/apis/networking.istio.io/v1beta1/virtualservices")).ReplyList("5", """{"metadata":{"name":"card-processor","namespace":"payments"},"spec":{"hosts":["card-processor"]}}""");
        (await _api.NextAsync("/apis/networking.istio.io/v1beta1/virtualservices")).ReplyWatch();

        await State(watcher, SourceState.Live);
        var item = watcher.Items.ShouldHaveSingleItem();
        item.ApiVersion.ShouldBe("networking.istio.io/v1beta1");
        item.Kind.ShouldBe("VirtualService");
        item.Spec.GetProperty("hosts")[0].GetString().ShouldBe("card-processor");
    }

    [Fact]
    public async Task Kind_RemovedWhileWatched_IsStaleForAWhileThenDisabledWithoutData()
    {
        var watcher = StartMesh(ResourceKinds.Telemetries);
        (await _api.NextAsync("/apis")).Reply(Json.Groups("telemetry.istio.io/v1"));
        (await _api.NextAsync("/apis/telemetry.istio.io/v1")).Reply(Json.Resources("telemetry.istio.io/v1", "telemetries"));
        const string Path = "/apis/telemetry.istio.io/v1/telemetries";
        (await _api.NextAsync(Path)).ReplyList("5", """{"metadata":{"name":"t","namespace":"a"}}""");
        var watch = (await _api.NextAsync(Path)).ReplyWatch();
        await WatchingAsync();
        await watch.BookmarkAsync("6");
        _time.Advance(TimeSpan.FromSeconds(2));
        watch.Close();
        (await _api.NextAsync(Path)).ReplyStatus(404, "NotFound", "the server could not find the requested resource");

        await State(watcher, SourceState.Stale);
        watcher.Items.Length.ShouldBe(1);
        for (var tries = 0; watcher.Status.State == SourceState.Stale && tries < 20; tries++)
        {
            await BackingOffAsync();
            _time.Advance(_time.UntilNextTimer!.Value);
            (await _api.NextAsync("/apis")).Reply(Json.Groups("apps/v1"));
            await BackingOffAsync();
        }

        await State(watcher, SourceState.Disabled);
        watcher.Items.IsDefault.ShouldBeTrue();
    }

    [Fact]
    public async Task Object_Malformed_IsLeftOutNamedAndLoggedOnce()
    {
        var watcher = Start(ResourceKinds.Pods);
        const string Bad = """{"metadata":{"name":"bad","namespace":"a","resourceVersion":"7","labels":["not","a","map"]}}""";
        var watch = await ListThenWatchAsync("5", Json.Pod("a", "good"), Bad);
        await Names(watcher, "a/good");
        watcher.Status.State.ShouldBe(SourceState.Live);
        watcher.Status.Message!.ShouldContain("a/bad: metadata.labels should be an object and is a list");

        await watch.SendAsync("MODIFIED", Bad);
        await watch.SendAsync("MODIFIED", Json.Pod("a", "bad", "9"));
        await Names(watcher, "a/bad", "a/good");
        watcher.Status.Message.ShouldBeNull();
        _logger.Entries.Count(entry => entry.Contains("a/bad")).ShouldBe(1);

        // A copy that can no longer be read takes the old one away: it would be wrong.
        await watch.SendAsync("MODIFIED", Bad);
        await Names(watcher, "a/good");
        await watch.SendAsync("DELETED", Json.Pod("a", "bad", "12"));
        await Until(() => watcher.Status.Message is null);
    }

    [Fact]
    public async Task Unauthorized_FixedToken_IsFailedAndNeverShowsTheToken()
    {
        var watcher = Start(ResourceKinds.Pods);
        var request = await _api.NextAsync(AllPods);
        request.Headers["Authorization"].ShouldBe("Bearer secret-token");
        request.ReplyStatus(401, "Unauthorized", "Unauthorized");

        await State(watcher, SourceState.Failed);
        watcher.Status.Message!.ShouldContain("does not accept the console's credentials");
        watcher.Status.Message!.ShouldNotContain("secret-token");
        _logger.Entries.ShouldAllBe(entry => !entry.Contains("secret-token"));
    }

    [Fact]
    public async Task Watch_ClosedAtOnceEachTime_IsNotATightLoop()
    {
        var watcher = Start(ResourceKinds.Pods);
        var watch = await ListThenWatchAsync("5", Json.Pod("a", "one"));
        await WatchingAsync();
        watch.Close();
        await BackingOffAsync();

        _api.HasRequest.ShouldBeFalse();
        _time.UntilNextTimer!.Value.ShouldBeGreaterThan(TimeSpan.FromMilliseconds(100));
        _time.Advance(TimeSpan.FromSeconds(1));
        (await _api.NextAsync(AllPods)).ReplyWatch();
        watcher.Status.State.ShouldBe(SourceState.Live);
    }

    /// <summary>Waits until the watcher stands in its watch: only the idle time-out runs then.</summary>
    private Task WatchingAsync() => Until(() => _time.PendingTimers == 1 && _time.UntilNextTimer > TimeSpan.FromSeconds(60));

    /// <summary>Waits until the watcher sleeps between two tries: the time-outs of requests and watches are longer.</summary>
    private Task BackingOffAsync() => Until(() => _time.PendingTimers == 1 && _time.UntilNextTimer < TimeSpan.FromSeconds(30));

    private ResourceWatcher<Pod> Start(ResourceKind kind, params string[] namespaces) => Run(new ResourceWatcher<Pod>(
        _client, _discovery, kind, _ => new PodParser(), new ClusterWatchOptions { Namespaces = [.. namespaces], Jitter = () => 0.5 }, _time, _logger));

    private ResourceWatcher<MeshObject> StartMesh(ResourceKind kind) => Run(new ResourceWatcher<MeshObject>(
        _client, _discovery, kind, type => new MeshObjectParser(type.ApiVersion, type.Kind), new ClusterWatchOptions { Jitter = () => 0.5 }, _time, _logger));

    private ResourceWatcher<T> Run<T>(ResourceWatcher<T> watcher)
        where T : class, IKubernetesObject
    {
        _running = watcher.RunAsync(_stop.Token);
        return watcher;
    }

    private async Task<ScriptedWatch> ListThenWatchAsync(string resourceVersion, params string[] items)
    {
        var list = await _api.NextAsync(AllPods);
        list["watch"].ShouldBeNull();
        list["limit"].ShouldBe("500");
        list.ReplyList(resourceVersion, items);
        var watch = await _api.NextAsync(AllPods);
        watch["resourceVersion"].ShouldBe(resourceVersion);
        return watch.ReplyWatch();
    }

    private static string[] Names<T>(ResourceWatcher<T> watcher)
        where T : class, IKubernetesObject =>
        watcher.Items.IsDefault ? [] : [.. watcher.Items.Select(item => $"{item.Meta.Namespace}/{item.Meta.Name}")];

    private static async Task Names<T>(ResourceWatcher<T> watcher, params string[] expected)
        where T : class, IKubernetesObject
    {
        await Until(() => Names(watcher).SequenceEqual(expected, StringComparer.Ordinal), () => $"objects are {string.Join(", ", Names(watcher))}");
    }

    private static Task State<T>(ResourceWatcher<T> watcher, SourceState expected)
        where T : class, IKubernetesObject =>
        Until(() => watcher.Status.State == expected, () => $"state is {watcher.Status}");

    private static async Task Until(Func<bool> condition, Func<string>? describe = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > ScriptedApi.Patience)
            {
                throw new TimeoutException(describe?.Invoke() ?? "The expected state did not come.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, CancellationToken.None);
        }
    }

    private sealed class RecordingLogger : ILogger
    {
        public ConcurrentQueue<string> Entries { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Entries.Enqueue(formatter(state, exception));
    }
}
