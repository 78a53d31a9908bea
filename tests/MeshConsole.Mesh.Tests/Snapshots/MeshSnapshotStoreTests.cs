using MeshConsole.Mesh.Snapshots;
using static MeshConsole.Testing.SampleMesh;

namespace MeshConsole.Mesh.Tests.Snapshots;

public sealed class MeshSnapshotStoreTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task WatchAsync_NewWatcher_GetsTheCurrentSnapshotAtOnce()
    {
        var store = new MeshSnapshotStore();
        store.Publish(At(3));
        using var stop = new CancellationTokenSource();
        await using var watcher = store.WatchAsync(stop.Token).GetAsyncEnumerator();

        (await watcher.MoveNextAsync().AsTask().WaitAsync(s_patience)).ShouldBeTrue();

        watcher.Current.Revision.ShouldBe(3);
        await stop.CancelAsync();
    }

    [Fact]
    public async Task WatchAsync_SlowWatcher_MissesTheOnesInBetweenAndGetsTheNewest()
    {
        var store = new MeshSnapshotStore();
        using var stop = new CancellationTokenSource();
        var watcher = store.WatchAsync(stop.Token).GetAsyncEnumerator();
        await watcher.MoveNextAsync().AsTask().WaitAsync(s_patience);
        for (var revision = 1; revision <= 1000; revision++)
        {
            store.Publish(At(revision));
        }

        await watcher.MoveNextAsync().AsTask().WaitAsync(s_patience);

        watcher.Current.Revision.ShouldBe(1000);
        var next = watcher.MoveNextAsync().AsTask();
        next.IsCompleted.ShouldBeFalse("nothing queues up behind it");
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => next.WaitAsync(s_patience));
    }

    [Fact]
    public async Task WatchAsync_ManyWatchersThatLeave_LeaveNothingBehind()
    {
        var store = new MeshSnapshotStore();
        using var stop = new CancellationTokenSource();
        var watchers = Enumerable.Range(0, 200).Select(_ => DrainAsync(stop.Token)).ToList();
        store.Watchers.ShouldBe(200);
        store.Publish(At(1));

        await stop.CancelAsync();
        await Task.WhenAll(watchers).WaitAsync(s_patience);

        store.Watchers.ShouldBe(0);

        async Task DrainAsync(CancellationToken cancellationToken)
        {
            try
            {
                await foreach (var _ in store.WatchAsync(cancellationToken))
                {
                }
            }
            catch (OperationCanceledException)
            {
                // The end that was asked for.
            }
        }
    }

    [Fact]
    public async Task WatchAsync_ReaderBreaksOff_IsForgotten()
    {
        var store = new MeshSnapshotStore();
        await foreach (var _ in store.WatchAsync(CancellationToken.None))
        {
            store.Watchers.ShouldBe(1);
            break;
        }

        store.Watchers.ShouldBe(0);
    }

    [Fact]
    public void Publish_OlderRevision_IsRefused()
    {
        var store = new MeshSnapshotStore();
        store.Publish(At(2));

        Should.Throw<ArgumentException>(() => store.Publish(At(2)));
        store.Current.Revision.ShouldBe(2);
    }

    private static MeshSnapshot At(long revision) => new(revision, Now, []);
}
