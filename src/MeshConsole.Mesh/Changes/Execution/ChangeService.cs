using System.Collections.Immutable;
using System.Data.Common;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Storage;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>
/// Everything that people do with changes. It authorises, records and decides, and writes to no target: that is the
/// executor's, which finds what is stored here.
/// </summary>
public sealed partial class ChangeService : IChangeService
{
    private const int ShortestComment = 3;
    private const int LongestComment = 1000;

    /// <summary>Tries to store over changes that others make at the same time.</summary>
    private const int MaxTries = 8;

    private readonly ExecutionParts _parts;

    public ChangeService(ExecutionParts parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        _parts = parts;
    }

    public event Action<string>? Changed
    {
        add => _parts.Feed.Changed += value;
        remove => _parts.Feed.Changed -= value;
    }

    public Task<ChangePreview> PreviewAsync(ChangeRequest request, Actor actor, CancellationToken cancellationToken) => RunAsync(ChangeAudit.Preview, actor, async call =>
    {
        var plan = await PlanAsync(call, request, proposes: false, cancellationToken).ConfigureAwait(false);
        var policy = _parts.Policy();
        var round = await AskAsync(GuardMoment.Preview, plan, null, call.Actor, null, cancellationToken).ConfigureAwait(false);
        var @base = round.Context.Base;
        var (required, why) = ApprovalRule.For(plan, policy);
        return new ChangePreview(
            plan,
            @base,
            _parts.Plans.HashPlan(plan, @base, policy),
            _parts.Plans.HashPolicy(policy),
            round.Context.Live is { } live ? _parts.Plans.Diff(plan.Target, plan.Backends, live, plan.Stages[0].Weights) : "",
            round.Context.Live is { } now ? _parts.Plans.Diff(plan.Target, plan.Backends, now, plan.Stages[^1].Weights) : "",
            round.Patch?.Json ?? "",
            round.Context.DryRun,
            round.Verdicts,
            Exposure.Callers(round.Context.Cluster, plan),
            Exposure.Stages(round.Context.Route, round.Context.Cluster, plan),
            required,
            why,
            round.Allowed && round.Patch is not null)
        {
            Notes = NotesOf(request, round, policy),
            Reach = round.Context.Reach,
            Readiness = round.Context.Readiness,
        };
    }, cancellationToken);

    public Task<ChangeRecord> CreateAsync(ChangeRequest request, Actor actor, string? idempotencyKey, CancellationToken cancellationToken) => RunAsync(ChangeAudit.Create, actor, async call =>
    {
        var plan = await PlanAsync(call, request, proposes: true, cancellationToken).ConfigureAwait(false);
        var policy = _parts.Policy();
        var round = await AskAsync(GuardMoment.Preview, plan, null, call.Actor, null, cancellationToken).ConfigureAwait(false);
        var live = LiveOf(round.Reading);
        var @base = new ChangeBase(live.Uid, live.ResourceVersion, live.SpecHash);
        var now = _parts.Time.GetUtcNow();
        var (required, why) = ApprovalRule.For(plan, policy);
        var draft = new ChangeRecord
        {
            Id = NewId(now),
            State = ChangeState.Draft,
            StateReason = "A draft. Submit it to have it decided on.",
            Plan = plan,
            Base = @base,
            PlanHash = _parts.Plans.HashPlan(plan, @base, policy),
            PolicyHash = _parts.Plans.HashPolicy(policy),
            Requester = call.Actor,
            CreatedAt = now,
            UpdatedAt = now,
            RequiredApprovals = required,
            ApprovalReason = why,
            Guards = round.Verdicts,
            ExpectedSpecHash = @base.SpecHash,
            Notes = NotesOf(request, round, policy),
            Diff = _parts.DiffToKeep(plan, live, plan.Stages[0].Weights),
            FinalDiff = _parts.DiffToKeep(plan, live, plan.Stages[^1].Weights),
        };

        // Keys are of a person: nobody gets at the change of another by guessing one.
        var key = string.IsNullOrWhiteSpace(idempotencyKey) ? null : $"{call.Actor.Person.Issuer}|{call.Actor.Person.Subject.ToUpperInvariant()}|{idempotencyKey}";
        var stored = await _parts.Store.AddAsync(draft, key, [ChangeAudit.Of(draft, call.Actor, ChangeAudit.Create, "request", "ok", $"{call.Actor.Name} drafted a change of {plan.Target.Key}.")], cancellationToken).ConfigureAwait(false);
        _parts.Feed.Raise(stored.Id);
        return stored;
    }, cancellationToken);

