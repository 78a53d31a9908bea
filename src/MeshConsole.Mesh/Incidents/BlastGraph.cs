using System.Collections.Immutable;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Topology;
using MeshConsole.Mesh.Triage;

namespace MeshConsole.Mesh.Incidents;

/// <summary>What a node is to a problem.</summary>
public enum BlastRole
{
    /// <summary>What the problem is about.</summary>
    Cause,

    /// <summary>Its failures are explained by the problem.</summary>
    Symptom,

    /// <summary>A gateway through which users feel it.</summary>
    Gateway,

    /// <summary>Calls one of the others and is not in trouble itself, or the caller of an edge that is.</summary>
    Caller,
}

/// <param name="Id"><c>cluster/namespace/kind/name</c>.</param>
/// <param name="Distance">Calls between it and the cause; 0 for the cause.</param>
public sealed record BlastNode(string Id, BlastRole Role, Health Health, int Distance);

/// <param name="RequestsPerSecond">Null when not known.</param>
/// <param name="ErrorRatio">0..1; null without traffic or when not known.</param>
public sealed record BlastEdge(string Source, string Target, double? RequestsPerSecond, double? ErrorRatio);

/// <summary>The part of the topology that a problem concerns: from its cause against the direction of the calls.</summary>
/// <param name="LeftOut">Callers that were left out because there are too many.</param>
public sealed record BlastGraph(ImmutableArray<BlastNode> Nodes, ImmutableArray<BlastEdge> Edges, int LeftOut)
{
    /// <summary>More do not fit a page.</summary>
    public const int MostNodes = 16;

    public static BlastGraph None { get; } = new([], [], 0);

    /// <summary>The cause, what follows from it, and who calls one of these directly. Nothing for a problem that is about no node.</summary>
    /// <param name="topology">The workload view of the same look.</param>
    public static BlastGraph Of(TriageProblem problem, TopologyView topology)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(topology);
        var ends = problem.Edge?.Split('|');
        var cause = problem.Node ?? (ends is { Length: >= 2 } ? ends[1] : null);
        if (cause is null)
        {
            return None;
        }

        var roles = new Dictionary<string, BlastRole>(StringComparer.Ordinal) { [cause] = BlastRole.Cause };
        foreach (var gateway in problem.BlastRadius.Gateways)
        {
            roles.TryAdd(gateway, BlastRole.Gateway);
        }

        foreach (var symptom in problem.BlastRadius.Symptoms)
        {
            roles.TryAdd(symptom, BlastRole.Symptom);
        }

        if (ends is { Length: >= 2 })
        {
            roles.TryAdd(ends[0], BlastRole.Caller);
        }

        var callers = topology.Edges.ToLookup(edge => edge.Target, edge => edge.Source, StringComparer.Ordinal);
        foreach (var caller in roles.Keys.ToList().SelectMany(id => callers[id]).Distinct(StringComparer.Ordinal).ToList())
        {
            roles.TryAdd(caller, BlastRole.Caller);
        }

        var distances = Distances(cause, roles.Keys, callers);
        var health = topology.Nodes.ToDictionary(node => node.Id, node => node.Health, StringComparer.Ordinal);
        var all = roles
            .Select(role => new BlastNode(role.Key, role.Value, health.GetValueOrDefault(role.Key, Health.Unknown), distances[role.Key]))
            .OrderBy(node => node.Role).ThenBy(node => node.Distance).ThenBy(node => node.Id, StringComparer.Ordinal)
            .ToList();
        var shown = all.Take(MostNodes).ToImmutableArray();
        var ids = shown.Select(node => node.Id).ToHashSet(StringComparer.Ordinal);
        return new BlastGraph(
            shown,
            [
                .. topology.Edges
                    .Where(edge => ids.Contains(edge.Source) && ids.Contains(edge.Target) && edge.Source != edge.Target)
                    .GroupBy(edge => (edge.Source, edge.Target))
                    .Select(group => group.OrderByDescending(edge => edge.RequestsPerSecond ?? -1).First())
                    .Select(edge => new BlastEdge(edge.Source, edge.Target, edge.RequestsPerSecond, edge.ErrorRatio))
                    .OrderBy(edge => edge.Source, StringComparer.Ordinal).ThenBy(edge => edge.Target, StringComparer.Ordinal),
            ],
            all.Count - shown.Length);
    }

    /// <summary>Fewest calls from each node to the cause. What no call leads from stands one beyond the farthest.</summary>
    private static Dictionary<string, int> Distances(string cause, IEnumerable<string> nodes, ILookup<string, string> callers)
    {
        var members = nodes.ToHashSet(StringComparer.Ordinal);
        var distances = new Dictionary<string, int>(StringComparer.Ordinal) { [cause] = 0 };
        var queue = new Queue<string>([cause]);
        while (queue.TryDequeue(out var at))
        {
            foreach (var caller in callers[at].Where(caller => members.Contains(caller) && distances.TryAdd(caller, distances[at] + 1)))
            {
                queue.Enqueue(caller);
            }
        }

        var beyond = distances.Values.Max() + 1;
        foreach (var member in members)
        {
            distances.TryAdd(member, beyond);
        }

        return distances;
    }
}
