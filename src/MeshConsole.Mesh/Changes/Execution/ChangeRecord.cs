using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Changes.Plans;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>A change with everything that happened to it: one document of the store, replaced whole under its version.</summary>
public sealed record ChangeRecord
{
    /// <summary>Code of the guard that counts approvals.</summary>
    internal const string ApprovalsGuard = "approvals";

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

    /// <summary>Uid of the object as the last write left it, where a write made it or took it away: empty while there is none. Null before any, and for objects that are only edited.</summary>
    public string? LastUid { get; init; }

    /// <summary>State to return to from <see cref="ChangeState.Held"/> or <see cref="ChangeState.Paused"/>; null elsewhere.</summary>
    public ChangeState? ResumesTo { get; init; }

    /// <summary>What the plan does otherwise than the request may have expected, a sentence each.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>
    /// Unified diff of the object's YAML from the base to the first stage: what whoever decides was shown. Cut where it is long;
    /// empty where the object could not be read, and in records of before it was kept.
    /// </summary>
    public string Diff { get; init; } = "";

    /// <summary>The same from the base to the last stage.</summary>
    public string FinalDiff { get; init; } = "";

    /// <summary>Who asked for approval; null before. Often the requester, and barred from deciding like them.</summary>
    public Actor? Submitter { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Why the console holds it; null unless it does.</summary>
    public Hold? Hold { get; init; }

    /// <summary>Where to go back to; null until going back begins.</summary>
    public ReturnGoal? Return { get; init; }

    /// <summary>Set when it was aborted while a write had no outcome yet: it ends once that is known.</summary>
    public Ending? Ending { get; init; }

    /// <summary>
    /// Share of the traffic that the canary was seen to get before the first write, 0..1, measured since the object was last
    /// changed and traffic had settled; null when it could not be told. Rules that share backends let it differ from the weights.
    /// </summary>
    public double? ShareBefore { get; init; }

    /// <summary>Index of the write from which failures are counted: a person who resumes asks for fresh tries.</summary>
    public int CountsFrom { get; init; }

    /// <summary>Id of the break-glass it was started under; null ordinarily.</summary>
    public string? BreakGlassId { get; init; }

    /// <summary>The write whose outcome is not known; null when all are.</summary>
    [JsonIgnore]
    public ChangeWrite? PendingWrite => Writes is [.., { Outcome: WriteOutcome.Pending } last] ? last : null;

    /// <summary>Uid of the object if nobody else made it anew; empty where there should be none.</summary>
    [JsonIgnore]
    public string ExpectedUid => LastUid ?? Base.Uid;

    /// <summary>Weights that the object has if nobody else changed it.</summary>
    [JsonIgnore]
    public ImmutableArray<int> ExpectedWeights => Writes.LastOrDefault(w => w.Outcome == WriteOutcome.Applied)?.Weights ?? Plan.BaseWeights;

    /// <summary>Progress of the stage in force; null before the first.</summary>
    [JsonIgnore]
    public StageProgress? Current => Progress.LastOrDefault(p => p.Stage == Stage);

    /// <summary>Distinct people who approved exactly this plan, base and policy, and who might.</summary>
    [JsonIgnore]
    public int ApprovalsGiven => Execution.Approvals.Counting(this).Length;

    /// <summary>
    /// Whether one more approval brings it on: nobody has decided enough yet, or it is held because approvals that it was
    /// started with do not count any more.
    /// </summary>
    [JsonIgnore]
    public bool WantsApproval => State == ChangeState.AwaitingApproval || (this is { State: ChangeState.Held, Hold.Code: HoldCodes.Guards } && Guards.Any(v => v.Code == ApprovalsGuard && !v.Allows));

    /// <summary>Whether that person asked for this change: they do not decide on it, with whatever credential.</summary>
    public bool IsOwn(Actor actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        return actor.Person == Requester.Person || (Submitter is { } submitter && actor.Person == submitter.Person);
    }
}

/// <summary>Why the console holds a change.</summary>
/// <param name="Code">One of <see cref="HoldCodes"/>.</param>
/// <param name="Message">What was found and what has to happen.</param>
/// <param name="ByItself">Whether it goes on by itself once the cause is gone; else a person resumes it.</param>
/// <param name="Told">Whether people were told that it holds for longer than <see cref="GateSettings.MaxHold"/>.</param>
public sealed record Hold(string Code, string Message, DateTimeOffset Since, bool ByItself, bool Told = false);

/// <summary>Codes of <see cref="Hold"/>. Stable, for programs.</summary>
public static class HoldCodes
{
    /// <summary>The gates have too little data, or cannot be read.</summary>
    public const string Data = "data";

