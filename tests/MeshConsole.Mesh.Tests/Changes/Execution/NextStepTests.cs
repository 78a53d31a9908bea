using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Gates;

namespace MeshConsole.Mesh.Tests.Changes.Execution;

public sealed class NextStepTests
{
    private static readonly TimeSpan s_soaked = TimeSpan.FromMinutes(5);

    /// <summary>The stage is as the plan left it, has soaked, and was looked at just now.</summary>
    private static readonly StepFacts s_calm = new()
    {
        Now = GivenChange.Now,
        Live = GivenChange.Live(75, 25, "spec-1"),
        Soaked = s_soaked,
        SinceLook = TimeSpan.Zero,
        SoakedAtLook = s_soaked,
    };

    private static readonly ChangeRecord s_pending = GivenChange.Running with
    {
        Stage = 0,
        Writes = [GivenChange.Write(1, WriteOutcome.Pending, 75, 25)],
        Progress = [new StageProgress(0, null, null, TimeSpan.Zero, null, [], 0)],
    };

    [Theory]
    [InlineData(ChangeState.Draft)]
    [InlineData(ChangeState.Completed)]
    [InlineData(ChangeState.RolledBack)]
    [InlineData(ChangeState.Aborted)]
    [InlineData(ChangeState.Rejected)]
    [InlineData(ChangeState.Expired)]
    public void Decide_ForWhatIsNotOpen_Waits(ChangeState state) => NextStep.Decide(GivenChange.In(state), s_calm with { Live = null }).ShouldBeOfType<StepAction.Wait>();

    [Theory]
    [InlineData(ChangeState.AwaitingApproval, 24, true)]
    [InlineData(ChangeState.Approved, 24, true)]
    [InlineData(ChangeState.Approved, 23, false)]
    public void Decide_ForWhatWaitsForPeople_LetsItExpire(ChangeState state, int hours, bool expires) =>
        (NextStep.Decide(GivenChange.In(state), s_calm with { Now = GivenChange.Now.AddHours(hours) }) is StepAction.Store { Happened: ChangeEvent.Expire }).ShouldBe(expires);

    /// <summary>A pending write, what the object shows, and for how long it was waited: the outcome, or null to wait.</summary>
    [Theory]
    [InlineData("c1.1", 75, 25, "spec-1", "43", 0, "Applied")]
    [InlineData("c1.1", 80, 20, "spec-9", "44", 0, "Applied")]
    [InlineData(null, 90, 10, "spec-0", "42", 0, null)]
    [InlineData(null, 90, 10, "spec-0", "42", 14, null)]
    [InlineData(null, 90, 10, "spec-0", "42", 15, "NotApplied")]
    [InlineData(null, 90, 10, "spec-0", "43", 0, "NotApplied")]
    [InlineData("c0.7", 90, 10, "spec-0", "42", 14, null)]
    [InlineData(null, 80, 20, "spec-9", "43", 0, "Superseded")]
    [InlineData(null, 75, 25, "spec-1", "43", 0, "Superseded")]
    public void Decide_ForAPendingWrite_ReadsTheObject(string? mark, int stable, int canary, string spec, string version, int seconds, string? outcome)
    {
        var facts = s_calm with { Live = GivenChange.Live(stable, canary, spec, version, mark), PendingFor = TimeSpan.FromSeconds(seconds) };
        foreach (var change in new[] { s_pending, s_pending with { State = ChangeState.Paused } })
        {
            var action = NextStep.Decide(change, facts);
            if (outcome is null)
            {
                action.ShouldBeOfType<StepAction.Wait>();
            }
            else
            {
                action.ShouldBeOfType<StepAction.Store>().Happened.ShouldBeOfType<ChangeEvent.Settle>().Outcome.ToString().ShouldBe(outcome);
            }
        }
    }

    [Fact]
    public void Decide_ForAPendingWriteThatWasEditedSince_DoesNotTakeTheEditForItsOwn()
    {
        var action = NextStep.Decide(s_pending, s_calm with { Live = GivenChange.Live(90, 10, "spec-0", "44", "c1.1") });
        var settle = action.ShouldBeOfType<StepAction.Store>().Happened.ShouldBeOfType<ChangeEvent.Settle>();
        (settle.Outcome, settle.SpecHash).ShouldBe((WriteOutcome.Applied, null));

        // The revert brought the very spec of before; that the weights are not the written ones gives it away.
        var after = ChangeMachine.Apply(s_pending, settle, GivenChange.Now);
        NextStep.Decide(after, s_calm with { Live = GivenChange.Live(90, 10, "spec-0", "44", "c1.1") }).ShouldBeOfType<StepAction.Store>().Happened.ShouldBeOfType<ChangeEvent.HoldBack>().Code.ShouldBe(HoldCodes.TargetChanged);
    }

