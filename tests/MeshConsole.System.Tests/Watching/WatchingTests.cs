using System.Text.Json.Nodes;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.System.Tests.ByHand;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.Watching;

/// <summary>The watchers against a real API server: through change, outage, lost history, refusal and silence.</summary>
[Collection(Alone.Name)]
public sealed class WatchingTests
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_afterOutage = TimeSpan.FromSeconds(10);

    [SkippableFact]
    public async Task Changes_OfEveryWatchedKind_AreHeldAsAFreshListSays()
    {
        await using var cluster = await ClusterAsync(new RealKubernetesOptions());
        await using var watched = WatchedCluster.Start(cluster.WriteKubeconfig());
        await watched.ReadyAsync();
        await watched.UntilAsync("every kind live", TimeSpan.FromSeconds(20), all => all.Source.Sources.All(source => source.State == SourceState.Live));
        await watched.UntilEqualAsync(cluster.Admin, TimeSpan.FromSeconds(5));
        watched.Source.Objects.Pods.Length.ShouldBe(10);
        watched.Source.Objects.VirtualServices.ShouldHaveSingleItem().Meta.Name.ShouldBe("card-processor");

        await cluster.Admin.JsonPatchAsync(CardProcessor.VirtualServicePath, CardProcessor.MoveWeights(90, 80));
        await watched.UntilAsync("the new weight", s_soon, all => all.Source.Objects.VirtualServices[0].Spec.GetRawText().Contains(":80", StringComparison.Ordinal));

        await cluster.Admin.DeleteAsync("api/v1/namespaces/payments/pods/card-processor-v1-6d4c5b7f8-00002?gracePeriodSeconds=0");
        await cluster.Admin.DeleteAsync("apis/security.istio.io/v1beta1/namespaces/payments/peerauthentications/default");
        await cluster.Admin.CreateNamespaceAsync("settlement");
        await watched.UntilEqualAsync(cluster.Admin, s_afterOutage);
        watched.Source.Objects.Pods.Length.ShouldBe(9);
        watched.Source.Objects.PeerAuthentications.ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task Server_KilledWhileTheClusterChanges_IsCaughtUpWithIncludingDeletions()
    {
        await using var cluster = await ClusterAsync(new RealKubernetesOptions { CustomResources = CustomResources.Minimal });
        await using var watched = WatchedCluster.Start(cluster.WriteKubeconfig());
        await watched.ReadyAsync();
        await watched.UntilEqualAsync(cluster.Admin, TimeSpan.FromSeconds(10));
        var podsBefore = watched.Source.Objects.Pods;

        await cluster.KillServerAsync();
        await watched.UntilAsync("every kind stale", TimeSpan.FromSeconds(20), all => all.Source.Sources.All(source => source.State == SourceState.Stale));
        foreach (var source in watched.Source.Sources)
        {
            source.LastSuccess.ShouldNotBeNull(source.ToString());
            source.Message.ShouldNotBeNullOrWhiteSpace(source.ToString());
        }

        watched.Source.Objects.Pods.ShouldBe(podsBefore);

        await cluster.ThroughPeerAsync(async peer =>
        {
            await peer.DeleteAsync("api/v1/namespaces/payments/pods/card-processor-v1-6d4c5b7f8-00001?gracePeriodSeconds=0");
            await peer.DeleteAsync("apis/networking.istio.io/v1beta1/namespaces/payments/destinationrules/card-processor");
            await peer.JsonPatchAsync(CardProcessor.VirtualServicePath, CardProcessor.MoveWeights(90, 50));
            await peer.CreateNamespaceAsync("born-in-the-gap");
        });
        await cluster.StartServerAsync();

        await watched.UntilEqualAsync(cluster.Admin, s_afterOutage);
        await watched.UntilAsync("every kind live", s_afterOutage, all => all.Source.Sources.All(source => source.State == SourceState.Live));
        watched.Source.Objects.Pods.Length.ShouldBe(podsBefore.Length - 1);
        watched.Source.Objects.DestinationRules.ShouldBeEmpty();
        watched.Source.Objects.Namespaces.ShouldContain(item => item.Meta.Name == "born-in-the-gap");
    }

    [SkippableFact]
    public async Task Watch_FromAVersionTheServerForgot_ListsAnew()
    {
        await using var cluster = await ClusterAsync(new RealKubernetesOptions { CustomResources = CustomResources.Minimal });
        var restarted = 0;
        var restart = new SemaphoreSlim(1);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        // Between the list and the first watch of VirtualServices the server starts anew and with it its window of events: the
        // version of the list is before the window, and the real server says 410 in the stream.
        await using var watched = WatchedCluster.StartGated(cluster, async request =>
        {
            if (IsWatchOf(request, "virtualservices") && Interlocked.Exchange(ref restarted, 1) == 0)
            {
                await restart.WaitAsync();
                await cluster.KillServerAsync();
                await cluster.ThroughPeerAsync(async peer =>
                {
                    await peer.JsonPatchAsync(CardProcessor.VirtualServicePath, CardProcessor.MoveWeights(90, 60));
                    await peer.CreateAsync(CardProcessor.VirtualServices, Renamed("second"));
                    await peer.DeleteAsync(CardProcessor.VirtualServicePath);
                });
                await cluster.StartServerAsync();
                done.TrySetResult();
            }
        });
        await done.Task.WaitAsync(TimeSpan.FromSeconds(90));

        await watched.UntilEqualAsync(cluster.Admin, s_afterOutage);
        await watched.UntilAsync("virtual services live", s_afterOutage, all => all["kubernetes/virtualservices"].State == SourceState.Live);
        watched.Source.Objects.VirtualServices.ShouldHaveSingleItem().Meta.Name.ShouldBe("second");
        restart.Dispose();
    }

    [SkippableFact]
    public async Task PagedList_ThatExpiresBetweenItsPages_IsStartedAgain()
    {
        await using var cluster = await ClusterAsync(new RealKubernetesOptions { CustomResources = CustomResources.Minimal });
        var expired = 0;
        var pages = 0;
        await using var watched = WatchedCluster.StartGated(
            cluster,
            async request =>
            {
                if (request.RequestUri!.AbsolutePath == "/api/v1/pods" && request.RequestUri.Query.Contains("continue=", StringComparison.Ordinal))
                {
                    Interlocked.Increment(ref pages);
                    if (Interlocked.Exchange(ref expired, 1) == 0)
                    {
                        // A real 410 for the second page: its version is gone from etcd.
                        await cluster.Admin.DeleteAsync("api/v1/namespaces/payments/pods/card-processor-v1-6d4c5b7f8-00001?gracePeriodSeconds=0");
                        await cluster.Admin.CreateNamespaceAsync("moves-the-version-on");
                        await cluster.CompactAsync();
                    }
                }
            },
            clientOptions: new KubernetesClientOptions { PageSize = 2 });

        await watched.ReadyAsync();
        await watched.UntilEqualAsync(cluster.Admin, s_afterOutage);
        expired.ShouldBe(1);
        pages.ShouldBeGreaterThan(2);
        watched["kubernetes/pods"].State.ShouldBe(SourceState.Live);
    }

    [SkippableFact]
    public async Task History_CompactedAgainAndAgain_NeverLosesAnObject()
    {
        // Without the server's window every watch reaches etcd, and whatever has been compacted is an ERROR in the stream.
        await using var cluster = await ClusterAsync(new RealKubernetesOptions { CustomResources = CustomResources.Minimal, WatchCache = false });
        await using var watched = WatchedCluster.Start(cluster.WriteKubeconfig(), new ClusterWatchOptions { WatchTimeout = TimeSpan.FromSeconds(1) });
        await watched.ReadyAsync();
        for (var round = 0; round < 12; round++)
        {
            if (round > 0)
            {
                await cluster.Admin.DeleteAsync($"{CardProcessor.VirtualServices}/round-{round - 1}");
            }

            // Compacted at a version that is no deletion: etcd 3.4 drops a deletion at that very version without a word.
            await cluster.Admin.CreateAsync(CardProcessor.VirtualServices, Renamed($"round-{round}"));
            await cluster.CompactAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(400), TimeProvider.System);
        }

        await watched.UntilEqualAsync(cluster.Admin, s_afterOutage);
        watched.Source.Objects.VirtualServices.Select(item => item.Meta.Name).ShouldBe(["card-processor", "round-11"]);
    }

    [SkippableFact]
    public async Task OpenWatch_ToldMidStreamThatItsVersionIsGone_ListsAnewOnceAndSeesTheDeletions()
    {
        // The watches of the API server itself are cut from etcd while those of the console stay open; what happens meanwhile
        // is compacted away. Back at etcd, the API server cannot go on and says 410 in the streams it has open.
        await using var cluster = await ClusterAsync(new RealKubernetesOptions { CustomResources = CustomResources.Minimal, WatchCache = false, RelayedEtcd = true });
        var wire = new WireRecord();
        await using var watched = WatchedCluster.StartRecorded(cluster, wire);
        await watched.ReadyAsync();
        await watched.UntilAsync("every kind live", TimeSpan.FromSeconds(20), all => all.Source.Sources.All(source => source.State is SourceState.Live or SourceState.Disabled));
        await watched.UntilEqualAsync(cluster.Admin, s_afterOutage);

        // The streams work: each of these changes comes in the very stream that later says 410.
        await cluster.Admin.JsonPatchAsync(CardProcessor.VirtualServicePath, CardProcessor.MoveWeights(90, 80));
        await cluster.Admin.CreateAsync(CardProcessor.VirtualServices, Renamed("goes-in-the-gap"));
        await cluster.Admin.DeleteAsync("api/v1/namespaces/payments/pods/card-processor-v1-6d4c5b7f8-00001?gracePeriodSeconds=0");
        await watched.UntilEqualAsync(cluster.Admin, s_afterOutage);
        var open = wire.Watches.Where(watch => watch.Ended is null).ToList();
        open.Count.ShouldBe(watched.Source.Sources.Count(source => source.State == SourceState.Live));

        cluster.EtcdRelay.Cut();
        var cut = TimeProvider.System.GetUtcNow();
        await cluster.ThroughPeerAsync(async peer =>
        {
            await peer.DeleteAsync("api/v1/namespaces/payments/pods/card-processor-v1-6d4c5b7f8-00002?gracePeriodSeconds=0");
            await peer.DeleteAsync($"{CardProcessor.VirtualServices}/goes-in-the-gap");
            await peer.DeleteAsync("apis/networking.istio.io/v1beta1/namespaces/payments/destinationrules/card-processor");
            await peer.JsonPatchAsync(CardProcessor.VirtualServicePath, CardProcessor.MoveWeights(80, 50));
            await peer.CreateNamespaceAsync("born-in-the-gap");
        });
        await cluster.CompactAsync();
        open.ShouldAllBe(watch => watch.Ended == null);
        watched.Source.Objects.Pods.ShouldContain(pod => pod.Meta.Name == "card-processor-v1-6d4c5b7f8-00002");
        var restored = TimeProvider.System.GetUtcNow();
        cluster.EtcdRelay.Restore();

        await Eventually.HoldsAsync("an ERROR in every open stream", TimeSpan.FromSeconds(30), () => open.TrueForAll(watch => watch.Events.Any(item => item.Type == "ERROR")));
        await watched.UntilEqualAsync(cluster.Admin, s_afterOutage);
        await watched.UntilAsync("every kind live", s_afterOutage, all => all.Source.Sources.All(source => source.State is SourceState.Live or SourceState.Disabled));

        foreach (var watch in open)
        {
            // Accepted long before, silent while cut off, and the 410 is the last word of a stream that was open all the time.
            watch.Accepted.ShouldBeLessThan(cut, watch.ToString());
            var last = watch.Events.Last();
            last.Type.ShouldBe("ERROR", watch.ToString());
            last.Code.ShouldBe(410, watch.ToString());
            last.Reason.ShouldBe("Expired", watch.ToString());
            last.At.ShouldBeGreaterThan(restored, watch.ToString());
            watch.Events.ShouldNotContain(item => item.At > cut && item.Type != "ERROR", watch.ToString());

            // One list, one new watch, and no 410 again.
            wire.Lists.Count(list => list.Path == watch.Path && list.At > cut).ShouldBe(1, watch.ToString());
            wire.Watches.Where(other => other.Path == watch.Path && other.Accepted > cut).ShouldHaveSingleItem(watch.ToString()).Ended.ShouldBeNull(watch.ToString());
        }

        Seen("/virtualservices").ShouldBe(["MODIFIED card-processor", "ADDED goes-in-the-gap", "ERROR "]);
        Seen("/pods").TakeLast(2).ShouldBe(["DELETED card-processor-v1-6d4c5b7f8-00001", "ERROR "]);
        watched.Source.Objects.Pods.ShouldNotContain(pod => pod.Meta.Name == "card-processor-v1-6d4c5b7f8-00002");
        watched.Source.Objects.DestinationRules.ShouldBeEmpty();
        watched.Source.Objects.VirtualServices.ShouldHaveSingleItem().Spec.GetRawText().ShouldContain(":50");
        watched.Source.Objects.Namespaces.ShouldContain(item => item.Meta.Name == "born-in-the-gap");

        // The new streams carry on where the lists ended.
        await cluster.Admin.JsonPatchAsync(CardProcessor.VirtualServicePath, CardProcessor.MoveWeights(50, 40));
        await watched.UntilAsync("the next weight", s_soon, all => all.Source.Objects.VirtualServices[0].Spec.GetRawText().Contains(":40", StringComparison.Ordinal));

        IEnumerable<string> Seen(string plural) => open.Single(watch => watch.Path.EndsWith(plural, StringComparison.Ordinal)).Events.Select(item => $"{item.Type} {item.Name}");
    }

    [SkippableFact]
    public async Task FrozenServer_AnswersNothing_IsNoticedAndCaughtUpWith()
    {
        await using var cluster = await ClusterAsync(new RealKubernetesOptions { CustomResources = CustomResources.Minimal });
        await using var relay = TcpRelay.To(cluster.Server);
        await using var watched = WatchedCluster.Start(
            cluster.WriteKubeconfig(server: relay.AddressFor(cluster.Server)),
            new ClusterWatchOptions { IdleTimeout = TimeSpan.FromSeconds(3) });
        await watched.ReadyAsync();
        await watched.UntilEqualAsync(cluster.Admin, TimeSpan.FromSeconds(10));

        relay.FallSilent();
        await cluster.Admin.CreateNamespaceAsync("unheard-of");
        await cluster.Admin.DeleteAsync("apis/networking.istio.io/v1beta1/namespaces/payments/destinationrules/card-processor");
        await watched.UntilAsync("nothing is called live", TimeSpan.FromSeconds(40), all => all.Source.Sources.All(source => source.State == SourceState.Stale));

        relay.SpeakAgain();
        await watched.UntilEqualAsync(cluster.Admin, TimeSpan.FromSeconds(30));
        await watched.UntilAsync("every kind live", TimeSpan.FromSeconds(30), all => all.Source.Sources.All(source => source.State == SourceState.Live));
    }

    [SkippableFact]
    public async Task Refusals_AreNamedByKindAndNamespace_AndTheRestWorks()
    {
        await using var cluster = await ClusterAsync(new RealKubernetesOptions { CustomResources = CustomResources.Minimal });
        await cluster.AllowAsync("limited", "payments", "", ["pods", "services"], ["list", "watch"]);
        await cluster.AllowAsync("limited", "payments", "networking.istio.io", ["virtualservices"], ["list", "watch"]);
        await using var watched = WatchedCluster.Start(
            cluster.WriteKubeconfig("limited"),
            new ClusterWatchOptions { Namespaces = ["payments"], LongestRecheck = TimeSpan.FromSeconds(2) });
        await watched.ReadyAsync();

        watched["kubernetes/pods"].State.ShouldBe(SourceState.Live);
        watched.Source.Objects.Pods.Length.ShouldBe(8);
        watched["kubernetes/virtualservices"].State.ShouldBe(SourceState.Live);
        foreach (var (source, resource) in new[] { ("kubernetes/secrets", "secrets"), ("kubernetes/deployments", "deployments"), ("kubernetes/nodes", "nodes") })
        {
            var status = watched[source];
            status.State.ShouldBe(SourceState.Disabled, status.ToString());
            status.Message.ShouldNotBeNull().ShouldContain(resource);
            status.Message.ShouldContain("list");
            watched.Source.Objects.Secrets.IsDefault.ShouldBeTrue();
        }

        watched["kubernetes/secrets"].Message!.ShouldContain("payments");

        // Once somebody grants the right, the kind comes by itself.
        await cluster.AllowAsync("limited", "payments", "apps", ["deployments"], ["list", "watch"]);
        await watched.UntilAsync("deployments live", s_afterOutage, all => all["kubernetes/deployments"].State == SourceState.Live);
        watched.Source.Objects.Deployments.Length.ShouldBe(5);
    }

    [SkippableFact]
    public async Task ClusterWithoutAMesh_SwitchesItsKindsOffWithAReason_UntilTheyAreInstalled()
    {
        Requires.Kubernetes();
        await using var cluster = await RealKubernetes.StartAsync(new RealKubernetesOptions { CustomResources = CustomResources.None });
        await using var watched = WatchedCluster.Start(cluster.WriteKubeconfig(), new ClusterWatchOptions { LongestRecheck = TimeSpan.FromSeconds(2) });
        await watched.ReadyAsync();

        watched["kubernetes/pods"].State.ShouldBe(SourceState.Live);
        var routes = watched["kubernetes/virtualservices"];
        routes.State.ShouldBe(SourceState.Disabled);
        routes.Message.ShouldNotBeNull().ShouldContain("virtualservices.networking.istio.io");
        watched.Source.Objects.VirtualServices.IsDefault.ShouldBeTrue();

        await cluster.InstallAsync(CustomResources.Minimal);
        await cluster.Admin.CreateNamespaceAsync("payments");
        await cluster.Admin.CreateAsync(CardProcessor.VirtualServices, CardProcessor.VirtualService);
        await watched.UntilAsync("virtual services live", TimeSpan.FromSeconds(20), all => all["kubernetes/virtualservices"].State == SourceState.Live);
        await watched.UntilEqualAsync(cluster.Admin, TimeSpan.FromSeconds(20));
    }

    private static async Task<RealKubernetes> ClusterAsync(RealKubernetesOptions options)
    {
        Requires.Kubernetes();
        var cluster = await RealKubernetes.StartAsync(options);
        await HandMeshObjects.WriteAsync(cluster.Admin);
        return cluster;
    }

    private static bool IsWatchOf(HttpRequestMessage request, string plural) =>
        request.RequestUri!.AbsolutePath.EndsWith("/" + plural, StringComparison.Ordinal) && request.RequestUri.Query.Contains("watch=", StringComparison.Ordinal);

    private static JsonNode Renamed(string name)
    {
        var copy = CardProcessor.VirtualService;
        copy["metadata"]!["name"] = name;
        return copy;
    }
}