    public Task<ChangeRecord> SubmitAsync(string id, Actor actor, CancellationToken cancellationToken) => ChangeAsync(ChangeAudit.Submit, id, actor, Role.Operator, async (call, change) =>
    {
        Legal(change, new ChangeEvent.Submit(call.Actor, change.Plan, change.Base, change.PlanHash, change.PolicyHash, 0, "", _parts.Time.GetUtcNow(), []));
        var policy = _parts.Policy();
        var reading = await TargetReading.TakeAsync(_parts.Targets, change.Plan.Target, change.Plan.Backends, call.Actor.ClusterIdentity, cancellationToken).ConfigureAwait(false);
        var live = LiveOf(reading);
        var plan = Rebased(change.Plan, live);
        var @base = new ChangeBase(live.Uid, live.ResourceVersion, live.SpecHash);
        var round = await AskAsync(GuardMoment.Submit, plan, @base, call.Actor, change, cancellationToken).ConfigureAwait(false);
        if (!round.Allowed)
        {
            throw Refused(round);
        }

        var (required, why) = ApprovalRule.For(plan, policy);
        var submit = new ChangeEvent.Submit(call.Actor, plan, @base, _parts.Plans.HashPlan(plan, @base, policy), _parts.Plans.HashPolicy(policy), required, why, _parts.Time.GetUtcNow() + policy.ApprovalLifetime, round.Verdicts)
        {
            Diff = _parts.DiffToKeep(plan, live, plan.Stages[0].Weights),
            FinalDiff = _parts.DiffToKeep(plan, live, plan.Stages[^1].Weights),
        };
        return new Outcome(submit, "request", after => $"{call.Actor.Name} submitted a change of {change.Plan.Target.Key}. {after.StateReason}", ChangeNotices.Submitted);
    }, cancellationToken);

    public Task<ChangeRecord> ApproveAsync(string id, Actor actor, string comment, string? planHash, CancellationToken cancellationToken) => ChangeAsync(ChangeAudit.Approve, id, actor, Role.Approver, async (call, change) =>
    {
        var words = Comment(comment);
        var decision = new Approval(call.Actor, true, words, _parts.Time.GetUtcNow(), planHash ?? change.PlanHash);
        var policy = _parts.Policy();
        var approve = new ChangeEvent.Approve(decision, decision.At + policy.ApprovalLifetime) { Lost = Approvals.Lost(_parts.ApproversOf(change), change.Plan.Target.Namespace) };
        Legal(change, approve);
        var reading = await ReadForDecisionAsync(change, call.Actor, cancellationToken).ConfigureAwait(false);
        if (change.State == ChangeState.Held)
        {
            return StandsUnderWay(change, LiveOf(reading), policy, new Outcome(approve, "approve", after => $"{call.Actor.Name} approved: {words} {after.StateReason}", ChangeNotices.Decided, words));
        }

        return WhyVoid(change, reading, policy) is { } reason
            ? Outcome.Voids(reason)
            : new Outcome(approve, "approve", after => $"{call.Actor.Name} approved: {words} {after.StateReason}", ChangeNotices.Decided, words);
    }, cancellationToken);

    public Task<ChangeRecord> RejectAsync(string id, Actor actor, string comment, CancellationToken cancellationToken) => ChangeAsync(ChangeAudit.Reject, id, actor, Role.Approver, (call, change) =>
    {
        var words = Comment(comment);
        var reject = new ChangeEvent.Reject(new Approval(call.Actor, false, words, _parts.Time.GetUtcNow(), change.PlanHash));
        return Task.FromResult(new Outcome(reject, "reject", _ => $"{call.Actor.Name} declined: {words}", ChangeNotices.Decided, words));
    }, cancellationToken);

