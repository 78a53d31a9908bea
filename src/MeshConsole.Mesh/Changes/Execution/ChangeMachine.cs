using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Changes.Gates;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>
/// The state machine of a change: (change, event) → change, or a refusal in words. It holds whoever asks, service or
/// executor: what is not legal here cannot be stored.
/// </summary>
internal static class ChangeMachine
{
    /// <summary>Looks kept in the change: ten minutes at one every 15 s.</summary>
    public const int LooksKept = 40;

    /// <exception cref="ChangeException">Conflict <c>wrong-state</c>: the event may not happen in this state.</exception>
    public static ChangeRecord Apply(ChangeRecord change, ChangeEvent happened, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(change);
        var next = happened switch
        {
            ChangeEvent.Submit e => Submit(change, e),
            ChangeEvent.Approve e => Approve(change, e),
            ChangeEvent.Reject e => Reject(change, e),
            ChangeEvent.Invalidate e => Invalidate(change, e),
            ChangeEvent.Strike e => Strike(change, e),
            ChangeEvent.Expire => Expire(change),
            ChangeEvent.Start e => Start(change, e, now),
            ChangeEvent.Pause e => Pause(change, e),
            ChangeEvent.Resume e => Resume(change, e),
            ChangeEvent.Abort e => Abort(change, e, now),
            ChangeEvent.BeginReturn e => BeginReturn(change, e),
            ChangeEvent.Intend e => Intend(change, e),
            ChangeEvent.Settle e => Settle(change, e, now),
            ChangeEvent.BeginSoak => BeginSoak(change, now),
            ChangeEvent.Look e => Look(change, e),
            ChangeEvent.PassStage e => PassStage(change, e, now),
            ChangeEvent.HoldBack e => HoldBack(change, e, now),
            ChangeEvent.Release e => Release(change, e),
            ChangeEvent.Told => Told(change),
            ChangeEvent.Say e => Say(change, e),
            ChangeEvent.Escalate e => Escalate(change, e),
            ChangeEvent.ReachObject => ReachObject(change, now),
            ChangeEvent.FinishReturn e => FinishReturn(change, e),
            ChangeEvent.Complete => Complete(change),
            _ => throw new ArgumentOutOfRangeException(nameof(happened), happened, null),
        };
        return next with { UpdatedAt = now };
    }

    private static ChangeRecord Submit(ChangeRecord change, ChangeEvent.Submit e)
    {
        In(change, "be submitted", ChangeState.Draft);
        var submitted = change with
        {
            Submitter = e.By,
            Diff = e.Diff,
            FinalDiff = e.FinalDiff,
            Plan = e.Plan,
            Base = e.Base,
            ExpectedSpecHash = e.Base.SpecHash,
            PlanHash = e.PlanHash,
            PolicyHash = e.PolicyHash,
            RequiredApprovals = e.Required,
            ApprovalReason = e.ApprovalReason,
            ExpiresAt = e.ExpiresAt,
            Guards = e.Guards,
        };
        return e.Required > 0
            ? submitted with { State = ChangeState.AwaitingApproval, StateReason = Needs(submitted) }
            : submitted with { State = ChangeState.Approved, StateReason = $"{e.ApprovalReason} It may be started." };
    }

    private static ChangeRecord Approve(ChangeRecord change, ChangeEvent.Approve e)
    {
        if (!change.WantsApproval)
        {
            throw Wrong(change, "be approved");
        }

        if (change.IsOwn(e.Decision.By))
        {
            throw new ChangeException(ChangeFault.Forbidden, "self-approval", $"{e.Decision.By.Name} asked for this change and cannot approve it: another approver has to, whatever credential is used.");
        }

        if (!string.Equals(e.Decision.PlanHash, change.PlanHash, StringComparison.Ordinal))
        {
            throw Stale();
        }

        change = Struck(change, e.Lost);
        if (change.Approvals.Any(a => a.Struck is null && a.By.Person == e.Decision.By.Person && string.Equals(a.PlanHash, change.PlanHash, StringComparison.Ordinal)))
        {
            throw new ChangeException(ChangeFault.Conflict, "already-decided", $"{e.Decision.By.Name} has decided on this change already: one person counts once.");
        }

        var approved = change with { Approvals = change.Approvals.Add(e.Decision) };
        if (change.State == ChangeState.Held)
        {
            return approved with { StateReason = $"Approved by {e.Decision.By.Name}, {Count(approved.ApprovalsGiven, "approval")} of {approved.RequiredApprovals} now. It goes on by itself once all guards allow it." };
        }

        return approved.ApprovalsGiven >= approved.RequiredApprovals
            ? approved with { State = ChangeState.Approved, ExpiresAt = e.ExpiresAt, StateReason = $"Approved by {Names(approved)}. It may be started until {Instant(e.ExpiresAt)}." }
            : approved with { StateReason = Needs(approved) };
    }

