using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Testing;

namespace MeshConsole.Mesh.Tests.Changes.Execution;

public sealed class ChangeServiceTests
{
    private readonly ExecutionRig _rig = new();

    [Fact]
    public async Task Preview_Allowed_ShowsWhatAnApproverWillSeeAndWritesNothing()
    {
        var preview = await _rig.Service.PreviewAsync(ExecutionRig.Request(), ExecutionRig.Olga, default);
        preview.Allowed.ShouldBeTrue();
        preview.Diff.ShouldBe("-90/10\n+75/25\n");
        preview.FinalDiff.ShouldBe("-90/10\n+50/50\n");
        preview.Patch.ShouldContain("\"op\":\"test\"");
        preview.DryRun!.Accepted.ShouldBeTrue();
        (preview.RequiredApprovals, preview.ApprovalReason).ShouldBe((1, "It moves 40 points of traffic, at most 25 at once: ordinary risk."));

        // 109.8 requests a second reach the rule; 25 % of them for five minutes, and 50 of them within two seconds.
        var exposure = preview.Exposure[0];
        exposure.CanaryShare.ShouldBe(0.25);
        exposure.RequestsPerSecond!.Value.ShouldBe(27.45, 0.001);
        exposure.Requests!.Value.ShouldBe(8235, 0.1);
        exposure.VerdictIn.ShouldBe(TimeSpan.FromSeconds(2));
        _rig.Store.All.ShouldBeEmpty();
        _rig.Store.Audit.ShouldBeEmpty();
        _rig.Target.Patches.ShouldBe(0);
        (await _rig.SubmittedAsync()).PlanHash.ShouldBe(preview.PlanHash);
    }

    [Fact]
    public async Task Preview_WithoutRates_SaysThatExposureIsNotKnown()
    {
        _rig.Views.OnRoutes = [SampleViews.Routes[1] with { Backends = [.. SampleViews.Routes[1].Backends.Select(b => b with { Live = null })] }];
        var preview = await _rig.Service.PreviewAsync(ExecutionRig.Request(), ExecutionRig.Olga, default);
        preview.Exposure.ShouldAllBe(e => e.RequestsPerSecond == null && e.Requests == null && e.VerdictIn == null && e.CanaryShare != null);
    }

    [Fact]
    public async Task Preview_RefusedByAGuard_IsShownAndNotAllowed()
    {
        _rig.Guards = _ => [ExecutionRig.Verdict("owner", GuardOutcome.Unknown)];
        (await _rig.Service.PreviewAsync(ExecutionRig.Request(), ExecutionRig.Olga, default)).Allowed.ShouldBeFalse();
    }

    [Fact]
    public async Task Preview_WithTheApiServerDown_AsksTheGuardsWithTheReason()
    {
        _rig.Target.Down = true;
        GuardContext? seen = null;
        _rig.Guards = context =>
        {
            seen = context;
            return [];
        };
        var preview = await _rig.Service.PreviewAsync(ExecutionRig.Request(), ExecutionRig.Olga, default);
        (preview.Allowed, preview.Patch, preview.DryRun).ShouldBe((false, "", null));
        (seen!.Live, seen.Access).ShouldBe((null, null));
        seen.LiveProblem.ShouldNotBeNull();
    }

    /// <summary>Somebody who only looks is told by each guard what stands in the way of them, with or without a name in the cluster.</summary>
    [Fact]
    public async Task Preview_ByAViewer_SaysPerGuardWhyTheyMayNot()
    {
        _rig.Guards = GuardSet.Check;
        foreach (var viewer in new[] { ExecutionRig.Vera, Actor.Anonymous })
        {
            var preview = await _rig.Service.PreviewAsync(ExecutionRig.Request(), viewer, default);
            preview.Allowed.ShouldBeFalse();
            preview.Guards.Length.ShouldBeGreaterThan(20);
            preview.Guards.Single(g => g.Code == "role").ShouldSatisfyAllConditions(g => g.Outcome.ShouldBe(GuardOutcome.Refuse), g => g.Found.ShouldContain("is not an operator"));
            preview.Guards.Single(g => g.Code == "weights").Outcome.ShouldBe(GuardOutcome.Pass);
            (preview.Diff.Length > 0).ShouldBe(viewer.ClusterIdentity is not null);
        }

        var nobody = await _rig.Service.PreviewAsync(ExecutionRig.Request(), Actor.Anonymous, default);
        nobody.Guards.Single(g => g.Code == "cluster-right").Found.ShouldContain("no identity in cluster");
        nobody.Guards.Single(g => g.Code == "target-unchanged").Allows.ShouldBeFalse("what nobody read is not known");
        nobody.DryRun.ShouldBeNull();
        _rig.Store.All.ShouldBeEmpty();
        _rig.Store.Audit.ShouldBeEmpty();
    }

