using System.Globalization;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>
/// What the executor does next with a change: a pure function of the stored change and of what this process knows. Everything
/// that must survive a crash is decided from the change alone, so that a fresh process decides the same.
/// </summary>
internal static class NextStep
{
    private static readonly StepAction s_wait = new StepAction.Wait();

    public static StepAction Decide(ChangeRecord change, StepFacts facts)
    {
        ArgumentNullException.ThrowIfNull(change);
        ArgumentNullException.ThrowIfNull(facts);
        if (change.State is ChangeState.AwaitingApproval or ChangeState.Approved)
        {
            return change.ExpiresAt <= facts.Now ? Store(new ChangeEvent.Expire()) : s_wait;
        }

        if (!change.State.IsActive())
        {
            return s_wait;
        }

        if (change.PendingWrite is { } pending)
        {
            return Unsettled(change, pending, facts);
        }

        return change.State == ChangeState.RollingBack ? Returning(change, facts) : Going(change, facts);
    }

    /// <summary>A write without outcome: nothing else happens before the object has been read and says what became of it.</summary>
    private static StepAction Unsettled(ChangeRecord change, ChangeWrite pending, StepFacts facts)
    {
        if (facts.Live is not { } live)
        {
            return facts.Problem switch
            {
                null => new StepAction.Read(),
                { Fault: TargetFault.Gone } gone => Store(new ChangeEvent.Settle(pending.Id, WriteOutcome.Superseded, $"The rule is not there any more: {gone.Message}")),
                { } problem => InTheWay(change, problem, facts, $"Whether write {pending.Id} landed is not known: {problem.Message}") ?? s_wait,
            };
        }

        if (ForeignChange.Landed(pending, live))
        {
            // With other weights than written, somebody has changed the object since; its hash is theirs and not ours.
            return live.Weights.SequenceEqual(pending.Weights)
                ? Store(new ChangeEvent.Settle(pending.Id, WriteOutcome.Applied, pending.Verb == TargetWrite.Delete ? "The object is not there any more, as this write wants it." : "The object carries the mark of this write.", live.SpecHash, live.ResourceVersion) { Uid = live.Uid })
                : Store(new ChangeEvent.Settle(pending.Id, WriteOutcome.Applied, $"The object carries the mark of this write; since then somebody set {ChangeMachine.Say(change, live.Weights)}.", null, live.ResourceVersion) { Uid = live.Uid });
        }

        if (!ForeignChange.Untouched(pending, live))
        {
            return Store(new ChangeEvent.Settle(pending.Id, WriteOutcome.Superseded, $"{ForeignChange.Who(live.Object)} changed the object before this write: its precondition cannot hold any more.", null, live.ResourceVersion));
        }

        if (live.ResourceVersion != pending.ResourceVersionBefore)
        {
            return Store(new ChangeEvent.Settle(pending.Id, WriteOutcome.NotApplied, "The object has moved to another version with the same spec: this write cannot land any more.", null, live.ResourceVersion));
        }

        var patience = change.State == ChangeState.RollingBack ? facts.Settings.UnknownForReturn : facts.Settings.UnknownFor;
        return facts.PendingFor >= patience
            ? Store(new ChangeEvent.Settle(pending.Id, WriteOutcome.NotApplied, $"The object is as before {DurationWords.Of(patience)} after the last try.", null, live.ResourceVersion))
            : s_wait;
    }

    /// <summary>Running, paused or held, with every write settled.</summary>
    private static StepAction Going(ChangeRecord change, StepFacts facts)
    {
        if (facts.Live is null && facts.Problem is null)
        {
            return new StepAction.Read();
        }

        if (facts.Problem is { Fault: TargetFault.Gone } gone)
        {
            return Held(change, HoldCodes.TargetChanged) ? s_wait : Hold(HoldCodes.TargetChanged, $"{gone.Message} Put {(change.Plan.Target.Policy is null ? "the rule" : "the policy")} back and resume, or abort.", byItself: false);
        }

        if (facts.Problem is { } problem)
        {
            if (InTheWay(change, problem, facts, problem.Message) is { } hold)
            {
                return hold;
            }

            if (Held(change, HoldCodes.TargetChanged))
            {
                return s_wait;
            }
        }
        else if (ForeignChange.Is(change, facts.Live!))
        {
            return Held(change, HoldCodes.TargetChanged) ? s_wait : Hold(HoldCodes.TargetChanged, ForeignChange.Words(change, facts.Live!), byItself: false);
        }
        else if (change.Hold is { ByItself: true, Code: HoldCodes.Cluster or HoldCodes.Rights })
        {
            return Store(new ChangeEvent.Release(RestartSoak: true));
        }

        // Gates stay armed whatever holds the change up: people, a freeze, an API server without answer.
        if (change.Current is { AppliedAt: not null } current)
        {
            if (MustReturn(current, change.Plan.Gates) is { } reason)
            {
                return new StepAction.RollBack(reason);
            }

            if (change.State == ChangeState.Running && facts.Soaked is null)
            {
                return facts.Live is null ? s_wait : Store(new ChangeEvent.BeginSoak());
            }

            if (LookIsDue(change, facts))
            {
                return new StepAction.Look();
            }
        }

        return change.State switch
        {
            ChangeState.Running => Running(change, facts),
            ChangeState.Held => Holding(change, facts),
            _ => s_wait,
        };
    }

