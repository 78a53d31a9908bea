using System.Collections.Immutable;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Changes.Plans;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>A change with everything that happened to it: one document of the store, replaced whole under its version.</summary>
public sealed record ChangeRecord
{
    /// <summary>Sorts by time of creation.</summary>
    public required string Id { get; init; }

    /// <summary>Grows by one with each stored replacement; a replacement of another version is refused.</summary>
    public long Version { get; init; }

    public required ChangeState State { get; init; }

    /// <summary>Why it is in that state and what comes next, a sentence.</summary>
    public required string StateReason { get; init; }

    public required ChangePlan Plan { get; init; }

    public required ChangeBase Base { get; init; }

    /// <summary>Hash of plan, base and policy: what approvals are bound to. See <c>PlanHash</c>.</summary>
    public required string PlanHash { get; init; }

    /// <summary>Hash of the policy in force when it was submitted.</summary>
    public required string PolicyHash { get; init; }

    public required Actor Requester { get; init; }

    /// <summary>Who started it; writes are made as this person.</summary>
    public Actor? Executor { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When a request without enough decisions, or an approval that was not used, lapses.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public int RequiredApprovals { get; init; }

    /// <summary>Why so many are required, in words.</summary>
    public string ApprovalReason { get; init; } = "";

    public ImmutableArray<Approval> Approvals { get; init; } = [];

    /// <summary>Verdicts of all guards at the last time they were asked.</summary>
    public ImmutableArray<GuardVerdict> Guards { get; init; } = [];

    /// <summary>Index of the stage in force or about to be; -1 before the start.</summary>
    public int Stage { get; init; } = -1;

    /// <summary>One per stage that was begun.</summary>
    public ImmutableArray<StageProgress> Progress { get; init; } = [];

    /// <summary>Every write, in order; the last may be without outcome.</summary>
    public ImmutableArray<ChangeWrite> Writes { get; init; } = [];

    /// <summary>Hash of the object's spec as the last write left it (before any: of the base). A spec with another hash was changed by somebody else.</summary>
    public required string ExpectedSpecHash { get; init; }

    /// <summary>State to return to from <see cref="ChangeState.Held"/> or <see cref="ChangeState.Paused"/>; null elsewhere.</summary>
    public ChangeState? ResumesTo { get; init; }
}

/// <summary>A decision of an approver on exactly one plan, base and policy.</summary>
/// <param name="PlanHash">What they saw; the decision is void where the change has another.</param>
public sealed record Approval(Actor By, bool Approved, string Comment, DateTimeOffset At, string PlanHash);

/// <summary>How a stage goes.</summary>
/// <param name="AppliedAt">When its weights were confirmed in the object; null until then.</param>
/// <param name="SoakStartedAt">When the clock of the soak began; an interruption begins it anew.</param>
/// <param name="Soaked">Soak so far on a clock that only moves forward.</param>
/// <param name="PassedAt">When all gates passed after the soak; null until then.</param>
/// <param name="Looks">The newest looks of the gates, oldest first; older ones are in the audit.</param>
/// <param name="FailedLooks">Failures in a row.</param>
public sealed record StageProgress(
    int Stage,
    DateTimeOffset? AppliedAt,
    DateTimeOffset? SoakStartedAt,
    TimeSpan Soaked,
    DateTimeOffset? PassedAt,
    ImmutableArray<GateLook> Looks,
    int FailedLooks);

public enum WriteOutcome
{
    /// <summary>Intent only: nobody knows yet.</summary>
    Pending,

    /// <summary>The object shows it.</summary>
    Applied,

    /// <summary>It did not happen, and the object is as before.</summary>
    NotApplied,

    /// <summary>Somebody else changed the object first.</summary>
    Superseded,
}

/// <summary>One write to the target: intent before, outcome after.</summary>
/// <param name="Id">Stands in the object's annotation, so that the object itself proves whether the write landed.</param>
/// <param name="Purpose"><c>stage</c>, <c>rollback</c>, <c>stop</c>.</param>
/// <param name="Patch">The JSON patch as sent.</param>
/// <param name="ResourceVersionBefore">Version that the patch insists on.</param>
/// <param name="AuditId">The API server's <c>Audit-Id</c>; null when it gave none.</param>
public sealed record ChangeWrite(
    string Id,
    string Purpose,
    ImmutableArray<int> Weights,
    string Patch,
    string ResourceVersionBefore,
    DateTimeOffset IntendedAt,
    WriteOutcome Outcome,
    DateTimeOffset? SettledAt,
    string? ResourceVersionAfter,
    string? AuditId,
    string? Message);