    [Fact]
    public async Task Calls_WithoutTheRole_AreDeniedAndRecordedFirst()
    {
        var change = await _rig.SubmittedAsync();
        var calls = new (string Action, Func<Actor, Task> Call, Actor By)[]
        {
            ("change.preview", a => _rig.Service.PreviewAsync(ExecutionRig.Request(), a, default), ExecutionRig.Vera with { Roles = [] }),
            ("change.create", a => _rig.Service.CreateAsync(ExecutionRig.Request(), a, null, default), ExecutionRig.Anna),
            ("change.submit", a => _rig.Service.SubmitAsync(change.Id, a, default), ExecutionRig.Anna),
            ("change.approve", a => _rig.Service.ApproveAsync(change.Id, a, "Looks good", null, default), ExecutionRig.Omar),
            ("change.reject", a => _rig.Service.RejectAsync(change.Id, a, "No", default), ExecutionRig.Vera),
            ("change.start", a => _rig.Service.StartAsync(change.Id, a, default), ExecutionRig.Anna),
            ("change.pause", a => _rig.Service.PauseAsync(change.Id, a, null, default), ExecutionRig.Vera),
            ("change.resume", a => _rig.Service.ResumeAsync(change.Id, a, default), ExecutionRig.Vera),
            ("change.abort", a => _rig.Service.AbortAsync(change.Id, a, null, default), ExecutionRig.Vera),
            ("change.rollback", a => _rig.Service.RollbackAsync(change.Id, a, null, default), ExecutionRig.Anna),
            ("route.stop", a => _rig.Service.StopAsync(ExecutionRig.Route, a, "provider fails", null, default), ExecutionRig.Anna),
        };
        foreach (var (action, call, by) in calls)
        {
            await _rig.RefusedAsync(() => call(by), ChangeFault.Forbidden, "missing-role");
            var record = _rig.Store.Audit[^1].Entry;
            (record.Action, record.Phase, record.Outcome, record.Actor.Subject).ShouldBe((action, "denied", "denied", by.Subject));
        }

        // The role in another namespace is not the role in this one, whether the object exists or not.
        var elsewhere = ExecutionRig.Olga with { Namespaces = ["shop"] };
        await _rig.RefusedAsync(() => _rig.Service.SubmitAsync(change.Id, elsewhere, default), ChangeFault.Forbidden, "missing-role");
        var there = await _rig.RefusedAsync(() => _rig.Service.StopAsync(ExecutionRig.Route, elsewhere, "provider fails", null, default), ChangeFault.Forbidden, "missing-role");
        var missing = await _rig.RefusedAsync(() => _rig.Service.StopAsync("main/payments/VirtualService/nothing/http/1", elsewhere, "provider fails", null, default), ChangeFault.Forbidden, "missing-role");
        missing.Message.ShouldBe(there.Message);
        _rig.Store.Get(change.Id).Version.ShouldBe(change.Version);
    }

