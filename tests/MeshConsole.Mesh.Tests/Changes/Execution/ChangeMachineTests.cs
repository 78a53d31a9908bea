using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Guards;

namespace MeshConsole.Mesh.Tests.Changes.Execution;

public sealed class ChangeMachineTests
{
    private static readonly DateTimeOffset s_now = GivenChange.Now.AddMinutes(1);

    /// <summary>Every event, in the form that is legal somewhere, and the states in which it is.</summary>
    private static readonly (string Name, Func<ChangeRecord, ChangeEvent> Event, ChangeState[] Legal)[] s_events =
    [
        ("submit", c => new ChangeEvent.Submit(ExecutionRig.Olga, c.Plan, c.Base, "hash-2", "policy-1", 1, "", s_now, []), [ChangeState.Draft]),
        ("approve", _ => new ChangeEvent.Approve(GivenChange.Yes, s_now), [ChangeState.AwaitingApproval]),
        ("reject", _ => new ChangeEvent.Reject(GivenChange.Yes with { Approved = false }), [ChangeState.AwaitingApproval, ChangeState.Approved]),
        ("invalidate", _ => new ChangeEvent.Invalidate("The object changed."), [ChangeState.AwaitingApproval, ChangeState.Approved]),
        ("strike", _ => new ChangeEvent.Strike([new LostApproval(ExecutionRig.Anna.Person, "anna is not an approver any more")]), [ChangeState.Approved]),
        ("expire", _ => new ChangeEvent.Expire(), [ChangeState.AwaitingApproval, ChangeState.Approved]),
        ("start", _ => new ChangeEvent.Start(ExecutionRig.Olga, [], null), [ChangeState.Approved]),
        ("start under break-glass", _ => new ChangeEvent.Start(ExecutionRig.Olga, [], new BreakGlass("g", ExecutionRig.Olga, "k", "r", null, s_now, s_now)), [ChangeState.AwaitingApproval, ChangeState.Approved]),
        ("pause", _ => new ChangeEvent.Pause(ExecutionRig.Omar, null), [ChangeState.Running, ChangeState.Held]),
        ("resume", _ => new ChangeEvent.Resume(ExecutionRig.Omar), [ChangeState.Paused, ChangeState.Held]),
        ("abort", _ => new ChangeEvent.Abort(ExecutionRig.Omar, null), [ChangeState.Draft, ChangeState.AwaitingApproval, ChangeState.Approved, ChangeState.Running, ChangeState.Paused, ChangeState.Held, ChangeState.RollingBack]),
        ("roll back", _ => new ChangeEvent.BeginReturn(GivenChange.Back), [ChangeState.Running, ChangeState.Paused, ChangeState.Held, ChangeState.RollingBack]),
        ("stop", _ => new ChangeEvent.BeginReturn(GivenChange.Back with { Purpose = ReturnGoal.Stop, Weights = [100, 0] }), [ChangeState.Running, ChangeState.Paused, ChangeState.Held, ChangeState.RollingBack]),
        ("intend a way back", _ => new ChangeEvent.Intend(GivenChange.Write(2, WriteOutcome.Pending, 90, 10, ReturnGoal.Rollback), null, []), [ChangeState.RollingBack]),
        ("soak", _ => new ChangeEvent.BeginSoak(), [ChangeState.Running]),
        ("look", _ => new ChangeEvent.Look(GivenChange.Look(GateVerdict.Pass), TimeSpan.Zero), [ChangeState.Running, ChangeState.Paused, ChangeState.Held]),
        ("hold", _ => new ChangeEvent.HoldBack(HoldCodes.Data, "Too little data.", true), [ChangeState.Running, ChangeState.Paused, ChangeState.Held]),
        ("release", _ => new ChangeEvent.Release(false), [ChangeState.Held]),
        ("tell", _ => new ChangeEvent.Told(), [ChangeState.Held]),
        ("say", _ => new ChangeEvent.Say("It waits."), [ChangeState.Running, ChangeState.Paused, ChangeState.Held, ChangeState.RollingBack]),
        ("escalate", _ => new ChangeEvent.Escalate("It fails."), [ChangeState.RollingBack]),
        ("reach the object", _ => new ChangeEvent.ReachObject(), [ChangeState.RollingBack]),
    ];