    private static ChangeRecord Reject(ChangeRecord change, ChangeEvent.Reject e)
    {
        In(change, "be rejected", ChangeState.AwaitingApproval, ChangeState.Approved);
        return change with
        {
            State = ChangeState.Rejected,
            Approvals = change.Approvals.Add(e.Decision),
            StateReason = $"Declined by {e.Decision.By.Name}: {e.Decision.Comment}",
        };
    }

    private static ChangeRecord Invalidate(ChangeRecord change, ChangeEvent.Invalidate e)
    {
        In(change, "lose its approval", ChangeState.AwaitingApproval, ChangeState.Approved);

        // The decisions stay on record; none of them counts, because a new submission has another hash or needs a look anyway.
        return change with
        {
            State = ChangeState.Draft,
            ExpiresAt = null,
            Approvals = [.. change.Approvals.Select(a => a.PlanHash.StartsWith(VoidMark, StringComparison.Ordinal) ? a : a with { PlanHash = VoidMark + a.PlanHash })],
            StateReason = $"{e.Reason} {(change.Approvals.IsEmpty ? "The request is" : "Its approvals are")} void. Submit it again to have it decided on as things are now.",
        };
    }

    private static ChangeRecord Strike(ChangeRecord change, ChangeEvent.Strike e)
    {
        In(change, "lose an approval", ChangeState.Approved);
        var struck = Struck(change, e.Lost) with { State = ChangeState.AwaitingApproval };
        return struck with { StateReason = $"{string.Join(". ", e.Lost.Select(lost => lost.Why))}: {(e.Lost.Length == 1 ? "that approval does" : "those approvals do")} not count any more. {Needs(struck)}" };
    }

    private static ChangeRecord Struck(ChangeRecord change, ImmutableArray<LostApproval> lost) => change with
    {
        Approvals = [.. change.Approvals.Select(a => a is { Approved: true, Struck: null } && string.Equals(a.PlanHash, change.PlanHash, StringComparison.Ordinal) && lost.FirstOrDefault(l => l.Who == a.By.Person) is { } found ? a with { Struck = found.Why } : a)],
    };

    private static ChangeRecord Expire(ChangeRecord change)
    {
        In(change, "expire", ChangeState.AwaitingApproval, ChangeState.Approved);
        return change with
        {
            State = ChangeState.Expired,
            StateReason = change.State == ChangeState.Approved
                ? $"It was approved and not started until {Instant(change.ExpiresAt)}. Make a new change if it is still wanted."
                : $"Nobody decided until {Instant(change.ExpiresAt)}. Make a new change if it is still wanted.",
        };
    }

    private static ChangeRecord Start(ChangeRecord change, ChangeEvent.Start e, DateTimeOffset now)
    {
        if (e.BreakGlass is null)
        {
            In(change, "be started", ChangeState.Approved);
            if (change.ApprovalsGiven < change.RequiredApprovals)
            {
                throw new ChangeException(ChangeFault.Conflict, "approval-void", $"{Count(change.ApprovalsGiven, "approval")} of {change.RequiredApprovals} stand for this plan. Submit it again to have it decided on.");
            }
        }
        else
        {
            In(change, "be started", ChangeState.Approved, ChangeState.AwaitingApproval);
        }

        return change with
        {
            State = ChangeState.Running,
            Executor = e.By,
            StartedAt = now,
            ExpiresAt = null,
            Guards = e.Guards,
            BreakGlassId = e.BreakGlass?.Id,
            StateReason = e.BreakGlass is { } glass ? $"Started by {e.By.Name} under break-glass {glass.Id}: {glass.Reason}" : $"Started by {e.By.Name}. The first stage is next.",
        };
    }

    private static ChangeRecord Pause(ChangeRecord change, ChangeEvent.Pause e)
    {
        In(change, "be paused", ChangeState.Running, ChangeState.Held);
        return change with
        {
            State = ChangeState.Paused,
            ResumesTo = ChangeState.Running,
            Hold = null,
            StateReason = $"Paused by {e.By.Name}{Because(e.Reason)}. {Kept(change)}; the gates go on watching and roll back when they fail.",
        };
    }

