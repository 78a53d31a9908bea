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
    /// <summary>Reads the target afresh. An object that a plan creates or deletes may be absent; the kind as a whole may not.</summary>
    /// <exception cref="TargetChangedException">The rule is not there any more, or not as the plan knows it.</exception>
    Task<LiveTarget> ReadAsync(ChangeTarget target, ImmutableArray<PlanBackend> backends, Impersonation actingAs, CancellationToken cancellationToken);

    /// <summary>Whether that person may write the target.</summary>
    /// <param name="goingBack">Asks for the way back alone; else for both ways.</param>
    Task<AccessVerdict> ReviewAsync(ChangeTarget target, bool goingBack, Impersonation actingAs, CancellationToken cancellationToken);

    /// <summary>Asks the server what it would say; never throws for a refusal.</summary>
    Task<DryRunAnswer> DryRunAsync(ChangeTarget target, TargetWrite write, Impersonation actingAs, CancellationToken cancellationToken);

    /// <summary>Writes: patches, creates or deletes. A failed precondition (409, or 422 of a <c>test</c>, or an object of that name where none should be) is a <see cref="TargetChangedException"/>.</summary>
    /// <exception cref="KubernetesException">
    /// Another refusal, or no answer: with <see cref="KubernetesException.LeavesOutcomeUnknown"/> the write may have happened.
    /// </exception>
    Task<WrittenTarget> PatchAsync(ChangeTarget target, ImmutableArray<PlanBackend> backends, TargetWrite write, Impersonation actingAs, CancellationToken cancellationToken);
}

/// <summary>What a write came to. It has happened, whatever else is said here.</summary>
/// <param name="AuditId">The API server's <c>Audit-Id</c> header; null when it gave none.</param>
public sealed record WrittenTarget(LiveTarget Target, string? AuditId)
{
    /// <summary>What else than planned the write changed, a sentence: a webhook had its hand in it. Null when nothing else did.</summary>
    public string? Unexpected { get; init; }
}
