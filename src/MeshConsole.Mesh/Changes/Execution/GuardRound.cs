using System.Collections.Immutable;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Mtls.Readiness;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>What the guards are asked about.</summary>
/// <param name="Base">Null: the object as it is read now.</param>
/// <param name="WriteId">Id that the patch carries.</param>
internal sealed record GuardQuestion(GuardMoment Moment, ChangePlan Plan, ChangeBase? Base, ImmutableArray<int> Next, Actor Actor, ChangeRecord? Change, string WriteId);

/// <summary>What the guards said, and what they saw.</summary>
/// <param name="Patch">Null where none could be made.</param>
internal sealed record GuardRound(GuardContext Context, ImmutableArray<GuardVerdict> Verdicts, TargetReading Reading, TargetWrite? Patch)
{
    public bool Allowed => Verdicts.All(v => v.Allows);

    /// <summary>What the refusing guards found and what to do, in one text.</summary>
    public string Refusal => string.Join(" ", Verdicts.Where(v => !v.Allows).Select(v => v.Fix is null ? $"{v.Title}: {v.Found}" : $"{v.Title}: {v.Found} {v.Fix}"));

    /// <summary>Gathers what guards look at, always afresh and as the actor, and asks all of them.</summary>
    public static async Task<GuardRound> RunAsync(ExecutionParts parts, GuardQuestion question, CancellationToken cancellationToken)
    {
        var goingBack = question.Moment is GuardMoment.Rollback or GuardMoment.Stop;

        // A way back that was asked for, or that a gate takes, does not end because who began it has left since: the API server decides.
        question = goingBack ? question : question with { Actor = parts.AsOfNow(question.Actor) };
        var plan = question.Plan;
        var identity = question.Actor.ClusterIdentity;
        var snapshot = parts.Snapshots.Current;
        var cluster = snapshot.Clusters.FirstOrDefault(c => c.Name == plan.Target.Cluster);
        var reach = cluster is null ? null : PolicyReach.Of(cluster, plan.Target);
        var reviewing = ReviewAsync(parts, plan.Target, goingBack, identity, cancellationToken);
        var asking = goingBack || reach is null ? null : PolicyReadiness.AskAsync(parts, plan.Target.Policy!, reach, cancellationToken);
        var looking = goingBack || reach is not { Tightens: true } ? null : parts.Gates.RefusalSightAsync(plan, cancellationToken);
        var reading = await TargetReading.TakeAsync(parts.Targets, plan.Target, plan.Backends, identity, cancellationToken).ConfigureAwait(false);
        var problem = reading.Problem?.Message;
        TargetWrite? patch = null;
        DryRunAnswer? dryRun = null;
        if (reading.Live is { } live)
        {
            try
            {
                patch = parts.Plans.BuildPatch(plan.Target, plan.Backends, live, question.Next, question.WriteId);

                // A way back does not wait for a trial, nor for a webhook that cannot be tried: the write meets the same admission.
                dryRun = goingBack ? null : await parts.Targets.DryRunAsync(plan.Target, patch, identity!, cancellationToken).ConfigureAwait(false);
            }
            catch (TargetChangedException changed)
            {
                problem = changed.Message;
            }
        }

        var context = new GuardContext
        {
            Moment = question.Moment,
            Plan = plan,
            Base = question.Base ?? (reading.Live is { } found ? new ChangeBase(found.Uid, found.ResourceVersion, found.SpecHash) : new ChangeBase(plan.Target.Uid, "", "")),
            Next = question.Next,
            Actor = question.Actor,
            Policy = parts.Policy(),
            Now = parts.Time.GetUtcNow(),
            Route = FindRoute(parts, snapshot, plan.Target.RouteId),
            Cluster = cluster,
            Reach = reach,
            Readiness = asking is null ? null : await asking.ConfigureAwait(false),
            Sight = looking is null ? null : await looking.ConfigureAwait(false),
            Certificates = reach is null ? [] : parts.Views.Certificates(snapshot, MeshQuery.All),
            Live = reading.Live,
            LiveProblem = problem,
            Access = await reviewing.ConfigureAwait(false),
            DryRun = dryRun,
            Change = question.Change,
            Approvers = question is { Moment: GuardMoment.Start or GuardMoment.Stage, Change: { } approved } ? parts.ApproversOf(approved) : null,
            OtherActive = await OtherActiveAsync(parts, plan.Target, question.Change?.Id, goingBack, cancellationToken).ConfigureAwait(false),
            ReadOnly = await ReadOnlyAsync(parts, goingBack, cancellationToken).ConfigureAwait(false),
            BreakGlass = await BreakGlassAsync(parts, plan.Target.Key, goingBack, cancellationToken).ConfigureAwait(false),
            RecentStarts = question.Moment == GuardMoment.Start ? await parts.Store.ListStartsAsync(plan.Target.Cluster, parts.Time.GetUtcNow().AddHours(-1), cancellationToken).ConfigureAwait(false) : null,
        };
        return new GuardRound(context, parts.Guards(context), reading, patch);
    }

