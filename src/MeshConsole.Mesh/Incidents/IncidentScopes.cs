using System.Collections.Immutable;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Triage;

namespace MeshConsole.Mesh.Incidents;

/// <summary>Where problems are, as the scope of an incident about them.</summary>
internal static class IncidentScopes
{
    /// <summary>
    /// Cluster and namespaces of what the problems are about and of whom they hit, but for gateways: everybody's traffic comes
    /// through them. Null and empty where a problem concerns a whole cluster, or no place that is known.
    /// </summary>
    public static (string? Cluster, ImmutableArray<string> Namespaces) Of(IEnumerable<TriageProblem> problems)
    {
        var places = problems.Select(Places).ToList();
        var all = places.SelectMany(place => place).ToList();
        var clusters = all.Select(place => place.Cluster).Distinct(StringComparer.Ordinal).ToList();
        return (
            clusters is [var only] ? only : null,
            places.Count == 0 || places.Any(place => place.Count == 0) || all.Any(place => place.Namespace.Length == 0)
                ? []
                : [.. all.Select(place => place.Namespace).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);
    }

    private static List<(string Cluster, string Namespace)> Places(TriageProblem problem) =>
    [
        .. new[] { problem.Node }.Concat(problem.Edge?.Split('|').Take(2) ?? []).Concat(problem.BlastRadius.Symptoms).OfType<string>()
            .Select(id => NodeId.TryParse(id, out var node) && (node.Kind != NodeKind.Gateway || id == problem.Node) ? node : default)
            .Where(node => node.Cluster is not null && node.Kind is not (NodeKind.Unknown or NodeKind.External))
            .Select(node => (node.Cluster, node.Namespace)),
        .. problem.Concerns.Where(place => place.Contains('/', StringComparison.Ordinal)).Select(place => (place.Split('/')[0], place.Split('/')[1])),
    ];
}
