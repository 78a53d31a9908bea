using System.Collections.Immutable;
using MeshConsole.Mesh.Mtls.Readiness;

namespace MeshConsole.Endpoints;

/// <summary>Answer of <c>GET /api/v1/mtls/readiness</c>.</summary>
/// <param name="LookbackSeconds">Length of the history that was asked for.</param>
/// <param name="At">End of the look-back.</param>
/// <param name="Blockers">Any of them: blocked.</param>
/// <param name="Unproven">Any of them, without blockers: unproven.</param>
/// <param name="Parts">The namespaces of the mesh or the workloads of the namespace, each judged for itself; empty for a workload.</param>
internal sealed record ReadinessView(
    StrictScope Scope,
    ReadinessVerdict Verdict,
    double LookbackSeconds,
    DateTimeOffset At,
    ImmutableArray<ReadinessFinding> Blockers,
    ImmutableArray<ReadinessFinding> Unproven,
    ImmutableArray<ReadinessFinding> Warnings,
    ImmutableArray<ReadinessPart> Parts)
{
    public static ReadinessView Of(ReadinessBreakdown answer) => new(
        answer.Whole.Scope,
        answer.Whole.Verdict,
        answer.Whole.Lookback.TotalSeconds,
        answer.Whole.At,
        answer.Whole.Blockers,
        answer.Whole.Unproven,
        answer.Whole.Warnings,
        [.. answer.Parts.Select(part => new ReadinessPart(part.Scope.Namespace!, part.Scope.Workload, part.Verdict, Codes(part.Blockers), Codes(part.Unproven)))]);

    private static ImmutableArray<string> Codes(ImmutableArray<ReadinessFinding> findings) =>
        [.. findings.Select(found => found.Code).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}

/// <summary>One part of a scope; ask for it to see its findings.</summary>
/// <param name="Blockers">Codes of what blocks it.</param>
/// <param name="Unproven">Codes of what is not known of it.</param>
internal sealed record ReadinessPart(string Namespace, string? Workload, ReadinessVerdict Verdict, ImmutableArray<string> Blockers, ImmutableArray<string> Unproven);
