using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Triage;

/// <summary>Who is hit: from the cause against the direction of the calls that fail, up to the gateways.</summary>
internal static class BlastRadius
{
    private const double Felt = 0.01;

    /// <param name="symptoms">Nodes that the cause explains, nearest first.</param>
    public static TriageBlastRadius Of(TopologyView topology, string? node, IReadOnlyList<string> symptoms)
    {
        if (node is null)
        {
            return TriageBlastRadius.None;
        }

        var kinds = topology.Nodes.ToDictionary(n => n.Id, n => n.Kind, StringComparer.Ordinal);
        var failing = topology.Edges.Where(e => e.ErrorRatio >= Felt).ToLookup(e => e.Target, e => e.Source, StringComparer.Ordinal);
        var reached = new HashSet<string>(StringComparer.Ordinal) { node };
        var queue = new Queue<string>(symptoms.Prepend(node));
        reached.UnionWith(symptoms);
        while (queue.TryDequeue(out var at))
        {
            foreach (var caller in failing[at].Where(reached.Add))
            {
                queue.Enqueue(caller);
            }
        }

        var gateways = reached.Where(id => kinds.GetValueOrDefault(id, NodeKind.Unknown) == NodeKind.Gateway).Order(StringComparer.Ordinal).ToList();
        double all = 0, failed = 0;
        foreach (var edge in topology.Edges.Where(e => gateways.Contains(e.Source)))
        {
            if (edge is { RequestsPerSecond: { } rate, ErrorRatio: { } ratio })
            {
                (all, failed) = (all + rate, failed + (rate * ratio));
            }
        }

        return new TriageBlastRadius([.. symptoms], [.. gateways], all > 0 ? failed / all : null);
    }
}