    public Task<ChangeRecord> StartAsync(string id, Actor actor, CancellationToken cancellationToken) => ChangeAsync(ChangeAudit.Start, id, actor, Role.Operator, async (call, change) =>
    {
        // Broken glass is the person's who broke it: it does not open the door for others.
        var glass = await _parts.Controls.BreakGlassAsync(change.Plan.Target.Key, cancellationToken).ConfigureAwait(false);
        glass = glass is not null && glass.By.Person == call.Actor.Person && glass.ExpiresAt > _parts.Time.GetUtcNow() ? glass : null;
        Legal(change, new ChangeEvent.Start(call.Actor, [], glass));
        var round = await AskAsync(GuardMoment.Start, change.Plan, change.Base, call.Actor, change, cancellationToken).ConfigureAwait(false);
        if (WhyVoid(change, round.Reading, _parts.Policy()) is { } reason)
        {
            return Outcome.Voids(reason);
        }

        // What is missing then is another decision, so that is what it waits for again.
        var lost = Approvals.Lost(round.Context.Approvers ?? [], change.Plan.Target.Namespace);
        if (glass is null && !lost.IsEmpty && change.ApprovalsGiven - lost.Length < change.RequiredApprovals)
        {
            return new Outcome(new ChangeEvent.Strike(lost), "refused", after => after.StateReason);
        }

        if (!round.Allowed)
        {
            // What somebody else has started meanwhile is refused for that, and not for what the guards saw of its first write.
            if (await _parts.Store.FindAsync(id, cancellationToken).ConfigureAwait(false) is { } now)
            {
                Legal(now, new ChangeEvent.Start(call.Actor, [], glass));
            }

            throw Refused(round);
        }

        return new Outcome(new ChangeEvent.Start(call.Actor, round.Verdicts, glass), glass is null ? "request" : "break-glass", after => $"{call.Actor.Name} started {change.Plan.Target.Key}. {after.StateReason}", glass is null ? null : ChangeNotices.BreakGlass, glass?.Reason);
    }, cancellationToken);

    public Task<ChangeRecord> PauseAsync(string id, Actor actor, string? reason, CancellationToken cancellationToken) => ChangeAsync(ChangeAudit.Pause, id, actor, Role.Operator, (call, change) =>
    {
        var words = Optional(reason);
        return Task.FromResult(new Outcome(new ChangeEvent.Pause(call.Actor, words), "request", after => after.StateReason, null, words));
    }, cancellationToken);

    public Task<ChangeRecord> ResumeAsync(string id, Actor actor, CancellationToken cancellationToken) => ChangeAsync(ChangeAudit.Resume, id, actor, Role.Operator, async (call, change) =>
    {
        var resume = new ChangeEvent.Resume(call.Actor);
        Legal(change, resume);
        if (change.Hold is { Code: HoldCodes.TargetChanged })
        {
            var live = LiveOf(await TargetReading.TakeAsync(_parts.Targets, change.Plan.Target, change.Plan.Backends, call.Actor.ClusterIdentity ?? change.Executor?.ClusterIdentity, cancellationToken).ConfigureAwait(false));
            if (ForeignChange.Is(change, live))
            {
                throw new ChangeException(ChangeFault.Conflict, "target-changed", ForeignChange.Words(change, live));
            }
        }

        return new Outcome(resume, "request", after => after.StateReason);
    }, cancellationToken);

    public Task<ChangeRecord> AbortAsync(string id, Actor actor, string? reason, CancellationToken cancellationToken) => ChangeAsync(ChangeAudit.Abort, id, actor, Role.Operator, (call, change) =>
    {
        var words = Optional(reason);
        return Task.FromResult(new Outcome(new ChangeEvent.Abort(call.Actor, words), "request", after => after.StateReason, ChangeNotices.Aborted, words));
    }, cancellationToken);