    [Fact]
    public async Task Find_OfWhoMayNotRead_AnswersAsForAMissingChange()
    {
        var change = await _rig.DraftAsync();
        var nobody = ExecutionRig.Person("nemo");
        var forbidden = await _rig.RefusedAsync(() => _rig.Service.FindAsync(change.Id, nobody, default), ChangeFault.NotFound, "no-such-change");
        var missing = await _rig.RefusedAsync(() => _rig.Service.FindAsync(new string('0', 32), nobody, default), ChangeFault.NotFound, "no-such-change");
        forbidden.Message.Replace(change.Id, "", StringComparison.Ordinal).ShouldBe(missing.Message.Replace(new string('0', 32), "", StringComparison.Ordinal));
        (await _rig.Service.FindAsync(change.Id, ExecutionRig.Vera, default)).Id.ShouldBe(change.Id);
        (await _rig.Service.ListAsync(new ChangeFilter([]), nobody, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Calls_WithTheAuditFull_DoNothingAndSaySo()
    {
        var change = await _rig.ApprovedAsync();
        _rig.Store.AuditIsFull = true;
        await _rig.RefusedAsync(() => _rig.Service.StartAsync(change.Id, ExecutionRig.Olga, default), ChangeFault.Unavailable, "audit-unavailable");
        await _rig.RefusedAsync(() => _rig.Service.StartAsync(change.Id, ExecutionRig.Vera, default), ChangeFault.Unavailable, "audit-unavailable");
        await _rig.RefusedAsync(() => _rig.Service.StopAsync(ExecutionRig.Route, ExecutionRig.Olga, "provider fails", null, default), ChangeFault.Unavailable, "audit-unavailable");
        _rig.Store.Get(change.Id).Version.ShouldBe(change.Version);
        (await _rig.Service.FindAsync(change.Id, ExecutionRig.Vera, default)).State.ShouldBe(ChangeState.Approved);
    }

    [Fact]
    public async Task Submit_RefusedByAGuard_IsRecordedWithItsVerdicts()
    {
        var change = await _rig.DraftAsync();
        _rig.Guards = _ => [ExecutionRig.Verdict("step", GuardOutcome.Refuse), ExecutionRig.Verdict("fine", GuardOutcome.Pass)];
        var refusal = await _rig.RefusedAsync(() => _rig.Service.SubmitAsync(change.Id, ExecutionRig.Olga, default), ChangeFault.Refused, "guards");
        refusal.Guards.Length.ShouldBe(2);
        var record = _rig.Store.Audit[^1].Entry;
        (record.Phase, record.Outcome, record.ChangeId).ShouldBe(("refused", "refused", change.Id));
        record.Details!["guards"]!.AsArray().Count.ShouldBe(2);
        _rig.Store.Get(change.Id).State.ShouldBe(ChangeState.Draft);
    }

    [Fact]
    public async Task Submit_AfterTheObjectMoved_TakesTheObjectOfNow()
    {
        var draft = await _rig.DraftAsync();
        _rig.Target.Edit("kubectl", 85, 15);
        var submitted = await _rig.Service.SubmitAsync(draft.Id, ExecutionRig.Olga, default);
        submitted.Plan.BaseWeights.ShouldBe([85, 15]);
        submitted.Base.SpecHash.ShouldNotBe(draft.Base.SpecHash);
        submitted.PlanHash.ShouldNotBe(draft.PlanHash);
    }

    [Fact]
    public async Task Submit_WithAnotherSumOfWeights_AsksForANewChange()
    {
        var draft = await _rig.DraftAsync();
        _rig.Target.Edit("kubectl", 9, 1);
        await _rig.RefusedAsync(() => _rig.Service.SubmitAsync(draft.Id, ExecutionRig.Olga, default), ChangeFault.Conflict, "base-changed");
    }

    [Theory]
    [InlineData(0, 0, 75, "AwaitingApproval", 1)]
    [InlineData(40, 0, 75, "Approved", 0)]
    [InlineData(39, 0, 75, "AwaitingApproval", 1)]
    [InlineData(40, 1, 75, "AwaitingApproval", 2)]
    [InlineData(40, 0, 24, "AwaitingApproval", 2)]
    public async Task Submit_ByRisk_AsksForSoManyPeople(int freeUpTo, int critical, int highRiskStep, string state, int required)
    {
        _rig.Policy = _rig.Policy with { NoApprovalUpToPercent = freeUpTo, HighRiskStepPercent = highRiskStep, CriticalNamespaces = critical == 1 ? ["payments"] : [] };
        var change = await _rig.SubmittedAsync();
        (change.State.ToString(), change.RequiredApprovals).ShouldBe((state, required));
        change.ApprovalReason.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Approve_ByTwoOfTwo_CountsPeopleAndNotCredentials()
    {
        _rig.Policy = _rig.Policy with { CriticalNamespaces = ["payments"] };
        var change = await _rig.SubmittedAsync();
        change = await _rig.Service.ApproveAsync(change.Id, ExecutionRig.Anna, "Looks good", null, default);
        change.State.ShouldBe(ChangeState.AwaitingApproval);
        await _rig.RefusedAsync(() => _rig.Service.ApproveAsync(change.Id, ExecutionRig.Anna with { Subject = "ANNA", Credential = "another token", Method = "api-token" }, "Again", null, default), ChangeFault.Conflict, "already-decided");
        change = await _rig.Service.ApproveAsync(change.Id, ExecutionRig.Axel, "Looks good", change.PlanHash, default);
        change.State.ShouldBe(ChangeState.Approved);
        change.ApprovalsGiven.ShouldBe(2);
    }

    [Fact]
    public async Task Approve_OfOnesOwn_IsRefusedWithAnyCredential()
    {
        var both = ExecutionRig.Person("olga", Role.Operator, Role.Approver) with { Subject = "Olga", Credential = "second token", Method = "api-token" };
        var change = await _rig.SubmittedAsync();
        await _rig.RefusedAsync(() => _rig.Service.ApproveAsync(change.Id, both, "Looks good to me", null, default), ChangeFault.Forbidden, "self-approval");
        _rig.Store.Audit[^1].Entry.Phase.ShouldBe("denied");

        // Nor by who submitted the draft of another.
        var omar = ExecutionRig.Person("omar", Role.Operator, Role.Approver);
        var other = await _rig.Service.SubmitAsync((await _rig.DraftAsync()).Id, omar, default);
        await _rig.RefusedAsync(() => _rig.Service.ApproveAsync(other.Id, omar, "Looks good to me", null, default), ChangeFault.Forbidden, "self-approval");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ok  ")]
    [InlineData("\u202e\u202e\u202e")]
    public async Task Decisions_WithoutAComment_AreInvalid(string? comment)
    {
        var change = await _rig.SubmittedAsync();
        await _rig.RefusedAsync(() => _rig.Service.ApproveAsync(change.Id, ExecutionRig.Anna, comment!, null, default), ChangeFault.Invalid, "comment-required");
        await _rig.RefusedAsync(() => _rig.Service.RejectAsync(change.Id, ExecutionRig.Anna, comment!, default), ChangeFault.Invalid, "comment-required");
        await _rig.RefusedAsync(() => _rig.Service.ApproveAsync(change.Id, ExecutionRig.Anna, new string('x', 1001), null, default), ChangeFault.Invalid, "comment-required");
        (await _rig.Service.ApproveAsync(change.Id, ExecutionRig.Anna, new string('x', 1000), null, default)).State.ShouldBe(ChangeState.Approved);
    }

    [Fact]
    public async Task Approve_OfAnotherHash_IsRefused()
    {
        var first = await _rig.SubmittedAsync();
        var second = await _rig.SubmittedAsync(ExecutionRig.Request((60, 40)));
        await _rig.RefusedAsync(() => _rig.Service.ApproveAsync(second.Id, ExecutionRig.Anna, "Looks good", first.PlanHash, default), ChangeFault.Conflict, "plan-changed");
    }

    [Fact]
    public async Task Reject_Once_EndsTheChange()
    {
        _rig.Policy = _rig.Policy with { CriticalNamespaces = ["payments"] };
        var change = await _rig.ApprovedAsync();
        change = await _rig.Service.RejectAsync(change.Id, ExecutionRig.Axel, "Not on a Friday", default);
        change.State.ShouldBe(ChangeState.Rejected);
        await _rig.RefusedAsync(() => _rig.Service.ApproveAsync(change.Id, ExecutionRig.Anna, "Looks good", null, default), ChangeFault.Conflict, "wrong-state");
        await _rig.RefusedAsync(() => _rig.Service.StartAsync(change.Id, ExecutionRig.Olga, default), ChangeFault.Conflict, "wrong-state");
    }

    public enum Moved
    {
        Object,
        Policy,
        Plan,
    }

    [Theory]
    [InlineData(Moved.Object, false)]
    [InlineData(Moved.Object, true)]
    [InlineData(Moved.Policy, false)]
    [InlineData(Moved.Policy, true)]
    [InlineData(Moved.Plan, false)]
    [InlineData(Moved.Plan, true)]
    public async Task Approval_OfWhatIsNotAnyMore_IsVoid(Moved moved, bool approvedBefore)
    {
        var change = approvedBefore ? await _rig.ApprovedAsync() : await _rig.SubmittedAsync();
        switch (moved)
        {
            case Moved.Object:
                _rig.Target.EditElsewhere("kubectl-edit");
                break;
            case Moved.Policy:
                _rig.Policy = _rig.Policy with { MaxStepPercent = 90 };
                break;
            case Moved.Plan:
                // Whoever edits the stored plan (there is no call for it) does not inherit its approvals.
                await _rig.Store.ReplaceAsync(change with { Plan = change.Plan with { Stages = [change.Plan.Stages[0] with { Weights = [70, 30] }] } }, [], null, [], default);
                break;
        }

        var refusal = await _rig.RefusedAsync(
            () => approvedBefore ? _rig.Service.StartAsync(change.Id, ExecutionRig.Olga, default) : _rig.Service.ApproveAsync(change.Id, ExecutionRig.Anna, "Looks good", null, default),
            ChangeFault.Conflict,
            "approval-void");
        refusal.Message.ShouldContain("void");
        var state = _rig.Store.Get(change.Id);
        (state.State, state.ApprovalsGiven).ShouldBe((ChangeState.Draft, 0));
        _rig.Target.Patches.ShouldBe(0);

        // Only a new submission, decided on anew, brings it back.
        await _rig.RefusedAsync(() => _rig.Service.StartAsync(change.Id, ExecutionRig.Olga, default), ChangeFault.Conflict, "wrong-state");
        var again = await _rig.Service.SubmitAsync(change.Id, ExecutionRig.Olga, default);
        (again.State, again.ApprovalsGiven).ShouldBe((ChangeState.AwaitingApproval, 0));
        (await _rig.Service.ApproveAsync(change.Id, ExecutionRig.Anna, "Still good", null, default)).State.ShouldBe(ChangeState.Approved);
    }

    [Fact]
    public async Task Approval_OfAPolicyThatCameBack_StaysVoid()
    {
        var policy = _rig.Policy;
        var change = await _rig.ApprovedAsync();
        _rig.Policy = policy with { MaxStepPercent = 90 };
        await _rig.RefusedAsync(() => _rig.Service.StartAsync(change.Id, ExecutionRig.Olga, default), ChangeFault.Conflict, "approval-void");
        _rig.Policy = policy;
        var again = await _rig.Service.SubmitAsync(change.Id, ExecutionRig.Olga, default);
        (again.PlanHash, again.ApprovalsGiven, again.State).ShouldBe((change.PlanHash, 0, ChangeState.AwaitingApproval));
    }

    [Fact]
    public async Task Status_UpdatesOfTheObject_LeaveAnApprovalAlone()
    {
        var change = await _rig.ApprovedAsync();
        _rig.Target.TouchStatus();
        (await _rig.Service.StartAsync(change.Id, ExecutionRig.Olga, default)).State.ShouldBe(ChangeState.Running);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Expiry_EndsWhatNobodyActedOn(bool byTheExecutor)
    {
        var change = await _rig.ApprovedAsync();
        _rig.Time.Advance(TimeSpan.FromHours(25));
        if (byTheExecutor)
        {
            await _rig.Executor.TickAsync(default);
        }
        else
        {
            await _rig.RefusedAsync(() => _rig.Service.StartAsync(change.Id, ExecutionRig.Olga, default), ChangeFault.Conflict, "expired");
        }

        _rig.Store.Get(change.Id).State.ShouldBe(ChangeState.Expired);
    }

    [Theory]
    [InlineData(true, false, ChangeFault.Conflict, "base-changed")]
    [InlineData(true, true, ChangeFault.Refused, "guards")]
    [InlineData(false, false, ChangeFault.Refused, "guards")]
    public async Task Start_WhereTheObjectMovesBeforeTheTrial_IsAConflictAndNoRefusal(bool moved, bool another, ChangeFault fault, string code)
    {
        var change = await _rig.ApprovedAsync();
        _rig.Target.DryRun = new DryRunAnswer(false, null, "It was changed by somebody else since it was read.", 422) { IsOfAnOlderObject = moved };
        _rig.Guards = context => [ExecutionRig.Verdict("dry-run", context.DryRun!.Accepted ? GuardOutcome.Pass : GuardOutcome.Refuse), ExecutionRig.Verdict("freeze", another ? GuardOutcome.Refuse : GuardOutcome.Pass)];

        await _rig.RefusedAsync(() => _rig.Service.StartAsync(change.Id, ExecutionRig.Olga, default), fault, code);
        _rig.Store.Get(change.Id).State.ShouldBe(ChangeState.Approved);
    }

    [Fact]
    public async Task Start_OfWhatSomebodyElseStartedWhileTheGuardsLooked_IsAWrongState()
    {
        // The guards of the second see the write of the first, and refuse it.
        var change = await _rig.ApprovedAsync();
        var first = true;
        _rig.Guards = _ =>
        {
            if (!first)
            {
                return [ExecutionRig.Verdict("fake", GuardOutcome.Pass)];
            }

            first = false;
            _rig.Service.StartAsync(change.Id, ExecutionRig.Olga, default).GetAwaiter().GetResult();
            return [ExecutionRig.Verdict("dry-run", GuardOutcome.Refuse)];
        };

        await _rig.RefusedAsync(() => _rig.Service.StartAsync(change.Id, ExecutionRig.Olga, default), ChangeFault.Conflict, "wrong-state");
        _rig.Store.Get(change.Id).State.ShouldBe(ChangeState.Running);
    }

    [Fact]
    public async Task Approve_WithoutRightsInTheCluster_ReadsAsTheRequester()
    {
        var change = await _rig.SubmittedAsync();
        _rig.Target.Forbidden.Add("anna");
        (await _rig.Service.ApproveAsync(change.Id, ExecutionRig.Anna, "Looks good", null, default)).State.ShouldBe(ChangeState.Approved);
    }

    [Fact]
    public async Task Approve_WithTheApiServerDown_IsNotPossible()
    {
        var change = await _rig.SubmittedAsync();
        _rig.Target.Down = true;
        await _rig.RefusedAsync(() => _rig.Service.ApproveAsync(change.Id, ExecutionRig.Anna, "Looks good", null, default), ChangeFault.Unavailable, "cluster-unavailable");
        _rig.Store.Get(change.Id).State.ShouldBe(ChangeState.AwaitingApproval);
    }

    [Fact]
    public async Task Create_AsSomebodyTheClusterRefuses_IsForbidden()
    {
        _rig.Target.Forbidden.Add("olga");
        await _rig.RefusedAsync(() => _rig.DraftAsync(), ChangeFault.Forbidden, "cluster-forbidden");
        await _rig.RefusedAsync(() => _rig.Service.CreateAsync(ExecutionRig.Request(), ExecutionRig.Olga with { ClusterIdentity = null }, null, default), ChangeFault.Forbidden, "cluster-forbidden");
    }

    [Fact]
    public async Task Start_UnderBreakGlass_SkipsApprovalsForWhoBrokeItOnly()
    {
        var admin = ExecutionRig.Person("ada", Role.Admin);
        _rig.Glass = new BreakGlass("glass-1", admin, "main/payments/VirtualService/card-processor", "Provider is down", "INC-1", _rig.Time.GetUtcNow(), _rig.Time.GetUtcNow().AddMinutes(10));
        var change = await _rig.SubmittedAsync();
        await _rig.RefusedAsync(() => _rig.Service.StartAsync(change.Id, ExecutionRig.Omar, default), ChangeFault.Conflict, "wrong-state");
        var started = await _rig.Service.StartAsync(change.Id, admin, default);
        (started.State, started.BreakGlassId).ShouldBe((ChangeState.Running, "glass-1"));
        _rig.Store.Audit[^1].Entry.Phase.ShouldBe("break-glass");
        _rig.Notices.Last().Type.ShouldBe(ChangeNotices.BreakGlass);
    }

    [Fact]
    public async Task Start_UnderExpiredBreakGlass_NeedsItsApprovals()
    {
        var admin = ExecutionRig.Person("ada", Role.Admin);
        _rig.Glass = new BreakGlass("glass-1", admin, "main/payments/VirtualService/card-processor", "Provider is down", null, _rig.Time.GetUtcNow().AddHours(-1), _rig.Time.GetUtcNow());
        var change = await _rig.SubmittedAsync();
        await _rig.RefusedAsync(() => _rig.Service.StartAsync(change.Id, admin, default), ChangeFault.Conflict, "wrong-state");
    }

    [Fact]
    public async Task Start_TellsTheGuardsOfRecentStarts()
    {
        GuardContext? seen = null;
        _rig.Guards = context =>
        {
            seen = context;
            return [];
        };
        var first = await _rig.StartedAsync();
        seen!.RecentStarts!.Value.ShouldBeEmpty();
        await _rig.Service.AbortAsync(first.Id, ExecutionRig.Olga, null, default);
        await _rig.StartedAsync();
        seen.RecentStarts!.Value.Length.ShouldBe(1);
        (seen.Moment, seen.Access!.Allowed, seen.DryRun!.Accepted).ShouldBe((GuardMoment.Start, true, true));
    }

    [Fact]
    public async Task Abort_WhileAWriteHasNoOutcome_EndsOnceItIsKnown()
    {
        var change = await _rig.StartedAsync();
        _rig.Target.AfterPatch = _ =>
        {
            _rig.Target.Down = true;
            throw FakeTarget.TimedOut();
        };
        await _rig.Executor.TickAsync(default);
        var ending = await _rig.Service.AbortAsync(change.Id, ExecutionRig.Omar, "wrong day", default);
        ending.State.IsActive().ShouldBeTrue();
        await _rig.RefusedAsync(() => _rig.Service.ResumeAsync(change.Id, ExecutionRig.Omar, default), ChangeFault.Conflict, "wrong-state");
        _rig.Target.Down = false;
        _rig.Target.AfterPatch = null;
        var ended = await _rig.UntilAsync(change.Id, ChangeState.Aborted, TimeSpan.FromMinutes(1));
        ended.Writes.Single().Outcome.ShouldBe(WriteOutcome.Applied);
        ended.StateReason.ShouldContain("75/25");
        _rig.Target.Weights.ShouldBe([75, 25]);
    }

    [Fact]
    public async Task Stop_WithoutPlan_SendsAllToTheLargestBackendWithoutAskingAnybody()
    {
        _rig.Views.OnRoutes = [SampleViews.Routes[1]];
        _rig.Gates.Down = true;
        var before = _rig.Target.EnterpriseRule;
        var stop = await _rig.Service.StopAsync(ExecutionRig.Route, ExecutionRig.Olga, "Provider fails", null, default);
        (stop.State, stop.Return!.Purpose).ShouldBe((ChangeState.RollingBack, ReturnGoal.Stop));
        await _rig.Executor.TickAsync(default);
        _rig.Target.Weights.ShouldBe([100, 0]);
        _rig.Target.EnterpriseRule.ShouldBe(before);
        _rig.Target.Landed.Single().User.ShouldBe("olga");
        var ended = await _rig.UntilAsync(stop.Id, ChangeState.RolledBack, TimeSpan.FromMinutes(5));
        ended.StateReason.ShouldContain("could not be told");
    }

    [Fact]
    public async Task Stop_DuringAPlan_TakesItOverWhateverHoldsIt()
    {
        _rig.Guards = context => context.Moment is GuardMoment.Stage ? [ExecutionRig.Verdict("freeze", GuardOutcome.Refuse)] : [];
        var change = await _rig.StartedAsync();
        await _rig.RunAsync(TimeSpan.FromSeconds(5));
        _rig.Store.Get(change.Id).State.ShouldBe(ChangeState.Held);
        var stopped = await _rig.Service.StopAsync(ExecutionRig.Route, ExecutionRig.Omar, "Provider fails", null, default);
        stopped.Id.ShouldBe(change.Id);
        await _rig.Executor.TickAsync(default);
        _rig.Target.Weights.ShouldBe([100, 0]);
        _rig.Target.Landed.Single().User.ShouldBe("omar", "a stop is written as who pressed it");
        await _rig.RefusedAsync(() => _rig.Service.RollbackAsync(change.Id, ExecutionRig.Olga, null, default), ChangeFault.Conflict, "wrong-state");
    }

    [Fact]
    public async Task Stop_ByName_SendsAllThere()
    {
        await _rig.RefusedAsync(() => _rig.Service.StopAsync(ExecutionRig.Route, ExecutionRig.Olga, "Provider fails", "v3", default), ChangeFault.Invalid, "no-such-backend");
        await _rig.RefusedAsync(() => _rig.Service.StopAsync(ExecutionRig.Route, ExecutionRig.Olga, " ", null, default), ChangeFault.Invalid, "comment-required");
        await _rig.RefusedAsync(() => _rig.Service.StopAsync("main/payments/VirtualService/card-processor/http/0", ExecutionRig.Olga, "Provider fails", null, default), ChangeFault.Invalid, "single-backend");
        await _rig.Service.StopAsync(ExecutionRig.Route, ExecutionRig.Olga, "Provider fails", "v2-new-provider", default);
        await _rig.Executor.TickAsync(default);
        _rig.Target.Weights.ShouldBe([0, 100]);
    }

    [Fact]
    public async Task Stop_WithTheApiServerDown_IsKeptAndWrittenOnceItIsBack()
    {
        _rig.Target.Down = true;
        var stop = await _rig.Service.StopAsync(ExecutionRig.Route, ExecutionRig.Olga, "Provider fails", null, default);
        await _rig.RunAsync(TimeSpan.FromSeconds(30));
        var waiting = _rig.Store.Get(stop.Id);
        (waiting.State, waiting.Return!.Escalation is null).ShouldBe((ChangeState.RollingBack, false));
        _rig.Notices.Count(n => n.Type == ChangeNotices.Escalated).ShouldBe(1);
        _rig.Target.Down = false;
        await _rig.RunAsync(TimeSpan.FromSeconds(5));
        _rig.Target.Weights.ShouldBe([100, 0]);
    }

    [Fact]
    public async Task Stop_DuringAPlanOfAnotherRule_EndsThatOneAndStops()
    {
        var other = await _rig.Service.CreateAsync(ExecutionRig.Request() with { Stages = [new RequestedStage([100])], RouteId = "main/payments/VirtualService/card-processor/http/0" }, ExecutionRig.Olga, null, default);
        await _rig.Store.ReplaceAsync(other with { State = ChangeState.Running, Executor = ExecutionRig.Olga }, [], null, [], default);
        var stop = await _rig.Service.StopAsync(ExecutionRig.Route, ExecutionRig.Omar, "Provider fails", null, default);
        stop.Id.ShouldNotBe(other.Id);
        _rig.Store.Get(other.Id).State.ShouldBe(ChangeState.Aborted);
    }

    [Fact]
    public async Task Changed_IsRaisedForWhatIsStored()
    {
        var raised = new List<string>();
        _rig.Service.Changed += raised.Add;
        var change = await _rig.StartedAsync();
        raised.ShouldAllBe(id => id == change.Id);
        raised.Count.ShouldBe(4);
        _rig.Notices.Select(n => n.Type).ShouldBe([ChangeNotices.Submitted, ChangeNotices.Decided]);
    }

    [Fact]
    public async Task Notice_OfWhatCouldNotBeStored_IsNotQueued()
    {
        var change = await _rig.DraftAsync();
        _rig.Store.AuditIsFull = true;
        await _rig.RefusedAsync(() => _rig.Service.SubmitAsync(change.Id, ExecutionRig.Olga, default), ChangeFault.Unavailable, "audit-unavailable");
        await _rig.RefusedAsync(() => _rig.Service.StopAsync(ExecutionRig.Route, ExecutionRig.Olga, "provider fails", null, default), ChangeFault.Unavailable, "audit-unavailable");
        _rig.Notices.ShouldBeEmpty();

        _rig.Store.AuditIsFull = false;
        await _rig.Service.SubmitAsync(change.Id, ExecutionRig.Olga, default);
        _rig.Notices.ShouldBe([(ChangeNotices.Submitted, change.Id)]);
    }

    /// <summary>What a page was opened with is a claim of then: each request is judged by what the person may now.</summary>
    [Fact]
    public async Task Rights_TakenAwaySinceThePageWasOpened_AreGone()
    {
        var change = await _rig.SubmittedAsync();
        _rig.Current = actor => actor == ExecutionRig.Anna ? actor with { Roles = [Role.Viewer] } : actor == ExecutionRig.Olga ? actor with { Namespaces = ["ledger"] } : actor == ExecutionRig.Omar ? null : actor;
        await _rig.RefusedAsync(() => _rig.Service.ApproveAsync(change.Id, ExecutionRig.Anna, "Looks good", null, default), ChangeFault.Forbidden, "missing-role");
        await _rig.RefusedAsync(() => _rig.Service.CreateAsync(ExecutionRig.Request(), ExecutionRig.Olga, null, default), ChangeFault.Forbidden, "missing-role");
        await _rig.RefusedAsync(() => _rig.Service.AbortAsync(change.Id, ExecutionRig.Omar, null, default), ChangeFault.NotFound, "no-such-change");
        (await _rig.Service.ListAsync(new ChangeFilter([]), ExecutionRig.Omar, default)).ShouldBeEmpty();
        _rig.Store.Get(change.Id).State.ShouldBe(ChangeState.AwaitingApproval);
    }

    /// <summary>An approval is somebody's who may decide: it does not outlive that, and the request waits for another.</summary>
    [Fact]
    public async Task Approver_WhoLostTheRoleBeforeTheStart_IsNamedAndAnotherHasToDecide()
    {
        var change = await _rig.ApprovedAsync();
        _rig.Current = actor => actor.Subject == "anna" ? actor with { Namespaces = ["ledger"] } : actor;

        var refused = await _rig.RefusedAsync(() => _rig.Service.StartAsync(change.Id, ExecutionRig.Olga, default), ChangeFault.Conflict, "approval-void");
        refused.Message.ShouldStartWith("anna is an approver, but not in payments any more: that approval does not count any more. Waits for 1 approval of 1 until");
        var waiting = _rig.Store.Get(change.Id);
        (waiting.State, waiting.ApprovalsGiven, waiting.Approvals.Single().Struck).ShouldBe((ChangeState.AwaitingApproval, 0, "anna is an approver, but not in payments any more"));
        _rig.Store.Audit.Last(r => r.Entry.ChangeId == change.Id && r.Entry.Action == ChangeAudit.Start).Entry.Outcome.ShouldBe("refused");

        await _rig.Service.ApproveAsync(change.Id, ExecutionRig.Axel, "Looks good to me too", null, default);
        (await _rig.Service.StartAsync(change.Id, ExecutionRig.Olga, default)).State.ShouldBe(ChangeState.Running);
    }

    [Fact]
    public async Task Approver_WithTheRoleBack_DecidesAnew()
    {
        var change = await _rig.ApprovedAsync();
        _rig.Current = actor => actor.Subject == "anna" ? null : actor;
        await _rig.RefusedAsync(() => _rig.Service.StartAsync(change.Id, ExecutionRig.Olga, default), ChangeFault.Conflict, "approval-void");
        _rig.Current = actor => actor;
        await _rig.RefusedAsync(() => _rig.Service.StartAsync(change.Id, ExecutionRig.Olga, default), ChangeFault.Conflict, "wrong-state");
        (await _rig.Service.ApproveAsync(change.Id, ExecutionRig.Anna, "Still good", null, default)).State.ShouldBe(ChangeState.Approved);
    }

    /// <summary>Two are required: the second approval is not counted on top of one that does not count any more.</summary>
    [Fact]
    public async Task Approver_WhoLostTheRoleBeforeTheSecondDecides_IsStruckOut()
    {
        _rig.Policy = _rig.Policy with { RequiredApprovals = 2 };
        var change = await _rig.ApprovedAsync();
        change.State.ShouldBe(ChangeState.AwaitingApproval);
        _rig.Current = actor => actor.Subject == "anna" ? null : actor;

        var decided = await _rig.Service.ApproveAsync(change.Id, ExecutionRig.Axel, "Looks good", null, default);

        (decided.State, decided.ApprovalsGiven).ShouldBe((ChangeState.AwaitingApproval, 1));
        decided.Approvals[0].Struck.ShouldBe("anna's access was taken away");
    }

    [Fact]
    public async Task Approver_WhoCannotBeLookedUp_LetsNothingStartAndLosesNothing()
    {
        _rig.Guards = context => [new ApprovalGuard().Check(context)];
        var change = await _rig.ApprovedAsync();
        _rig.Current = actor => actor.Subject == "anna" ? throw new TimeoutException("The directory does not answer.") : actor;

        var refused = await _rig.RefusedAsync(() => _rig.Service.StartAsync(change.Id, ExecutionRig.Olga, default), ChangeFault.Refused, "guards");

        refused.Message.ShouldContain("Whether anna may still approve cannot be told: The directory does not answer.");
        _rig.Store.Get(change.Id).State.ShouldBe(ChangeState.Approved);
        _rig.Current = actor => actor;
        (await _rig.Service.StartAsync(change.Id, ExecutionRig.Olga, default)).State.ShouldBe(ChangeState.Running);
    }

    [Fact]
    public async Task Starts_AreCountedForTheGuardAtAStartOnly_WithoutStops()
    {
        var asked = new List<(GuardMoment Moment, int? Starts)>();
        _rig.Guards = context =>
        {
            asked.Add((context.Moment, context.RecentStarts?.Length));
            return [ExecutionRig.Verdict("fake", GuardOutcome.Pass)];
        };
        await _rig.Service.StopAsync(ExecutionRig.Route, ExecutionRig.Olga, "provider fails", null, default);
        _rig.Gates.Share = () => 0;
        await _rig.RunAsync(TimeSpan.FromMinutes(1));
        var first = await _rig.StartedAsync(ExecutionRig.Request((75, 25)));
        await _rig.UntilAsync(first.Id, ChangeState.Completed);
        await _rig.StartedAsync(ExecutionRig.Request((50, 50)));
        asked.Where(a => a.Moment == GuardMoment.Start).Select(a => a.Starts).ShouldBe([0, 1]);
        asked.Where(a => a.Moment != GuardMoment.Start).ShouldAllBe(a => a.Starts == null);
        _rig.Time.Advance(TimeSpan.FromMinutes(61));
        (await _rig.Store.ListStartsAsync("main", _rig.Time.GetUtcNow().AddHours(-1), default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Record_KeepsWhatWasShownAndWhatEachWriteMet()
    {
        var change = await _rig.StartedAsync();
        (change.Diff, change.FinalDiff).ShouldBe(("-90/10\n+75/25\n", "-90/10\n+50/50\n"));
        change.Notes.ShouldBe(["2 stages were asked for."]);
        (await _rig.Service.PreviewAsync(ExecutionRig.Request(), ExecutionRig.Olga, default)).Notes.ShouldBe(change.Notes);
        var ended = await _rig.UntilAsync(change.Id, ChangeState.Completed);
        ended.Writes.Select(w => w.Diff).ShouldBe(["-90/10\n+75/25\n", "-75/25\n+50/50\n"]);
        (ended.Diff, ended.FinalDiff).ShouldBe((change.Diff, change.FinalDiff));
    }

    /// <summary>3,000 lines of 8 characters are 24,000: 2,000 lines are 16,000 and kept, and the other 8,000 are counted.</summary>
    [Fact]
    public void Diff_OfAHugeObject_IsCutAtALineAndSaysSo()
    {
        var parts = _rig.Parts with { Plans = new FakeWorkshop { Text = string.Concat(Enumerable.Repeat("+123456\n", 3000)) } };
        var kept = parts.DiffToKeep(GivenChange.Plan, GivenChange.Live(90, 10, "spec-0"), [50, 50]);
        kept.ShouldBe(string.Concat(Enumerable.Repeat("+123456\n", 2000)) + "… 8000 characters more\n");
    }
}
