using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Triage.Detectors;

/// <summary>Workloads that answer much slower than in the hour before. A mean over too few requests says nothing.</summary>
internal sealed class LatencyDetector : IDetector
{
    public const string Code = "latency";

    private const double Factor = 2;

    private const double CriticalFactor = 4;

    /// <summary>Milliseconds by which it has to be slower: twice of nothing is nothing.</summary>
    private const double Floor = 25;

    private const double Requests = 30;

    public IEnumerable<Observation> Look(TriageInput input)
    {
        foreach (var node in input.Topology.Nodes.Where(input.IsCurrent))
        {
            if (input.Traffic[node.Id] is not { MeanMs: { } mean, RequestsPerSecond: { } rate }
                || rate * input.Topology.Window < Requests
                || input.Usual.Nodes.GetValueOrDefault(node.Id)?.MeanMs is not { } usual
                || mean < Factor * usual || mean - usual < Floor)
            {
                continue;
            }

            yield return new Observation
            {
                Id = $"{Code}:{node.Id}",
                Code = Code,
                Severity = mean >= CriticalFactor * usual && mean - usual >= 10 * Floor ? TriageSeverity.Critical : TriageSeverity.Warning,
                Title = $"{TriageInput.Name(node.Id)} is slow",
                Detail = $"It takes {Figures.Milliseconds(mean)} on average where it took {Figures.Milliseconds(usual)} in the hour before.",
                Node = node.Id,
                Page = TriageInput.TopologyPage(node.Id),
                Evidence = [new("Mean duration", Figures.Milliseconds(mean), Figures.Milliseconds(usual)), new("Requests", Figures.Rate(rate, "requests"))],
                NextSteps =
                [
                    new TriageStep("See at which of its calls the time is lost.", TriageInput.TopologyPage(node.Id)),
                    new TriageStep("Compare both ends of its hops.", "latency"),
                ],
                Weight = rate * (mean - usual) / 1000,
                Looks = 2,
            };
        }
    }
}