    public Task<ChangeRecord> RollbackAsync(string id, Actor actor, string? reason, CancellationToken cancellationToken) => ChangeAsync(ChangeAudit.Rollback, id, actor, Role.Operator, (call, change) =>
    {
        var words = Optional(reason) is { } given ? $"{call.Actor.Name}: {given}" : $"{call.Actor.Name} asked for it.";
        var goal = new ReturnGoal(ReturnGoal.Rollback, change.Plan.BaseWeights, call.Actor, words, _parts.Time.GetUtcNow());
        return Task.FromResult(new Outcome(new ChangeEvent.BeginReturn(goal), "rollback", after => after.StateReason, ChangeNotices.RollingBack, words));
    }, cancellationToken);

    public async Task<ChangeRecord> FindAsync(string id, Actor actor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(actor);
        return _parts.AsOfNow(actor).Has(Role.Viewer) && await _parts.Store.FindAsync(id, cancellationToken).ConfigureAwait(false) is { } change ? change : throw NoSuchChange(id);
    }

    public async Task<ImmutableArray<ChangeRecord>> ListAsync(ChangeFilter filter, Actor actor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(actor);
        return _parts.AsOfNow(actor).Has(Role.Viewer) ? await _parts.Store.ListAsync(filter, cancellationToken).ConfigureAwait(false) : [];
    }

    /// <summary>
    /// Loads, authorises, decides and stores; over again when somebody else was faster, so that what is decided is decided on
    /// what is stored.
    /// </summary>
    private Task<ChangeRecord> ChangeAsync(string action, string id, Actor actor, Role role, Func<Call, ChangeRecord, Task<Outcome>> decide, CancellationToken cancellationToken) => RunAsync(action, actor, async call =>
    {
        for (var tries = 1; ; tries++)
        {
            // Whoever may not read is told the same as of a change that does not exist.
            var change = call.Actor.Has(Role.Viewer) ? await _parts.Store.FindAsync(id, cancellationToken).ConfigureAwait(false) : null;
            if (change is null)
            {
                throw call.Actor.Has(role) || !call.Actor.Has(Role.Viewer) ? NoSuchChange(id) : MissingRole(call.Actor, role, null);
            }

            call.Change = change;
            Require(call.Actor, role, change.Plan.Target.Namespace);
            try
            {
                if (change.State is ChangeState.AwaitingApproval or ChangeState.Approved && change.ExpiresAt <= _parts.Time.GetUtcNow() && action is not ChangeAudit.Abort)
                {
                    var expired = await StoreAsync(change, new Outcome(new ChangeEvent.Expire(), "outcome", after => after.StateReason, ChangeNotices.Expired), Actor.Console, ChangeAudit.State, cancellationToken).ConfigureAwait(false);
                    call.Change = expired;
                    throw new ChangeException(ChangeFault.Conflict, "expired", expired.StateReason);
                }

                var outcome = await decide(call, change).ConfigureAwait(false);
                var stored = await StoreAsync(change, outcome, call.Actor, action, cancellationToken).ConfigureAwait(false);
                call.Change = stored;
                return outcome.Happened is ChangeEvent.Invalidate or ChangeEvent.Strike ? throw new ChangeException(ChangeFault.Conflict, "approval-void", stored.StateReason) : stored;
            }
            catch (StoreConflictException conflict) when (conflict.Conflict == StoreConflict.Version)
            {
                if (tries == MaxTries)
                {
                    throw new ChangeException(ChangeFault.Conflict, "busy", "The change is being altered by others again and again. Load it anew and decide on what it says then.", conflict);
                }
            }
            catch (StoreConflictException conflict) when (conflict.Conflict == StoreConflict.ActiveOnTarget)
            {
                throw await TakenAsync(change, conflict, cancellationToken).ConfigureAwait(false);
            }
        }
    }, cancellationToken);

