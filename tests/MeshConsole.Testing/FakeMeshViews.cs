using System.Collections.Immutable;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Latency;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Panels;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Testing;

/// <summary>Views that a test states itself; whatever the query, the answer is what was set. Null throws, as a fault in a view would.</summary>
public sealed class FakeMeshViews : IMeshViews
{
    public Func<TopologyForm, TopologyView>? OnTopology { get; set; } = _ => SampleViews.Topology;

    /// <summary>What it is of some snapshots, where a test tells them apart; null for <see cref="OnTopology"/>.</summary>
    public Func<MeshSnapshot, TopologyView?>? OnSnapshotTopology { get; set; }

    public MtlsView? OnMtls { get; set; } = SampleViews.Mtls;
    public ImmutableArray<EffectivePolicy>? OnPolicies { get; set; } = SampleViews.Policies;
    public ImmutableArray<CertificateView>? OnCertificates { get; set; } = SampleViews.Certificates;
    public ImmutableArray<HopLatency>? OnHops { get; set; } = SampleViews.Hops;
    public ImmutableArray<RouteView>? OnRoutes { get; set; } = SampleViews.Routes;
    /// <summary>The panel of an id; worked out of the snapshot unless a test says otherwise.</summary>
    public Func<MeshSnapshot, MeshQuery, TopologyForm, string?, PanelView?> OnPanel { get; set; } = PanelBuilder.Build;

    public OverviewView? OnOverview { get; set; } = SampleViews.Overview;

    /// <summary>Queries in the order they came.</summary>
    public List<MeshQuery> Queries { get; } = [];

    public TopologyView Topology(MeshSnapshot snapshot, MeshQuery query, TopologyForm form)
    {
        Queries.Add(query);
        return OnSnapshotTopology?.Invoke(snapshot) ?? OnTopology?.Invoke(form) ?? throw new InvalidOperationException("The topology view fails.");
    }

    public MtlsView Mtls(MeshSnapshot snapshot, MeshQuery query) => Answer(query, OnMtls);

    public ImmutableArray<EffectivePolicy> Policies(MeshSnapshot snapshot, MeshQuery query) => Answer(query, OnPolicies);

    public ImmutableArray<CertificateView> Certificates(MeshSnapshot snapshot, MeshQuery query) => Answer(query, OnCertificates);

    public ImmutableArray<HopLatency> Hops(MeshSnapshot snapshot, MeshQuery query) => Answer(query, OnHops);

    public ImmutableArray<RouteView> Routes(MeshSnapshot snapshot, MeshQuery query) => Answer(query, OnRoutes);

    public PanelView? Panel(MeshSnapshot snapshot, MeshQuery query, TopologyForm form, string? id) => OnPanel(snapshot, query, form, id);

    public OverviewView Overview(MeshSnapshot snapshot, MeshQuery query) => Answer(query, OnOverview);

    private T Answer<T>(MeshQuery query, T? view)
        where T : class
    {
        Queries.Add(query);
        return view ?? throw new InvalidOperationException($"The view {typeof(T).Name} fails.");
    }

    private T Answer<T>(MeshQuery query, T? view)
        where T : struct
    {
        Queries.Add(query);
        return view ?? throw new InvalidOperationException($"The view {typeof(T).Name} fails.");
    }
}
