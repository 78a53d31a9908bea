using System.Collections.Concurrent;
using System.Collections.Immutable;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Snapshots;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>
/// Carries changes out: one replica at a time, under a lease. Looks after every open change about once a second, does what
/// <see cref="NextStep"/> decides, and is the only one that writes to targets. Each write is an intent in store and audit
/// before, a patch, and an outcome after; whatever happens in between, the object is read to learn the outcome, and nothing is
/// written before it is known.
/// </summary>
public sealed partial class ChangeExecutor : IAsyncDisposable
{
    /// <summary>Decisions in a row for one change: more than any path takes, fewer than a fault could spin.</summary>
    private const int MaxSteps = 12;

    private readonly ExecutionParts _parts;
    private readonly ExecutorSettings _settings;
    private readonly LeaseKeeper _lease;
    private readonly ILogger<ChangeExecutor> _logger;
    private readonly ConcurrentDictionary<string, WatchedChange> _watched = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _nudge = new(0, 1);

    /// <param name="holder">Name of this replica and process; another start of it is another holder.</param>
    public ChangeExecutor(ExecutionParts parts, ILeaseStore leases, string holder, ILogger<ChangeExecutor> logger, ExecutorSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentNullException.ThrowIfNull(leases);
        ArgumentException.ThrowIfNullOrEmpty(holder);
        _parts = parts;
        _settings = settings ?? ExecutorSettings.Default;
        _lease = new LeaseKeeper(leases, parts.Time, holder, _settings);
        _logger = logger;
        _parts.Feed.Changed += Nudge;
    }

    /// <summary>Whether this replica executes at the moment.</summary>
    public bool IsExecuting => _lease.Usable is not null;

    /// <summary>Runs until cancelled; then lets a write that is under way finish and hands the lease over.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await BeginTickAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                break;
            }
