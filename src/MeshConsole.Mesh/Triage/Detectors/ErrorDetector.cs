using System.Globalization;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Triage.Detectors;

/// <summary>
/// Workloads whose requests fail. A share counts from a number of failures on that chance does not reach, and only where it
/// is more than what is usual: what has failed for an hour and a day is a finding and wakes nobody.
/// </summary>
internal sealed class ErrorDetector : IDetector
{
    public const string Code = "errors";

    /// <summary>Share of failed requests from which it is critical.</summary>
    private const double Critical = 0.05;

    private const double Warning = 0.01;

    /// <summary>Failed requests in the window under which nothing is said.</summary>
    private const double Failures = 10;

    /// <summary>How many times the usual share it has to be.</summary>
    private const double Factor = 2;

    /// <summary>From how many times more failed tries than failed requests on it is retries that keep callers from noticing.</summary>
    private const double HiddenFactor = 3;

    private const int FlagsNamed = 3;

    public IEnumerable<Observation> Look(TriageInput input)
    {
        var inbound = input.Topology.Edges.ToLookup(e => e.Target, StringComparer.Ordinal);
        foreach (var node in input.Topology.Nodes.Where(input.IsCurrent))
        {
            var (seen, tried) = Shares(input, node);
            if ((seen ?? tried) is null)
            {
                continue;
            }

            // Retries hide failures from callers; what is hidden costs tries, and sooner or later the rest.
            var hidden = tried is not null && (seen is null || tried.Ratio > HiddenFactor * seen.Ratio);
            var (ratio, rate, usual) = hidden ? tried! : seen ?? tried!;
            var flags = inbound[node.Id]
                .SelectMany(e => e.Responses)
                .Where(r => Fails(r))
                .GroupBy(r => (r.Code, r.Flags))
                .OrderByDescending(g => g.Sum(r => r.RequestsPerSecond))
                .ThenBy(g => g.Key.Code, StringComparer.Ordinal)
                .ThenBy(g => g.Key.Flags, StringComparer.Ordinal)
                .Take(FlagsNamed)
                .ToList();
            yield return new Observation
            {
                Id = $"{Code}:{node.Id}",
                Code = Code,
                Severity = ratio >= Critical ? TriageSeverity.Critical : TriageSeverity.Warning,
                Title = $"{TriageInput.Name(node.Id)} {(ratio >= Critical ? "is failing" : "is degraded")}{(hidden ? ", and retries hide it" : "")}",
                Detail = hidden
                    ? $"{Figures.Percent(ratio)} of the {Figures.Rate(rate, "tries")} that reach it fail; its callers see {Figures.Percent(node.ErrorRatio ?? 0)} of {Figures.Rate(node.RequestsPerSecond ?? 0, "requests")} fail, because they try again."
                    : $"{Figures.Percent(ratio)} of {Figures.Rate(rate, "requests")} fail{(flags.Count > 0 ? $", most with {string.Join(", ", flags.Select(f => Words(f.Key)))}" : "")}.",
                Node = node.Id,
                Page = TriageInput.TopologyPage(node.Id),
                Evidence =
                [
                    new(hidden ? "Failing tries" : "Error ratio", Figures.Percent(ratio), usual is { } before ? Figures.Percent(before) : null),
                    new(hidden ? "Tries that fail" : "Failing requests", Figures.Rate(ratio * rate, hidden ? "tries" : "requests")),
                    .. hidden && node is { ErrorRatio: { } left, RequestsPerSecond: > 0 and var asked }
                        ? new[] { new TriageEvidence("Seen by callers", Figures.Percent(left)), new TriageEvidence("Tries per request", Figures.Digits(rate / asked)) }
                        : [],
                    .. flags.Select(f => new TriageEvidence(Words(f.Key), Figures.Rate(f.Sum(r => r.RequestsPerSecond), "requests"))),
                    .. Replicas(node),
                ],
                NextSteps =
                [
                    .. flags.SelectMany(f => f.Key.Flags.Split(',')).Distinct(StringComparer.Ordinal).Select(ResponseFlags.StepOf).OfType<string>().Select(step => new TriageStep(step)),
                    .. hidden ? new[] { new TriageStep("Look at the retries of its route: each multiplies the load of what fails already.", $"traffic?q={Uri.EscapeDataString(node.Name)}") } : [],
                    new TriageStep($"See who calls {TriageInput.Name(node.Id)} and what it calls.", TriageInput.TopologyPage(node.Id)),
                ],
                Weight = ratio * rate,
            };
        }
    }

    /// <summary>Whether so much of what reaches a node fails that it is the node's own problem.</summary>
    public static bool Fails(TriageInput input, TopologyNode node) => Shares(input, node) is not (null, null);

    private static (FailedShare? Seen, FailedShare? Tried) Shares(TriageInput input, TopologyNode node)
    {
        var usual = input.Usual.Nodes.GetValueOrDefault(node.Id);
        return (
            Share(node.ErrorRatio, node.RequestsPerSecond, usual?.ErrorRatio, input.Topology.Window),
            input.Callees.TryGetValue(node.Id, out var callee) ? Share(callee.ErrorRatio, callee.PerSecond, usual?.TriedErrorRatio, input.Topology.Window) : null);
    }

    /// <summary>A share that counts; null when it does not.</summary>
    private static FailedShare? Share(double? ratio, double? rate, double? usual, double window) =>
        ratio is { } share && rate is { } perSecond && share >= Warning && share * perSecond * window >= Failures && share >= Factor * (usual ?? 0)
            ? new FailedShare(share, perSecond, usual)
            : null;

    private sealed record FailedShare(double Ratio, double PerSecond, double? Usual);

    private static bool Fails(ResponseShare response) =>
        ResponseClassifier.Classify(int.TryParse(response.Code, NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? code : 0, response.GrpcStatus, response.Flags) == ResponseClass.Failure;

    private static string Words((string Code, string Flags) response) =>
        $"{(response.Code == "0" ? "no response" : response.Code)}{(response.Flags is "-" or "" ? "" : $" {response.Flags}")}";

    private static IEnumerable<TriageEvidence> Replicas(TopologyNode node) =>
        node is { ReadyReplicas: { } ready, DesiredReplicas: { } desired } ? [new TriageEvidence("Replicas ready", $"{ready} of {desired}")] : [];
}
