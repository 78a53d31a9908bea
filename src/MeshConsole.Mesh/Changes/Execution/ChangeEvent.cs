using System.Collections.Immutable;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Changes.Plans;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>What can happen to a change. <see cref="ChangeMachine"/> says in which state it may, and what comes of it.</summary>
internal abstract record ChangeEvent
{
    private ChangeEvent()
    {
    }

    /// <summary>Asked for, on the object as it is now.</summary>
    /// <param name="Plan">The plan with the weights that the object has now.</param>
    internal sealed record Submit(
        Actor By,
        ChangePlan Plan,
        ChangeBase Base,
        string PlanHash,
        string PolicyHash,
        int Required,
        string ApprovalReason,
        DateTimeOffset ExpiresAt,
        ImmutableArray<GuardVerdict> Guards) : ChangeEvent
    {
        /// <summary>From the base to the first stage, see <see cref="ChangeRecord.Diff"/>.</summary>
        public string Diff { get; init; } = "";

        /// <summary>From the base to the last stage.</summary>
        public string FinalDiff { get; init; } = "";
    }

    /// <param name="ExpiresAt">Of the approval, should this be the last one needed.</param>
    internal sealed record Approve(Approval Decision, DateTimeOffset ExpiresAt) : ChangeEvent
    {
        /// <summary>Earlier approvals that do not count any more: struck out before this one is counted.</summary>
        public ImmutableArray<LostApproval> Lost { get; init; } = [];
    }

    internal sealed record Reject(Approval Decision) : ChangeEvent;

    /// <summary>What was approved is not what would be done any more.</summary>
    internal sealed record Invalidate(string Reason) : ChangeEvent;

    /// <summary>People who approved may not any more, and without them it is too few.</summary>
    internal sealed record Strike(ImmutableArray<LostApproval> Lost) : ChangeEvent;

    internal sealed record Expire : ChangeEvent;

    internal sealed record Start(Actor By, ImmutableArray<GuardVerdict> Guards, BreakGlass? BreakGlass) : ChangeEvent;

    internal sealed record Pause(Actor By, string? Reason) : ChangeEvent;

    internal sealed record Resume(Actor By) : ChangeEvent;

    internal sealed record Abort(Actor By, string? Reason) : ChangeEvent;

    internal sealed record BeginReturn(ReturnGoal Goal) : ChangeEvent;

    /// <summary>About to write. Stored before the write goes out.</summary>
    /// <param name="Stage">Index of the stage; null for a write that goes back.</param>
    internal sealed record Intend(ChangeWrite Write, int? Stage, ImmutableArray<GuardVerdict> Guards) : ChangeEvent
    {
        /// <summary>Measured before the first write; kept once.</summary>
        public double? ShareBefore { get; init; }
    }

    /// <summary>The outcome of a write has become known.</summary>
    /// <param name="SpecHash">Of the object as the write left it; null when nobody can tell any more.</param>
    internal sealed record Settle(string WriteId, WriteOutcome Outcome, string Message, string? SpecHash = null, string? ResourceVersion = null, string? AuditId = null) : ChangeEvent
    {
        /// <summary>Of the object as the write left it; null when nobody can tell.</summary>
        public string? Uid { get; init; }
    }

    internal sealed record BeginSoak : ChangeEvent;

    internal sealed record Look(GateLook Taken, TimeSpan Soaked) : ChangeEvent;

    internal sealed record PassStage(TimeSpan Soaked) : ChangeEvent;

    internal sealed record HoldBack(string Code, string Message, bool ByItself) : ChangeEvent
    {
        /// <summary>Verdicts of the guards that hold it; empty when no guard does.</summary>
        public ImmutableArray<GuardVerdict> Guards { get; init; } = [];
    }

    /// <param name="RestartSoak">Whether nobody watched over the stage meanwhile, so that its soak begins anew.</param>
    internal sealed record Release(bool RestartSoak) : ChangeEvent;

    /// <summary>People were told that it holds for long.</summary>
    internal sealed record Told : ChangeEvent;

    /// <summary>A sentence about what it waits for.</summary>
    internal sealed record Say(string Reason) : ChangeEvent;

    /// <summary>Going back meets an obstacle.</summary>
    internal sealed record Escalate(string Message) : ChangeEvent;

    /// <summary>The object shows the weights to go back to.</summary>
    internal sealed record ReachObject : ChangeEvent;

    internal sealed record FinishReturn(string Message) : ChangeEvent;

    internal sealed record Complete : ChangeEvent;
}
