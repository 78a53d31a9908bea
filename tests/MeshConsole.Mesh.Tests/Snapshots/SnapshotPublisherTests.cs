using MeshConsole.Mesh.Snapshots;
using MeshConsole.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using static MeshConsole.Testing.SampleMesh;

namespace MeshConsole.Mesh.Tests.Snapshots;

public sealed class SnapshotPublisherTests
{
    [Fact]
    public async Task RunAsync_FirstChange_IsPublishedAtOnce()
    {
        await using var rig = new Rig();
        await rig.UntilRevisionAsync(1);
        rig.Time.Advance(TimeSpan.FromSeconds(5));
        await rig.IdleAsync();

        rig.Sources.Set(PaymentsObjects());

        await rig.UntilRevisionAsync(2);
        rig.Store.Current.Clusters.ShouldHaveSingleItem().Workloads.ShouldNotBeEmpty();
        rig.Store.Current.ObservedAt.ShouldBe(rig.Time.GetUtcNow(), "no time had to pass");
    }

    [Fact]
    public async Task RunAsync_ManyChanges_MakeAtMostFourSnapshotsPerSecond()
    {
        await using var rig = new Rig();
        await rig.UntilRevisionAsync(1);
        var seconds = 3;

        for (var i = 0; i < seconds * 100; i++)
        {
            rig.Sources.Set(PaymentsObjects());
            rig.Time.Advance(TimeSpan.FromMilliseconds(10));
            await rig.IdleAsync();
        }

        (rig.Store.Current.Revision - 1).ShouldBeInRange(seconds * 4 - 1, seconds * 4);
    }

    [Fact]
    public async Task RunAsync_LastOfManyChanges_IsNeverLost()
    {
        await using var rig = new Rig();
        await rig.UntilRevisionAsync(1);

        for (var i = 1; i <= 50; i++)
        {
            rig.Sources.Set(Objects(pods: Pods("payments", "ledger", count: i)));
        }

        await rig.UntilAsync(() => rig.Store.Current.Clusters[0].Workloads is [{ Pods.Length: 50 }]);
        rig.Store.Current.Revision.ShouldBeLessThan(10);
    }

    [Fact]
    public async Task RunAsync_TelemetryAlone_KeepsTheWorkloads()
    {
        await using var rig = new Rig();
        rig.Sources.Set(PaymentsObjects());
        await rig.UntilAsync(() => rig.Store.Current.Clusters is [{ Workloads.IsEmpty: false }]);
        var before = rig.Store.Current.Clusters[0];

        rig.Sources.Set(Frame(PaymentsEdges()));

        await rig.UntilAsync(() => rig.Store.Current.Clusters[0].Telemetry is not null);
        var after = rig.Store.Current.Clusters[0];
        after.Workloads.ShouldBe(before.Workloads);
        (after.Workloads == before.Workloads).ShouldBeTrue("the same array, not an equal one");
        (after.Services == before.Services).ShouldBeTrue();
        after.Edges.Length.ShouldBe(7);
    }

    [Fact]
    public async Task RunAsync_TwoClusters_BuildsOnlyTheChangedOne()
    {
        var west = new FakeSources();
        await using var rig = new Rig(west.For("west"));
        await rig.UntilRevisionAsync(1);
        rig.Store.Current.Clusters.Select(cluster => cluster.Name).ShouldBe(["main", "west"]);
        var main = rig.Store.Current.Clusters[0];

        west.Set(PaymentsObjects());

        await rig.UntilAsync(() => !rig.Store.Current.Clusters[1].Workloads.IsEmpty);
        rig.Store.Current.Clusters[0].ShouldBeSameAs(main);
    }

    [Fact]
    public async Task Ready_EndsWithASnapshotOnceEverySourceHasAnswered()
    {
        var west = new FakeSources();
        await using var rig = new Rig(west.For("west"));
        await rig.UntilRevisionAsync(1);
        rig.Sources.SetReady();
        await rig.IdleAsync();
        rig.Store.Ready.IsCompleted.ShouldBeFalse();

        west.SetReady();

        await rig.UntilAsync(() => rig.Store.Ready.IsCompleted);
    }

    [Fact]
    public async Task RunAsync_Cancelled_ListensNoMore()
    {
        var rig = new Rig();
        await rig.UntilRevisionAsync(1);
        rig.Sources.Listeners.ShouldBe(2);

        await rig.DisposeAsync();

        rig.Sources.Listeners.ShouldBe(0);
        rig.Time.PendingTimers.ShouldBe(0);
    }

    private sealed class Rig : IAsyncDisposable
    {
        private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _run;

        public Rig(params ClusterSources[] more) =>
            _run = new SnapshotPublisher([Sources.For("main"), .. more], Store, Time, NullLogger<SnapshotPublisher>.Instance).RunAsync(_stop.Token);

        public FakeTimeProvider Time { get; } = new();

        public FakeSources Sources { get; } = new();

        public MeshSnapshotStore Store { get; } = new();

        /// <summary>Lets the publisher run until it has nothing to do but to wait, for time or for a change.</summary>
        public async Task IdleAsync()
        {
            // It either sleeps (a pending timer) or waits for the next mark; a few turns of the pool are enough to get there.
            for (var i = 0; i < 20; i++)
            {
                await Task.Yield();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
        }

        public Task UntilRevisionAsync(long revision) => UntilAsync(() => Store.Current.Revision >= revision, advance: false);

        public async Task UntilAsync(Func<bool> condition, bool advance = true)
        {
            var started = TimeProvider.System.GetTimestamp();
            while (!condition())
            {
                TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(s_patience);
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
                if (advance)
                {
                    Time.Advance(TimeSpan.FromMilliseconds(50));
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _run.WaitAsync(s_patience);
            _stop.Dispose();
        }
    }
}