    private async Task<ChangeRecord> StoreAsync(ChangeRecord change, Outcome outcome, Actor actor, string action, CancellationToken cancellationToken)
    {
        var after = ChangeMachine.Apply(change, outcome.Happened, _parts.Time.GetUtcNow());
        var result = outcome.Happened is ChangeEvent.Invalidate or ChangeEvent.Strike or ChangeEvent.Expire ? "refused" : "ok";
        var details = after.Guards.IsEmpty || outcome.Happened is not (ChangeEvent.Submit or ChangeEvent.Start) ? null : new System.Text.Json.Nodes.JsonObject { ["guards"] = ChangeAudit.Guards(after.Guards) };
        var entry = ChangeAudit.Of(after, actor, action, outcome.Phase, result, outcome.Summary(after), outcome.Reason, details);
        var stored = await _parts.Store.ReplaceAsync(after, [entry], null, _parts.NoticesOf(outcome.Notice, after), cancellationToken).ConfigureAwait(false);
        _parts.Feed.Raise(stored.Id);
        return stored;
    }

    /// <summary>Runs a call; what is refused or denied is recorded before the caller learns of it.</summary>
    private async Task<T> RunAsync<T>(string action, Actor actor, Func<Call, Task<T>> body, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(actor);
        var call = new Call(action, _parts.AsOfNow(actor));
        ChangeException refusal;
        try
        {
            return await body(call).ConfigureAwait(false);
        }
        catch (ChangeException exception)
        {
            refusal = exception;
        }
        catch (AuditUnavailableException exception)
        {
            throw AuditUnavailable(exception);
        }
        catch (Exception exception) when (exception is StorageException or DbException or IOException)
        {
            throw new ChangeException(ChangeFault.Unavailable, "store-unavailable", "The store of changes cannot be reached. Nothing was written; try again once it is back.", exception);
        }
        catch (TargetChangedException exception)
        {
            refusal = new ChangeException(ChangeFault.Conflict, "target-changed", Printable.Text(exception.Message, 400), exception);
        }
        catch (KubernetesException exception)
        {
            refusal = new ChangeException(ChangeFault.Unavailable, "cluster-unavailable", Printable.Text(exception.Message, 400), exception);
        }

        await RecordAsync(call, refusal, cancellationToken).ConfigureAwait(false);
        throw refusal;
    }

    private async Task RecordAsync(Call call, ChangeException refusal, CancellationToken cancellationToken)
    {
        var denied = refusal.Fault == ChangeFault.Forbidden;
        var entry = new AuditEntry
        {
            Actor = call.Actor,
            Action = call.Action,
            Phase = denied ? "denied" : "refused",
            Outcome = denied ? "denied" : refusal.Fault == ChangeFault.Unavailable ? "failed" : "refused",
            Summary = refusal.Message,
            Target = call.Target ?? (call.Change is { } of ? ChangeAudit.Target(of.Plan.Target) : null),
            ChangeId = call.Change?.Id,
            PlanHash = call.Change?.PlanHash,
            PolicyHash = call.Change?.PolicyHash,
            Details = new System.Text.Json.Nodes.JsonObject { ["code"] = refusal.Code, ["guards"] = refusal.Guards.IsEmpty ? null : ChangeAudit.Guards(refusal.Guards) },
        };
        try
        {
            await _parts.Audit.AppendAsync(entry, cancellationToken).ConfigureAwait(false);
        }
        catch (AuditUnavailableException exception)
        {
            throw AuditUnavailable(exception);
        }
    }

    /// <param name="proposes">Whether something is to be stored. Else whoever may look may ask: the guards then say, one by one, what stands in the way of them.</param>
    private async Task<ChangePlan> PlanAsync(Call call, ChangeRequest request, bool proposes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.RouteId is null == request.Policy is null)
        {
            throw new ChangeException(ChangeFault.Invalid, "invalid-body", "A change is of the weights of a route (routeId) or of the mode of a policy (policy): name exactly one of them.");
        }

