using System.Collections.Immutable;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Overview;

/// <summary>The first page: how the mesh's users fare, what runs out, which traffic is divided.</summary>
public static class OverviewBuilder
{
    private const int ExpiriesShown = 6;

    public static OverviewView Build(MeshSnapshot snapshot, MeshQuery query, CertificateThresholds thresholds)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(thresholds);
        return Build(
            snapshot,
            query,
            MtlsCoverageBuilder.Build(snapshot, query),
            RouteInventory.Build(snapshot, query),
            CertificateInventory.Build(snapshot, query, thresholds));
    }

    /// <summary>The same out of views that are there already.</summary>
    public static OverviewView Build(
        MeshSnapshot snapshot,
        MeshQuery query,
        MtlsView mtls,
        ImmutableArray<RouteView> routes,
        ImmutableArray<CertificateView> certificates)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(mtls);
        return new OverviewView(
            snapshot.Revision,
            snapshot.ObservedAt,
            GatewaySignals.Of(snapshot, query, mtls.Coverage),
            mtls.Coverage,
            [.. routes.Where(CanaryComparison.IsDivided)],
            NextExpiries(certificates),
            ControlPlane.Of(snapshot, query));
    }

    /// <summary>
    /// What ends next: those in trouble first, then those of weeks and months. Workload certificates in good order come
    /// last: they end within a day, every day. A certificate that two rows speak of (the gateway that presents it, the
    /// cert-manager object that renews it) is listed once, by who presents it.
    /// </summary>
    private static ImmutableArray<CertificateView> NextExpiries(ImmutableArray<CertificateView> certificates) =>
    [
        .. certificates
            .Where(c => c.NotAfter is not null && c.State != CertificateState.Unknown)
            .DistinctBy(c => c.Fingerprint ?? c.Id, StringComparer.Ordinal)
            .OrderBy(c => c.State != CertificateState.Valid ? 0 : c.Kind != CertificateKind.Workload ? 1 : 2)
            .ThenBy(c => c.NotAfter)
            .ThenBy(c => c.Id, StringComparer.Ordinal)
            .Take(ExpiriesShown),
    ];
}