    private static ChangeRecord Resume(ChangeRecord change, ChangeEvent.Resume e)
    {
        In(change, "be resumed", ChangeState.Paused, ChangeState.Held);
        NotEnding(change, "be resumed");

        // What is paused beneath a hold stays paused when the hold is resumed away: two people asked for two things.
        change = RestartSoak(change) with { CountsFrom = change.Writes.Length };
        return change.State == ChangeState.Held && change.ResumesTo == ChangeState.Paused
            ? change with { State = ChangeState.Paused, ResumesTo = ChangeState.Running, Hold = null, StateReason = $"{e.By.Name} ended the hold. It was paused before and still is: resume it to go on." }
            : change with { State = ChangeState.Running, ResumesTo = null, Hold = null, StateReason = $"Resumed by {e.By.Name}. The soak of the stage begins anew." };
    }

    private static ChangeRecord Abort(ChangeRecord change, ChangeEvent.Abort e, DateTimeOffset now)
    {
        if (change.State.IsFinal())
        {
            throw Wrong(change, "be aborted");
        }

        var ending = new Ending(e.By, e.Reason, now);
        if (change.PendingWrite is { } pending)
        {
            return change with
            {
                State = ChangeState.Paused,
                ResumesTo = ChangeState.Running,
                Hold = null,
                Ending = ending,
                StateReason = $"Aborted by {e.By.Name}{Because(e.Reason)}. It ends as soon as the outcome of write {pending.Id} is known.",
            };
        }

        return Ended(change with { Ending = ending });
    }

    private static ChangeRecord BeginReturn(ChangeRecord change, ChangeEvent.BeginReturn e)
    {
        In(change, e.Goal.Purpose == ReturnGoal.Stop ? "be stopped" : "be rolled back", ChangeState.Running, ChangeState.Paused, ChangeState.Held, ChangeState.RollingBack);
        if (change.Return is { Purpose: ReturnGoal.Stop } && e.Goal.Purpose == ReturnGoal.Rollback)
        {
            throw new ChangeException(ChangeFault.Conflict, "wrong-state", "It is being stopped: all traffic goes to the stable backend, which is further back than a rollback. Wait for it to end.");
        }

        return change with
        {
            State = ChangeState.RollingBack,
            ResumesTo = null,
            Hold = null,
            Ending = null,
            CountsFrom = change.Writes.Length,
            Return = e.Goal,
            StateReason = e.Goal.Purpose == ReturnGoal.Stop
                ? $"Stopped by {e.Goal.By.Name}: {e.Goal.Reason} All traffic goes to the stable backend."
                : change.Plan.Target.Policy is null
                    ? $"Going back to the base weights ({Weights(e.Goal.Weights)}): {e.Goal.Reason}"
                    : $"Going back to {Say(change, e.Goal.Weights)}: {e.Goal.Reason}",
        };
    }

    private static ChangeRecord Intend(ChangeRecord change, ChangeEvent.Intend e)
    {
        if (e.Stage is { } stage)
        {
            In(change, "write a stage", ChangeState.Running);
            var following = stage == change.Stage + 1 && (stage == 0 || (change.Current is { PassedAt: not null, Looks: [.., var newest] } && newest.Decides(change.Plan.Gates) == GateVerdict.Pass));
            var again = stage == change.Stage && change.Current is { AppliedAt: null };
            if (stage >= change.Plan.Stages.Length || !(following || again))
            {
                throw new ChangeException(ChangeFault.Conflict, "wrong-state", $"Stage {stage + 1} may not be written: the stage before it has not passed its gates.");
            }

            Planned(change, e.Write, change.Plan.Stages[stage].Weights, ChangeWrite.Stage);
        }
        else
        {
            In(change, "write a way back", ChangeState.RollingBack);
            Planned(change, e.Write, change.Return!.Weights, change.Return.Purpose);
        }

        if (change.PendingWrite is { } pending)
        {
            throw new ChangeException(ChangeFault.Conflict, "wrong-state", $"The outcome of write {pending.Id} is not known yet: nothing is written before it is.");
        }

        return change with
        {
            Stage = e.Stage ?? change.Stage,
            Progress = e.Stage is { } begun && begun != change.Stage ? change.Progress.Add(new StageProgress(begun, null, null, TimeSpan.Zero, null, [], 0)) : change.Progress,
            Writes = change.Writes.Add(e.Write),
            Guards = e.Guards,
            ShareBefore = change.ShareBefore ?? e.ShareBefore,
            StateReason = e.Stage is { } index
                ? $"Writing stage {index + 1} of {change.Plan.Stages.Length} ({Say(change, e.Write.Weights)})."
                : $"Writing {Say(change, e.Write.Weights)} to go back: {change.Return!.Reason}",
        };
    }