        if (request.Policy is { } wanted)
        {
            var snapshot = _parts.Snapshots.Current;
            if (proposes || !call.Actor.Has(Role.Viewer))
            {
                Require(call.Actor, Role.Operator, wanted.Namespace ?? snapshot.Clusters.FirstOrDefault(c => c.Name == wanted.Cluster)?.RootNamespace ?? ClusterSnapshot.DefaultRootNamespace);
            }

            var plan = _parts.Plans.Plan(request, snapshot, _parts.Policy());
            call.Target = ChangeAudit.Target(plan.Target);
            return await WithRemainsAsync(plan, call.Actor, cancellationToken).ConfigureAwait(false);
        }

        if (proposes || !call.Actor.Has(Role.Viewer))
        {
            RequireForRoute(call.Actor, request.RouteId!);
        }

        var route = GuardRound.FindRoute(_parts, _parts.Snapshots.Current, request.RouteId!) ?? throw NoSuchRoute(request.RouteId!);
        call.Target = ChangeAudit.Target(ChangeTarget.Of(route));
        return _parts.Plans.Plan(request, route, _parts.Policy());
    }

    /// <summary>A plan that deletes an object keeps what it would be made anew with, from the object itself: what is watched leaves parts out.</summary>
    private async Task<ChangePlan> WithRemainsAsync(ChangePlan plan, Actor actor, CancellationToken cancellationToken)
    {
        if (plan.Target.Policy is not { After: null })
        {
            return plan;
        }

        var reading = await TargetReading.TakeAsync(_parts.Targets, plan.Target, plan.Backends, actor.ClusterIdentity, cancellationToken).ConfigureAwait(false);
        return reading.Live is { } live ? WithRemains(plan, live) : plan;
    }

    private static ChangePlan WithRemains(ChangePlan plan, LiveTarget live) => plan.Target.Policy is { After: null } edit && !live.IsAbsent
        ? plan with { Target = plan.Target with { Policy = edit with { Labels = PolicyWrite.LabelsOf(live.Object), Annotations = PolicyWrite.AnnotationsOf(live.Object) } } }
        : plan;

    private Task<GuardRound> AskAsync(GuardMoment moment, ChangePlan plan, ChangeBase? @base, Actor actor, ChangeRecord? change, CancellationToken cancellationToken) =>
        GuardRound.RunAsync(_parts, new GuardQuestion(moment, plan, @base, plan.Stages[0].Weights, actor, change, $"{change?.Id ?? "preview"}.{(change?.Writes.Length ?? 0) + 1}"), cancellationToken);

    /// <summary>As the approver, who may have no rights in the cluster; then as the person whose change it is.</summary>
    private async Task<TargetReading> ReadForDecisionAsync(ChangeRecord change, Actor approver, CancellationToken cancellationToken)
    {
        var own = await TargetReading.TakeAsync(_parts.Targets, change.Plan.Target, change.Plan.Backends, approver.ClusterIdentity, cancellationToken).ConfigureAwait(false);
        return own.Problem is { Fault: TargetFault.Forbidden }
            ? await TargetReading.TakeAsync(_parts.Targets, change.Plan.Target, change.Plan.Backends, (change.Submitter ?? change.Requester).ClusterIdentity, cancellationToken).ConfigureAwait(false)
            : own;
    }

    /// <summary>Why what was asked for is not what would be done now; null while it is.</summary>
    private string? WhyVoid(ChangeRecord change, TargetReading reading, ChangePolicy policy)
    {
        if (reading.Problem is { Fault: TargetFault.Gone } gone)
        {
            return $"The object is not the one that was submitted: {gone.Message}";
        }

        var live = LiveOf(reading);
        if (live.Uid != change.Base.Uid || live.SpecHash != change.Base.SpecHash)
        {
            return change.Plan.Target.Policy is null
                ? $"{ForeignChange.Who(live.Object)} changed the object since it was submitted (weights are {ChangeMachine.Weights(live.Weights)}, they were {ChangeMachine.Weights(change.Plan.BaseWeights)})."
                : $"{ForeignChange.Who(live.Object)} changed the policy since it was submitted ({change.Plan.Target.SayIs(live.Weights)}).";
        }

        if (_parts.Plans.HashPolicy(policy) != change.PolicyHash)
        {
            return "The policy for changes was altered since it was submitted.";
        }

        return _parts.Plans.HashPlan(change.Plan, change.Base, policy) != change.PlanHash ? "The stored plan is not the one that was submitted." : null;
    }

    /// <summary>An approval of a change that is under way is of what it was started as, on the object as its own writes left it.</summary>
    private Outcome StandsUnderWay(ChangeRecord change, LiveTarget live, ChangePolicy policy, Outcome approved) =>
        ForeignChange.Is(change, live) ? throw new ChangeException(ChangeFault.Conflict, "target-changed", ForeignChange.Words(change, live))
        : _parts.Plans.HashPolicy(policy) == change.PolicyHash ? approved
        : throw new ChangeException(ChangeFault.Conflict, "plan-changed", "The policy for changes was altered since this was submitted, and an approval is bound to it. Roll back or abort, and ask for a new change.");

    /// <summary>The plan on the object as it is now: same stages, from the weights of now.</summary>
    private static ChangePlan Rebased(ChangePlan plan, LiveTarget live)
    {
        if (plan.Target.Policy is { } edit)
        {
            var spec = live.IsAbsent ? null : PolicyState.Canonical(live.Object);
            return spec == edit.Before
                ? WithRemains(plan, live)
                : throw new ChangeException(ChangeFault.Conflict, "base-changed", $"The policy is not what this plan starts from: {plan.Target.SayIs(live.Weights)}. Make a new change from what is there.");
        }

        if (live.Weights.SequenceEqual(plan.BaseWeights))
        {
            return plan;
        }

        var sum = live.Weights.Sum(w => (long)w);
        if (live.Weights.Length != plan.Backends.Length || plan.Stages.Any(s => s.Weights.Sum(w => (long)w) != sum))
        {
            throw new ChangeException(ChangeFault.Conflict, "base-changed", $"The weights are {ChangeMachine.Weights(live.Weights)} now, which the stages of this plan do not fit. Make a new change from what is there.");
        }

        return plan with { Backends = [.. plan.Backends.Select((b, i) => b with { BaseWeight = live.Weights[i] })] };
    }

    private static LiveTarget LiveOf(TargetReading reading) => reading switch
    {
        { Live: { } live } => live,
        { Problem: { Fault: TargetFault.Gone } gone } => throw new ChangeException(ChangeFault.Conflict, "target-changed", gone.Message),
        { Problem: { Fault: TargetFault.Forbidden } forbidden } => throw new ChangeException(ChangeFault.Forbidden, "cluster-forbidden", forbidden.Message),
        _ => throw new ChangeException(ChangeFault.Unavailable, "cluster-unavailable", $"{reading.Problem?.Message} Nothing was written; try again once the API server answers."),
    };

    /// <summary>Whether the event may happen in this state, asked before anything is done for it.</summary>
    private void Legal(ChangeRecord change, ChangeEvent wanted) => _ = ChangeMachine.Apply(change, wanted, _parts.Time.GetUtcNow());

    private async Task<ChangeException> TakenAsync(ChangeRecord change, StoreConflictException conflict, CancellationToken cancellationToken)
    {
        var active = (await _parts.Store.ListAsync(new ChangeFilter(GuardRound.s_active, change.Plan.Target.Key, Namespaces: []), cancellationToken).ConfigureAwait(false)).FirstOrDefault(c => c.Id != change.Id);
        return new ChangeException(
            ChangeFault.Conflict,
            "target-busy",
            active is null
                ? $"Another change is active on {change.Plan.Target.Key}. Wait for it to end, or stop it, then try again."
                : $"Change {active.Id} of {active.Requester.Name} is {ChangeMachine.Name(active.State)} on {change.Plan.Target.Key}: two at once would undo each other. Wait for it to end, or stop it, then try again.",
            conflict);
    }

    private ImmutableArray<string> NotesOf(ChangeRequest request, GuardRound round, ChangePolicy policy) =>
        request.Policy is null ? _parts.Plans.Notes(request, round.Context.Route ?? throw NoSuchRoute(request.RouteId ?? ""), policy) : [];

    /// <summary>
    /// A refusal by the guards; a conflict where the trial alone is refused since the object was written between reading and
    /// trying it, as by somebody else who started the same change at once.
    /// </summary>
    private static ChangeException Refused(GuardRound round) => round is { Context.DryRun: { IsOfAnOlderObject: true } trial } && round.Verdicts.All(v => v.Allows || v.Code == "dry-run")
        ? new(ChangeFault.Conflict, "base-changed", trial.Message) { Guards = round.Verdicts }
        : new(ChangeFault.Refused, "guards", $"{round.Verdicts.Count(v => !v.Allows)} of {round.Verdicts.Length} guards refuse. {round.Refusal}") { Guards = round.Verdicts };

    private static void Require(Actor actor, Role role, string @namespace)
    {
        if (!actor.HasIn(role, @namespace))
        {
            throw MissingRole(actor, role, @namespace);
        }
    }

    /// <summary>Judged by the id alone, so that who may not act in a namespace does not learn which routes it has.</summary>
    private static string RequireForRoute(Actor actor, string routeId)
    {
        var parts = routeId.Split('/');
        if (parts.Length != 6 || parts.Any(string.IsNullOrWhiteSpace))
        {
            throw actor.Has(Role.Operator) ? NoSuchRoute(routeId) : MissingRole(actor, Role.Operator, null);
        }

        Require(actor, Role.Operator, parts[1]);
        return string.Join('/', parts[..4]);
    }

    private static ChangeException MissingRole(Actor actor, Role role, string? @namespace) => new(
        ChangeFault.Forbidden,
        "missing-role",
        $"{Printable.Text(actor.Name, 100)} is not {(role == Role.Approver ? "an approver" : "an operator")}{(@namespace is null ? "" : $" in namespace {Printable.Text(@namespace, 100)}")}. Ask an admin for the role, or somebody who has it to do this.");

    private static ChangeException NoSuchChange(string id) => new(ChangeFault.NotFound, "no-such-change", $"There is no change {Printable.Text(id, 60)}, or none that you may see.");

    private static ChangeException NoSuchRoute(string id) => new(ChangeFault.NotFound, "no-such-route", $"There is no route {Printable.Text(id, 300)}, or none that you may see. GET /api/v1/routes lists them.");

    private static ChangeException AuditUnavailable(AuditUnavailableException exception) =>
        new(ChangeFault.Unavailable, "audit-unavailable", "The audit cannot be written, so nothing is done: what is not recorded does not happen. Look at the storage of the console (space, rights), then try again.", exception);

    private static string Comment(string? comment)
    {
        var words = Printable.Text((comment ?? "").Trim(), LongestComment + 1).Trim();
        return words.Length is >= ShortestComment and <= LongestComment
            ? words
            : throw new ChangeException(ChangeFault.Invalid, "comment-required", $"A comment of {ShortestComment} to {LongestComment} characters is required: it is what others read later.");
    }

    private static string? Optional(string? reason) => string.IsNullOrWhiteSpace(reason) ? null : Printable.Text(reason.Trim(), LongestComment);

    private static string NewId(DateTimeOffset now) => Guid.CreateVersion7(now).ToString("N");

    /// <summary>What is known of a call when it is refused.</summary>
    private sealed class Call(string action, Actor actor)
    {
        public string Action { get; } = action;

        public Actor Actor { get; } = actor;

        public ChangeRecord? Change { get; set; }

        public AuditTarget? Target { get; set; }
    }

    /// <summary>What a call comes to.</summary>
    private sealed record Outcome(ChangeEvent Happened, string Phase, Func<ChangeRecord, string> Summary, string? Notice = null, string? Reason = null)
    {
        public static Outcome Voids(string reason) => new(new ChangeEvent.Invalidate(reason), "refused", after => after.StateReason);
    }
}