    public static RouteView? FindRoute(ExecutionParts parts, MeshSnapshot snapshot, string routeId) =>
        parts.Views.Routes(snapshot, MeshQuery.All).FirstOrDefault(r => string.Equals(r.Id, routeId, StringComparison.Ordinal));

    private static async Task<AccessVerdict?> ReviewAsync(ExecutionParts parts, ChangeTarget target, bool goingBack, Impersonation? identity, CancellationToken cancellationToken)
    {
        if (identity is null)
        {
            return new AccessVerdict(false, "Nobody is named as whom the API server could be asked.");
        }

        try
        {
            return await parts.Targets.ReviewAsync(target, goingBack, identity, cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesException)
        {
            // Not known; the guard that needs it refuses.
            return null;
        }
    }

    private static async Task<ChangeRecord?> OtherActiveAsync(ExecutionParts parts, ChangeTarget target, string? own, bool goingBack, CancellationToken cancellationToken)
    {
        if (goingBack)
        {
            return null;
        }

        if (target.Policy is not { } edit)
        {
            var active = await parts.Store.ListAsync(new ChangeFilter(s_active, target.Key, Namespaces: []), cancellationToken).ConfigureAwait(false);
            return active.FirstOrDefault(c => c.Id != own);
        }

        // Two policies that reach the same workloads would be measured by each other's refusals, whichever objects they are.
        var anywhere = await parts.Store.ListAsync(new ChangeFilter(s_active, null, Namespaces: []), cancellationToken).ConfigureAwait(false);
        return anywhere.FirstOrDefault(c => c.Id != own && c.Plan.Target.Policy is { } other && (c.Plan.Target.Key == target.Key || Overlap(edit.Scope, other.Scope)));
    }

    private static bool Overlap(StrictScope one, StrictScope other) => one.Cluster == other.Cluster
        && (one.Namespace is null || other.Namespace is null || (one.Namespace == other.Namespace && (one.Workload is null || other.Workload is null || one.Workload == other.Workload)));

    internal static readonly ImmutableArray<ChangeState> s_active = [ChangeState.Running, ChangeState.Paused, ChangeState.Held, ChangeState.RollingBack];

    /// <summary>Switches hold no way back up, and neither does a store that cannot say how they stand.</summary>
    private static async Task<ImmutableArray<ReadOnlySwitch>> ReadOnlyAsync(ExecutionParts parts, bool goingBack, CancellationToken cancellationToken) =>
        goingBack ? [] : await parts.Controls.ReadOnlyAsync(cancellationToken).ConfigureAwait(false);

    private static async Task<BreakGlass?> BreakGlassAsync(ExecutionParts parts, string targetKey, bool goingBack, CancellationToken cancellationToken) =>
        goingBack ? null : await parts.Controls.BreakGlassAsync(targetKey, cancellationToken).ConfigureAwait(false);
}
