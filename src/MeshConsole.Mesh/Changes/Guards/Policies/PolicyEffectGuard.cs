using System.Collections.Immutable;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Mtls.Readiness;

namespace MeshConsole.Mesh.Changes.Guards.Policies;

/// <summary>The object that is written is the one that decides, for those it is meant for and no others.</summary>
internal sealed class PolicyEffectGuard : IGuard
{
    private const int MostNamed = 4;

    private static readonly GuardText s_text = new("policy-effect", "The policy decides", "Of several policies of one level only the oldest counts, and a selector may take in more than its name says.");

    public GuardVerdict Check(GuardContext context)
    {
        if (context.Moment is GuardMoment.Stop or GuardMoment.Rollback)
        {
            return s_text.NotAsked("Not asked when going back.");
        }

        if (context.Reach is not { } reach || context.Cluster is not { } cluster || context.Plan.Target.Policy is not { } edit)
        {
            return s_text.Unknown("Which policies there are is not known.", "Wait until PeerAuthentications have been read.");
        }

        var workload = cluster.Workloads.FirstOrDefault(w => w.Id.Namespace == edit.Scope.Namespace && w.Id.Name == edit.Scope.Workload);
        var level = LevelPolicies.Of(cluster, edit.Scope, edit.Scope.Workload is null ? null : workload);
        ImmutableArray<GuardFact> facts =
        [
            new("Written", $"{context.Plan.Target.Namespace}/{context.Plan.Target.Name}"),
            .. level.Losing.Select(l => new GuardFact("Has no effect, and is left alone", $"{l.Meta.Namespace}/{l.Meta.Name}")),
            .. level.Unreadable.Select(l => new GuardFact("Selector cannot be read", $"{l.Meta.Namespace}/{l.Meta.Name}")),
        ];
        var wanted = reach.Changed.Concat(reach.Unchanged).Where(w => edit.To is "STRICT" or "PERMISSIVE" && Disobeys(w, edit)).Select(w => w.Id).ToList();
        if (edit.Scope.Workload is not null && wanted.Count > 0)
        {
            return s_text.Refuse($"{edit.Scope} would not be {edit.To} afterwards: another policy decides, or ambient does not know the mode.", "Look at its policies on the mTLS page.", facts);
        }

        var beyond = reach.Changed.Where(w => !IsOf(edit.Scope, w)).Select(w => $"{w.Id.Namespace}/{w.Id.Name}").ToList();
        if (beyond.Count > 0)
        {
            return s_text.Warn($"The policy's selector takes in more than {edit.Scope}: {Names(beyond)} change{(beyond.Count == 1 ? "s" : "")} with it.", "Readiness and gates cover them too. Give each a policy of its own if they shall go one by one.", facts);
        }

        if (edit.After is null && !level.Losing.IsEmpty)
        {
            return s_text.Warn($"Once it is gone, {level.Losing[0].Meta.Namespace}/{level.Losing[0].Meta.Name} decides, which has no effect now.", "Look at what it says first.", facts);
        }

        return !level.Losing.IsEmpty ? s_text.Warn($"{level.Losing.Length} other {(level.Losing.Length == 1 ? "policy" : "policies")} of the same level {(level.Losing.Length == 1 ? "has" : "have")} no effect, since this one is older; left alone.", "Delete what does nothing: should this one go, the next would decide.", facts)
            : !level.Unreadable.IsEmpty ? s_text.Warn("A policy beside it has a selector that cannot be read: whom it means is not known.", "Correct its selector.", facts)
            : wanted.Count > 0 ? s_text.Warn($"{Names([.. wanted.Select(id => $"{id.Namespace}/{id.Name}")])} keep{(wanted.Count == 1 ? "s" : "")} a mode of {(wanted.Count == 1 ? "its" : "their")} own.", "Policies of workloads and ports go before those of namespace and mesh.", facts)
            : reach.Changed.IsEmpty ? s_text.Warn("No mode in force changes: it is the same by another policy.", null, facts)
            : s_text.Pass("No other policy of this level stands in its way.", facts);
    }

    private static bool IsOf(StrictScope scope, ReachedWorkload workload) =>
        (scope.Namespace is null || scope.Namespace == workload.Id.Namespace) && (scope.Workload is null || scope.Workload == workload.Id.Name);

    private static bool Disobeys(ReachedWorkload workload, PolicyEdit edit)
    {
        if (!IsOf(edit.Scope, workload))
        {
            return false;
        }

        var mode = edit.Scope.Port is { } port ? workload.Ports.FirstOrDefault(p => p.Port == port)?.After ?? workload.After : workload.After;
        return mode != (edit.To == "STRICT" ? PeerMode.Strict : PeerMode.Permissive);
    }

    private static string Names(List<string> names) => names.Count <= MostNamed ? string.Join(", ", names) : $"{string.Join(", ", names.Take(MostNamed))} and {names.Count - MostNamed} more";
}
