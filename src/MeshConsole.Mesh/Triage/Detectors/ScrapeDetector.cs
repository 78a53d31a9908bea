using System.Globalization;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Triage.Detectors;

/// <summary>Proxies that run and are not scraped: one problem per cluster, for they have one cause more often than not.</summary>
internal sealed class ScrapeDetector : IDetector
{
    public const string Code = "scrapes";

    private const int Named = 3;

    public IEnumerable<Observation> Look(TriageInput input)
    {
        var nodes = MeshNodes.Of(input.Snapshot);
        foreach (var cluster in input.Snapshot.Clusters)
        {
            var gaps = cluster.ScrapeGaps.OrderByDescending(g => g.Value.Missing).ThenBy(g => g.Key.ToString(), StringComparer.Ordinal).ToList();
            if (gaps.Count == 0)
            {
                continue;
            }

            var named = string.Join(", ", gaps.Take(Named).Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Key.Namespace}/{g.Key.Name} ({g.Value.Missing} of {g.Value.Running})")));
            var more = gaps.Count > Named ? string.Create(CultureInfo.InvariantCulture, $" and {gaps.Count - Named} more workloads") : "";
            var missing = gaps.Sum(g => g.Value.Missing);
            var page = TriageInput.TopologyPage(nodes.Node(gaps[0].Key).ToString());
            yield return new Observation
            {
                Id = $"{Code}:{cluster.Name}",
                Code = Code,
                Severity = TriageSeverity.Warning,
                Title = string.Create(CultureInfo.InvariantCulture, $"Telemetry missing: {missing} {(missing == 1 ? "proxy" : "proxies")} of {gaps.Count} {(gaps.Count == 1 ? "workload" : "workloads")} in cluster {cluster.Name} {(missing == 1 ? "is" : "are")} not scraped"),
                Detail = $"{named}{more}: traffic that only they count is not known.",
                Concerns = [.. gaps.Select(g => $"{cluster.Name}/{g.Key.Namespace}").Distinct(StringComparer.Ordinal)],
                Page = page,
                Near = [.. gaps.Select(g => $"{g.Key.Namespace}/{g.Key.Name}")],
                Evidence = [new("Proxies not scraped", string.Create(CultureInfo.InvariantCulture, $"{missing} of {gaps.Sum(g => g.Value.Running)}"))],
                NextSteps = [new TriageStep("Look for these pods among the targets of Prometheus: their annotations, a PodMonitor, a policy that refuses the scrape.", page)],
            };
        }
    }
}
