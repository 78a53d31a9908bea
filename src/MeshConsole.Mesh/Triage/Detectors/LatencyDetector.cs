using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Triage.Detectors;

/// <summary>
/// Workloads that answer much slower than in the hour before, or than at the same time of the day before: what gets slower bit
/// by bit, or has been slow since before this console looked, is no slower than an hour ago. A mean over too few requests says
/// nothing.
/// </summary>
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
            if (SlowerThan(input, node.Id) is not { } usual || input.Traffic[node.Id] is not { MeanMs: { } mean, RequestsPerSecond: { } rate })
            {
                continue;
            }

            var (hour, day) = (MeanMs(input.Usual, node.Id), MeanMs(input.DayBefore, node.Id));
            var creeps = !IsSlow(mean, hour);

            yield return new Observation
            {
                Id = $"{Code}:{node.Id}",
                Code = Code,
                Severity = mean >= CriticalFactor * usual && mean - usual >= 10 * Floor ? TriageSeverity.Critical : TriageSeverity.Warning,
                Title = $"{TriageInput.Name(node.Id)} is slow",
                Detail = creeps
                    ? $"It takes {Figures.Milliseconds(mean)} on average where it took {Figures.Milliseconds(usual)} a day before at this time{(hour is { } already ? $"; in the hour before it was {Figures.Milliseconds(already)} already" : "")}."
                    : $"It takes {Figures.Milliseconds(mean)} on average where it took {Figures.Milliseconds(usual)} in the hour before.{(day is { } then && !IsSlow(mean, day) ? $" A day before at this time it was {Figures.Milliseconds(then)}." : "")}",
                Node = node.Id,
                Page = TriageInput.TopologyPage(node.Id),
                Evidence =
                [
                    new("Mean duration", Figures.Milliseconds(mean), hour is { } before ? Figures.Milliseconds(before) : null),
                    .. day is { } yesterday ? new[] { new TriageEvidence("Mean duration a day before at this time", Figures.Milliseconds(yesterday)) } : [],
                    new("Requests", Figures.Rate(rate, "requests")),
                ],
                NextSteps =
                [
                    new TriageStep("See at which of its calls the time is lost.", TriageInput.TopologyPage(node.Id)),
                    new TriageStep("Compare both ends of its hops.", "latency"),
                ],
                Weight = rate * (mean - usual) / 1000,
                Looks = creeps ? 4 : 2,
            };
        }
    }

    /// <summary>What a node's mean duration is too long against, in milliseconds: the hour before, or else the day before; null where it is not slow.</summary>
    public static double? SlowerThan(TriageInput input, string node) =>
        input.Traffic.GetValueOrDefault(node) is not { MeanMs: { } mean, RequestsPerSecond: { } rate } || rate * input.Topology.Window < Requests ? null
        : MeanMs(input.Usual, node) is { } hour && IsSlow(mean, hour) ? hour
        : MeanMs(input.DayBefore, node) is { } day && IsSlow(mean, day) ? day
        : null;

    private static double? MeanMs(TrafficBaseline usual, string node) => usual.Nodes.GetValueOrDefault(node)?.MeanMs;

    private static bool IsSlow(double mean, double? usual) => usual is { } than && mean >= Factor * than && mean - than >= Floor;
}