    private static StepAction Running(ChangeRecord change, StepFacts facts)
    {
        // In any stage, the last one too: whose change nobody may move on does not complete by itself either.
        if (facts.Lost is { } lost)
        {
            return Hold(HoldCodes.Guards, lost, byItself: true);
        }

        if (facts.Live is null)
        {
            return s_wait;
        }

        if (change.Current is not { AppliedAt: not null } current)
        {
            return Write(change, Math.Max(change.Stage, 0), facts);
        }

        var stage = change.Plan.Stages[change.Stage];
        if (facts.Soaked is not { } soaked || soaked < stage.Soak)
        {
            return s_wait;
        }

        var look = facts.SinceLook is null ? null : current.Looks.LastOrDefault();
        var verdict = look?.Decides(change.Plan.Gates);
        if (look is not null && verdict is GateVerdict.InsufficientData or GateVerdict.Error)
        {
            return Hold(HoldCodes.Data, NoVerdict(change, look), byItself: true);
        }

        if (verdict is not GateVerdict.Pass)
        {
            return s_wait;
        }

        if (current.PassedAt is null)
        {
            return Store(new ChangeEvent.PassStage(soaked));
        }

        return change.Stage == change.Plan.Stages.Length - 1 ? Store(new ChangeEvent.Complete()) : Write(change, change.Stage + 1, facts);
    }

    private static StepAction Write(ChangeRecord change, int stage, StepFacts facts)
    {
        if (change.Plan.Stages[stage].NotBefore is { } earliest && earliest > facts.Now)
        {
            return new StepAction.Wait($"Stage {stage + 1} of {change.Plan.Stages.Length} begins at {earliest.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture)}. The gates go on watching.");
        }

        var failures = FailuresInARow(change, ChangeWrite.Stage);
        if (failures >= facts.Settings.MaxAttempts)
        {
            var message = $"Stage {stage + 1} could not be written {failures} times in a row; the last time: {change.Writes[^1].Message} Resume to try again, roll back, or abort.";
            return Hold(HoldCodes.Refused, message, byItself: false);
        }

        return failures > 0 && facts.SinceFailure < Backoff(failures) ? s_wait : new StepAction.WriteStage(stage);
    }

    private static StepAction Holding(ChangeRecord change, StepFacts facts)
    {
        var hold = change.Hold!;
        switch (hold.Code)
        {
            case HoldCodes.Data:
                if (facts.SinceLook is not null && change.Current?.Looks is [.., var newest] && newest.Decides(change.Plan.Gates) == GateVerdict.Pass)
                {
                    return Store(new ChangeEvent.Release(RestartSoak: false));
                }

                if (facts.Now - hold.Since < change.Plan.Gates.MaxHold)
                {
                    return s_wait;
                }

                if (change.Plan.Gates.RollBackAfterMaxHold)
                {
                    return new StepAction.RollBack($"The gates had no verdict for {DurationWords.Of(change.Plan.Gates.MaxHold)}, and the plan says to go back then.");
                }

                return hold.Told ? s_wait : Store(new ChangeEvent.Told());

            case HoldCodes.Guards when facts.Lost is { } lost:
                return hold.Message == lost ? s_wait : Hold(HoldCodes.Guards, lost, byItself: true);

            // Nothing is written next; the guards are asked before something is.
            case HoldCodes.Guards when facts.Live is not null && change.Current is { AppliedAt: not null } current && (current.PassedAt is null || change.Stage == change.Plan.Stages.Length - 1):
                return Store(new ChangeEvent.Release(RestartSoak: true));

            case HoldCodes.Guards when facts.Live is not null && change.ResumesTo != ChangeState.Paused:
                var stage = change.Current is { AppliedAt: not null } ? change.Stage + 1 : Math.Max(change.Stage, 0);
                return facts.SinceGuards is { } since && since < facts.Settings.LookEvery ? s_wait : new StepAction.AskGuards(stage);

            default:
                return s_wait;
        }
    }