    [Fact]
    public void Decide_ForAPendingWriteOnTheWayBack_WaitsLess()
    {
        var change = GivenChange.Returning with { Writes = [.. GivenChange.Soaking.Writes, GivenChange.Write(2, WriteOutcome.Pending, 50, 50) with { SpecHashBefore = "spec-1", ResourceVersionBefore = "43" }] };
        NextStep.Decide(change, s_calm with { PendingFor = TimeSpan.FromSeconds(5) }).ShouldBeOfType<StepAction.Store>().Happened.ShouldBeOfType<ChangeEvent.Settle>();
    }

    [Fact]
    public void Decide_WithoutAReading_ReadsFirst()
    {
        foreach (var change in new[] { s_pending, GivenChange.Soaking, GivenChange.Returning, GivenChange.In(ChangeState.Paused), GivenChange.In(ChangeState.Held) })
        {
            NextStep.Decide(change, s_calm with { Live = null }).ShouldBeOfType<StepAction.Read>();
        }
    }

    [Theory]
    [InlineData(nameof(TargetFault.Unreachable), 14, null)]
    [InlineData(nameof(TargetFault.Unreachable), 15, HoldCodes.Cluster)]
    [InlineData(nameof(TargetFault.Forbidden), 0, HoldCodes.Rights)]
    [InlineData(nameof(TargetFault.Gone), 0, HoldCodes.TargetChanged)]
    public void Decide_WithAReadingThatFailed_HoldsOnce(string fault, int seconds, string? code)
    {
        var facts = s_calm with { Live = null, Problem = new TargetProblem(Enum.Parse<TargetFault>(fault), "It failed."), UnreachableFor = TimeSpan.FromSeconds(seconds) };
        var action = NextStep.Decide(GivenChange.Soaking, facts);
        if (code is null)
        {
            action.ShouldBeOfType<StepAction.Wait>();
            return;
        }

        var hold = action.ShouldBeOfType<StepAction.Store>().Happened.ShouldBeOfType<ChangeEvent.HoldBack>();
        hold.Code.ShouldBe(code);
        NextStep.Decide(ChangeMachine.Apply(GivenChange.Soaking, hold, GivenChange.Now), facts).ShouldBeOfType<StepAction.Wait>();
    }

    /// <summary>
    /// Gates on trial: the verdict of the whole look, that of its tripwire (empty: it was not asked), and what follows. What the
    /// statistics say changes nothing; a tripwire that trips rolls back, and one that cannot see holds.
    /// </summary>
    [Theory]
    [InlineData("Pass", "Pass", "PassStage")]
    [InlineData("InsufficientData", "Pass", "PassStage")]
    [InlineData("Error", "Pass", "PassStage")]
    [InlineData("Fail", "Pass", "PassStage")]
    [InlineData("Fail", "Fail", "RollBack")]
    [InlineData("Error", "Error", "HoldBack")]
    [InlineData("Error", "", "HoldBack")]
    [InlineData("InsufficientData", "", "HoldBack")]
    [InlineData("Pass", "", "HoldBack")]
    public void Decide_WithGatesOnTrial_FollowsTheTripwireAlone(string all, string tripwire, string expected)
    {
        var trial = GivenChange.Soaking with { Plan = GivenChange.Plan with { Gates = GateSettings.Default with { ObserveOnly = true } } };
        var look = GivenChange.Look(Enum.Parse<GateVerdict>(all), trips: tripwire == "Fail");
        look = tripwire.Length == 0 ? look : look with { Results = look.Results.Add(new GateResult(GateCodes.Tripwire, "Many failures at once", Enum.Parse<GateVerdict>(tripwire), "12 of 20 requests failed.")) };

        // Three times the same: failures of the statistics do not add up either.
        for (var i = 0; i < 3; i++)
        {
            trial = ChangeMachine.Apply(trial, new ChangeEvent.Look(look, s_soaked), GivenChange.Now);
        }

        var action = NextStep.Decide(trial, s_calm);
        Name(action).ShouldBe(expected);
        if (action is StepAction.Store { Happened: ChangeEvent.PassStage pass })
        {
            var passed = ChangeMachine.Apply(trial, pass, GivenChange.Now);
            passed.StateReason.ShouldContain("on trial");
            NextStep.Decide(passed, s_calm).ShouldBeOfType<StepAction.WriteStage>().Stage.ShouldBe(1);
        }

        if (action is StepAction.RollBack back)
        {
            back.Reason.ShouldContain("12 of 20 requests failed");
            back.Reason.ShouldNotContain("5 % of requests fail");
        }
    }

