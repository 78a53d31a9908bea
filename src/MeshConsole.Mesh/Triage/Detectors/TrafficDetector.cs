using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Triage.Detectors;

/// <summary>Workloads that get far fewer or far more requests than in the hour before.</summary>
internal sealed class TrafficDetector : IDetector
{
    public const string Drop = "traffic-drop";
    public const string Surge = "traffic-surge";

    private const double DropTo = 0.3;
    private const double SurgeTo = 3;

    /// <summary>Requests that the window usually holds, under which a drop may be chance.</summary>
    private const double Requests = 60;

    public IEnumerable<Observation> Look(TriageInput input)
    {
        foreach (var node in input.Topology.Nodes.Where(n => input.IsCurrent(n) && n.Kind is NodeKind.Workload or NodeKind.Gateway or NodeKind.Waypoint))
        {
            if (input.Usual.Nodes.GetValueOrDefault(node.Id)?.RequestsPerSecond is not { } usual)
            {
                continue;
            }

            // A node whose proxies are not scraped has no rate, or that of a part; health says so, and nothing is said here.
            if (node.RequestsPerSecond is { } rate && node.Health != Health.Unknown && usual * input.Topology.Window >= Requests && rate <= DropTo * usual)
            {
                yield return Of(input, node, Drop, $"{TriageInput.Name(node.Id)} gets {(rate > 0 ? "far fewer" : "no")} requests", rate, usual, "Look at what calls it: a caller that is down, a route that was changed, a gateway that refuses.");
            }
            else if (node.RequestsPerSecond is { } many && many * input.Topology.Window >= Requests && many >= SurgeTo * Math.Max(usual, Requests / SurgeTo / Math.Max(1, input.Topology.Window)))
            {
                yield return Of(input, node, Surge, $"{TriageInput.Name(node.Id)} gets far more requests", many, usual, "Look at who calls it: retries upon failures multiply requests, and so does a caller in a loop.");
            }
        }
    }

    private static Observation Of(TriageInput input, TopologyNode node, string code, string title, double rate, double usual, string step) => new()
    {
        Id = $"{code}:{node.Id}",
        Code = code,
        Severity = TriageSeverity.Warning,
        Title = title,
        Detail = $"{Figures.Rate(rate, "requests")} where {Figures.Rate(usual, "requests")} were usual in the hour before.{(DayBefore(input, node) is { } day && (code == Drop ? day <= DropTo * usual : day >= SurgeTo * usual) ? $" A day before at this time it was {Figures.Rate(day, "requests")}: it may come every day." : "")}",
        Node = node.Id,
        Page = TriageInput.TopologyPage(node.Id),
        Evidence = [new("Requests", Figures.Rate(rate, "requests"), Figures.Rate(usual, "requests")), .. DayBefore(input, node) is { } then ? new[] { new TriageEvidence("Requests a day before at this time", Figures.Rate(then, "requests")) } : [], .. node.ErrorRatio is { } ratio ? new[] { new TriageEvidence("Error ratio", Figures.Percent(ratio)) } : []],
        NextSteps = [new TriageStep(step, TriageInput.TopologyPage(node.Id))],
        Weight = Math.Abs(rate - usual) / 10,
        Looks = 2,
    };

    private static double? DayBefore(TriageInput input, TopologyNode node) => input.DayBefore.Nodes.GetValueOrDefault(node.Id)?.RequestsPerSecond;
}
