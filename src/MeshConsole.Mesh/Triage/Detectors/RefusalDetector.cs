using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Triage.Detectors;

/// <summary>Workloads that refuse calls, or are refused by their callers, because both ends do not agree on mutual TLS.</summary>
internal sealed class RefusalDetector : IDetector
{
    public const string Code = "mtls-refused";

    /// <summary>How many times the usual share it has to be.</summary>
    private const double Factor = 2;

    private const int CallersNamed = 3;

    public IEnumerable<Observation> Look(TriageInput input)
    {
        var nodes = input.Topology.Nodes.ToDictionary(node => node.Id, StringComparer.Ordinal);
        foreach (var refused in input.Topology.Edges
            .Where(edge => input.Refusals.ContainsKey(edge.Key) && nodes.TryGetValue(edge.Target, out var target) && input.IsCurrent(target))
            .Where(edge => MtlsRefusals.PerSecond(edge) >= Factor * (input.Usual.Edges.GetValueOrDefault(edge.Key) ?? 0) * MtlsRefusals.All(edge))
            .GroupBy(edge => edge.Target, StringComparer.Ordinal))
        {
            var edges = refused.OrderByDescending(MtlsRefusals.PerSecond).ThenBy(edge => edge.Key, StringComparer.Ordinal).ToList();
            var (callee, callers) = (TriageInput.Name(refused.Key), edges.Select(edge => TriageInput.Name(edge.Source)).Distinct(StringComparer.Ordinal).ToList());
            var who = callers.Count == 1 ? callers[0] : $"{callers.Count} callers";
            var page = edges is [var only] ? TriageInput.TopologyPage(only.Key) : TriageInput.TopologyPage(refused.Key);
            yield return new Observation
            {
                Id = $"{Code}:{refused.Key}",
                Code = Code,
                Severity = TriageSeverity.Critical,
                Title = $"{callee} and {who} do not agree on mutual TLS",
                Detail = string.Join(' ', edges.Select(edge => input.Refusals[edge.Key]).Distinct(StringComparer.Ordinal).Take(CallersNamed)),
                Node = refused.Key,
                Edges = [.. edges.Select(edge => edge.Key)],
                Page = page,
                Evidence = [.. edges.Take(CallersNamed).Select(edge => new TriageEvidence(
                    $"Refused calls of {TriageInput.Name(edge.Source)}",
                    $"{Figures.Rate(MtlsRefusals.PerSecond(edge) ?? 0, edge.Protocol == "tcp" ? "connections" : "requests")} of {Figures.Digits(MtlsRefusals.All(edge))}"))],
                Near = [.. edges.Select(edge => NodeId.TryParse(edge.Source, out var id) ? $"{id.Namespace}/{id.Name}" : null).OfType<string>().Distinct(StringComparer.Ordinal)],
                NextSteps =
                [
                    new TriageStep($"Let the calls through again: take {callee} back to PERMISSIVE by a guarded plan, or give the caller a setting that the mode accepts.", $"mtls?show=policies&q={Uri.EscapeDataString(NodeId.TryParse(refused.Key, out var node) ? node.Name : "")}"),
                ],
                Weight = edges.Sum(edge => MtlsRefusals.PerSecond(edge) ?? 0),
            };
        }
    }
}