    public static TheoryData<string, ChangeState> Table()
    {
        var data = new TheoryData<string, ChangeState>();
        foreach (var (name, _, _) in s_events)
        {
            foreach (var state in Enum.GetValues<ChangeState>())
            {
                data.Add(name, state);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Table))]
    public void Event_InAState_IsLegalOrRefusedInWords(string name, ChangeState state)
    {
        var (_, make, legal) = s_events.Single(e => e.Name == name);
        var change = GivenChange.In(state);
        if (legal.Contains(state))
        {
            ChangeMachine.Apply(change, make(change), s_now).UpdatedAt.ShouldBe(s_now);
            return;
        }

        var refusal = Should.Throw<ChangeException>(() => ChangeMachine.Apply(change, make(change), s_now));
        (refusal.Fault, refusal.Code).ShouldBe((ChangeFault.Conflict, "wrong-state"));
        refusal.Message.ShouldStartWith($"A change that is {ChangeMachine.Name(state)} cannot ");
    }

    [Theory]
    [InlineData(ChangeState.Draft, "submit", ChangeState.AwaitingApproval)]
    [InlineData(ChangeState.AwaitingApproval, "approve", ChangeState.Approved)]
    [InlineData(ChangeState.AwaitingApproval, "reject", ChangeState.Rejected)]
    [InlineData(ChangeState.Approved, "reject", ChangeState.Rejected)]
    [InlineData(ChangeState.Approved, "invalidate", ChangeState.Draft)]
    [InlineData(ChangeState.AwaitingApproval, "expire", ChangeState.Expired)]
    [InlineData(ChangeState.Approved, "start", ChangeState.Running)]
    [InlineData(ChangeState.AwaitingApproval, "start under break-glass", ChangeState.Running)]
    [InlineData(ChangeState.Running, "pause", ChangeState.Paused)]
    [InlineData(ChangeState.Held, "pause", ChangeState.Paused)]
    [InlineData(ChangeState.Paused, "resume", ChangeState.Running)]
    [InlineData(ChangeState.Held, "resume", ChangeState.Running)]
    [InlineData(ChangeState.Held, "release", ChangeState.Running)]
    [InlineData(ChangeState.Running, "hold", ChangeState.Held)]
    [InlineData(ChangeState.Draft, "abort", ChangeState.Aborted)]
    [InlineData(ChangeState.Running, "abort", ChangeState.Aborted)]
    [InlineData(ChangeState.RollingBack, "abort", ChangeState.Aborted)]
    [InlineData(ChangeState.Paused, "roll back", ChangeState.RollingBack)]
    [InlineData(ChangeState.Running, "stop", ChangeState.RollingBack)]
    public void Event_Legal_LeadsTo(ChangeState from, string name, ChangeState to)
    {
        var change = GivenChange.In(from);
        var next = ChangeMachine.Apply(change, s_events.Single(e => e.Name == name).Event(change), s_now);
        next.State.ShouldBe(to);
        next.StateReason.ShouldNotBeNullOrWhiteSpace();
        (next.Hold is null).ShouldBe(to != ChangeState.Held);
    }

    [Fact]
    public void Submit_NeedingNobody_IsApprovedAtOnce() =>
        Apply(GivenChange.Draft, new ChangeEvent.Submit(ExecutionRig.Olga, GivenChange.Plan, GivenChange.Draft.Base, "hash-2", "policy-1", 0, "Small.", s_now, [])).State.ShouldBe(ChangeState.Approved);

    [Fact]
    public void Start_WithAnApprovalOfAnotherHash_IsRefused() =>
        Refused(GivenChange.In(ChangeState.Approved) with { PlanHash = "hash-2" }, new ChangeEvent.Start(ExecutionRig.Olga, [], null), "approval-void");