    /// <summary>The last looks, how far the soak is, and what follows in a stage that is in force.</summary>
    [Theory]
    [InlineData(5, 0, "Pass", "PassStage")]
    [InlineData(4, 0, "Pass", "wait")]
    [InlineData(5, 0, "InsufficientData", "HoldBack")]
    [InlineData(5, 0, "Error", "HoldBack")]
    [InlineData(4, 0, "InsufficientData", "wait")]
    [InlineData(5, 1, "Fail", "wait")]
    [InlineData(1, 2, "Fail", "RollBack")]
    [InlineData(5, 2, "InsufficientData", "RollBack")]
    [InlineData(5, 0, "", "wait")]
    public void Decide_ForAStageInForce_FollowsTheGates(int minutes, int failures, string last, string expected)
    {
        var change = last.Length == 0 ? GivenChange.Soaking : GivenChange.Looked(GivenChange.Soaking, failures, GateVerdict.Fail, Enum.Parse<GateVerdict>(last));
        if (last.Length == 0)
        {
            Name(NextStep.Decide(change, s_calm with { Soaked = TimeSpan.FromMinutes(minutes) })).ShouldBe(expected);
            return;
        }

        Name(NextStep.Decide(change, s_calm with { Soaked = TimeSpan.FromMinutes(minutes), SoakedAtLook = TimeSpan.FromMinutes(minutes) })).ShouldBe(expected);
    }

    [Fact]
    public void Decide_ForALookThatTrips_RollsBackAtOnce()
    {
        foreach (var state in new[] { ChangeState.Running, ChangeState.Paused, ChangeState.Held })
        {
            var change = GivenChange.In(state);
            change = change with { Progress = [change.Progress[0] with { Looks = [GivenChange.Look(GateVerdict.Fail, trips: true)], FailedLooks = 1 }] };
            NextStep.Decide(change, s_calm with { Soaked = TimeSpan.FromSeconds(20) }).ShouldBeOfType<StepAction.RollBack>().Reason.ShouldContain("tripped");
        }
    }

    [Theory]
    [InlineData(null, null, "BeginSoak")]
    [InlineData(10, null, "wait")]
    [InlineData(15, null, "Look")]
    [InlineData(60, 14, "wait")]
    [InlineData(60, 15, "Look")]
    [InlineData(301, 3, "Look")]
    public void Decide_ForASoak_LooksInItsRhythm(int? soaked, int? sinceLook, string expected) => Name(NextStep.Decide(GivenChange.Soaking, s_calm with
    {
        Soaked = soaked is { } s ? TimeSpan.FromSeconds(s) : null,
        SinceLook = sinceLook is { } l ? TimeSpan.FromSeconds(l) : null,
        SoakedAtLook = sinceLook is { } at ? TimeSpan.FromSeconds(soaked!.Value - at) : null,
    })).ShouldBe(expected);

    [Fact]
    public void Decide_ForAPlanThatBegins_WritesItsFirstStage() =>
        NextStep.Decide(GivenChange.Running, s_calm with { Live = GivenChange.Live(90, 10, "spec-0") }).ShouldBe(new StepAction.WriteStage(0));

    [Fact]
    public void Decide_AfterFailures_WaitsLongerEachTimeAndThenAsksPeople()
    {
        var change = GivenChange.Running with { Stage = 0, Progress = [new StageProgress(0, null, null, TimeSpan.Zero, null, [], 0)] };
        var live = s_calm with { Live = GivenChange.Live(90, 10, "spec-0"), SinceFailure = TimeSpan.FromSeconds(3) };
        foreach (var (failures, expected) in new[] { (1, "WriteStage"), (2, "WriteStage"), (3, "wait"), (5, "HoldBack") })
        {
            var failed = change with { Writes = [.. Enumerable.Range(1, failures).Select(i => GivenChange.Write(i, WriteOutcome.NotApplied, 75, 25))] };
            Name(NextStep.Decide(failed, live)).ShouldBe(expected, $"{failures} failures");
        }

        var resumed = change with { CountsFrom = 5, Writes = [.. Enumerable.Range(1, 5).Select(i => GivenChange.Write(i, WriteOutcome.NotApplied, 75, 25))] };
        Name(NextStep.Decide(resumed, live)).ShouldBe("WriteStage");
    }

