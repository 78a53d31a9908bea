using System.Collections.Immutable;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Latency;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Panels;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>Computes each view of a snapshot once, however many pages, streams and requests ask for it at a time.</summary>
public sealed class MeshViews(CertificateThresholds thresholds) : IMeshViews
{
    private readonly ViewCache _cache = new();

    public TopologyView Topology(MeshSnapshot snapshot, MeshQuery query, TopologyForm form)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(query);
        return _cache.Get(snapshot, (query, form), () => TopologyBuilder.Build(snapshot, query, form));
    }

    public MtlsView Mtls(MeshSnapshot snapshot, MeshQuery query) =>
        Get(snapshot, query, View.Mtls, () => MtlsCoverageBuilder.Build(snapshot, query));

    public ImmutableArray<EffectivePolicy> Policies(MeshSnapshot snapshot, MeshQuery query) =>
        Get(snapshot, query, View.Policies, () => EffectivePolicies.Build(snapshot, query));

    public ImmutableArray<CertificateView> Certificates(MeshSnapshot snapshot, MeshQuery query) =>
        Get(snapshot, query, View.Certificates, () => CertificateInventory.Build(snapshot, query, thresholds));

    public ImmutableArray<HopLatency> Hops(MeshSnapshot snapshot, MeshQuery query) =>
        Get(snapshot, query, View.Hops, () => HopLatencies.Build(snapshot, query));

    public ImmutableArray<RouteView> Routes(MeshSnapshot snapshot, MeshQuery query) =>
        Get(snapshot, query, View.Routes, () => RouteInventory.Build(snapshot, query));

    public PanelView? Panel(MeshSnapshot snapshot, MeshQuery query, TopologyForm form, string? id)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(query);
        return _cache.Get(snapshot, (query, form, id), () => PanelBuilder.Build(snapshot, query, form, id));
    }

    public OverviewView Overview(MeshSnapshot snapshot, MeshQuery query) =>
        Get(snapshot, query, View.Overview, () => OverviewBuilder.Build(
            snapshot,
            query,
            Mtls(snapshot, query),
            Routes(snapshot, query),
            Certificates(snapshot, query)));

    private T Get<T>(MeshSnapshot snapshot, MeshQuery query, Enum view, Func<T> compute)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(query);
        return _cache.Get(snapshot, (query, view), compute);
    }

    private enum View
    {
        Mtls,
        Policies,
        Certificates,
        Hops,
        Routes,
        Overview,
    }
}