    [Fact]
    public void Start_WithTwoApprovalsOfOnePerson_IsRefused()
    {
        var twice = GivenChange.In(ChangeState.Approved) with
        {
            RequiredApprovals = 2,
            Approvals = [GivenChange.Yes, GivenChange.Yes with { By = ExecutionRig.Anna with { Subject = "ANNA", Credential = "other" } }],
        };
        Refused(twice, new ChangeEvent.Start(ExecutionRig.Olga, [], null), "approval-void");
    }

    [Fact]
    public void Approvals_OfTheRequesterThatSlippedIn_DoNotCount() =>
        (GivenChange.Draft with { Approvals = [GivenChange.Yes with { By = ExecutionRig.Olga with { Subject = "OLGA" } }] }).ApprovalsGiven.ShouldBe(0);

    [Theory]
    [InlineData(false, GateVerdict.Pass, 1, 50, 50)]
    [InlineData(true, GateVerdict.InsufficientData, 1, 50, 50)]
    [InlineData(true, GateVerdict.Error, 1, 50, 50)]
    [InlineData(true, GateVerdict.Fail, 1, 50, 50)]
    [InlineData(true, GateVerdict.Pass, 1, 49, 51)]
    [InlineData(true, GateVerdict.Pass, 1, 75, 25)]
    [InlineData(true, GateVerdict.Pass, 2, 50, 50)]
    [InlineData(true, GateVerdict.Pass, 0, 75, 25)]
    public void Intend_OfAStageThatIsNotNext_IsRefused(bool passed, GateVerdict last, int stage, int stable, int canary)
    {
        var looked = GivenChange.Looked(GivenChange.Soaking, 0, GateVerdict.Pass, last);
        var change = looked with { Progress = [looked.Progress[0] with { PassedAt = passed ? s_now : null }] };
        Refused(change, new ChangeEvent.Intend(GivenChange.Write(2, WriteOutcome.Pending, stable, canary), stage, []), "wrong-state");
    }

    [Fact]
    public void Intend_OfTheNextStage_IsKeptAsPending()
    {
        var looked = GivenChange.Looked(GivenChange.Soaking, 0, GateVerdict.Pass);
        var change = looked with { Progress = [looked.Progress[0] with { PassedAt = s_now }] };
        var intended = Apply(change, new ChangeEvent.Intend(GivenChange.Write(2, WriteOutcome.Pending, 50, 50), 1, []));
        (intended.PendingWrite?.Id, intended.Stage, intended.Current?.AppliedAt).ShouldBe(("c1.2", 1, null));
        Refused(intended, new ChangeEvent.Intend(GivenChange.Write(3, WriteOutcome.Pending, 50, 50), 1, []), "wrong-state");
    }

    [Fact]
    public void Settle_Twice_IsRefused()
    {
        var change = GivenChange.Running with { Stage = 0, Writes = [GivenChange.Write(1, WriteOutcome.Pending, 75, 25)], Progress = [new StageProgress(0, null, null, TimeSpan.Zero, null, [], 0)] };
        var settled = Apply(change, new ChangeEvent.Settle("c1.1", WriteOutcome.Applied, "Confirmed.", "spec-1"));
        (settled.ExpectedSpecHash, settled.Current!.AppliedAt, settled.ExpectedWeights.SequenceEqual([75, 25])).ShouldBe(("spec-1", s_now, true));
        Refused(settled, new ChangeEvent.Settle("c1.1", WriteOutcome.NotApplied, "No."), "wrong-state");
        Refused(change, new ChangeEvent.Settle("c1.9", WriteOutcome.Applied, "Another."), "wrong-state");
        Refused(change, new ChangeEvent.Settle("c1.1", WriteOutcome.Pending, "Still."), "wrong-state");
    }

    [Theory]
    [InlineData(4.9, GateVerdict.Pass)]
    [InlineData(5, GateVerdict.InsufficientData)]
    [InlineData(5, GateVerdict.Error)]
    [InlineData(5, GateVerdict.Fail)]
    public void PassStage_WithoutSoakOrPass_IsRefused(double minutes, GateVerdict verdict) =>
        Refused(GivenChange.Looked(GivenChange.Soaking, 0, verdict), new ChangeEvent.PassStage(TimeSpan.FromMinutes(minutes)), "wrong-state");

