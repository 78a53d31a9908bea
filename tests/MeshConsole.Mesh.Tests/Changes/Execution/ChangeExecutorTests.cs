using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Testing;

namespace MeshConsole.Mesh.Tests.Changes.Execution;

public sealed class ChangeExecutorTests
{
    private readonly ExecutionRig _rig = new();

    [Fact]
    public async Task Plan_WithGatesThatPass_GoesThroughItsStagesAndCompletes()
    {
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromSeconds(2));
        _rig.Target.Weights.ShouldBe([75, 25]);
        await _rig.RunAsync(ExecutionRig.Soak - TimeSpan.FromSeconds(4));
        _rig.Target.Weights.ShouldBe([75, 25], "the soak is not over");
        await _rig.RunAsync(TimeSpan.FromSeconds(4));
        _rig.Target.Weights.ShouldBe([50, 50]);
        var ended = await _rig.UntilAsync(change.Id, ChangeState.Completed, TimeSpan.FromMinutes(6));
        ended.Progress.Length.ShouldBe(2);
        ended.Progress.ShouldAllBe(p => p.PassedAt != null && p.Soaked >= ExecutionRig.Soak);
        _rig.Target.Landed.ShouldAllBe(w => w.User == "olga");
        _rig.Notices.Select(n => n.Type).ShouldBe([ChangeNotices.Submitted, ChangeNotices.Decided, ChangeNotices.Stage, ChangeNotices.Stage, ChangeNotices.Completed]);
    }

    [Fact]
    public async Task Gates_LookEveryFifteenSecondsAndAtTheEndOfTheSoak()
    {
        var change = await _rig.StartedAsync(ExecutionRig.Request((75, 25)) with { Soak = TimeSpan.FromSeconds(70) });
        await _rig.UntilAsync(change.Id, ChangeState.Completed, TimeSpan.FromMinutes(3));
        _rig.Gates.Reads.ShouldBeInRange(5, 6);
    }

    [Theory]
    [InlineData(0.05, 2)]
    [InlineData(0.5, 1)]
    public async Task Gates_ThatFail_RollBack(double errors, int looks)
    {
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromSeconds(3));
        _rig.Gates.ErrorRatio = errors;
        await _rig.UntilAsync(change.Id, ChangeState.RollingBack, TimeSpan.FromMinutes(1));
        _rig.Gates.Reads.ShouldBe(looks);
        await _rig.RunAsync(TimeSpan.FromSeconds(2));
        _rig.Target.Weights.ShouldBe([90, 10]);
        var audit = _rig.Store.Audit.Where(r => r.Entry.ChangeId == change.Id).Select(r => (r.Entry.Action, r.Entry.Phase, r.Entry.Outcome)).ToList();
        audit.Count(a => a == ("change.gate", "gate", "failed")).ShouldBe(looks);
        audit.ShouldContain(("change.rollback", "rollback", "pending"));
        var gate = _rig.Store.Audit.First(r => r.Entry.Action == "change.gate").Entry.Details!;
        ((double?)gate["evidence"]!["canary"]!["requests"], (double?)gate["settings"]!["maxErrorRatio"]).ShouldBe((1000d, 0.02), "a verdict can be computed again from its record");
    }

    [Fact]
    public async Task Gates_OneFailureBetweenPasses_DoesNotRollBack()
    {
        var change = await _rig.StartedAsync();
        for (var i = 0; i < 6; i++)
        {
            _rig.Gates.ErrorRatio = i % 2 == 0 ? 0.05 : 0;
            var reads = _rig.Gates.Reads;
            await _rig.UntilAsync(change.Id, _ => _rig.Gates.Reads > reads);
        }

        _rig.Store.Get(change.Id).State.ShouldBe(ChangeState.Running);
    }

    [Fact]
    public async Task Gates_StayArmedWhilePaused()
    {
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromSeconds(20));
        await _rig.Service.PauseAsync(change.Id, ExecutionRig.Omar, "lunch", default);
        await _rig.RunAsync(TimeSpan.FromMinutes(30));
        _rig.Target.Weights.ShouldBe([75, 25], "paused is paused");
        _rig.Gates.ErrorRatio = 0.05;
        await _rig.UntilAsync(change.Id, ChangeState.RollingBack, TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Gates_WithoutData_HoldAndGoOnWhenThereIsSome(bool down)
    {
        _rig.Gates.Down = down;
        _rig.Gates.Requests = down ? 1000 : 3;
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromMinutes(20));
        var held = _rig.Store.Get(change.Id);
        (held.State, held.Hold?.Code).ShouldBe((ChangeState.Held, HoldCodes.Data));
        _rig.Target.Weights.ShouldBe([75, 25]);
        _rig.Gates.Down = false;
        _rig.Gates.Requests = 1000;
        await _rig.RunAsync(TimeSpan.FromSeconds(20));
        _rig.Target.Weights.ShouldBe([50, 50]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Gates_WithoutDataForLong_TellOrRollBack(bool rollBack)
    {
        _rig.Gates.Requests = null;
        var change = await _rig.StartedAsync(ExecutionRig.Request() with { Gates = GateSettings.Default with { MaxHold = TimeSpan.FromMinutes(10), RollBackAfterMaxHold = rollBack } });
        await _rig.RunAsync(TimeSpan.FromMinutes(25));
        if (rollBack)
        {
            _rig.Store.Get(change.Id).State.ShouldBe(ChangeState.RolledBack);
            _rig.Target.Weights.ShouldBe([90, 10]);
        }
        else
        {
            _rig.Store.Get(change.Id).State.ShouldBe(ChangeState.Held);
            _rig.Notices.Count(n => n.Type == ChangeNotices.Held).ShouldBe(2, "once when it is held, once when it is held for long");
        }
    }

    [Fact]
    public async Task Gates_LookAtTheNewestTrafficFirst()
    {
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromSeconds(20));
        await _rig.Service.PauseAsync(change.Id, ExecutionRig.Omar, null, default);
        await _rig.RunAsync(TimeSpan.FromHours(1));
        var (from, to) = _rig.Gates.Windows[^1];
        (to - from).ShouldBe(TimeSpan.FromMinutes(10));

        // Where that is too little, all of the stage is looked at.
        _rig.Gates.Requests = 10;
        var reads = _rig.Gates.Reads;
        await _rig.UntilAsync(change.Id, _ => _rig.Gates.Reads > reads);
        (_rig.Gates.Windows[^1].To - _rig.Gates.Windows[^1].From).ShouldBeGreaterThan(TimeSpan.FromHours(1));
    }

    [Fact]
    public async Task Soak_AfterARestart_BeginsAnew()
    {
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromMinutes(4));
        var restarted = _rig.NewExecutor("replica-1b");
        _rig.Time.Advance(TimeSpan.FromSeconds(20));
        await _rig.RunAsync(TimeSpan.FromMinutes(4), restarted);
        _rig.Target.Weights.ShouldBe([75, 25], "four minutes of another process and four of this one are not five");
        await _rig.UntilAsync(change.Id, c => c.Stage == 1, TimeSpan.FromMinutes(2), restarted);
    }

    [Fact]
    public async Task Soak_AfterAPause_BeginsAnew()
    {
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromMinutes(4));
        await _rig.Service.PauseAsync(change.Id, ExecutionRig.Omar, null, default);
        await _rig.RunAsync(TimeSpan.FromSeconds(3));
        await _rig.Service.ResumeAsync(change.Id, ExecutionRig.Omar, default);
        await _rig.RunAsync(TimeSpan.FromMinutes(4));
        _rig.Target.Weights.ShouldBe([75, 25]);
        await _rig.RunAsync(TimeSpan.FromMinutes(2));
        _rig.Target.Weights.ShouldBe([50, 50]);
    }

    [Fact]
    public async Task Soak_OfAnApiServerThatWasSilent_BeginsAnew()
    {
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromMinutes(4));
        _rig.Target.Down = true;
        await _rig.RunAsync(TimeSpan.FromSeconds(30));
        (_rig.Store.Get(change.Id).State, _rig.Store.Get(change.Id).Hold?.Code).ShouldBe((ChangeState.Held, HoldCodes.Cluster));
        _rig.Target.Down = false;
        await _rig.RunAsync(TimeSpan.FromMinutes(4));
        (_rig.Store.Get(change.Id).State, _rig.Store.Get(change.Id).Stage).ShouldBe((ChangeState.Running, 0));
        await _rig.UntilAsync(change.Id, c => c.Stage == 1, TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task Stage_ScheduledForLater_WaitsForItsTime()
    {
        var at = _rig.Time.GetUtcNow().AddHours(2);
        var change = await _rig.StartedAsync(ExecutionRig.Request() with { Stages = [new RequestedStage([75, 25]), new RequestedStage([50, 50], NotBefore: at)] });
        await _rig.RunAsync(TimeSpan.FromMinutes(10));
        _rig.Store.Get(change.Id).StateReason.ShouldContain("begins at");
        _rig.Target.Weights.ShouldBe([75, 25]);
        _rig.Time.AdvanceTo(at);
        await _rig.UntilAsync(change.Id, c => c.Stage == 1, TimeSpan.FromMinutes(7));
    }

    [Fact]
    public async Task Freeze_BetweenStages_HoldsAndResumesByItself()
    {
        var frozen = false;
        _rig.Guards = context => frozen && context.Moment == GuardMoment.Stage ? [ExecutionRig.Verdict("freeze", GuardOutcome.Refuse)] : [];
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromMinutes(1));
        frozen = true;
        await _rig.RunAsync(TimeSpan.FromMinutes(10));
        var held = _rig.Store.Get(change.Id);
        (held.State, held.Hold?.Code).ShouldBe((ChangeState.Held, HoldCodes.Guards));
        held.StateReason.ShouldContain("freeze");
        _rig.Target.Weights.ShouldBe([75, 25]);
        _rig.Store.Audit.Count(r => r.Entry.ChangeId == change.Id && r.Entry.Phase == "refused").ShouldBe(1, "recorded once, not each time it is asked");
        frozen = false;
        await _rig.RunAsync(TimeSpan.FromSeconds(20));
        _rig.Target.Weights.ShouldBe([50, 50]);
    }

    [Fact]
    public async Task Freeze_DoesNotHoldARollbackUp()
    {
        var frozen = false;
        _rig.Guards = context => frozen && context.Moment == GuardMoment.Stage ? [ExecutionRig.Verdict("freeze", GuardOutcome.Refuse)] : [];
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromSeconds(20));
        frozen = true;
        await _rig.RunAsync(ExecutionRig.Soak);
        _rig.Gates.ErrorRatio = 0.5;
        await _rig.UntilAsync(change.Id, ChangeState.RollingBack, TimeSpan.FromMinutes(1));
        await _rig.RunAsync(TimeSpan.FromSeconds(3));
        _rig.Target.Weights.ShouldBe([90, 10]);
    }

    [Fact]
    public async Task Target_EditedBySomebodyElse_IsHeldWithinFiveSecondsAndNotFought()
    {
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromSeconds(20));
        _rig.Target.Edit("argocd-controller", 90, 10);
        await _rig.RunAsync(TimeSpan.FromSeconds(5));
        var held = _rig.Store.Get(change.Id);
        (held.State, held.Hold?.Code, held.Hold?.ByItself).ShouldBe((ChangeState.Held, HoldCodes.TargetChanged, false));
        held.StateReason.ShouldContain("argocd-controller");
        held.StateReason.ShouldContain("90/10");
        _rig.Gates.ErrorRatio = 0.5;
        await _rig.RunAsync(TimeSpan.FromMinutes(10));
        _rig.Target.Landed.Length.ShouldBe(1, "nothing is written over somebody else's edit");
        await _rig.RefusedAsync(() => _rig.Service.ResumeAsync(change.Id, ExecutionRig.Olga, default), ChangeFault.Conflict, "target-changed");
        _rig.Gates.ErrorRatio = 0;
        _rig.Target.Edit("kubectl", 75, 25);
        await _rig.Service.ResumeAsync(change.Id, ExecutionRig.Olga, default);
        await _rig.UntilAsync(change.Id, ChangeState.Completed, TimeSpan.FromMinutes(15));
    }

    [Fact]
    public async Task Target_WhoseOtherRuleChanged_IsHeldToo()
    {
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromSeconds(20));
        _rig.Target.EditElsewhere("kubectl");
        await _rig.RunAsync(TimeSpan.FromSeconds(5));
        _rig.Store.Get(change.Id).StateReason.ShouldContain("something else in the spec differs");
    }

    [Fact]
    public async Task Right_TakenAwayInTheCluster_HoldsAndComesBack()
    {
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromMinutes(1));
        _rig.Target.Forbidden.Add("olga");
        await _rig.RunAsync(TimeSpan.FromSeconds(5));
        (_rig.Store.Get(change.Id).State, _rig.Store.Get(change.Id).Hold?.Code).ShouldBe((ChangeState.Held, HoldCodes.Rights));
        await _rig.RunAsync(TimeSpan.FromMinutes(10));
        _rig.Target.Weights.ShouldBe([75, 25]);
        _rig.Target.Forbidden.Clear();
        await _rig.UntilAsync(change.Id, ChangeState.Completed, TimeSpan.FromMinutes(15));
    }

    [Fact]
    public async Task Right_MissingForTheWriteAlone_IsHeldAndNotTriedAgain()
    {
        var change = await _rig.StartedAsync();
        _rig.Target.BeforePatch = _ => throw new KubernetesException(KubernetesErrorKind.Forbidden, "olga cannot patch virtualservices.") { Code = 403 };
        await _rig.RunAsync(TimeSpan.FromMinutes(5));
        var held = _rig.Store.Get(change.Id);
        (held.State, held.Hold?.Code).ShouldBe((ChangeState.Held, HoldCodes.Rights));
        _rig.Target.Patches.ShouldBe(1);
        held.Writes.Single().Outcome.ShouldBe(WriteOutcome.NotApplied);
        _rig.Target.BeforePatch = null;
        await _rig.Service.ResumeAsync(change.Id, ExecutionRig.Olga, default);
        await _rig.UntilAsync(change.Id, ChangeState.Completed, TimeSpan.FromMinutes(15));
    }

    [Fact]
    public async Task Role_TakenAwayInTheConsole_HoldsTheNextStage()
    {
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromMinutes(1));
        _rig.Current = _ => null;
        await _rig.RunAsync(TimeSpan.FromMinutes(10));
        var held = _rig.Store.Get(change.Id);
        held.State.ShouldBe(ChangeState.Held);
        held.StateReason.ShouldContain("not an operator");
        _rig.Target.Weights.ShouldBe([75, 25]);
    }

    /// <summary>Nothing is written after the last stage, so no guard would ask: it must not complete by itself all the same.</summary>
    [Fact]
    public async Task Role_TakenAwayInTheLastSoak_HoldsItUntilItIsGivenBack()
    {
        var change = await _rig.StartedAsync();
        await _rig.UntilAsync(change.Id, c => c is { Stage: 1, Current.SoakStartedAt: not null });
        _rig.Current = actor => actor.Subject == "olga" ? actor with { Namespaces = ["ledger"] } : actor;
        await _rig.RunAsync(TimeSpan.FromMinutes(10));
        var held = _rig.Store.Get(change.Id);
        (held.State, held.Hold?.Code).ShouldBe((ChangeState.Held, HoldCodes.Guards));
        held.StateReason.ShouldBe("olga, who started it, is not an operator in namespace payments any more. Give the role back, or roll back or abort as another operator.");
        _rig.Store.Audit.Count(r => r.Entry.ChangeId == change.Id && r.Entry.Phase == "refused").ShouldBe(1, "recorded once, not at each look");
        _rig.Target.Weights.ShouldBe([50, 50]);

        _rig.Current = actor => actor;
        await _rig.RunAsync(TimeSpan.FromMinutes(4));
        _rig.Store.Get(change.Id).State.ShouldBe(ChangeState.Running, "a hold begins the soak anew");
        await _rig.UntilAsync(change.Id, ChangeState.Completed, TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task Role_TakenAwayInTheLastSoak_LeavesTheGatesArmed()
    {
        var change = await _rig.StartedAsync();
        await _rig.UntilAsync(change.Id, c => c is { Stage: 1, Current.SoakStartedAt: not null });
        _rig.Current = actor => actor.Subject == "olga" ? null : actor;
        await _rig.UntilAsync(change.Id, ChangeState.Held, TimeSpan.FromMinutes(1));
        _rig.Gates.ErrorRatio = 0.05;
        _rig.Gates.Share = () => 0.1;
        await _rig.UntilAsync(change.Id, ChangeState.RolledBack, TimeSpan.FromMinutes(5));
        _rig.Target.Weights.ShouldBe([90, 10]);
    }

    /// <summary>Who started it cannot be looked up: not known is no leave.</summary>
    [Fact]
    public async Task Starter_WhoCannotBeLookedUp_HoldsAndGoesOnByItself()
    {
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromMinutes(1));
        _rig.Current = _ => throw new TimeoutException("The directory does not answer.");
        await _rig.RunAsync(TimeSpan.FromMinutes(10));
        var held = _rig.Store.Get(change.Id);
        (held.State, held.Hold?.Code).ShouldBe((ChangeState.Held, HoldCodes.Guards));
        held.StateReason.ShouldContain("cannot be told: The directory does not answer.");
        _rig.Target.Weights.ShouldBe([75, 25]);
        _rig.Current = actor => actor;
        await _rig.UntilAsync(change.Id, ChangeState.Completed, TimeSpan.FromMinutes(15));
    }

    /// <summary>Asked for each write: Anna's approval carried stage 1 and does not carry stage 2.</summary>
    [Fact]
    public async Task Approver_WhoLostTheRole_HoldsTheNextStageUntilAnotherApproves()
    {
        _rig.Guards = context => [new ApprovalGuard().Check(context)];
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromMinutes(1));
        _rig.Current = actor => actor.Subject == "anna" ? actor with { Roles = [Role.Viewer] } : actor;
        await _rig.RunAsync(TimeSpan.FromMinutes(10));
        var held = _rig.Store.Get(change.Id);
        (held.State, held.Hold?.Code, held.WantsApproval).ShouldBe((ChangeState.Held, HoldCodes.Guards, true));
        held.StateReason.ShouldContain("0 of 1 people approved this plan as it is now. anna is not an approver any more");
        held.StateReason.ShouldContain("Ask another approver of payments to approve it");
        _rig.Target.Weights.ShouldBe([75, 25]);

        await _rig.RefusedAsync(() => _rig.Service.ApproveAsync(change.Id, ExecutionRig.Olga with { Roles = [Role.Approver] }, "My own", null, default), ChangeFault.Forbidden, "self-approval");
        await _rig.RefusedAsync(() => _rig.Service.ApproveAsync(change.Id, ExecutionRig.Anna, "Once more", null, default), ChangeFault.Forbidden, "missing-role");
        var approved = await _rig.Service.ApproveAsync(change.Id, ExecutionRig.Axel, "Stage 1 looks good", held.PlanHash, default);
        (approved.State, approved.ApprovalsGiven, approved.Approvals[0].Struck).ShouldBe((ChangeState.Held, 1, "anna is not an approver any more"));
        await _rig.RunAsync(TimeSpan.FromSeconds(20));
        _rig.Target.Weights.ShouldBe([50, 50]);
    }

    [Fact]
    public async Task Approver_WhoIsGivenTheRoleBack_LetsItGoOn()
    {
        _rig.Guards = context => [new ApprovalGuard().Check(context)];
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromMinutes(1));
        _rig.Current = actor => actor.Subject == "anna" ? null : actor;
        await _rig.UntilAsync(change.Id, ChangeState.Held);
        _rig.Store.Get(change.Id).StateReason.ShouldContain("anna's access was taken away");
        _rig.Current = actor => actor;
        await _rig.UntilAsync(change.Id, ChangeState.Completed, TimeSpan.FromMinutes(15));
    }

    [Fact]
    public async Task Approver_WhoCannotBeLookedUp_PassesNothing()
    {
        _rig.Guards = context => [new ApprovalGuard().Check(context)];
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromMinutes(1));
        _rig.Current = actor => actor.Subject == "anna" ? throw new TimeoutException("The directory does not answer.") : actor;
        await _rig.RunAsync(TimeSpan.FromMinutes(10));
        var held = _rig.Store.Get(change.Id);
        (held.State, held.Guards.Single().Outcome).ShouldBe((ChangeState.Held, GuardOutcome.Unknown));
        held.Approvals.ShouldAllBe(a => a.Struck == null, "not known is not lost");
        _rig.Target.Weights.ShouldBe([75, 25]);
        _rig.Current = actor => actor;
        await _rig.UntilAsync(change.Id, ChangeState.Completed, TimeSpan.FromMinutes(15));
    }

    /// <summary>An approval of what is under way is bound like any other: to the object as the change left it, and to the policy.</summary>
    [Fact]
    public async Task Approval_WhileHeld_IsRefusedWhenObjectOrPolicyChanged()
    {
        _rig.Guards = context => [new ApprovalGuard().Check(context)];
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromMinutes(1));
        _rig.Current = actor => actor.Subject == "anna" ? null : actor;
        await _rig.UntilAsync(change.Id, ChangeState.Held);
        var policy = _rig.Policy;
        _rig.Policy = policy with { MaxStepPercent = 7 };
        await _rig.RefusedAsync(() => _rig.Service.ApproveAsync(change.Id, ExecutionRig.Axel, "Looks good", null, default), ChangeFault.Conflict, "plan-changed");
        _rig.Policy = policy;
        _rig.Target.Edit("kubectl-edit", 80, 20);
        await _rig.RefusedAsync(() => _rig.Service.ApproveAsync(change.Id, ExecutionRig.Axel, "Looks good", null, default), ChangeFault.Conflict, "target-changed");
        _rig.Store.Get(change.Id).Approvals.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Validation_OfTheServer_HoldsWithItsWords()
    {
        var change = await _rig.StartedAsync();
        _rig.Target.BeforePatch = _ => throw new KubernetesException(KubernetesErrorKind.Invalid, "admission webhook said no.") { Code = 422 };
        await _rig.RunAsync(TimeSpan.FromSeconds(5));
        var held = _rig.Store.Get(change.Id);
        (held.State, held.Hold?.Code).ShouldBe((ChangeState.Held, HoldCodes.Refused));
        held.StateReason.ShouldContain("admission webhook said no.");
    }

    [Fact]
    public async Task Rollback_ByAnOperator_IsWrittenAsThemAndConfirmedInTraffic()
    {
        _rig.Views.OnRoutes = [SampleViews.Routes[1]];
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromMinutes(1));
        _rig.Gates.Share = () => 0.25;
        await _rig.Service.RollbackAsync(change.Id, ExecutionRig.Omar, "customers complain", default);
        await _rig.RunAsync(TimeSpan.FromMinutes(2));
        _rig.Target.Weights.ShouldBe([90, 10]);
        _rig.Target.Landed[^1].User.ShouldBe("omar");
        _rig.Store.Get(change.Id).State.ShouldBe(ChangeState.RollingBack, "the object alone proves nothing about traffic");
        _rig.Gates.Share = () => 0.11;
        var ended = await _rig.UntilAsync(change.Id, ChangeState.RolledBack, TimeSpan.FromSeconds(30));
        ended.StateReason.ShouldContain("11 %");
    }

    [Fact]
    public async Task Rollback_WhoseTrafficDoesNotFollow_EscalatesAndIsNeverReportedDone()
    {
        _rig.Views.OnRoutes = [SampleViews.Routes[1]];
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromMinutes(1));
        _rig.Gates.Share = () => 0.25;
        await _rig.Service.RollbackAsync(change.Id, ExecutionRig.Omar, null, default);
        await _rig.RunAsync(TimeSpan.FromMinutes(10));
        var stuck = _rig.Store.Get(change.Id);
        stuck.State.ShouldBe(ChangeState.RollingBack);
        stuck.StateReason.ShouldContain("still gets 25 %");
        _rig.Notices.Count(n => n.Type == ChangeNotices.Escalated).ShouldBe(1);
        (await _rig.Service.AbortAsync(change.Id, ExecutionRig.Omar, "sticky sessions", default)).State.ShouldBe(ChangeState.Aborted);
    }

    [Fact]
    public async Task Rollback_WhereOtherRulesSendToTheCanaryToo_IsComparedWithTheShareOfBefore()
    {
        _rig.Gates.Share = () => 0.3;
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromMinutes(1));
        _rig.Store.Get(change.Id).ShareBefore.ShouldBe(0.3);
        await _rig.Service.RollbackAsync(change.Id, ExecutionRig.Omar, null, default);
        await _rig.UntilAsync(change.Id, ChangeState.RolledBack, TimeSpan.FromMinutes(1));
    }

    /// <summary>
    /// Somebody moved the weights two minutes before: what is measured of the time before and during that is of both. Only what
    /// follows once traffic has settled counts.
    /// </summary>
    [Fact]
    public async Task ShareBefore_IsMeasuredSinceTheObjectWasLastChanged()
    {
        var approved = await _rig.ApprovedAsync();
        var windows = new List<(DateTimeOffset From, DateTimeOffset To)>();
        _rig.Gates.ShareIn = (from, to) =>
        {
            windows.Add((from, to));
            return 0.3;
        };
        _rig.Target.Edit("kubectl-annotate", 90, 10);
        var changed = _rig.Time.GetUtcNow();
        _rig.Time.Advance(TimeSpan.FromMinutes(2));
        await _rig.Service.StartAsync(approved.Id, ExecutionRig.Olga, default);
        await _rig.Executor.TickAsync(default);
        _rig.Store.Get(approved.Id).ShareBefore.ShouldBe(0.3);
        windows.ShouldBe([(changed + TimeSpan.FromSeconds(30), _rig.Time.GetUtcNow())]);
    }

    /// <summary>Two changes in quick succession: the share of 57 % that the base of 50/50 and the enterprise rule make was never measured undisturbed.</summary>
    [Fact]
    public async Task Rollback_RightAfterAnotherChange_SaysThatItCannotTellAndAsksNobodyToAbort()
    {
        _rig.Target.Edit("meshconsole", 50, 50);
        _rig.Time.Advance(TimeSpan.FromSeconds(20));
        _rig.Gates.Share = () => 0.57;
        var change = await _rig.StartedAsync(ExecutionRig.Request((40, 60)));
        await _rig.RunAsync(TimeSpan.FromSeconds(30));
        _rig.Store.Get(change.Id).ShareBefore.ShouldBeNull("20 s after a change traffic has not settled");
        await _rig.Service.RollbackAsync(change.Id, ExecutionRig.Omar, "customers complain", default);
        var ended = await _rig.UntilAsync(change.Id, ChangeState.RolledBack, TimeSpan.FromMinutes(1));
        ended.StateReason.ShouldContain("gives the canary 50 %");
        ended.StateReason.ShouldContain("gets 57 %");
        ended.StateReason.ShouldContain("x-merchant-tier is enterprise");
        _rig.Notices.ShouldNotContain(n => n.Type == ChangeNotices.Escalated);
    }

    /// <summary>
    /// Base 90/10 and an enterprise rule that sends all of its traffic to the canary; 28 % were seen there. So a fifth of the
    /// traffic is enterprise: 0.2 × 1 + 0.8 × 0.1 = 0.28. With everything else at the stable backend, 20 % stay.
    /// </summary>
    [Theory]
    [InlineData(0.2, true)]
    [InlineData(0.25, true)]
    [InlineData(0.27, false)]
    public async Task Stop_WhereAnotherRuleSendsToTheCanary_IsConfirmedByWhatThatRuleSends(double after, bool soon)
    {
        var stopped = _rig.Time.GetUtcNow();
        _rig.Gates.ShareIn = (_, to) => to <= stopped ? 0.28 : after;
        var stop = await _rig.Service.StopAsync(ExecutionRig.Route, ExecutionRig.Olga, "provider fails", null, default);
        if (soon)
        {
            var ended = await _rig.UntilAsync(stop.Id, ChangeState.RolledBack, TimeSpan.FromSeconds(40));
            ended.StateReason.ShouldContain("traffic shows it");
            ended.StateReason.ShouldContain("no more than before");
            return;
        }

        await _rig.RunAsync(TimeSpan.FromMinutes(2));
        _rig.Store.Get(stop.Id).State.ShouldBe(ChangeState.RollingBack);
        (await _rig.UntilAsync(stop.Id, ChangeState.RolledBack, TimeSpan.FromMinutes(2))).StateReason.ShouldContain("still gets 27 % of the traffic where 20 % is due");
    }

    [Fact]
    public async Task Rollback_WithoutTraffic_EndsAfterABoundedWaitAndSaysSo()
    {
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromMinutes(1));
        await _rig.Service.RollbackAsync(change.Id, ExecutionRig.Omar, null, default);
        await _rig.RunAsync(TimeSpan.FromMinutes(2));
        _rig.Store.Get(change.Id).State.ShouldBe(ChangeState.RollingBack);
        (await _rig.UntilAsync(change.Id, ChangeState.RolledBack, TimeSpan.FromMinutes(2))).StateReason.ShouldContain("could not be told");
    }

    [Fact]
    public async Task Rollback_ThatFails_IsTriedOnAFreshBaseUntilTheObjectShowsIt()
    {
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromMinutes(1));
        var conflicts = 0;
        _rig.Target.BeforePatch = _ =>
        {
            if (conflicts++ < 3)
            {
                _rig.Target.TouchStatus();
            }

            return Task.CompletedTask;
        };
        await _rig.Service.RollbackAsync(change.Id, ExecutionRig.Omar, null, default);
        await _rig.RunAsync(TimeSpan.FromSeconds(30));
        _rig.Target.Weights.ShouldBe([90, 10]);
        _rig.Store.Get(change.Id).Writes.Count(w => w.Outcome == WriteOutcome.NotApplied).ShouldBe(3);
    }

    [Fact]
    public async Task Rollback_ThatSomebodyUndoes_IsNotFoughtForEver()
    {
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromMinutes(1));
        await _rig.Service.RollbackAsync(change.Id, ExecutionRig.Omar, null, default);
        for (var i = 0; i < 10; i++)
        {
            await _rig.RunAsync(TimeSpan.FromSeconds(10));
            _rig.Target.Edit("flagger", 75, 25);
        }

        await _rig.RunAsync(TimeSpan.FromSeconds(5));
        _rig.Target.Landed.Count(w => w.Weights.SequenceEqual([90, 10])).ShouldBe(3);
        var stuck = _rig.Store.Get(change.Id);
        stuck.State.ShouldBe(ChangeState.RollingBack);
        stuck.StateReason.ShouldContain("flagger");
    }

    [Fact]
    public async Task Rollback_AsSomebodyWithoutTheRight_CanBeTakenOver()
    {
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromMinutes(1));
        _rig.Target.Forbidden.Add("olga");
        _rig.Gates.ErrorRatio = 0.5;
        await _rig.RunAsync(TimeSpan.FromMinutes(1));
        var stuck = _rig.Store.Get(change.Id);
        (stuck.State, stuck.Return!.Escalation is null).ShouldBe((ChangeState.RollingBack, false));
        _rig.Target.Weights.ShouldBe([75, 25]);
        await _rig.Service.RollbackAsync(change.Id, ExecutionRig.Omar, "olga is gone", default);
        await _rig.RunAsync(TimeSpan.FromSeconds(5));
        _rig.Target.Weights.ShouldBe([90, 10]);
        _rig.Target.Landed[^1].User.ShouldBe("omar");
    }

    [Fact]
    public async Task Rollback_BeforeAnythingWasWritten_EndsWithoutWriting()
    {
        var change = await _rig.StartedAsync();
        await _rig.Service.RollbackAsync(change.Id, ExecutionRig.Omar, null, default);
        (await _rig.UntilAsync(change.Id, ChangeState.RolledBack, TimeSpan.FromSeconds(5))).StateReason.ShouldContain("nothing had to be written");
        _rig.Target.Patches.ShouldBe(0);
    }
}