    private static ChangeRecord Settle(ChangeRecord change, ChangeEvent.Settle e, DateTimeOffset now)
    {
        if (change.PendingWrite is not { } pending || pending.Id != e.WriteId || e.Outcome == WriteOutcome.Pending)
        {
            throw new ChangeException(ChangeFault.Conflict, "wrong-state", $"Write {e.WriteId} has an outcome already, or is not of this change: an intent has exactly one.");
        }

        var settled = pending with { Outcome = e.Outcome, SettledAt = now, ResourceVersionAfter = e.ResourceVersion, AuditId = e.AuditId, Message = e.Message };
        var next = change with { Writes = change.Writes.SetItem(change.Writes.Length - 1, settled) };
        if (e.Outcome == WriteOutcome.Applied)
        {
            next = next with { ExpectedSpecHash = e.SpecHash ?? next.ExpectedSpecHash, LastUid = change.Plan.Target.Policy is null ? null : e.Uid ?? next.LastUid };
            if (pending.Purpose == ChangeWrite.Stage && next.Current is { } current)
            {
                next = WithCurrent(next, current with { AppliedAt = now });
                if (next.State == ChangeState.Running)
                {
                    next = next with { StateReason = $"Stage {next.Stage + 1} of {next.Plan.Stages.Length} ({Say(next, pending.Weights)}) is in force." };
                }
            }
        }

        return next.Ending is null ? next : Ended(next);
    }

    private static ChangeRecord BeginSoak(ChangeRecord change, DateTimeOffset now)
    {
        In(change, "soak", ChangeState.Running);
        return WithCurrent(change, InForce(change) with { SoakStartedAt = now, Soaked = TimeSpan.Zero, PassedAt = null }) with
        {
            StateReason = $"Stage {change.Stage + 1} of {change.Plan.Stages.Length} soaks for {Length(change.Plan.Stages[change.Stage].Soak)} from {Instant(now)}.",
        };
    }

    private static ChangeRecord Look(ChangeRecord change, ChangeEvent.Look e)
    {
        In(change, "be looked at by its gates", ChangeState.Running, ChangeState.Paused, ChangeState.Held);
        var current = InForce(change);
        var looks = current.Looks.Add(e.Taken);
        var failures = e.Taken.Decides(change.Plan.Gates) switch
        {
            GateVerdict.Fail => current.FailedLooks + 1,
            GateVerdict.Pass => 0,

            // Missing data clears nobody.
            _ => current.FailedLooks,
        };
        return WithCurrent(change, current with { Looks = looks.Length > LooksKept ? looks.RemoveRange(0, looks.Length - LooksKept) : looks, FailedLooks = failures, Soaked = e.Soaked });
    }

    private static ChangeRecord PassStage(ChangeRecord change, ChangeEvent.PassStage e, DateTimeOffset now)
    {
        In(change, "pass a stage", ChangeState.Running);
        var current = InForce(change);
        if (current.SoakStartedAt is null || e.Soaked < change.Plan.Stages[change.Stage].Soak || current.Looks is not [.., var newest] || newest.Decides(change.Plan.Gates) != GateVerdict.Pass)
        {
            throw new ChangeException(ChangeFault.Conflict, "wrong-state", $"Stage {change.Stage + 1} has not soaked for {Length(change.Plan.Stages[change.Stage].Soak)} with gates that pass.");
        }

        return WithCurrent(change, current with { PassedAt = now, Soaked = e.Soaked }) with
        {
            StateReason = change.Plan.Gates.ObserveOnly
            ? $"Stage {change.Stage + 1} of {change.Plan.Stages.Length} has soaked without a trip; its gates are on trial."
            : $"Stage {change.Stage + 1} of {change.Plan.Stages.Length} passed its gates."
        };
    }

