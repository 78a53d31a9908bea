using System.Collections.Immutable;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Changes.Plans;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>The emergency stop.</summary>
public sealed partial class ChangeService
{
    /// <summary>How long a stop waits for another rule's plan on the same object to learn what became of its write.</summary>
    private static readonly TimeSpan s_waitForOther = TimeSpan.FromSeconds(20);

    public Task<ChangeRecord> StopAsync(string routeId, Actor actor, string reason, string? stable, CancellationToken cancellationToken) => RunAsync(ChangeAudit.Stop, actor, async call =>
    {
        ArgumentNullException.ThrowIfNull(routeId);
        var key = RequireForRoute(call.Actor, routeId);
        if (key.Split('/')[2] == PolicyPlanner.Kind)
        {
            throw new ChangeException(ChangeFault.Invalid, "no-stop", "A policy has no stable backend to send everything to. Roll its change back instead: that needs no approval, no gate and no Prometheus either.");
        }

        var words = Comment(reason);
        if (call.Actor.ClusterIdentity is not { } identity)
        {
            throw new ChangeException(ChangeFault.Forbidden, "no-cluster-identity", $"{call.Actor.Name} is nobody to the cluster, so nothing can be written as them. Ask somebody with the right to patch the route.");
        }

        var waitedSince = _parts.Time.GetTimestamp();
        for (var tries = 1; ; tries++)
        {
            var active = (await _parts.Store.ListAsync(new ChangeFilter(GuardRound.s_active, key, Namespaces: []), cancellationToken).ConfigureAwait(false)).FirstOrDefault();
            call.Change = active;
            try
            {
                if (active is not null && active.Plan.Target.RouteId == routeId)
                {
                    var index = stable is null ? active.Plan.Stable : IndexOf(active.Plan.Backends, stable);
                    var weights = await LiveWeightsAsync(active.Plan.Target, active.Plan.Backends, cancellationToken).ConfigureAwait(false);
                    if (active.Return is { Purpose: ReturnGoal.Stop, Escalation: null } under && under.By.Person == call.Actor.Person && stable is null)
                    {
                        // Pressed twice: it is on its way.
                        return active;
                    }

                    var goal = new ReturnGoal(ReturnGoal.Stop, AllTo(weights ?? active.ExpectedWeights, index), call.Actor, words, _parts.Time.GetUtcNow());
                    return await StoreAsync(active, new Outcome(new ChangeEvent.BeginReturn(goal), "request", after => after.StateReason, ChangeNotices.Stopped, words), call.Actor, ChangeAudit.Stop, cancellationToken).ConfigureAwait(false);
                }

                if (active is null)
                {
                    return await AddStopAsync(call, routeId, call.Actor, words, stable, cancellationToken).ConfigureAwait(false);
                }

                // A plan for another rule of the same object: it ends where it stands, for two would break each other's preconditions.
                if (active.Ending is null)
                {
                    await StoreAsync(active, new Outcome(new ChangeEvent.Abort(call.Actor, $"emergency stop of {routeId}: {words}"), "request", after => after.StateReason, ChangeNotices.Aborted, words), call.Actor, ChangeAudit.Abort, cancellationToken).ConfigureAwait(false);
                    continue;
                }
            }
            catch (StoreConflictException conflict) when (conflict.Conflict is StoreConflict.Version or StoreConflict.ActiveOnTarget)
            {
                if (tries >= MaxTries * 4)
                {
                    throw new ChangeException(ChangeFault.Conflict, "busy", "The change on this route is being altered by others again and again. Press stop again.", conflict);
                }

                continue;
            }

            if (_parts.Time.GetElapsedTime(waitedSince) > s_waitForOther)
            {
                throw new ChangeException(ChangeFault.Conflict, "busy", $"Change {active.Id} on another rule of this object is ending, but the outcome of its last write is not known yet. Press stop again in a moment.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), _parts.Time, cancellationToken).ConfigureAwait(false);
        }

        async Task<ImmutableArray<int>?> LiveWeightsAsync(ChangeTarget target, ImmutableArray<PlanBackend> backends, CancellationToken token)
        {
            var reading = await TargetReading.TakeAsync(_parts.Targets, target, backends, identity, token).ConfigureAwait(false);
            return reading.Problem is { Fault: TargetFault.Unreachable } ? null : LiveOf(reading).Weights;
        }
    }, cancellationToken);

    /// <summary>A stop of a route without a plan is a change of its own, on its way from the first moment.</summary>
    private async Task<ChangeRecord> AddStopAsync(Call call, string routeId, Actor actor, string reason, string? stable, CancellationToken cancellationToken)
    {
        var route = GuardRound.FindRoute(_parts, _parts.Snapshots.Current, routeId) ?? throw NoSuchRoute(routeId);
        var target = ChangeTarget.Of(route);
        call.Target = ChangeAudit.Target(target);
        ImmutableArray<PlanBackend> backends = [.. route.Backends.Select(b => new PlanBackend(b.Host, b.Subset, b.Port, b.Weight ?? (route.Backends.Length == 1 ? 100 : 0)))];
        if (backends.Length < 2)
        {
            throw new ChangeException(ChangeFault.Invalid, "single-backend", "The rule has one destination, which gets everything already: there is nothing to stop.");
        }

        var chosen = stable is null ? (int?)null : IndexOf(backends, stable);

        // A server that does not answer right now is no reason to refuse: the executor goes on trying, and says so.
        var reading = await TargetReading.TakeAsync(_parts.Targets, target, backends, actor.ClusterIdentity, cancellationToken).ConfigureAwait(false);
        var live = reading.Problem is { Fault: TargetFault.Unreachable } ? null : LiveOf(reading);
        ImmutableArray<int> weights = live is null ? [.. backends.Select(b => b.BaseWeight)] : live.Weights;
        var index = chosen ?? Largest(weights);
        backends = [.. backends.Select((b, i) => b with { BaseWeight = weights[i] })];
        var goal = AllTo(weights, index);
        var plan = new ChangePlan
        {
            Target = target,
            Backends = backends,
            Canary = Largest(weights.SetItem(index, -1)),
            Stable = index,
            Stages = [new PlanStage(goal, TimeSpan.Zero)],
            Reason = reason,
        };
        var now = _parts.Time.GetUtcNow();
        var policy = _parts.Policy();
        var @base = live is null ? new ChangeBase(target.Uid, route.Object.ResourceVersion, "") : new ChangeBase(live.Uid, live.ResourceVersion, live.SpecHash);
        var stop = new ChangeRecord
        {
            Id = NewId(now),
            State = ChangeState.RollingBack,
            StateReason = $"Stopped by {actor.Name}: {reason} All traffic goes to {backends[index].ShortName}.",
            Plan = plan,
            Base = @base,
            PlanHash = _parts.Plans.HashPlan(plan, @base, policy),
            PolicyHash = _parts.Plans.HashPolicy(policy),
            Requester = actor,
            Executor = actor,
            CreatedAt = now,
            UpdatedAt = now,
            StartedAt = now,
            ApprovalReason = "An emergency stop needs no approval.",
            ExpectedSpecHash = @base.SpecHash,
            Diff = live is null ? "" : _parts.DiffToKeep(plan, live, goal),
            FinalDiff = live is null ? "" : _parts.DiffToKeep(plan, live, goal),
            Return = new ReturnGoal(ReturnGoal.Stop, goal, actor, reason, now),
        };
        var stored = await _parts.Store.AddAsync(stop, null, [ChangeAudit.Of(stop, actor, ChangeAudit.Stop, "request", "ok", stop.StateReason, reason)], _parts.NoticesOf(ChangeNotices.Stopped, stop), cancellationToken).ConfigureAwait(false);
        call.Change = stored;
        _parts.Feed.Raise(stored.Id);
        return stored;
    }

    /// <summary>Everything to one backend; a rule whose weights add up to nothing gets 100.</summary>
    private static ImmutableArray<int> AllTo(ImmutableArray<int> weights, int index)
    {
        var sum = weights.Sum();
        return [.. weights.Select((_, i) => i == index ? (sum > 0 ? sum : 100) : 0)];
    }

    private static int Largest(ImmutableArray<int> weights)
    {
        var largest = 0;
        for (var i = 1; i < weights.Length; i++)
        {
            largest = weights[i] > weights[largest] ? i : largest;
        }

        return largest;
    }

    private static int IndexOf(ImmutableArray<PlanBackend> backends, string name)
    {
        var found = Enumerable.Range(0, backends.Length).Where(i => backends[i].Subset == name).ToList();
        found = found.Count > 0 ? found : [.. Enumerable.Range(0, backends.Length).Where(i => backends[i].Host == name || backends[i].ShortName == name)];
        return found.Count == 1
            ? found[0]
            : throw new ChangeException(ChangeFault.Invalid, "no-such-backend", $"{Printable(name)} names {(found.Count == 0 ? "no" : "more than one")} destination of the rule. It has {string.Join(", ", backends.Select(b => b.ShortName))}.");

        static string Printable(string text) => Kubernetes.Printable.Text(text, 100);
    }
}
