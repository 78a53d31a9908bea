using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Testing;
using static MeshConsole.Simulator.Tests.Kubernetes.KubernetesObjects;

namespace MeshConsole.Simulator.Tests.Kubernetes;

public sealed class KubernetesFaultTests : KubernetesApiTestBase
{
    [Fact]
    public async Task RefuseConnections_ForAWhile_CutsRequestsAndWatchesOff()
    {
        using var watch = await WatchAsync(ConfigMaps, "&resourceVersion=" + Store.CurrentVersion);
        Api.Faults.RefuseConnections(TimeSpan.FromSeconds(60));
        await Should.ThrowAsync<Exception>(async () =>
        {
            if (await watch.NextAsync() is null) throw new EndOfStreamException();
        });
        await Should.ThrowAsync<HttpRequestException>(() => GetAsync(ConfigMaps));
        Time.Advance(TimeSpan.FromSeconds(59));
        await Should.ThrowAsync<HttpRequestException>(() => GetAsync("/healthz"));
        Time.Advance(TimeSpan.FromSeconds(1));
        (await GetAsync(ConfigMaps)).Code.ShouldBe(200);
    }

    [Fact]
    public async Task AnswerUnavailable_UntilCleared_AnswersWith503()
    {
        Api.Faults.AnswerUnavailable();
        ShouldBeStatus(await GetAsync("/readyz"), 503, "ServiceUnavailable", "the server is currently unable to handle the request");
        Time.Advance(TimeSpan.FromDays(1));
        (await GetAsync(ConfigMaps)).Code.ShouldBe(503);
        Api.Faults.Clear();
        (await GetAsync(ConfigMaps)).Code.ShouldBe(200);
    }

    [Fact]
    public async Task Throttle_SomeRequests_AnswersThemWith429AndWhenToComeBack()
    {
        Api.Faults.Throttle(TimeSpan.FromSeconds(2.5), requests: 2);
        var answer = await GetAsync(ConfigMaps);
        answer.Code.ShouldBe(429);
        answer.Json["reason"]!.GetValue<string>().ShouldBe("TooManyRequests");
        answer.Json["details"]!["retryAfterSeconds"]!.GetValue<int>().ShouldBe(3);
        answer.RetryAfter.ShouldBe(TimeSpan.FromSeconds(3));
        (await GetAsync(ConfigMaps)).Code.ShouldBe(429);
        (await GetAsync(ConfigMaps)).Code.ShouldBe(200);
    }

    [Fact]
    public async Task Delay_HoldsAnswersBack()
    {
        Api.Faults.Delay = TimeSpan.FromSeconds(3);
        var answer = GetAsync(ConfigMaps);
        await Time.WaitForTimersAsync();
        Time.Advance(TimeSpan.FromSeconds(2.9));
        (await Task.WhenAny(answer, Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System))).ShouldNotBe(answer);
        Time.Advance(TimeSpan.FromSeconds(0.1));
        (await answer.WaitAsync(TimeSpan.FromSeconds(20))).Code.ShouldBe(200);
    }

    [Fact]
    public async Task Answer_ForOneKind_LeavesTheOthersAlone()
    {
        Api.Faults.Answer = (request, user) => request.Resource == "pods" && user.Name == "admin" ? new ApiStatus(500, "InternalError", "etcdserver: request timed out") : null;
        ShouldBeStatus(await GetAsync(Pods), 500, "InternalError", "etcdserver: request timed out");
        (await GetAsync(Pods, SimulatedKubernetesApi.ViewToken)).Code.ShouldBe(200);
        (await GetAsync(ConfigMaps)).Code.ShouldBe(200);
    }

    [Fact]
    public async Task Counters_TellRequestsByVerbResourceAndUser()
    {
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("a"));
        Api.Counters.Reset();
        await GetAsync(ConfigMaps);
        await GetAsync(ConfigMaps, SimulatedKubernetesApi.ViewToken);
        await GetAsync(ConfigMaps + "/a");
        await GetAsync(ConfigMaps, "wrong");
        using var watch = await WatchAsync(ConfigMaps);

        Api.Counters.Count("list", "configmaps").ShouldBe(3);
        Api.Counters.Count("list", "configmaps", "viewer").ShouldBe(1);
        Api.Counters.Count("list", "configmaps", "").ShouldBe(1);
        Api.Counters.Count("watch").ShouldBe(1);
        Api.Counters.Count(resource: "configmaps").ShouldBe(5);
        Api.Counters.Snapshot().Select(entry => $"{entry.Key.Verb} {entry.Key.User} {entry.Value}").ShouldBe(["get admin 1", "list  1", "list admin 1", "list viewer 1", "watch admin 1"]);
    }
}