    private static ChangeRecord HoldBack(ChangeRecord change, ChangeEvent.HoldBack e, DateTimeOffset now)
    {
        In(change, "be held", ChangeState.Running, ChangeState.Paused, ChangeState.Held);
        return change with
        {
            State = ChangeState.Held,
            ResumesTo = change.State == ChangeState.Held ? change.ResumesTo : change.State,
            Hold = new Hold(e.Code, e.Message, change.Hold is { } hold && hold.Code == e.Code ? hold.Since : now, e.ByItself, change.Hold is { Told: true } told && told.Code == e.Code),
            Guards = e.Guards.IsEmpty ? change.Guards : e.Guards,
            StateReason = e.Message,
        };
    }

    private static ChangeRecord Release(ChangeRecord change, ChangeEvent.Release e)
    {
        In(change, "be released", ChangeState.Held);
        if (change.Hold is not { ByItself: true } hold)
        {
            throw new ChangeException(ChangeFault.Conflict, "wrong-state", "Only a person ends this hold.");
        }

        var released = e.RestartSoak ? RestartSoak(change) : change;
        var paused = change.ResumesTo == ChangeState.Paused;
        return released with
        {
            State = paused ? ChangeState.Paused : ChangeState.Running,
            ResumesTo = paused ? ChangeState.Running : null,
            Hold = null,
            StateReason = paused ? "The cause of the hold is gone. It was paused before and still is: resume it to go on." : $"The cause of the hold is gone ({hold.Message.TrimEnd('.')}). It goes on.",
        };
    }

    private static ChangeRecord Told(ChangeRecord change)
    {
        In(change, "be reported", ChangeState.Held);
        return change with { Hold = change.Hold! with { Told = true } };
    }

    private static ChangeRecord Say(ChangeRecord change, ChangeEvent.Say e)
    {
        if (!change.State.IsActive())
        {
            throw Wrong(change, "say what it waits for");
        }

        return change with { StateReason = e.Reason };
    }

    private static ChangeRecord Escalate(ChangeRecord change, ChangeEvent.Escalate e)
    {
        In(change, "escalate", ChangeState.RollingBack);
        return change with { Return = change.Return! with { Escalation = e.Message }, StateReason = e.Message };
    }

    private static ChangeRecord ReachObject(ChangeRecord change, DateTimeOffset now)
    {
        In(change, "arrive", ChangeState.RollingBack);
        return change with
        {
            Return = change.Return! with { InObjectAt = now, Escalation = null },
            StateReason = $"{Reached(change)}. Watching the traffic follow.",
        };
    }

    private static ChangeRecord FinishReturn(ChangeRecord change, ChangeEvent.FinishReturn e)
    {
        In(change, "end going back", ChangeState.RollingBack);
        if (change.Return is not { InObjectAt: not null } || change.PendingWrite is not null)
        {
            throw new ChangeException(ChangeFault.Conflict, "wrong-state", "The object has not shown what to go back to yet.");
        }

        return change with { State = ChangeState.RolledBack, StateReason = e.Message };
    }

    private static ChangeRecord Complete(ChangeRecord change)
    {
        In(change, "complete", ChangeState.Running);
        if (change.Stage != change.Plan.Stages.Length - 1 || change.Current is not { PassedAt: not null })
        {
            throw new ChangeException(ChangeFault.Conflict, "wrong-state", "The last stage has not passed its gates yet.");
        }

        return change with { State = ChangeState.Completed, StateReason = $"{(change.Plan.Target.Policy is null ? $"All {Count(change.Plan.Stages.Length, "stage")} passed." : "It soaked, and its gates passed.")} {Sentence(change.Plan.Target.SayIs(change.Plan.Stages[^1].Weights))}." };
    }

    private const string VoidMark = "void:";

    private static ChangeRecord Ended(ChangeRecord change)
    {
        var ending = change.Ending!;
        var touched = change.Writes.Any(w => w.Outcome == WriteOutcome.Applied);
        return change with
        {
            State = ChangeState.Aborted,
            ResumesTo = null,
            Hold = null,
            ExpiresAt = null,
            StateReason = $"Aborted by {ending.By.Name}{Because(ending.Reason)}. "
                + (touched
                    ? change.Plan.Target.Policy is null ? $"The weights stay where the last write left them: {Weights(change.ExpectedWeights)}." : $"The policy stays as the last write left it: {Say(change, change.ExpectedWeights)}."
                    : "Nothing was written."),
        };
    }

    private static StageProgress InForce(ChangeRecord change) => change.Current is { AppliedAt: not null } current
        ? current
        : throw new ChangeException(ChangeFault.Conflict, "wrong-state", "No stage is in force yet.");