    private static StepAction Returning(ChangeRecord change, StepFacts facts)
    {
        var goal = change.Return!;
        if (facts.Live is not { } live)
        {
            return facts.Problem is { } problem
                ? InTheWay(change, problem, facts, $"Going back is not possible yet: {problem.Message}") ?? s_wait
                : new StepAction.Read();
        }

        if (live.Weights.SequenceEqual(goal.Weights))
        {
            return goal.InObjectAt is null ? Store(new ChangeEvent.ReachObject()) : Confirm(change, goal, facts);
        }

        // Whoever undoes it three times means it: two that overwrite each other for ever are worse than one that says so.
        if (change.Writes.Skip(change.CountsFrom).Count(w => w.Purpose == goal.Purpose && w.Outcome == WriteOutcome.Applied) >= facts.Settings.MaxReturns)
        {
            return Escalate(change, $"{ForeignChange.Who(live.Object)} undid the way back {facts.Settings.MaxReturns} times; {change.Plan.Target.SayIs(live.Weights)}. It is not written again: stop what overwrites it, then press roll back or stop again.");
        }

        var failures = FailuresInARow(change, goal.Purpose);
        return facts.SinceFailure < (failures > 0 ? Backoff(failures) : facts.Settings.ReadEvery) ? s_wait : new StepAction.WriteReturn();
    }

    /// <summary>The object is back; now the traffic has to show it.</summary>
    private static StepAction Confirm(ChangeRecord change, ReturnGoal goal, StepFacts facts)
    {
        var where = ChangeMachine.Reached(change);
        if (!change.Writes.Any(w => w.Outcome == WriteOutcome.Applied))
        {
            return Store(new ChangeEvent.FinishReturn($"{where}; nothing had to be written. {goal.Reason}"));
        }

        // A first answer right after the write would be about the time before it.
        if (facts.SinceInObject is not { } since || since < facts.Settings.LookEvery)
        {
            return s_wait;
        }

        if (facts.SinceShare is null || facts.SinceShare >= facts.Settings.LookEvery)
        {
            return new StepAction.AskShare();
        }

        if (change.Plan.Target.Policy is not null)
        {
            return ConfirmPolicy(change, where, since, facts);
        }

        var planned = ChangePlan.ShareOf(goal.Weights, change.Plan.Canary) ?? 1;
        var due = OtherRules.Due(planned, ChangePlan.ShareOf(change.Plan.BaseWeights, change.Plan.Canary), change.ShareBefore ?? facts.ShareBefore, facts.Others);
        var others = facts.Others is null ? "" : $" {Names(facts.Others)} {(facts.Others.Names.Length == 1 ? "sends" : "send")} to the same backends too.";
        if (facts.Share is { } share && share <= (due ?? planned) + facts.Settings.ShareTolerance)
        {
            var theirs = share > planned + facts.Settings.ShareTolerance ? $", no more than before.{others}" : ".";
            return Store(new ChangeEvent.FinishReturn(Say($"{where}, and traffic shows it: the canary gets {share * 100:0.#} %{theirs} {goal.Reason}")));
        }

        if (facts.Share is { } seen && due is null)
        {
            // Waiting longer would tell no more: nothing was measured before that it could be compared with.
            return Store(new ChangeEvent.FinishReturn(Say($"{where}, so this rule gives the canary {planned * 100:0.#} %. It gets {seen * 100:0.#} % of all that its backends get, and whose that is cannot be told:{others} {goal.Reason}")));
        }

        if (since < facts.Settings.ConfirmTraffic)
        {
            return s_wait;
        }

        if (facts.Share is not { } still)
        {
            return Store(new ChangeEvent.FinishReturn($"{where}. Whether traffic shows it could not be told within {DurationWords.Of(facts.Settings.ConfirmTraffic)}: there is none, or Prometheus does not answer. {goal.Reason}"));
        }

        var gap = Say($"the canary still gets {still * 100:0.#} % of the traffic where {(due ?? planned) * 100:0.#} % is due. Other rules, sticky sessions or open connections may send it there");
        return goal.Purpose == ReturnGoal.Stop || facts.Others is not null
            ? Store(new ChangeEvent.FinishReturn($"{where}, but {gap}.{others} {goal.Reason}"))
            : Escalate(change, $"{where}, but {gap}. It counts as rolled back only when traffic shows it; abort to end it as it is.");
    }

    private static string Names(OtherRules others) =>
        others.Names.Length <= 3 ? string.Join(", ", others.Names) : $"{string.Join(", ", others.Names.Take(3))} and {others.Names.Length - 3} more";

