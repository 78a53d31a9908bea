using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Triage.Detectors;

/// <summary>Callers that a callee fails though it serves its others well: a policy, a route or a mode that is for them alone.</summary>
internal sealed class EdgeErrorDetector : IDetector
{
    public const string Code = "edge-errors";

    /// <summary>Failed requests in the window under which nothing is said.</summary>
    private const double Failures = 10;

    /// <summary>How many times the usual share it has to be.</summary>
    private const double Factor = 2;

    public IEnumerable<Observation> Look(TriageInput input)
    {
        var nodes = input.Topology.Nodes.ToDictionary(n => n.Id, StringComparer.Ordinal);
        var callers = input.Topology.Edges.Where(e => e.RequestsPerSecond > 0).ToLookup(e => e.Target, StringComparer.Ordinal);
        foreach (var edge in input.Topology.Edges)
        {
            if (edge is not { Health: Health.Failing, ErrorRatio: { } ratio, RequestsPerSecond: { } rate }
                || !nodes.TryGetValue(edge.Target, out var target) || !input.IsCurrent(target)
                || ErrorDetector.Fails(input, target)
                || input.Refusals.ContainsKey(edge.Key)
                || ratio * rate * input.Topology.Window < Failures
                || ratio < Factor * (input.Usual.Edges.GetValueOrDefault(edge.Key) ?? 0))
            {
                continue;
            }

            var (source, callee) = (TriageInput.Name(edge.Source), TriageInput.Name(edge.Target));
            var others = callers[edge.Target].Count(e => e.Key != edge.Key);
            yield return new Observation
            {
                Id = $"{Code}:{edge.Key}",
                Code = Code,
                Severity = TriageSeverity.Critical,
                Title = $"Calls from {source} to {callee} fail",
                Detail = $"{Figures.Percent(ratio)} of {Figures.Rate(rate, "requests")} fail{(others > 0 ? $", though {callee} serves its other callers" : "")}.",
                Node = edge.Target,
                Edge = edge.Key,
                Edges = [edge.Key],
                Page = TriageInput.TopologyPage(edge.Key),
                Evidence =
                [
                    new("Error ratio", Figures.Percent(ratio), input.Usual.Edges.GetValueOrDefault(edge.Key) is { } usual ? Figures.Percent(usual) : null),
                    new("Failing requests", Figures.Rate(ratio * rate, "requests")),
                    .. target.ErrorRatio is { } all ? new[] { new TriageEvidence("Error ratio of the callee over all callers", Figures.Percent(all)) } : [],
                ],
                Near = NodeId.TryParse(edge.Source, out var caller) ? [$"{caller.Namespace}/{caller.Name}"] : [],
                NextSteps =
                [
                    new TriageStep($"Look at what {callee} has for {source} alone: an AuthorizationPolicy, a route's match, mutual TLS at that port.", TriageInput.TopologyPage(edge.Key)),
                ],
                Weight = ratio * rate,
            };
        }
    }
}