#pragma warning disable CA1031 // Nothing one look meets may end the executor; the next is a fresh try.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Log.TickBroke(_logger, exception);
            }

            try
            {
                await WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        await Task.WhenAll(_running.Values).ConfigureAwait(false);
        try
        {
            await _lease.ReleaseAsync(CancellationToken.None).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The lease then lapses by itself.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.NotReleased(_logger, exception);
        }
    }

    public ValueTask DisposeAsync()
    {
        _parts.Feed.Changed -= Nudge;
        _nudge.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>One look at every open change, to its end.</summary>
    internal async Task TickAsync(CancellationToken cancellationToken)
    {
        await BeginTickAsync(cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(_running.Values).ConfigureAwait(false);
    }

    private async Task BeginTickAsync(CancellationToken cancellationToken)
    {
        var (held, unbroken) = await _lease.KeepAsync(cancellationToken).ConfigureAwait(false);
        if (!unbroken)
        {
            // Nobody watched, or somebody else did: what this process remembers of soaks and reads is worth nothing.
            _watched.Clear();
        }

        if (!held)
        {
            return;
        }

        var open = await _parts.Store.ListOpenAsync(cancellationToken).ConfigureAwait(false);
        foreach (var gone in _watched.Keys.Except(open.Select(c => c.Id), StringComparer.Ordinal).ToList())
        {
            _watched.TryRemove(gone, out _);
        }

        foreach (var change in open)
        {
            // One after the other for each change, side by side for all: a slow API server does not hold up a stop elsewhere.
            if (!_running.ContainsKey(change.Id))
            {
                var started = new TaskCompletionSource();
                if (_running.TryAdd(change.Id, started.Task))
                {
                    _ = LookAfterAsync(change, started, cancellationToken);
                }
            }
        }
    }

    private async Task LookAfterAsync(ChangeRecord change, TaskCompletionSource ended, CancellationToken cancellationToken)
    {
        try
        {
            await StepsAsync(change, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Shutting down, or out of time; what was under way is found again.
        }
        catch (StoreConflictException conflict) when (conflict.Conflict == StoreConflict.LeaseLost)
        {
            _lease.Lost();
            Log.LeaseLost(_logger, change.Id);
        }
        catch (StoreConflictException)
        {
            // A person was faster. The next look sees what they did.
        }
        catch (AuditUnavailableException unavailable)
        {
            Log.AuditUnavailable(_logger, unavailable, change.Id);
        }
#pragma warning disable CA1031 // A fault in one change may not end the others.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.StepBroke(_logger, exception, change.Id);
        }
        finally
        {
            _running.TryRemove(change.Id, out _);
            ended.TrySetResult();
        }
    }

    private async Task StepsAsync(ChangeRecord change, CancellationToken cancellationToken)
    {
        var watched = _watched.GetOrAdd(change.Id, _ => new WatchedChange(_parts.Time));
        watched.Met(change);
        for (var steps = 0; steps < MaxSteps; steps++)
        {
            var action = NextStep.Decide(change, watched.Facts(change, _settings) with { Lost = Lost(change) });
            if (action is StepAction.Wait wait)
            {
                if (wait.Reason is { } reason && reason != change.StateReason)
                {
                    await StoreAsync(change, new ChangeEvent.Say(reason), [], cancellationToken).ConfigureAwait(false);
                }

                return;
            }

            if (await DoAsync(change, action, watched, cancellationToken).ConfigureAwait(false) is not { } next)
            {
                return;
            }

            change = next;
            watched.Left(change);
        }

        Log.Spins(_logger, change.Id, change.State, change.StateReason);
    }

    /// <returns>The change as it is then; null when this look is over.</returns>
    private async Task<ChangeRecord?> DoAsync(ChangeRecord change, StepAction action, WatchedChange watched, CancellationToken cancellationToken)
    {
        switch (action)
        {
            case StepAction.Read:
                watched.Seen(await ReadAsync(change, cancellationToken).ConfigureAwait(false));
                return change;

            case StepAction.Look:
                return await LookAsync(change, watched, cancellationToken).ConfigureAwait(false);

            case StepAction.AskShare:
                var now = _parts.Time.GetUtcNow();
                var from = Later(change.Return!.InObjectAt!.Value, now - _settings.ConfirmTraffic);
                var others = Others(change.Plan);
                var before = others is null ? null : await ShareBeforeFirstWriteAsync(change, cancellationToken).ConfigureAwait(false);
                watched.ShareSeen(await _parts.Gates.CanaryShareAsync(change.Plan, from, now, cancellationToken).ConfigureAwait(false), before, others);
                return change;

            case StepAction.AskGuards ask:
                return await AskGuardsAsync(change, ask.Stage, watched, cancellationToken).ConfigureAwait(false);

            case StepAction.WriteStage stage:
                return await WriteStageAsync(change, stage.Stage, watched, cancellationToken).ConfigureAwait(false);

            case StepAction.WriteReturn:
                return await WriteReturnAsync(change, watched, cancellationToken).ConfigureAwait(false);

            case StepAction.RollBack back:
                return await RollBackAsync(change, back.Reason, cancellationToken).ConfigureAwait(false);

            case StepAction.Store store:
                var stored = await HappenAsync(change, store.Happened, cancellationToken).ConfigureAwait(false);
                watched.Stored(stored, store.Happened);
                return stored;

            default:
                throw new ArgumentOutOfRangeException(nameof(action), action, null);
        }
    }

    private Task<TargetReading> ReadAsync(ChangeRecord change, CancellationToken cancellationToken) =>
        TargetReading.TakeAsync(_parts.Targets, change.Plan.Target, change.Plan.Backends, ActingAs(change).ClusterIdentity, cancellationToken);

    /// <summary>
    /// Writes and reads are made as who asked for the way back, else as who started; never as the console. The cluster knows them
    /// by the name that is configured now; somebody who lost their access since goes back under their name of then, and the API
    /// server decides.
    /// </summary>
    private Actor ActingAs(ChangeRecord change)
    {
        var who = change is { State: ChangeState.RollingBack, Return.By: { ClusterIdentity: not null } by } ? by : change.Executor ?? change.Requester;
        return _parts.Look(who).Now is { ClusterIdentity: { } now } ? who with { ClusterIdentity = now } : who;
    }

    private async Task<ChangeRecord> LookAsync(ChangeRecord change, WatchedChange watched, CancellationToken cancellationToken)
    {
        var current = change.Current!;
        var stage = change.Plan.Stages[change.Stage];
        var now = _parts.Time.GetUtcNow();
        var begun = current.SoakStartedAt ?? current.AppliedAt!.Value;

        // Newest traffic first, so that hours of good answers do not hide a failure of now; all of the stage where that is too little.
        var newest = Later(begun, now - Longer(stage.Soak, TimeSpan.FromMinutes(10)));
        var look = await TakeLookAsync(change, newest, now, cancellationToken).ConfigureAwait(false);
        if (look.Verdict == GateVerdict.InsufficientData && begun < newest)
        {
            look = await TakeLookAsync(change, Later(begun, now - TimeSpan.FromDays(1)), now, cancellationToken).ConfigureAwait(false);
        }

        var soaked = watched.Soaked(change) ?? TimeSpan.Zero;
        var before = current.Looks.LastOrDefault()?.Verdict;
        var decides = look.Verdict != before || look.Verdict == GateVerdict.Fail || soaked >= stage.Soak;
        ImmutableArray<AuditEntry> audit = decides
            ? [ChangeAudit.Of(change, Actor.Console, ChangeAudit.Gate, "gate", look.Verdict switch { GateVerdict.Pass => "ok", GateVerdict.Fail => "failed", _ => "unknown" }, $"Gates of stage {change.Stage + 1}: {Words(look.Verdict)}.{(change.Plan.Gates.ObserveOnly ? look.Trips ? " They are on trial; the tripwire is not." : " They are on trial: this decides nothing." : "")}", details: ChangeAudit.Look(change.Stage, look, change.Plan.Gates))]
            : [];
        var stored = await StoreAsync(change, new ChangeEvent.Look(look, soaked), audit, cancellationToken).ConfigureAwait(false);
        watched.Looked(soaked);
        return stored;
    }

    private async Task<GateLook> TakeLookAsync(ChangeRecord change, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        var evidence = await _parts.Gates.ReadAsync(change.Plan, WrittenAt(change), from, to, cancellationToken).ConfigureAwait(false);
        return _parts.Evaluate(evidence, change.Plan.Gates, change.Current!.Looks);
    }

    /// <summary>When the stage in force was sent; what a policy is compared with ends there.</summary>
    private static DateTimeOffset WrittenAt(ChangeRecord change) =>
        change.Writes.LastOrDefault(w => w is { Purpose: ChangeWrite.Stage, Outcome: WriteOutcome.Applied })?.IntendedAt ?? change.Current!.AppliedAt!.Value;

    private async Task<ChangeRecord?> AskGuardsAsync(ChangeRecord change, int stage, WatchedChange watched, CancellationToken cancellationToken)
    {
        if (!_parts.Snapshots.Ready.IsCompleted)
        {
            // Just started: guards that look at the mesh would refuse what they cannot see yet.
            return null;
        }

        var round = await GuardRound.RunAsync(_parts, StageQuestion(change, stage, WriteId(change)), cancellationToken).ConfigureAwait(false);
        watched.GuardsAsked();
        if (round.Allowed)
        {
            return await HappenAsync(change, new ChangeEvent.Release(RestartSoak: false), cancellationToken).ConfigureAwait(false);
        }

        // The words may hold a time that runs down; only other guards that refuse are news.
        var hold = GuardsHold(stage, round);
        if (!Refusing(change.Guards).SetEquals(Refusing(round.Verdicts)))
        {
            await HappenAsync(change, new ChangeEvent.HoldBack(HoldCodes.Guards, hold, true) { Guards = round.Verdicts }, cancellationToken).ConfigureAwait(false);
        }
        else if (change.StateReason != hold)
        {
            await StoreAsync(change, new ChangeEvent.Say(hold), [], cancellationToken).ConfigureAwait(false);
        }

        return null;
    }

    private async Task<ChangeRecord?> WriteStageAsync(ChangeRecord change, int stage, WatchedChange watched, CancellationToken cancellationToken)
    {
        if (!_parts.Snapshots.Ready.IsCompleted)
        {
            return null;
        }

        var id = WriteId(change);
        var round = await GuardRound.RunAsync(_parts, StageQuestion(change, stage, id), cancellationToken).ConfigureAwait(false);
        watched.Seen(round.Reading);
        if (round.Reading.Live is not { } live || ForeignChange.Is(change, live))
        {
            // Decided anew with what was just seen: the object changed, or does not answer.
            return change;
        }

        if (!round.Allowed || round.Patch is null)
        {
            watched.GuardsAsked();
            return await HappenAsync(change, new ChangeEvent.HoldBack(HoldCodes.Guards, GuardsHold(stage, round), true) { Guards = round.Verdicts }, cancellationToken).ConfigureAwait(false);
        }

        var share = stage == 0 && change.ShareBefore is null ? await ShareUntilAsync(change.Plan, _parts.Time.GetUtcNow(), ForeignChange.ChangedAt(live), cancellationToken).ConfigureAwait(false) : null;
        var write = Intended(change.Plan, id, ChangeWrite.Stage, round.Patch, live);
        return await WriteAsync(change, new ChangeEvent.Intend(write, stage, round.Verdicts) { ShareBefore = share }, round.Patch, live, watched, cancellationToken).ConfigureAwait(false);
    }

    private async Task<ChangeRecord?> WriteReturnAsync(ChangeRecord change, WatchedChange watched, CancellationToken cancellationToken)
    {
        var goal = change.Return!;
        var id = WriteId(change);
        var moment = goal.Purpose == ReturnGoal.Stop ? GuardMoment.Stop : GuardMoment.Rollback;
        var round = await GuardRound.RunAsync(_parts, new GuardQuestion(moment, change.Plan, change.Base, goal.Weights, ActingAs(change), change, id), cancellationToken).ConfigureAwait(false);
        watched.Seen(round.Reading);
        if (round.Reading.Live is not { } live || live.Weights.SequenceEqual(goal.Weights))
        {
            return change;
        }

        if (!round.Allowed || round.Patch is null)
        {
            watched.Failed();
            var message = round.Patch is null ? $"Going back is not possible yet: {round.Context.LiveProblem}" : $"Going back is refused: {round.Refusal}";
            return goal.Escalation == message ? null : await HappenAsync(change, new ChangeEvent.Escalate(message), cancellationToken).ConfigureAwait(false);
        }

        var write = Intended(change.Plan, id, goal.Purpose, round.Patch, live);
        return await WriteAsync(change, new ChangeEvent.Intend(write, null, round.Verdicts), round.Patch, live, watched, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Intent, patch, outcome. After the intent is stored this cannot be cancelled, only time out.</summary>
    private async Task<ChangeRecord?> WriteAsync(ChangeRecord change, ChangeEvent.Intend intend, TargetWrite patch, LiveTarget live, WatchedChange watched, CancellationToken cancellationToken)
    {
        var actor = ActingAs(change);
        cancellationToken.ThrowIfCancellationRequested();
        var intended = await StoreAsync(change, intend, after =>
        [
            ChangeAudit.Of(after, actor, ChangeAudit.Write, "intent", "pending", $"About to set {ChangeMachine.Say(change, patch.Weights)} on {change.Plan.Target.Key}.", after.Return?.Reason, ChangeAudit.Intent(after, intend.Write, live.Weights, actor)),
        ], cancellationToken).ConfigureAwait(false);
        watched.Sent(intend.Write.Id);

        var left = _lease.Left;
        if (_lease.Usable is null || left <= TimeSpan.Zero)
        {
            // Stopped for longer than the lease between storing and writing. Whoever holds it now finds the intent.
            Log.TooLate(_logger, change.Id, intend.Write.Id);
            return null;
        }

        var settle = await PatchAsync(intended, intend.Write, patch, actor, left < _settings.WriteTimeout ? left : _settings.WriteTimeout, watched).ConfigureAwait(false);
        return settle is null ? intended : await OutcomeAsync(intended, settle, watched).ConfigureAwait(false);
    }

    /// <returns>The outcome; null when it is not known.</returns>
    private async Task<ChangeEvent.Settle?> PatchAsync(ChangeRecord change, ChangeWrite write, TargetWrite patch, Actor actor, TimeSpan within, WatchedChange watched)
    {
        // Never longer than the lease: a write of a replica that has lost it may not be on its way.
        using var timeout = new CancellationTokenSource(within, _parts.Time);
        try
        {
            var written = await _parts.Targets.PatchAsync(change.Plan.Target, change.Plan.Backends, patch, actor.ClusterIdentity!, timeout.Token).ConfigureAwait(false);
            if (!ForeignChange.Landed(write, written.Target) || !written.Target.Weights.SequenceEqual(write.Weights))
            {
                // An answer that does not show the write proves nothing; the object is read.
                watched.Answered();
                return null;
            }

            watched.Seen(new TargetReading(written.Target, null));
            var said = written.Unexpected is { } more ? $"The API server confirmed it, and something in the cluster changed more than was planned: {Printable.Text(more, 400)}" : "The API server confirmed it.";
            return new ChangeEvent.Settle(write.Id, WriteOutcome.Applied, said, written.Target.SpecHash, written.Target.ResourceVersion, written.AuditId) { Uid = written.Target.Uid };
        }
        catch (TargetChangedException)
        {
            // The precondition failed, so this patch wrote nothing, unless the answer is to a repetition below us: read.
            watched.Answered();
            return null;
        }
        catch (KubernetesException refused) when (TargetReading.IsRefusal(refused.Kind))
        {
            watched.Answered();
            watched.Refused(refused);
            return new ChangeEvent.Settle(write.Id, WriteOutcome.NotApplied, $"The API server refused it: {Printable.Text(refused.Message, 400)}");
        }
#pragma warning disable CA1031 // Whatever it was, the write may have landed: the object tells.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            watched.Answered();
            Log.OutcomeUnknown(_logger, exception, change.Id, write.Id);
            return null;
        }
    }

    /// <summary>Stores an outcome whatever people did to the change meanwhile. If that fails, it is found in the object later.</summary>
    private async Task<ChangeRecord?> OutcomeAsync(ChangeRecord change, ChangeEvent.Settle settle, WatchedChange watched)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                var settled = await HappenAsync(change, settle, CancellationToken.None).ConfigureAwait(false);
                watched.Stored(settled, settle);
                return await AfterRefusalAsync(settled, watched).ConfigureAwait(false);
            }
            catch (StoreConflictException conflict) when (conflict.Conflict == StoreConflict.Version && tries < 5)
            {
                var newer = await _parts.Store.FindAsync(change.Id, CancellationToken.None).ConfigureAwait(false);
                if (newer?.PendingWrite?.Id != settle.WriteId)
                {
                    return null;
                }

                change = newer;
            }
        }
    }

    /// <summary>A refusal that will not go away by trying again holds the change.</summary>
    private async Task<ChangeRecord?> AfterRefusalAsync(ChangeRecord change, WatchedChange watched)
    {
        if (watched.TakeRefusal() is not { } refused)
        {
            return change;
        }

        watched.Failed();
        if (refused.Kind == KubernetesErrorKind.TooManyRequests)
        {
            return null;
        }

        var words = Printable.Text(refused.Message, 400);
        if (change.State == ChangeState.RollingBack)
        {
            return await HappenAsync(change, new ChangeEvent.Escalate($"The cluster refuses the way back as {ActingAs(change).Name}: {words} Any operator who has the right can press roll back or stop; it is then written as them."), CancellationToken.None).ConfigureAwait(false);
        }

        if (change.State != ChangeState.Running)
        {
            return null;
        }

        var hold = refused.Kind is KubernetesErrorKind.Forbidden or KubernetesErrorKind.Unauthorized or KubernetesErrorKind.NoCredentials
            ? new ChangeEvent.HoldBack(HoldCodes.Rights, $"The cluster does not let {ActingAs(change).Name} write any more, or an admission rule refuses it: {words} Resume once that is put right, roll back, or abort.", false)
            : new ChangeEvent.HoldBack(HoldCodes.Refused, $"The API server refuses the write: {words} Resume once that is put right, roll back, or abort.", false);
        return await HappenAsync(change, hold, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task<ChangeRecord> RollBackAsync(ChangeRecord change, string reason, CancellationToken cancellationToken)
    {
        var goal = new ReturnGoal(ReturnGoal.Rollback, change.Plan.BaseWeights, Actor.Console, reason, _parts.Time.GetUtcNow());
        return await HappenAsync(change, new ChangeEvent.BeginReturn(goal), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stores what happened with its record.</summary>
    private Task<ChangeRecord> HappenAsync(ChangeRecord change, ChangeEvent happened, CancellationToken cancellationToken) =>
        StoreAsync(change, happened, after => EntryOf(change, after, happened) is { } entry ? [entry] : [], cancellationToken);

    private AuditEntry? EntryOf(ChangeRecord before, ChangeRecord after, ChangeEvent happened) => happened switch
    {
        ChangeEvent.Settle settle => Settled(before, after, settle),
        ChangeEvent.BeginReturn begin => ChangeAudit.Of(after, Actor.Console, ChangeAudit.Rollback, "rollback", "pending", after.StateReason, begin.Goal.Reason),
        ChangeEvent.FinishReturn => ChangeAudit.Of(after, Actor.Console, ChangeAudit.Rollback, "outcome", "ok", after.StateReason, after.Return?.Reason),
        ChangeEvent.Escalate => ChangeAudit.Of(after, Actor.Console, ChangeAudit.Rollback, "outcome", "failed", after.StateReason, after.Return?.Reason),
        ChangeEvent.HoldBack hold => ChangeAudit.Of(after, Actor.Console, ChangeAudit.State, hold.Code == HoldCodes.Guards ? "refused" : "outcome", hold.Code == HoldCodes.Guards ? "refused" : "pending", after.StateReason, details: hold.Guards.IsEmpty ? null : new System.Text.Json.Nodes.JsonObject { ["guards"] = ChangeAudit.Guards(hold.Guards) }),
        ChangeEvent.Release => ChangeAudit.Of(after, Actor.Console, ChangeAudit.State, "outcome", "ok", after.StateReason),
        ChangeEvent.Told => ChangeAudit.Of(after, Actor.Console, ChangeAudit.State, "outcome", "pending", $"Held for longer than {Model.DurationWords.Of(after.Plan.Gates.MaxHold)}: {after.StateReason}"),
        ChangeEvent.PassStage => ChangeAudit.Of(after, Actor.Console, ChangeAudit.State, "outcome", "ok", after.StateReason),
        ChangeEvent.Complete => ChangeAudit.Of(after, Actor.Console, ChangeAudit.State, "outcome", "ok", after.StateReason),
        ChangeEvent.Expire => ChangeAudit.Of(after, Actor.Console, ChangeAudit.State, "outcome", "refused", after.StateReason),
        _ => null,
    };

    private AuditEntry Settled(ChangeRecord before, ChangeRecord after, ChangeEvent.Settle settle)
    {
        var write = after.Writes[^1];
        var actor = ActingAs(before);
        var outcome = settle.Outcome == WriteOutcome.Applied ? "ok" : "failed";
        return ChangeAudit.Of(after, actor, ChangeAudit.Write, "outcome", outcome, $"Write {write.Id} ({ChangeMachine.Say(after, write.Weights)}) was {Words(settle.Outcome)}: {settle.Message}", before.Return?.Reason, ChangeAudit.Outcome(after, write));
    }

    private static string? NoticeOf(ChangeRecord before, ChangeRecord after, ChangeEvent happened) => happened switch
    {
        ChangeEvent.Settle { Outcome: WriteOutcome.Applied } when after.Writes[^1].Purpose == ChangeWrite.Stage => ChangeNotices.Stage,
        ChangeEvent.Settle when after.State == ChangeState.Aborted => ChangeNotices.Aborted,
        ChangeEvent.BeginReturn => ChangeNotices.RollingBack,
        ChangeEvent.FinishReturn => ChangeNotices.RolledBack,
        ChangeEvent.Escalate => ChangeNotices.Escalated,
        ChangeEvent.HoldBack hold when before.Hold?.Code != hold.Code => ChangeNotices.Held,
        ChangeEvent.Told => ChangeNotices.Held,
        ChangeEvent.Complete => ChangeNotices.Completed,
        ChangeEvent.Expire => ChangeNotices.Expired,
        _ => null,
    };

    private Task<ChangeRecord> StoreAsync(ChangeRecord change, ChangeEvent happened, ImmutableArray<AuditEntry> audit, CancellationToken cancellationToken) =>
        StoreAsync(change, happened, _ => audit, cancellationToken);

    private async Task<ChangeRecord> StoreAsync(ChangeRecord change, ChangeEvent happened, Func<ChangeRecord, ImmutableArray<AuditEntry>> audit, CancellationToken cancellationToken)
    {
        var lease = _lease.Usable ?? throw new StoreConflictException(StoreConflict.LeaseLost, "This replica does not hold the lease any more.");
        var after = ChangeMachine.Apply(change, happened, _parts.Time.GetUtcNow());
        var notices = _parts.NoticesOf(NoticeOf(change, after, happened), after);
        ChangeRecord stored;
        try
        {
            stored = await _parts.Store.ReplaceAsync(after, audit(after), lease, notices, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreConflictException conflict) when (conflict.Conflict == StoreConflict.LeaseLost && _lease.Usable is { } renewed && renewed != lease)
        {
            // Renewed while this was on its way: the same holder under a newer token.
            stored = await _parts.Store.ReplaceAsync(after, audit(after), renewed, notices, cancellationToken).ConfigureAwait(false);
        }

        _parts.Feed.Raise(stored.Id);
        return stored;
    }

    /// <summary>A stop does not ask Prometheus before it writes; what was before is asked afterwards, of that time.</summary>
    private async Task<double?> ShareBeforeFirstWriteAsync(ChangeRecord change, CancellationToken cancellationToken) =>
        change.ShareBefore is null && change.Writes.FirstOrDefault(w => w.Outcome == WriteOutcome.Applied) is { } first
            ? await ShareUntilAsync(change.Plan, first.IntendedAt, first.ObjectChangedAt, cancellationToken).ConfigureAwait(false)
            : null;

    /// <summary>The canary's share up to an instant, since the object was last changed and traffic had settled; null when that is too short, or not known.</summary>
    private async Task<double?> ShareUntilAsync(ChangePlan plan, DateTimeOffset to, DateTimeOffset? changedAt, CancellationToken cancellationToken)
    {
        if (changedAt is not { } changed)
        {
            return null;
        }

        var from = Later(to - TimeSpan.FromMinutes(5), changed + _settings.Settle);
        return from < to ? await _parts.Gates.CanaryShareAsync(plan, from, to, cancellationToken).ConfigureAwait(false) : null;
    }

    private OtherRules? Others(ChangePlan plan)
    {
        var snapshot = _parts.Snapshots.Current;
        return _parts.Snapshots.Ready.IsCompleted && snapshot.Clusters.Any(c => c.Name == plan.Target.Cluster)
            ? OtherRules.Of(plan, _parts.Views.Routes(snapshot, MeshQuery.For(plan.Target.Cluster, [])))
            : OtherRules.Unknown;
    }

    /// <summary>See <see cref="StepFacts.Lost"/>.</summary>
    private string? Lost(ChangeRecord change)
    {
        if (change.Executor is not { } executor)
        {
            return null;
        }

        var (now, problem) = _parts.Look(executor);
        return problem is not null ? $"Whether {executor.Name}, who started it, is still an operator in namespace {change.Plan.Target.Namespace} cannot be told: {problem} It goes on by itself once that is known; another operator may roll back or abort."
            : now is not null && now.HasIn(Role.Operator, change.Plan.Target.Namespace) ? null
            : $"{executor.Name}, who started it, is not an operator in namespace {change.Plan.Target.Namespace} any more. Give the role back, or roll back or abort as another operator.";
    }

    private GuardQuestion StageQuestion(ChangeRecord change, int stage, string writeId) =>
        new(GuardMoment.Stage, change.Plan, change.Base with { SpecHash = change.ExpectedSpecHash }, change.Plan.Stages[stage].Weights, change.Executor!, change, writeId);

    private static HashSet<string> Refusing(ImmutableArray<GuardVerdict> verdicts) => [.. verdicts.Where(v => !v.Allows).Select(v => v.Code)];

    private static string GuardsHold(int stage, GuardRound round) => $"Stage {stage + 1} waits: {(round.Allowed ? round.Context.LiveProblem : round.Refusal)}";

    private ChangeWrite Intended(ChangePlan plan, string id, string purpose, TargetWrite patch, LiveTarget live) =>
        new(id, purpose, patch.Weights, patch.Json, live.ResourceVersion, _parts.Time.GetUtcNow(), WriteOutcome.Pending, null, null, null, null) { SpecHashBefore = live.SpecHash, ObjectChangedAt = ForeignChange.ChangedAt(live), Diff = _parts.DiffToKeep(plan, live, patch.Weights), Verb = patch.Verb };

    private static string WriteId(ChangeRecord change) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{change.Id}.{change.Writes.Length + 1}");

    private static DateTimeOffset Later(DateTimeOffset left, DateTimeOffset right) => left > right ? left : right;

    private static TimeSpan Longer(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private static string Words(GateVerdict verdict) => verdict switch
    {
        GateVerdict.Pass => "pass",
        GateVerdict.Fail => "fail",
        GateVerdict.InsufficientData => "too little data for a verdict",
        GateVerdict.Error => "the counters could not be read",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, null),
    };

    private static string Words(WriteOutcome outcome) => outcome switch
    {
        WriteOutcome.Applied => "applied",
        WriteOutcome.NotApplied => "not applied",
        WriteOutcome.Superseded => "superseded",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, null),
    };

    private void Nudge(string id)
    {
        // Wakes the loop early; one nudge is enough for any number of changes.
        try
        {
            if (_nudge.CurrentCount == 0)
            {
                _nudge.Release();
            }
        }
        catch (SemaphoreFullException)
        {
            // Two at once: it is awake.
        }
        catch (ObjectDisposedException)
        {
            // Stopped meanwhile.
        }
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var tick = Task.Delay(_settings.Tick, _parts.Time, enough.Token);
        var nudge = _nudge.WaitAsync(enough.Token);
        await Task.WhenAny(tick, nudge).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "Looking after changes broke off; it is tried again.")]
        public static partial void TickBroke(ILogger logger, Exception exception);

        [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "Change {Change}: a step broke off with a fault; it is tried again.")]
        public static partial void StepBroke(ILogger logger, Exception exception, string change);

        [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "Change {Change}: another replica holds the lease; this one stops executing.")]
        public static partial void LeaseLost(ILogger logger, string change);

        [LoggerMessage(EventId = 4, Level = LogLevel.Error, Message = "Change {Change}: the audit cannot be written, so nothing is done.")]
        public static partial void AuditUnavailable(ILogger logger, Exception exception, string change);

        [LoggerMessage(EventId = 5, Level = LogLevel.Warning, Message = "Change {Change}: the outcome of write {Write} is not known; the object is read to learn it.")]
        public static partial void OutcomeUnknown(ILogger logger, Exception exception, string change, string write);

        [LoggerMessage(EventId = 6, Level = LogLevel.Warning, Message = "Change {Change}: the lease ran out before write {Write} was sent; it is not sent.")]
        public static partial void TooLate(ILogger logger, string change, string write);

        [LoggerMessage(EventId = 8, Level = LogLevel.Error, Message = "Change {Change} takes one step after the other without coming to rest in state {State}: {Reason}")]
        public static partial void Spins(ILogger logger, string change, ChangeState state, string reason);

        [LoggerMessage(EventId = 9, Level = LogLevel.Warning, Message = "The lease of the executor could not be released; it lapses by itself.")]
        public static partial void NotReleased(ILogger logger, Exception exception);
    }
}