    /// <summary>A policy is back when callers get through again: connections fail no more often than before the change.</summary>
    private static StepAction ConfirmPolicy(ChangeRecord change, string where, TimeSpan since, StepFacts facts)
    {
        var due = change.ShareBefore ?? 0;
        if (facts.Share is { } share && share <= due + facts.Settings.ShareTolerance)
        {
            return Store(new ChangeEvent.FinishReturn(Say($"{where}, and traffic shows it: {share * 100:0.#} % of the requests to the workloads it reaches fail to connect. {change.Return!.Reason}")));
        }

        if (since < facts.Settings.ConfirmTraffic)
        {
            return s_wait;
        }

        return facts.Share is { } still
            ? Escalate(change, Say($"{where}, but {still * 100:0.#} % of the requests to the workloads it reaches still fail to connect, {due * 100:0.#} % did before the change. Something else than this policy stands in their way; abort to end it as it is."))
            : Store(new ChangeEvent.FinishReturn($"{where}. Whether traffic shows it could not be told within {DurationWords.Of(facts.Settings.ConfirmTraffic)}: there is none, or Prometheus does not answer. {change.Return!.Reason}"));
    }

    /// <summary>Reads fail: says so in the change, once. Null when that has been said, or it is too soon.</summary>
    private static StepAction? InTheWay(ChangeRecord change, TargetProblem problem, StepFacts facts, string message)
    {
        if (change.State == ChangeState.RollingBack)
        {
            // Said once: the words of a failing connection differ from try to try, and are no news.
            return change.Return?.Escalation is null || (problem.Fault != TargetFault.Unreachable && change.Return.Escalation != message) ? Store(new ChangeEvent.Escalate(message)) : null;
        }

        var (code, due) = problem.Fault == TargetFault.Forbidden
            ? (HoldCodes.Rights, true)
            : (HoldCodes.Cluster, facts.UnreachableFor >= facts.Settings.UnreachableFor);

        // A hold that only a person ends is not replaced by one that ends by itself.
        return due && !Held(change, code) && change.Hold is not { ByItself: false } ? Hold(code, message, byItself: true) : null;
    }

    private static StepAction Escalate(ChangeRecord change, string message) =>
        change.Return?.Escalation == message ? s_wait : Store(new ChangeEvent.Escalate(message));

    private static string? MustReturn(StageProgress current, GateSettings gates)
    {
        if (!(current.Looks is [.., var newest] && newest.Decides(gates) == GateVerdict.Fail) && current.FailedLooks < 2)
        {
            return null;
        }

        var failed = current.Looks.LastOrDefault(l => l.Decides(gates) == GateVerdict.Fail);
        if (failed is null || (current.FailedLooks < 2 && !failed.Trips))
        {
            return null;
        }

        var words = string.Join(" ", failed.Results.Where(r => r.Verdict == GateVerdict.Fail && (!gates.ObserveOnly || r.Code == GateCodes.Tripwire)).Select(r => $"{r.Title}: {r.Message}"));
        return failed.Trips ? $"A gate tripped in stage {current.Stage + 1}. {words}" : $"The gates failed {current.FailedLooks} times in a row in stage {current.Stage + 1}. {words}";
    }

    private static bool LookIsDue(ChangeRecord change, StepFacts facts)
    {
        var soak = change.Plan.Stages[change.Stage].Soak;
        if (facts.SinceLook is not { } since)
        {
            // At the very start of a soak there is nothing to count yet.
            return !(facts.Soaked < facts.Settings.LookEvery) || facts.Soaked >= soak;
        }

        // One look falls on the end of the soak, whatever the rhythm.
        return since >= facts.Settings.LookEvery || (facts.Soaked >= soak && !(facts.SoakedAtLook >= soak));
    }

    private static string NoVerdict(ChangeRecord change, GateLook look)
    {
        var verdict = look.Decides(change.Plan.Gates);
        var why = look.Results.FirstOrDefault(r => r.Verdict == verdict)?.Message ?? look.Evidence.Problem ?? "the counters say nothing.";
        var what = verdict == GateVerdict.Error ? "the gates cannot be read" : "there is too little data for a verdict";
        return $"Stage {change.Stage + 1} has soaked, and {what}: {why} It {(change.Plan.Target.Policy is null ? "holds its weights" : "stays in force")} and goes on by itself once the gates pass.";
    }

    private static int FailuresInARow(ChangeRecord change, string purpose)
    {
        var count = 0;
        for (var i = change.Writes.Length - 1; i >= change.CountsFrom && change.Writes[i].Purpose == purpose && change.Writes[i].Outcome is WriteOutcome.NotApplied or WriteOutcome.Superseded; i--)
        {
            count++;
        }

        return count;
    }

    /// <summary>1, 2, 4, 8 … at most 30 s.</summary>
    private static TimeSpan Backoff(int failures) => TimeSpan.FromSeconds(Math.Min(30, Math.Pow(2, Math.Min(failures - 1, 6))));

    private static bool Held(ChangeRecord change, string code) => change.State == ChangeState.Held && change.Hold?.Code == code;

    private static StepAction Hold(string code, string message, bool byItself) => Store(new ChangeEvent.HoldBack(code, message, byItself));

    private static StepAction Store(ChangeEvent happened) => new StepAction.Store(happened);

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