    /// <summary>A guard refuses the next stage: a freeze, a read-only switch, a right that is gone …</summary>
    public const string Guards = "guards";

    /// <summary>Somebody else changed the object.</summary>
    public const string TargetChanged = "target-changed";

    /// <summary>The cluster does not let the executor read or write the object any more.</summary>
    public const string Rights = "rights";

    /// <summary>The API server does not answer.</summary>
    public const string Cluster = "cluster-unreachable";

    /// <summary>The API server refuses the write itself: validation, admission, an object that is gone.</summary>
    public const string Refused = "server-refused";
}

/// <summary>Going back: to the base weights, or (a stop) to the stable backend alone.</summary>
/// <param name="Purpose"><c>rollback</c> or <c>stop</c>.</param>
/// <param name="Weights">One per backend of the plan.</param>
/// <param name="By">Who asked for it; the console itself when a gate did. Writes are made as them, else as the executor.</param>
/// <param name="InObjectAt">When the object showed the weights; null until it does.</param>
/// <param name="Escalation">What stands in the way, in words; null while nothing does.</param>
public sealed record ReturnGoal(string Purpose, ImmutableArray<int> Weights, Actor By, string Reason, DateTimeOffset At, DateTimeOffset? InObjectAt = null, string? Escalation = null)
{
    public const string Rollback = "rollback";

    public const string Stop = "stop";
}

/// <summary>Somebody ended the change where it stands.</summary>
public sealed record Ending(Actor By, string? Reason, DateTimeOffset At);

/// <summary>A decision of an approver on exactly one plan, base and policy.</summary>
/// <param name="PlanHash">What they saw; the decision is void where the change has another.</param>
public sealed record Approval(Actor By, bool Approved, string Comment, DateTimeOffset At, string PlanHash)
{
    /// <summary>Why it does not count any more although the plan is the same: who lost what. Null while it may count.</summary>
    public string? Struck { get; init; }
}

/// <summary>How a stage goes.</summary>
/// <param name="AppliedAt">When its weights were confirmed in the object; null until then.</param>
/// <param name="SoakStartedAt">When the clock of the soak began; an interruption begins it anew.</param>
/// <param name="Soaked">Soak so far on a clock that only moves forward.</param>
/// <param name="PassedAt">When all gates passed after the soak; null until then.</param>
/// <param name="Looks">The newest looks of the gates, oldest first. Every look that decided something is in the audit with its evidence.</param>
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
/// <param name="Patch">The body as sent: a JSON patch, or what <see cref="Verb"/> says.</param>
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
    string? Message)
{
    public const string Stage = "stage";

    /// <summary><c>patch</c>, <c>create</c> or <c>delete</c>.</summary>
    public string Verb { get; init; } = Writes.TargetWrite.Patch;

    /// <summary>Hash of the spec that the patch was made for: what tells an object that is as before from one that was changed.</summary>
    public string SpecHashBefore { get; init; } = "";

    /// <summary>Unified diff of the object's YAML as the write meets it; cut where it is long.</summary>
    public string Diff { get; init; } = "";

    /// <summary>When the object had last been changed before, as its managed fields say; null when they do not.</summary>
    public DateTimeOffset? ObjectChangedAt { get; init; }
}
