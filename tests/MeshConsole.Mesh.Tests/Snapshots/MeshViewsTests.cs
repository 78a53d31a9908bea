using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;
using static MeshConsole.Testing.SampleMesh;

namespace MeshConsole.Mesh.Tests.Snapshots;

public sealed class MeshViewsTests
{
    private readonly MeshViews _views = new(CertificateThresholds.Default);

    [Fact]
    public void EveryView_OfOneSnapshotAndQuery_IsComputedOnce()
    {
        var snapshot = Payments();
        MeshQuery Query() => MeshQuery.For("main", ["payments"]);

        _views.Topology(snapshot, Query(), TopologyLevel.Workload).ShouldBeSameAs(_views.Topology(snapshot, Query(), TopologyLevel.Workload));
        _views.Mtls(snapshot, Query()).ShouldBeSameAs(_views.Mtls(snapshot, Query()));
        _views.Overview(snapshot, Query()).ShouldBeSameAs(_views.Overview(snapshot, Query()));
        (_views.Policies(snapshot, Query()) == _views.Policies(snapshot, Query())).ShouldBeTrue();
        (_views.Certificates(snapshot, Query()) == _views.Certificates(snapshot, Query())).ShouldBeTrue();
        (_views.Hops(snapshot, Query()) == _views.Hops(snapshot, Query())).ShouldBeTrue();
        (_views.Routes(snapshot, Query()) == _views.Routes(snapshot, Query())).ShouldBeTrue();
    }

    [Fact]
    public void Topology_OtherLevelQueryOrSnapshot_IsAnotherView()
    {
        var snapshot = Payments();
        var view = _views.Topology(snapshot, MeshQuery.All, TopologyLevel.Workload);

        _views.Topology(snapshot, MeshQuery.All, TopologyLevel.Namespace).Nodes.Length.ShouldNotBe(view.Nodes.Length);
        _views.Topology(snapshot, MeshQuery.For(null, ["batch"]), TopologyLevel.Workload).Nodes.ShouldHaveSingleItem();
        _views.Topology(Payments(), MeshQuery.All, TopologyLevel.Workload).ShouldNotBeSameAs(view);
    }

    [Fact]
    public async Task Get_ManyAtOnce_ComputeOnce()
    {
        var cache = new ViewCache();
        var snapshot = Payments();
        var computed = 0;
        using var go = new ManualResetEventSlim();

        var readers = Enumerable.Range(0, 8).Select(_ => Task.Run(() => cache.Get(snapshot, "key", () =>
        {
            go.Wait(TimeSpan.FromSeconds(10));
            return Interlocked.Increment(ref computed);
        }))).ToList();
        go.Set();

        (await Task.WhenAll(readers).WaitAsync(TimeSpan.FromSeconds(10))).ShouldAllBe(value => value == 1);
        computed.ShouldBe(1);
    }

    [Fact]
    public void Get_ManyQueries_KeepsABoundedNumber()
    {
        var cache = new ViewCache();
        var snapshot = Payments();
        for (var i = 0; i < 3 * ViewCache.ViewsPerSnapshot; i++)
        {
            cache.Get(snapshot, i, () => i);
        }

        cache.Count(snapshot).ShouldBe(ViewCache.ViewsPerSnapshot);
    }
}
