using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Changes.Guards.Policies;

/// <summary>Workloads before their namespace, namespaces before the mesh: what is refused to all has been refused to some.</summary>
internal sealed class ScopeOrderGuard : IGuard
{
    private const int MostNamed = 4;

    private static readonly GuardText s_text = new("scope-order", "Small before large", "What one workload would have shown is learned from all of them at once where the order is turned around.");

    public GuardVerdict Check(GuardContext context)
    {
        if (context.Moment is GuardMoment.Stop or GuardMoment.Rollback)
        {
            return s_text.NotAsked("Not asked when going back.");
        }

        if (context.Reach is not { } reach || context.Cluster is not { } cluster || context.Plan.Target.Policy is not { } edit)
        {
            return s_text.Unknown("Which workloads are STRICT already is not known.", "Wait until PeerAuthentications have been read.");
        }

        if (edit.Scope.Workload is not null || !reach.Tightens)
        {
            return s_text.Pass(edit.Scope.Workload is null ? "Nothing is refused afterwards that is taken now." : "One workload is the smallest step there is.");
        }

        // A mode that is only now coming proves nothing; the change itself must not count as its own forerunner.
        var open = reach.Changed.Where(w => w is { Enforces: true, Tightens: true }).Select(w => w.Id).ToList();
        var proven = reach.Unchanged.Where(w => w is { Enforces: true, After: PeerMode.Strict }).Select(w => w.Id).ToList();
        if (edit.Scope.Namespace is { } place)
        {
            return open.Count == 0 ? s_text.Pass($"All workloads of {place} are STRICT already.")
                : proven.Count == 0 ? s_text.RefuseUnlessBroken(context, $"No workload of {place} is STRICT yet, and all {open.Count} would be at once.", $"Let one with little traffic go first, {Suggestion(cluster, open)} for one.")
                : s_text.Warn($"{proven.Count} of {proven.Count + open.Count} workloads of {place} are STRICT; {Names(open)} would be without having been tried.", "Let them go one by one where that matters.");
        }

        var spaces = open.Select(id => id.Namespace).Distinct(StringComparer.Ordinal).ToList();
        return spaces.Count == 0
            ? s_text.Pass("Every namespace is STRICT already.")
            : s_text.RefuseUnlessBroken(
                context,
                $"{spaces.Count} namespace{(spaces.Count == 1 ? " is" : "s are")} not STRICT yet: {string.Join(", ", spaces.Take(MostNamed))}{(spaces.Count > MostNamed ? $" and {spaces.Count - MostNamed} more" : "")}.",
                "Let the namespaces go first, each after its workloads.");
    }

    /// <summary>The one with the least traffic.</summary>
    private static string Suggestion(ClusterSnapshot cluster, List<WorkloadId> open) =>
        open.MinBy(id => cluster.Edges.Where(e => e.Target.Workload == id).Sum(e => e.CallerView?.RequestsPerSecond ?? 0)).Name;

    private static string Names(List<WorkloadId> ids) => ids.Count <= MostNamed ? string.Join(", ", ids.Select(i => i.Name)) : $"{string.Join(", ", ids.Take(MostNamed).Select(i => i.Name))} and {ids.Count - MostNamed} more";
}