    [Theory]
    [InlineData(90, 10, "spec-0")]
    [InlineData(75, 25, "spec-9")]
    [InlineData(50, 50, "spec-1")]
    public void Decide_ForAForeignEdit_HoldsOnceAndLeavesIt(int stable, int canary, string spec)
    {
        var facts = s_calm with { Live = GivenChange.Live(stable, canary, spec) };
        foreach (var state in new[] { ChangeState.Running, ChangeState.Paused, ChangeState.Held })
        {
            var hold = NextStep.Decide(GivenChange.In(state), facts).ShouldBeOfType<StepAction.Store>().Happened.ShouldBeOfType<ChangeEvent.HoldBack>();
            (hold.Code, hold.ByItself).ShouldBe((HoldCodes.TargetChanged, false));
            hold.Message.ShouldContain("kubectl-edit");
            NextStep.Decide(ChangeMachine.Apply(GivenChange.In(state), hold, GivenChange.Now), facts).ShouldBeOfType<StepAction.Wait>();
        }
    }

    [Theory]
    [InlineData("Pass", 0, "Release")]
    [InlineData("InsufficientData", 59, "wait")]
    [InlineData("InsufficientData", 60, "Told")]
    public void Decide_ForAHoldWithoutData_GoesOnOrTells(string last, int minutes, string expected) =>
        Name(NextStep.Decide(GivenChange.Looked(GivenChange.Held(HoldCodes.Data), 0, Enum.Parse<GateVerdict>(last)), s_calm with { Now = GivenChange.Now.AddMinutes(minutes) })).ShouldBe(expected);

    [Theory]
    [InlineData(HoldCodes.Cluster, true, "Release")]
    [InlineData(HoldCodes.Rights, true, "Release")]
    [InlineData(HoldCodes.Rights, false, "wait")]
    [InlineData(HoldCodes.Refused, false, "wait")]
    [InlineData(HoldCodes.TargetChanged, false, "wait")]
    [InlineData(HoldCodes.Guards, true, "Release")]
    public void Decide_ForOtherHolds_GoesOnWhereItMay(string code, bool byItself, string expected) => Name(NextStep.Decide(GivenChange.Held(code, byItself), s_calm)).ShouldBe(expected);

    /// <summary>A guard held the next write: it is asked again. In a soak, or after the last stage, nothing is written next.</summary>
    [Theory]
    [InlineData(0, false, "Release")]
    [InlineData(0, true, "AskGuards")]
    [InlineData(1, true, "Release")]
    public void Decide_ForAHoldOfGuards_AsksThemWhereAWriteIsNext(int stage, bool passed, string expected)
    {
        var held = GivenChange.Held(HoldCodes.Guards);
        var change = held with { Stage = stage, Progress = [held.Progress[^1] with { Stage = stage, PassedAt = passed ? GivenChange.Now : null }] };
        Name(NextStep.Decide(change, s_calm)).ShouldBe(expected);
        Name(NextStep.Decide(change, s_calm with { Lost = "olga is not an operator any more." })).ShouldBe("HoldBack");
        Name(NextStep.Decide(change with { Hold = change.Hold! with { Message = "olga is not an operator any more." } }, s_calm with { Lost = "olga is not an operator any more." })).ShouldBe("wait", "said once");
    }

    /// <summary>Whoever started it lost the right: gates still go back first, everything else waits.</summary>
    [Theory]
    [InlineData("Pass", 0, "HoldBack")]
    [InlineData("Fail", 2, "RollBack")]
    public void Decide_WithoutTheRightOfTheStarter_HoldsUnlessAGateGoesBack(string last, int failures, string expected)
    {
        var change = GivenChange.Looked(GivenChange.Soaking, failures, Enum.Parse<GateVerdict>(last));
        foreach (var stage in new[] { change, change with { Stage = 1, Progress = [change.Progress[^1] with { Stage = 1 }] } })
        {
            Name(NextStep.Decide(stage, s_calm with { Lost = "olga is not an operator any more." })).ShouldBe(expected);
        }

        Name(NextStep.Decide(GivenChange.Returning, s_calm with { Lost = "olga is not an operator any more." })).ShouldBe("WriteReturn", "a way back does not ask");
    }

