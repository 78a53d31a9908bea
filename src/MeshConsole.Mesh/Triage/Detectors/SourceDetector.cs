using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Triage.Detectors;

/// <summary>Sources that do not answer: what they would tell is missing or old, and everything that rests on it cannot be judged.</summary>
internal sealed class SourceDetector : IDetector
{
    public const string Code = "source";

    public IEnumerable<Observation> Look(TriageInput input)
    {
        foreach (var cluster in input.Snapshot.Clusters)
        {
            foreach (var system in cluster.Sources.GroupBy(s => s.Name.Split('/')[0], StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
            {
                var dead = system.Where(s => s.State is SourceState.Stale or SourceState.Failed).OrderBy(s => s.Since).ToList();
                if (dead.Count == 0)
                {
                    continue;
                }

                var all = dead.Count == system.Count(s => s.State != SourceState.Disabled);
                var name = system.Key switch { "kubernetes" => "The Kubernetes API", "prometheus" => "Prometheus", var other => other };
                var last = dead.Max(s => s.LastSuccess);
                yield return new Observation
                {
                    Id = $"{Code}:{cluster.Name}/{system.Key}",
                    Code = Code,
                    Severity = all ? TriageSeverity.Critical : TriageSeverity.Warning,
                    Title = all ? $"{name} of cluster {cluster.Name} does not answer" : $"{name} of cluster {cluster.Name} does not answer {dead.Count} of {system.Count()} questions",
                    Detail = dead[0].Message ?? $"{dead[0].Name} is {dead[0].State.ToString().ToLowerInvariant()}.",
                    Concerns = [$"{cluster.Name}/"],
                    Page = "",
                    Evidence =
                    [
                        .. last is { } answered ? new[] { new TriageEvidence("Last answer", answered.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", System.Globalization.CultureInfo.InvariantCulture)) } : [],
                        .. dead.Take(5).Select(s => new TriageEvidence(s.Name, s.State.ToString().ToLowerInvariant())),
                    ],
                    NextSteps =
                    [
                        new TriageStep(system.Key == "prometheus"
                            ? "What the pages show of traffic is from before. Look at Prometheus itself; gates hold what is under way."
                            : "What the pages show of objects is from before, and nothing can be written. Look at the API server."),
                    ],

                    // It hides everything else.
                    Weight = all ? 1e5 : 0,
                };
            }
        }
    }
}
