using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Triage.Detectors;

/// <summary>TCP connections that come to nothing: refused, over a limit, or without anybody to take them.</summary>
internal sealed class ConnectionDetector : IDetector
{
    public const string Code = "connections";

    /// <summary>Failed connections in the window under which nothing is said.</summary>
    private const double Failures = 10;

    /// <summary>Share of an edge's connections from which it counts: a client that tries again hides single ones.</summary>
    private const double Share = 0.05;

    private const double Critical = 0.5;

    /// <summary>How many times the usual share it has to be.</summary>
    private const double Factor = 2;

    private const int CallersNamed = 3;

    public IEnumerable<Observation> Look(TriageInput input)
    {
        var nodes = input.Topology.Nodes.ToDictionary(node => node.Id, StringComparer.Ordinal);
        var opened = input.Topology.Edges.Where(edge => edge.ConnectionsPerSecond > 0).ToLookup(edge => edge.Target, StringComparer.Ordinal);
        foreach (var failing in input.Topology.Edges
            .Where(edge => Fails(input, edge) && nodes.TryGetValue(edge.Target, out var target) && input.IsCurrent(target))
            .GroupBy(edge => edge.Target, StringComparer.Ordinal))
        {
            var edges = failing.OrderByDescending(edge => edge.FailedConnectionsPerSecond).ThenBy(edge => edge.Key, StringComparer.Ordinal).ToList();
            var (failed, all) = (edges.Sum(edge => edge.FailedConnectionsPerSecond!.Value), edges.Sum(edge => edge.ConnectionsPerSecond!.Value));
            var callee = TriageInput.Name(failing.Key);
            var others = opened[failing.Key].Count() - edges.Count;
            yield return new Observation
            {
                Id = $"{Code}:{failing.Key}",
                Code = Code,
                Severity = failed >= Critical * all ? TriageSeverity.Critical : TriageSeverity.Warning,
                Title = $"Connections {(edges is [var only] ? $"from {TriageInput.Name(only.Source)} " : "")}to {callee} fail",
                Detail = $"{Figures.Percent(failed / all)} of {Figures.Rate(all, "connections")} come to nothing{(others > 0 ? $", though {callee} takes those of its other callers" : "")}.",
                Node = failing.Key,
                Edges = [.. edges.Select(edge => edge.Key)],
                Page = edges is [var one] ? TriageInput.TopologyPage(one.Key) : TriageInput.TopologyPage(failing.Key),
                Evidence = [.. edges.Take(CallersNamed).Select(edge => new TriageEvidence(
                    $"Failed connections from {TriageInput.Name(edge.Source)}",
                    $"{Figures.Rate(edge.FailedConnectionsPerSecond!.Value, "connections")} of {Figures.Digits(edge.ConnectionsPerSecond!.Value)}",
                    input.Usual.Edges.GetValueOrDefault(edge.Key) is { } usual ? Figures.Percent(usual) : null))],
                Near = others > 0 ? [.. edges.Select(edge => NodeId.TryParse(edge.Source, out var id) ? $"{id.Namespace}/{id.Name}" : null).OfType<string>()] : [],
                NextSteps =
                [
                    new TriageStep(others > 0
                        ? $"Look at what {callee} has for this caller alone: an AuthorizationPolicy, a NetworkPolicy, the port it calls."
                        : $"Look whether {callee} runs and listens, at the limits of its connection pool, and at who may connect to it.", TriageInput.TopologyPage(failing.Key)),
                ],
                Weight = failed,
            };
        }
    }

    private static bool Fails(TriageInput input, TopologyEdge edge) =>
        edge is { FailedConnectionsPerSecond: { } failed, ConnectionsPerSecond: { } all }
        && failed * input.Topology.Window >= Failures
        && failed >= Share * all
        && failed >= Factor * (input.Usual.Edges.GetValueOrDefault(edge.Key) ?? 0) * all
        && !input.Refusals.ContainsKey(edge.Key);
}