    /// <summary>Weights of the object, share of the canary, seconds since the object was back: what follows on the way back.</summary>
    [Theory]
    [InlineData(75, 25, null, null, "WriteReturn")]
    [InlineData(90, 10, null, null, "ReachObject")]
    [InlineData(90, 10, 0.1, 14, "wait")]
    [InlineData(90, 10, 0.1, 20, "FinishReturn")]
    [InlineData(90, 10, 0.15, 20, "FinishReturn")]
    [InlineData(90, 10, 0.25, 20, "wait")]
    [InlineData(90, 10, 0.25, 180, "Escalate")]
    [InlineData(90, 10, null, 179, "wait")]
    [InlineData(90, 10, null, 180, "FinishReturn")]
    public void Decide_ForTheWayBack_EndsOnlyWhenObjectAndTrafficShowIt(int stable, int canary, double? share, int? seconds, string expected)
    {
        var change = GivenChange.Returning with { Return = GivenChange.Back with { InObjectAt = seconds is null ? null : GivenChange.Now } };
        Name(NextStep.Decide(change, s_calm with
        {
            Live = GivenChange.Live(stable, canary, "spec-2"),
            Share = share,
            SinceInObject = seconds is { } since ? TimeSpan.FromSeconds(since) : null,
            SinceShare = seconds is null ? null : TimeSpan.Zero,
        })).ShouldBe(expected);
    }

    /// <summary>
    /// The way back to 90/10 where the enterprise rule sends to the canary too. Share now, share before, seconds since the object
    /// was back: 28 % before and now is as before; 40 % is more, and said; without a measure of before nothing can be told.
    /// </summary>
    [Theory]
    [InlineData(0.28, 0.28, 20, "FinishReturn", "traffic shows it: the canary gets 28 %, no more than before")]
    [InlineData(0.33, 0.28, 20, "FinishReturn", "no more than before")]
    [InlineData(0.4, 0.28, 179, "wait", "")]
    [InlineData(0.4, 0.28, 180, "FinishReturn", "still gets 40 % of the traffic where 28 % is due")]
    [InlineData(0.28, null, 20, "FinishReturn", "whose that is cannot be told")]
    [InlineData(0.12, null, 20, "FinishReturn", "traffic shows it: the canary gets 12 %.")]
    [InlineData(null, null, 179, "wait", "")]
    [InlineData(null, 0.28, 180, "FinishReturn", "could not be told within 3 min")]
    public void Decide_ForTheWayBackBesideOtherRules_ComparesWithThemOrSaysThatItCannotTell(double? share, double? before, int seconds, string expected, string said)
    {
        var change = GivenChange.Returning with { Return = GivenChange.Back with { InObjectAt = GivenChange.Now }, ShareBefore = before };
        var action = NextStep.Decide(change, s_calm with
        {
            Live = GivenChange.Live(90, 10, "spec-2"),
            Share = share,
            Others = new OtherRules(["VirtualService payments/card-processor (enterprise)"], 1, 1),
            SinceInObject = TimeSpan.FromSeconds(seconds),
            SinceShare = TimeSpan.Zero,
        });
        Name(action).ShouldBe(expected);
        if (said.Length > 0)
        {
            ((ChangeEvent.FinishReturn)((StepAction.Store)action).Happened).Message.ShouldContain(said);
        }
    }

    [Fact]
    public void Decide_ForAStopWhoseTrafficDoesNotFollow_EndsAndSaysSo()
    {
        var change = GivenChange.Returning with { Return = GivenChange.Back with { Purpose = ReturnGoal.Stop, Weights = [100, 0], InObjectAt = GivenChange.Now } };
        var action = NextStep.Decide(change, s_calm with { Live = GivenChange.Live(100, 0, "spec-2"), Share = 0.09, SinceInObject = TimeSpan.FromMinutes(3), SinceShare = TimeSpan.Zero });
        action.ShouldBeOfType<StepAction.Store>().Happened.ShouldBeOfType<ChangeEvent.FinishReturn>().Message.ShouldContain("still gets 9 %");
    }

    private static string Name(StepAction action) => action switch
    {
        StepAction.Wait => "wait",
        StepAction.Store store => store.Happened.GetType().Name,
        _ => action.GetType().Name,
    };
}
