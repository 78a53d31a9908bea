using System.Globalization;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Testing;
using static MeshConsole.Simulator.Tests.Kubernetes.KubernetesObjects;

namespace MeshConsole.Simulator.Tests.Kubernetes;

public sealed class KubernetesWatchTests : KubernetesApiTestBase
{
    protected override int HistoryLimit => 64;

    [Theory]
    [InlineData("")]
    [InlineData("&resourceVersion=0")]
    public async Task Watch_WithoutAVersion_BeginsWithWhatIsThere(string query)
    {
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("a"));
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("b"));
        using var watch = await WatchAsync(ConfigMaps, query);
        (await watch.TakeAsync(2)).ShouldBe(["ADDED a", "ADDED b"]);
        Store.Delete(ResourceTypes.ConfigMaps, "payments", "a");
        (await watch.TakeAsync(1)).ShouldBe(["DELETED a"]);
    }

    [Fact]
    public async Task Watch_FromAListsVersion_GivesWhatFollows()
    {
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("a"));
        var list = await GetAsync(ConfigMaps);
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("b"));
        using var watch = await WatchAsync(ConfigMaps, "&resourceVersion=" + list.ResourceVersion);
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("elsewhere", "ledger"));
        await MergePatchAsync(ConfigMaps + "/a", """{"data":{"key":"one"}}""");
        await SendAsync(HttpMethod.Delete, ConfigMaps + "/a");

        var events = new[] { (await watch.NextAsync())!, (await watch.NextAsync())!, (await watch.NextAsync())! };
        events.Select(seen => seen.ToString()).ShouldBe(["ADDED b", "MODIFIED a", "DELETED a"]);
        events[1].Object["data"]!["key"]!.GetValue<string>().ShouldBe("one");
        events[2].Object["data"]!["key"]!.GetValue<string>().ShouldBe("one");
        events.Select(seen => seen.Version).ShouldBeInOrder();
        events[2].Version.ShouldBe(Store.CurrentVersion);
        events.ShouldAllBe(seen => seen.Object["kind"]!.GetValue<string>() == "ConfigMap" && seen.Object["apiVersion"]!.GetValue<string>() == "v1");
    }

    [Fact]
    public async Task Watch_OfAVersion_SpeaksThatVersion()
    {
        using var watch = await WatchAsync("/apis/networking.istio.io/v1alpha3/virtualservices", "&resourceVersion=1");
        Store.Create(ResourceTypes.VirtualServices, CardProcessorRoute());
        (await watch.NextAsync())!.Object["apiVersion"]!.GetValue<string>().ShouldBe("networking.istio.io/v1alpha3");
    }

    [Fact]
    public async Task Watch_WithSelectors_TellsOfComingAndGoing()
    {
        var version = Store.CurrentVersion;
        using var watch = await WatchAsync(Pods, $"&resourceVersion={version}&labelSelector=app%3Dpay&fieldSelector=status.phase%3DRunning");
        Store.Create(ResourceTypes.Pods, Pod("other", labels: ("app", "ledger")));
        Store.Create(ResourceTypes.Pods, Pod("p", phase: "Pending", labels: ("app", "pay")));
        Store.Update(ResourceTypes.Pods, "payments", "p", json => json["status"]!["phase"] = "Running");
        Store.Update(ResourceTypes.Pods, "payments", "p", json => json["metadata"]!["labels"]!["x"] = "y");
        Store.Update(ResourceTypes.Pods, "payments", "p", json => json["metadata"]!["labels"]!["app"] = "fraud");
        var left = Store.CurrentVersion;
        Store.Delete(ResourceTypes.Pods, "payments", "p");
        Store.Create(ResourceTypes.Pods, Pod("q", labels: ("app", "pay")));

        (await watch.TakeAsync(2)).ShouldBe(["ADDED p", "MODIFIED p"]);
        var gone = (await watch.NextAsync())!;
        gone.ToString().ShouldBe("DELETED p");
        gone.Version.ShouldBe(left);
        gone.Object["metadata"]!["labels"]!["app"]!.GetValue<string>().ShouldBe("pay");
        (await watch.TakeAsync(1)).ShouldBe(["ADDED q"]);
    }

    [Fact]
    public async Task Watch_OfOneName_SeesOnlyThatObject()
    {
        using var watch = await WatchAsync(ConfigMaps, "&resourceVersion=1&fieldSelector=metadata.name%3Da");
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("b"));
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("a"));
        (await watch.TakeAsync(1)).ShouldBe(["ADDED a"]);
    }

    [Fact]
    public async Task Watch_FromAVersionThatIsTooOld_BeginsWithAnError()
    {
        for (var index = 0; index < 70; index++)
            Store.Create(ResourceTypes.ConfigMaps, ConfigMap("m" + index));
        using var watch = await WatchAsync(ConfigMaps, "&resourceVersion=1");
        watch.Code.ShouldBe(200);
        var error = (await watch.NextAsync())!;
        error.Type.ShouldBe("ERROR");
        error.Object["kind"]!.GetValue<string>().ShouldBe("Status");
        error.Object["code"]!.GetValue<int>().ShouldBe(410);
        error.Object["reason"]!.GetValue<string>().ShouldBe("Expired");
        // Of 70 objects after the namespace the last 64 are kept: what is forgotten ends with the sixth.
        var floor = long.Parse((await GetAsync(ConfigMaps + "/m5")).ResourceVersion, CultureInfo.InvariantCulture);
        error.Object["message"]!.GetValue<string>().ShouldBe($"too old resource version: 1 ({floor})");
        (await watch.NextAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Watch_FromAVersionThatIsTooOld_CanBeRefusedByStatus()
    {
        Api.Faults.RefuseExpiredWatchesByStatus = true;
        var version = Store.CurrentVersion;
        Api.Faults.ExpireResourceVersions();
        ShouldBeStatus(await GetAsync($"{ConfigMaps}?watch=true&resourceVersion={version}"), 410, "Expired", $"too old resource version: {version} ({version + 1})");
    }

    [Fact]
    public async Task Watch_WhenVersionsExpire_EndsWithAnErrorInMidStream()
    {
        using var watch = await WatchAsync(ConfigMaps, "&resourceVersion=" + Store.CurrentVersion);
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("a"));
        (await watch.TakeAsync(1)).ShouldBe(["ADDED a"]);
        Api.Faults.ExpireResourceVersions();
        var error = (await watch.NextAsync())!;
        error.Type.ShouldBe("ERROR");
        error.Object["code"]!.GetValue<int>().ShouldBe(410);
        (await watch.NextAsync()).ShouldBeNull();

        var list = await GetAsync(ConfigMaps);
        using var again = await WatchAsync(ConfigMaps, "&resourceVersion=" + list.ResourceVersion);
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("b"));
        (await again.TakeAsync(1)).ShouldBe(["ADDED b"]);
    }

    [Fact]
    public async Task Watch_WithBookmarks_TellsTheVersionEveryMinuteAndAtTheEnd()
    {
        using var watch = await WatchAsync(ConfigMaps, $"&resourceVersion={Store.CurrentVersion}&allowWatchBookmarks=true&timeoutSeconds=90");
        Store.Create(ResourceTypes.Pods, Pod("of-another-kind"));
        var version = Store.CurrentVersion;
        await Time.WaitForTimersAsync();
        Time.Advance(TimeSpan.FromMinutes(1));
        var bookmark = (await watch.NextAsync())!;
        bookmark.Type.ShouldBe("BOOKMARK");
        bookmark.Version.ShouldBe(version);
        bookmark.Object["kind"]!.GetValue<string>().ShouldBe("ConfigMap");

        await Time.WaitForTimersAsync();
        Time.Advance(TimeSpan.FromSeconds(30));
        (await watch.NextAsync())!.Type.ShouldBe("BOOKMARK");
        (await watch.NextAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Watch_WithoutBookmarks_EndsInSilence()
    {
        using var watch = await WatchAsync(ConfigMaps, $"&resourceVersion={Store.CurrentVersion}&timeoutSeconds=5");
        await Time.WaitForTimersAsync();
        Time.Advance(TimeSpan.FromSeconds(5));
        (await watch.NextAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Watch_WithNoTimeout_EndsBetweenHalfAnHourAndAnHour()
    {
        using var watch = await WatchAsync(ConfigMaps, "&resourceVersion=" + Store.CurrentVersion);
        await Time.WaitForTimersAsync();
        Time.Advance(TimeSpan.FromMinutes(30) - TimeSpan.FromSeconds(1));
        (await watch.IsSilentAsync()).ShouldBeTrue();
        Time.Advance(TimeSpan.FromMinutes(31));
        (await watch.NextAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Watch_ThatAsksForInitialEvents_IsRefused() =>
        ShouldBeStatus(
            await GetAsync(ConfigMaps + "?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"),
            422,
            "Invalid",
            "ListOptions.meta.k8s.io \"\" is invalid: [sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled, "
            + "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch]");

    [Fact]
    public async Task Watch_WhenMuted_IsSilentAndGoesOnWhereItWas()
    {
        using var watch = await WatchAsync(ConfigMaps, $"&resourceVersion={Store.CurrentVersion}&allowWatchBookmarks=true");
        Api.Faults.MuteWatches = true;
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("a"));
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("b"));
        await Time.WaitForTimersAsync();
        Time.Advance(TimeSpan.FromMinutes(5));
        (await watch.IsSilentAsync()).ShouldBeTrue();
        Api.Faults.MuteWatches = false;
        (await watch.TakeAsync(2)).ShouldBe(["ADDED a", "ADDED b"]);
    }

    [Fact]
    public async Task Watch_WhenDropped_EndsAndCanBeTakenUpWithoutLoss()
    {
        var version = Store.CurrentVersion;
        using (var watch = await WatchAsync(ConfigMaps, "&resourceVersion=" + version))
        {
            Store.Create(ResourceTypes.ConfigMaps, ConfigMap("a"));
            var seen = (await watch.NextAsync())!;
            version = seen.Version;
            Api.Counters.ActiveWatches("configmaps").ShouldBe(1);
            Api.Faults.DropWatches();
            (await watch.NextAsync()).ShouldBeNull();
        }
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("b"));
        using var again = await WatchAsync(ConfigMaps, "&resourceVersion=" + version);
        (await again.TakeAsync(1)).ShouldBe(["ADDED b"]);
    }

    [Fact]
    public async Task Watch_WhenTheClientLeaves_IsForgotten()
    {
        var watch = await WatchAsync(ConfigMaps, "&resourceVersion=" + Store.CurrentVersion);
        Api.Counters.ActiveWatches().ShouldBe(1);
        watch.Dispose();
        await Eventually(() => Api.Counters.ActiveWatches() == 0);
        Time.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public async Task Watch_ManyUnderConcurrentWriters_MissesNothingAndRepeatsNothing()
    {
        const int Watchers = 20;
        const int Writers = 4;
        const int Steps = 60;
        await using var api = await SimulatedKubernetesApi.StartAsync();
        var start = api.Store.CurrentVersion;
        var truth = new List<string>();
        api.Store.Changed += change => truth.Add($"{change.Kind} {change.Object.Name} {change.Version}");

        var watches = new List<WatchReader>();
        for (var index = 0; index < Watchers; index++)
            watches.Add(await WatchReader.StartAsync(api.Client(), $"/api/v1/configmaps?watch=1&resourceVersion={start}"));
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() =>
        {
            for (var step = 0; step < Steps; step++)
            {
                var name = $"w{writer}-{step % 7}";
                if (api.Store.Find(ResourceTypes.ConfigMaps, "payments", name) is null) api.Store.Create(ResourceTypes.ConfigMaps, ConfigMap(name));
                else if (step % 5 == 0) api.Store.Delete(ResourceTypes.ConfigMaps, "payments", name);
                else api.Store.Update(ResourceTypes.ConfigMaps, "payments", name, json => json["data"]!["step"] = step.ToString(CultureInfo.InvariantCulture));
            }
        })));

        var late = new List<WatchReader>();
        var lateList = new List<(long Version, string[] Names)>();
        for (var index = 0; index < 5; index++)
        {
            var snapshot = api.Store.Snapshot(ResourceTypes.ConfigMaps);
            lateList.Add((snapshot.Version, [.. snapshot.Objects.Select(stored => stored.Name)]));
            late.Add(await WatchReader.StartAsync(api.Client(), $"/api/v1/configmaps?watch=1&resourceVersion={snapshot.Version}"));
        }
        await writing.WaitAsync(TimeSpan.FromSeconds(30));

        var kinds = new Dictionary<string, string>(StringComparer.Ordinal) { ["ADDED"] = "Added", ["MODIFIED"] = "Modified", ["DELETED"] = "Deleted" };
        foreach (var watch in watches)
        {
            var seen = new List<string>();
            while (seen.Count < truth.Count && await watch.NextAsync() is { } change)
                seen.Add($"{kinds[change.Type]} {change.Name} {change.Version}");
            seen.ShouldBe(truth);
            watch.Dispose();
        }
        var final = api.Store.List(ResourceTypes.ConfigMaps).Select(stored => stored.Name).ToArray();
        for (var index = 0; index < late.Count; index++)
        {
            // A list and the watch from its version add up to what is there.
            var names = new SortedSet<string>(lateList[index].Names, StringComparer.Ordinal);
            var expected = truth.Count(line => long.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture) > lateList[index].Version);
            for (var count = 0; count < expected; count++)
            {
                var change = (await late[index].NextAsync())!;
                if (change.Type == "DELETED") names.Remove(change.Name).ShouldBeTrue();
                else if (change.Type == "ADDED") names.Add(change.Name).ShouldBeTrue();
                else names.ShouldContain(change.Name);
            }
            names.ShouldBe(final, ignoreOrder: true);
            late[index].Dispose();
        }
    }

    [Fact]
    public async Task Watch_HundredsAtOnce_AllHear()
    {
        const int Watchers = 200;
        var version = Store.CurrentVersion;
        var watches = await Task.WhenAll(Enumerable.Range(0, Watchers).Select(_ => WatchAsync(ConfigMaps, "&resourceVersion=" + version)));
        Api.Counters.ActiveWatches("configmaps").ShouldBe(Watchers);
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("a"));
        foreach (var events in await Task.WhenAll(watches.Select(watch => watch.TakeAsync(1))))
            events.ShouldBe(["ADDED a"]);
        foreach (var watch in watches)
            watch.Dispose();
    }

    private static async Task Eventually(Func<bool> condition)
    {
        for (var attempt = 0; attempt < 400 && !condition(); attempt++)
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        condition().ShouldBeTrue();
    }
}
