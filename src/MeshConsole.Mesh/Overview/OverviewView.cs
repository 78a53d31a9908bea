using System.Collections.Immutable;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Mtls;

namespace MeshConsole.Mesh.Overview;

/// <summary>What the overview page says beside what is wrong, which <see cref="Triage.ITriage"/> knows.</summary>
public sealed record OverviewView(
    long Revision,
    DateTimeOffset ObservedAt,
    GoldenSignals Signals,
    MtlsCoverage Coverage,
    ImmutableArray<RouteView> Canaries,
    ImmutableArray<CertificateView> NextExpiries,
    ControlPlaneSummary ControlPlane);

/// <summary>Signals at the mesh's edge (gateways), else over all edges from the caller's view. Null: not known.</summary>
/// <param name="Scope">In words: where they were measured.</param>
public sealed record GoldenSignals(double? SuccessRatio, double? RequestsPerSecond, double? P99Ms, double? MeanMs, double? PlaintextRatio, string Scope);

/// <param name="State"><c>healthy, degraded, failing, unknown</c>.</param>
public sealed record ControlPlaneSummary(string State, ImmutableArray<string> Reasons, string? Version, int? ReadyReplicas, int? DesiredReplicas, double? ConnectedProxies, double? ConvergenceP99Seconds, double? RejectsPerSecond);
