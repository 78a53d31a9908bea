using System.Collections.Immutable;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Latency;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Panels;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>
/// The views of a snapshot, memoised per (snapshot, query): a hundred circuits that look at the same page cost one
/// computation. Pages, REST and hub all ask here.
/// </summary>
public interface IMeshViews
{
    TopologyView Topology(MeshSnapshot snapshot, MeshQuery query, TopologyForm form);

    MtlsView Mtls(MeshSnapshot snapshot, MeshQuery query);

    ImmutableArray<EffectivePolicy> Policies(MeshSnapshot snapshot, MeshQuery query);

    ImmutableArray<CertificateView> Certificates(MeshSnapshot snapshot, MeshQuery query);

    ImmutableArray<HopLatency> Hops(MeshSnapshot snapshot, MeshQuery query);

    ImmutableArray<RouteView> Routes(MeshSnapshot snapshot, MeshQuery query);

    /// <summary>What is known of one object of the topology; null when there is none of that id. See <see cref="PanelBuilder.Build"/>.</summary>
    PanelView? Panel(MeshSnapshot snapshot, MeshQuery query, TopologyForm form, string? id);

    OverviewView Overview(MeshSnapshot snapshot, MeshQuery query);
}
