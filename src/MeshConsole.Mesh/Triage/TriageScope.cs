using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Timeline;

namespace MeshConsole.Mesh.Triage;

/// <summary>
/// Narrows a triage to clusters and namespaces. A problem stays when its cause, anybody whom it hits, or a namespace
/// that it concerns is inside: whoever looks at one namespace wants to know what breaks it, wherever that is. What concerns a
/// whole cluster (a source) stays for all of its namespaces, and what concerns no place (the control plane) always.
/// </summary>
public static class TriageScope
{
    public static TriageView Of(TriageView view, MeshQuery query)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(query);
        return query == MeshQuery.All ? view : view with
        {
            Problems = [.. view.Problems.Where(p => Holds(p, query))],
            Changes = [.. view.Changes.Where(c => Holds(c, query))],
        };
    }

    private static bool Holds(TriageProblem problem, MeshQuery query)
    {
        var nodes = new[] { problem.Node }.Concat(problem.Edge?.Split('|').Take(2) ?? []).Concat(problem.BlastRadius.Symptoms).Concat(problem.BlastRadius.Gateways).OfType<string>().ToList();
        return (nodes.Count == 0 && problem.Concerns.IsEmpty)
            || nodes.Any(node => NodeId.TryParse(node, out var id) && query.MatchesCluster(id.Cluster) && query.Matches(id.Namespace))
            || problem.Concerns.Any(place => Holds(place, query));
    }

    private static bool Holds(string place, MeshQuery query) => place.IndexOf('/') is var slash and >= 0
        && query.MatchesCluster(place[..slash]) && (slash == place.Length - 1 || query.Matches(place[(slash + 1)..]));

    /// <summary>Whether a change is inside, or touches somebody inside, or the whole mesh.</summary>
    internal static bool Holds(TimelineEntry entry, MeshQuery query) =>
        query.MatchesCluster(entry.Cluster)
        && (query.Namespaces.IsEmpty || entry.Namespace.Length == 0 || query.Matches(entry.Namespace) || entry.Touches.Any(t => t == "*" || query.Matches(t.Split('/')[0])));
}