    [Fact]
    public void Complete_BeforeTheLastStagePassed_IsRefused()
    {
        Refused(GivenChange.Soaking, new ChangeEvent.Complete(), "wrong-state");
        var looked = GivenChange.Looked(GivenChange.Soaking, 0, GateVerdict.Pass);
        Refused(Apply(looked, new ChangeEvent.PassStage(TimeSpan.FromMinutes(5))), new ChangeEvent.Complete(), "wrong-state");
    }

    [Fact]
    public void FinishReturn_BeforeTheObjectShowsIt_IsRefused()
    {
        Refused(GivenChange.Returning, new ChangeEvent.FinishReturn("Done."), "wrong-state");
        Apply(Apply(GivenChange.Returning, new ChangeEvent.ReachObject()), new ChangeEvent.FinishReturn("Done.")).State.ShouldBe(ChangeState.RolledBack);
    }

    [Fact]
    public void Looks_CountFailuresInARowAndMissingDataClearsNobody()
    {
        var change = GivenChange.Soaking;
        foreach (var (verdict, failures) in new[] { (GateVerdict.Fail, 1), (GateVerdict.InsufficientData, 1), (GateVerdict.Error, 1), (GateVerdict.Pass, 0), (GateVerdict.Fail, 1), (GateVerdict.Fail, 2) })
        {
            change = Apply(change, new ChangeEvent.Look(GivenChange.Look(verdict), TimeSpan.Zero));
            change.Current!.FailedLooks.ShouldBe(failures);
        }

        for (var i = 0; i < 100; i++)
        {
            change = Apply(change, new ChangeEvent.Look(GivenChange.Look(GateVerdict.Pass), TimeSpan.Zero));
        }

        change.Current!.Looks.Length.ShouldBe(ChangeMachine.LooksKept);
    }

    [Fact]
    public void Hold_OverAPause_ComesBackToThePause()
    {
        var held = Apply(GivenChange.In(ChangeState.Paused), new ChangeEvent.HoldBack(HoldCodes.Cluster, "No answer.", true));
        var released = Apply(held, new ChangeEvent.Release(true));
        (released.State, released.ResumesTo, released.Current!.SoakStartedAt).ShouldBe((ChangeState.Paused, ChangeState.Running, null));
        Apply(Apply(held, new ChangeEvent.Resume(ExecutionRig.Omar)), new ChangeEvent.Resume(ExecutionRig.Omar)).State.ShouldBe(ChangeState.Running);
    }

    [Fact]
    public void Release_OfAHoldThatAPersonEnds_IsRefused() =>
        Refused(GivenChange.Held(HoldCodes.TargetChanged, byItself: false), new ChangeEvent.Release(false), "wrong-state");

    [Fact]
    public void Rollback_DuringAStop_IsRefused() =>
        Refused(GivenChange.Returning with { Return = GivenChange.Back with { Purpose = ReturnGoal.Stop } }, new ChangeEvent.BeginReturn(GivenChange.Back), "wrong-state");

    [Fact]
    public void Reject_KeepsTheDecision()
    {
        var no = GivenChange.Yes with { Approved = false, Comment = "Not on a Friday", By = ExecutionRig.Axel };
        var rejected = Apply(GivenChange.In(ChangeState.AwaitingApproval), new ChangeEvent.Reject(no));
        rejected.Approvals.ShouldHaveSingleItem().ShouldBe(no);
        rejected.StateReason.ShouldBe("Declined by axel: Not on a Friday");
    }

    private static ChangeRecord Apply(ChangeRecord change, ChangeEvent happened) => ChangeMachine.Apply(change, happened, s_now);

    private static void Refused(ChangeRecord change, ChangeEvent happened, string code) => Should.Throw<ChangeException>(() => Apply(change, happened)).Code.ShouldBe(code);
}
