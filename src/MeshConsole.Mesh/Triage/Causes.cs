using MeshConsole.Mesh.Triage.Detectors;

namespace MeshConsole.Mesh.Triage;

/// <summary>
/// Which trouble explains which: a workload fails because what it calls fails, is slow because what it calls is slow, gets
/// less because what calls it is down. What is explained is a symptom, and is never called a cause.
/// </summary>
internal sealed class Causes
{
    /// <summary>From this part of its own trouble on, what it calls explains a workload's trouble.</summary>
    private const double Explains = 0.5;

    private readonly Dictionary<string, string> _because = new(StringComparer.Ordinal);

    private Causes()
    {
    }

    /// <param name="observations">All of one look; several may be about one node.</param>
    public static Causes Of(TriageInput input, IReadOnlyCollection<Observation> observations)
    {
        var causes = new Causes();
        var byCode = observations.Where(o => o.Node is not null).ToLookup(o => o.Code, o => o.Node!, StringComparer.Ordinal);
        var failing = byCode[ErrorDetector.Code].ToHashSet(StringComparer.Ordinal);

        // What is about some calls of a node explains those callers: as an observation of its own, or as the node's.
        var refused = observations
            .SelectMany(o => o.Edges.Select(edge => (Edge: edge, By: o.Code == EdgeErrorDetector.Code ? o.Id : o.Node!)))
            .DistinctBy(o => o.Edge, StringComparer.Ordinal)
            .ToDictionary(o => o.Edge, o => o.By, StringComparer.Ordinal);
        var slow = byCode[LatencyDetector.Code].ToHashSet(StringComparer.Ordinal);
        var down = failing.Concat(byCode[PodDetector.Code]).Concat(byCode[ReplicaDetector.Code]).Concat(byCode[TrafficDetector.Drop]).ToHashSet(StringComparer.Ordinal);
        var outbound = input.Topology.Edges.Where(e => e.Source != e.Target).ToLookup(e => e.Source, StringComparer.Ordinal);
        var inbound = input.Topology.Edges.Where(e => e.Source != e.Target).ToLookup(e => e.Target, StringComparer.Ordinal);
        var nodes = input.Topology.Nodes.ToDictionary(n => n.Id, StringComparer.Ordinal);
        var now = input.Traffic;

        foreach (var node in failing.Order(StringComparer.Ordinal))
        {
            causes.Blame(node, input.Failures(nodes[node]), outbound[node]
                .Where(e => failing.Contains(e.Target) || refused.ContainsKey(e.Key))
                .Select(e => (refused.GetValueOrDefault(e.Key) ?? e.Target, Part: (e.ErrorRatio * e.RequestsPerSecond) ?? 0)));
        }

        // Of what fails the callers wait for every try; of what is slow, for as long as it is slower than usual.
        foreach (var node in slow.Except(failing, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            if (now[node] is { MeanMs: { } mean, RequestsPerSecond: { } rate } && LatencyDetector.SlowerThan(input, node) is { } usual && rate > 0)
            {
                causes.Blame(node, mean - usual, outbound[node]
                    .Select(e => (e.Target, Part: (failing.Contains(e.Target) ? e.ClientLatencyMs?.Mean : slow.Contains(e.Target) ? now[e.Target].MeanMs - LatencyDetector.SlowerThan(input, e.Target) : null) * e.RequestsPerSecond / rate))
                    .Where(c => c.Part is not null)
                    .Select(c => (c.Target, c.Part!.Value)));
            }
        }

        // Whoever is called less is called less by somebody: that one's trouble comes first.
        foreach (var node in byCode[TrafficDetector.Drop].Except(failing, StringComparer.Ordinal).Except(byCode[PodDetector.Code], StringComparer.Ordinal).Except(byCode[ReplicaDetector.Code], StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            causes.Blame(node, 1, inbound[node].Where(e => down.Contains(e.Source)).Select(e => (e.Source, 1.0)));
        }

        foreach (var node in byCode[TrafficDetector.Surge].Except(failing, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            causes.Blame(node, 1, inbound[node].Where(e => byCode[TrafficDetector.Surge].Contains(e.Source) || failing.Contains(e.Source)).Select(e => (e.Source, 1.0)));
        }

        return causes;
    }

    /// <summary>The node, or the id of the edge's observation, whose trouble explains this one's in the end; itself when nothing does. In a circle nobody is to blame more than the other, and each stands for itself.</summary>
    public string Root(string node)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal) { node };
        var at = node;
        while (_because.TryGetValue(at, out var next))
        {
            if (!seen.Add(next))
            {
                return node;
            }

            at = next;
        }

        return at;
    }

    /// <summary>How many steps a symptom is away from its cause.</summary>
    public int Distance(string node)
    {
        var (steps, at) = (0, node);
        while (_because.TryGetValue(at, out var next) && steps < _because.Count)
        {
            (steps, at) = (steps + 1, next);
        }

        return steps;
    }

    private void Blame(string node, double own, IEnumerable<(string Other, double Part)> candidates)
    {
        var parts = candidates.GroupBy(c => c.Other, StringComparer.Ordinal).Select(g => (Other: g.Key, Part: g.Sum(c => c.Part))).Where(c => c.Part > 0).ToList();
        if (parts.Count > 0 && parts.Sum(p => p.Part) >= Explains * own)
        {
            _because[node] = parts.OrderByDescending(p => p.Part).ThenBy(p => p.Other, StringComparer.Ordinal).First().Other;
        }
    }
}
