using System.Collections.Immutable;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Mtls;

namespace MeshConsole.Mesh.Overview;

/// <summary>What the overview page says, from the worst to the least urgent.</summary>
public sealed record OverviewView(
    long Revision,
    DateTimeOffset ObservedAt,
    GoldenSignals Signals,
    MtlsCoverage Coverage,
    ImmutableArray<OverviewProblem> Problems,
    ImmutableArray<RouteView> Canaries,
    ImmutableArray<CertificateView> NextExpiries,
    ControlPlaneSummary ControlPlane);

/// <summary>Signals at the mesh's edge (gateways), else over all edges from the caller's view. Null: not known.</summary>
/// <param name="Scope">In words: where they were measured.</param>
public sealed record GoldenSignals(double? SuccessRatio, double? RequestsPerSecond, double? P99Ms, double? MeanMs, double? PlaintextRatio, string Scope);

/// <param name="Severity"><c>critical, warning</c>.</param>
/// <param name="Page">Relative link that shows the evidence.</param>
public sealed record OverviewProblem(string Severity, string Title, string Detail, string Page);

/// <param name="State"><c>healthy, degraded, failing, unknown</c>.</param>
public sealed record ControlPlaneSummary(string State, ImmutableArray<string> Reasons, string? Version, int? ReadyReplicas, int? DesiredReplicas, double? ConnectedProxies, double? ConvergenceP99Seconds, double? RejectsPerSecond);