    private static ChangeRecord WithCurrent(ChangeRecord change, StageProgress progress)
    {
        var index = change.Progress.Length - 1;
        return change with { Progress = change.Progress.SetItem(index, progress) };
    }

    /// <summary>The executor begins the soak anew when it finds no start of one.</summary>
    private static ChangeRecord RestartSoak(ChangeRecord change) =>
        change.Current is { AppliedAt: not null } current ? WithCurrent(change, current with { SoakStartedAt = null, Soaked = TimeSpan.Zero, PassedAt = null }) : change;

    private static void Planned(ChangeRecord change, ChangeWrite write, ImmutableArray<int> weights, string purpose)
    {
        if (write.Outcome != WriteOutcome.Pending || write.Purpose != purpose || !write.Weights.SequenceEqual(weights))
        {
            throw new ChangeException(ChangeFault.Conflict, "wrong-state", $"Write {write.Id} is not what the plan says ({Say(change, weights)}).");
        }
    }

    private static void In(ChangeRecord change, string verb, params ReadOnlySpan<ChangeState> legal)
    {
        if (!legal.Contains(change.State))
        {
            throw Wrong(change, verb);
        }
    }

    private static void NotEnding(ChangeRecord change, string verb)
    {
        if (change.Ending is not null)
        {
            throw Wrong(change, verb);
        }
    }

    private static ChangeException Wrong(ChangeRecord change, string verb) =>
        new(ChangeFault.Conflict, "wrong-state", $"A change that is {Name(change.State)} cannot {verb}. {change.StateReason}{(change.State.IsFinal() ? " It is over: make a new change, or stop the route in an emergency." : "")}");

    /// <summary>An approval of another version of the change.</summary>
    internal static ChangeException Stale() =>
        new(ChangeFault.Conflict, "plan-changed", "The change is not the one you looked at: its plan, base or policy is another. Load it again and decide on what it says now.");

    private static string Needs(ChangeRecord change)
    {
        var missing = change.RequiredApprovals - change.ApprovalsGiven;
        return $"Waits for {Count(missing, "approval")} of {change.RequiredApprovals} until {Instant(change.ExpiresAt)}. {change.ApprovalReason}";
    }

    private static string Names(ChangeRecord change) => string.Join(", ", Approvals.Counting(change).Select(a => a.By.Name));

    /// <summary>A state as it reads in a sentence.</summary>
    internal static string Name(ChangeState state) => state switch
    {
        ChangeState.Draft => "a draft",
        ChangeState.AwaitingApproval => "awaiting approval",
        ChangeState.Approved => "approved",
        ChangeState.Running => "running",
        ChangeState.Paused => "paused",
        ChangeState.Held => "held",
        ChangeState.RollingBack => "rolling back",
        ChangeState.Completed => "completed",
        ChangeState.RolledBack => "rolled back",
        ChangeState.Aborted => "aborted",
        ChangeState.Rejected => "rejected",
        ChangeState.Expired => "expired",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    /// <summary>Weights, or the mode of a policy, as they are written in sentences.</summary>
    internal static string Say(ChangeRecord change, ImmutableArray<int> weights) => change.Plan.Target.Say(weights);

    /// <summary>Where going back has come to: <c>The object is at 90/10</c>, <c>The mode is PERMISSIVE</c>.</summary>
    internal static string Reached(ChangeRecord change) => change.Plan.Target.Policy is null ? $"The object is at {Weights(change.Return!.Weights)}" : Sentence(change.Plan.Target.SayIs(change.Return!.Weights));

    private static string Kept(ChangeRecord change) => change.Plan.Target.Policy is null ? "Weights stay as they are" : "The policy stays as it is";

    private static string Sentence(string clause) => char.ToUpperInvariant(clause[0]) + clause[1..];

    /// <summary>Weights as they are written in sentences: <c>90/10</c>.</summary>
    internal static string Weights(ImmutableArray<int> weights) => string.Join('/', weights.Select(w => w.ToString(CultureInfo.InvariantCulture)));

    private static string Because(string? reason) => string.IsNullOrWhiteSpace(reason) ? "" : $" ({reason.Trim().TrimEnd('.')})";

    private static string Count(int count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");

    private static string Instant(DateTimeOffset? at) => at is { } known ? known.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture) : "no set time";

    private static string Length(TimeSpan length) => Model.DurationWords.Of(length);
}
