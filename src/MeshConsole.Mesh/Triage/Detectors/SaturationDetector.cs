using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Triage.Detectors;

/// <summary>
/// Services whose circuit breaker is open (UO) or that have no healthy instance left, ejected or not ready (UH): callers are
/// refused before anybody is asked. It counts from far fewer requests on than failures do, for it is no chance.
/// </summary>
internal sealed class SaturationDetector : IDetector
{
    public const string Code = "saturation";

    /// <summary>Refused requests in the window under which nothing is said.</summary>
    private const double Refusals = 10;

    /// <summary>Share of the requests from which it counts.</summary>
    private const double Share = 0.001;

    /// <summary>How many times what is usual it has to be.</summary>
    private const double Factor = 2;

    public IEnumerable<Observation> Look(TriageInput input)
    {
        var inbound = input.Topology.Edges.ToLookup(edge => edge.Target, StringComparer.Ordinal);
        foreach (var node in input.Topology.Nodes.Where(input.IsCurrent))
        {
            var (full, none) = (PerSecond(inbound[node.Id], "UO"), PerSecond(inbound[node.Id], "UH"));
            if ((full + none) * input.Topology.Window < Refusals
                || full + none < Share * (node.RequestsPerSecond ?? 0)
                || full + none < Factor * (input.Usual.Nodes.GetValueOrDefault(node.Id)?.RefusedPerSecond ?? 0))
            {
                continue;
            }

            var flag = ResponseFlags.Of(full >= none ? "UO" : "UH")[0];
            var name = TriageInput.Name(node.Id);
            yield return new Observation
            {
                Id = $"{Code}:{node.Id}",
                Code = Code,
                Severity = TriageSeverity.Warning,
                Title = full >= none ? $"{name} is saturated: its circuit breaker is open" : $"{name} has no healthy instance for some of its callers",
                Detail = $"{Figures.Rate(full + none, "requests")} are refused before they reach it: {flag.Meaning}.",
                Node = node.Id,
                Page = TriageInput.TopologyPage(node.Id),
                Evidence =
                [
                    .. full > 0 ? new[] { new TriageEvidence("Refused by the circuit breaker (UO)", Figures.Rate(full, "requests")) } : [],
                    .. none > 0 ? new[] { new TriageEvidence("No healthy instance (UH)", Figures.Rate(none, "requests")) } : [],
                    .. node is { ReadyReplicas: { } ready, DesiredReplicas: { } desired } ? new[] { new TriageEvidence("Replicas ready", $"{ready} of {desired}") } : [],
                ],
                NextSteps = flag.NextStep is { } step ? [new TriageStep(step, TriageInput.TopologyPage(node.Id))] : [],
                Weight = full + none,
            };
        }
    }

    /// <summary>Requests per second that end with a flag.</summary>
    internal static double PerSecond(IEnumerable<TopologyEdge> inbound, string flag) => inbound.SelectMany(edge => edge.Responses)
        .Where(response => ResponseClassifier.HasFlag(response.Flags, flag))
        .Sum(response => response.RequestsPerSecond);
}
