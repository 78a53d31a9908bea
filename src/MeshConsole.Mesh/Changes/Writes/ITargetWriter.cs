using System.Collections.Immutable;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Kubernetes;

namespace MeshConsole.Mesh.Changes.Writes;

/// <summary>
/// Reads and writes the targets of plans, always as somebody: there is no method that uses the console's own account.
/// Failures of the API server are <see cref="KubernetesException"/>s.
/// </summary>
public interface ITargetWriter
{
    /// <summary>Reads the target afresh.</summary>
    /// <exception cref="TargetChangedException">The rule is not there any more, or not as the plan knows it.</exception>
    Task<LiveTarget> ReadAsync(ChangeTarget target, ImmutableArray<PlanBackend> backends, Impersonation actingAs, CancellationToken cancellationToken);

    /// <summary>Whether that person may patch the target.</summary>
    Task<AccessVerdict> ReviewAsync(ChangeTarget target, Impersonation actingAs, CancellationToken cancellationToken);

    /// <summary>Asks the server what it would say; never throws for a refusal.</summary>
    Task<DryRunAnswer> DryRunAsync(ChangeTarget target, WeightPatch patch, Impersonation actingAs, CancellationToken cancellationToken);

    /// <summary>Writes. A failed precondition (409, or 422 of a <c>test</c>) is a <see cref="TargetChangedException"/>.</summary>
    Task<WrittenTarget> PatchAsync(ChangeTarget target, ImmutableArray<PlanBackend> backends, WeightPatch patch, Impersonation actingAs, CancellationToken cancellationToken);
}

/// <summary>A JSON patch that moves weights of one rule and leaves everything else alone.</summary>
/// <param name="Json">RFC 6902, <c>test</c> operations first.</param>
/// <param name="WriteId">What its annotation says.</param>
public sealed record WeightPatch(string Json, string WriteId, ImmutableArray<int> Weights, string ResourceVersion);

/// <param name="AuditId">The API server's <c>Audit-Id</c> header; null when it gave none.</param>
public sealed record WrittenTarget(LiveTarget Target, string? AuditId);
