using System.Globalization;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Triage.Detectors;

/// <summary>
/// Sources that do not answer, or take too long: what they would tell is missing or old, and everything that rests on it cannot
/// be judged.
/// </summary>
internal sealed class SourceDetector : IDetector
{
    public const string Code = "source";

    /// <summary>A refresh asks about a dozen questions, three at a time: from here on it lasts half of the usual 15 s.</summary>
    private static readonly TimeSpan s_slow = TimeSpan.FromSeconds(2);

    /// <summary>The dear questions may take longer, and few answers are no rule.</summary>
    private const int AnswersToJudge = 3;

    public IEnumerable<Observation> Look(TriageInput input)
    {
        foreach (var cluster in input.Snapshot.Clusters)
        {
            foreach (var system in cluster.Sources.GroupBy(s => s.Name.Split('/')[0], StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
            {
                var dead = system.Where(s => s.State is SourceState.Stale or SourceState.Failed).OrderBy(s => s.Since).ToList();
                var slow = Slow(system);
                if (dead.Count == 0 && slow is null)
                {
                    continue;
                }

                var all = dead.Count == system.Count(s => s.State != SourceState.Disabled);
                var name = system.Key switch { "kubernetes" => "The Kubernetes API", "prometheus" => "Prometheus", var other => other };
                var last = dead.Max(s => s.LastSuccess);
                var title = all ? "does not answer" : slow is not null ? "answers slowly" : $"does not answer {dead.Count} of {system.Count()} questions";
                yield return new Observation
                {
                    Id = $"{Code}:{cluster.Name}/{system.Key}",
                    Code = Code,
                    Severity = all ? TriageSeverity.Critical : TriageSeverity.Warning,
                    Title = $"{name} of cluster {cluster.Name} {title}",
                    Detail = dead is [var longest, ..]
                        ? longest.Message ?? $"{longest.Name} is {longest.State.ToString().ToLowerInvariant()}."
                        : $"Half of its answers took {Seconds(slow!.Value)} or longer.",
                    Concerns = [$"{cluster.Name}/"],
                    Page = "",
                    Evidence =
                    [
                        .. last is { } answered ? new[] { new TriageEvidence("Last answer", answered.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture)) } : [],
                        .. slow is { } median ? new[] { new TriageEvidence("Time of an answer (median)", Seconds(median)) } : [],
                        .. dead.Take(5).Select(s => new TriageEvidence(s.Name, s.State.ToString().ToLowerInvariant())),
                    ],
                    NextSteps = [new TriageStep(NextStep(system.Key, all, slow is not null))],

                    // It hides everything else.
                    Weight = all ? 1e5 : 0,
                };
            }
        }
    }

    private static string NextStep(string system, bool all, bool slow) => (system, all, slow) switch
    {
        ("prometheus", false, true) => "Numbers come late, and some not at all when a question runs into its time limit; gates hold what is under way then. Look at the load of Prometheus: its series, its rules, who else asks.",
        ("prometheus", _, _) => "What the pages show of traffic is from before. Look at Prometheus itself; gates hold what is under way.",
        _ => "What the pages show of objects is from before, and nothing can be written. Look at the API server.",
    };

    /// <summary>The median time of the answers, where it is too long; null for a watch, whose answers have no end.</summary>
    private static TimeSpan? Slow(IGrouping<string, SourceStatus> system)
    {
        if (system.Key != "prometheus")
        {
            return null;
        }

        var times = system.Where(s => s.State == SourceState.Live && s.Cost is not null).Select(s => s.Cost!.Duration).Order().ToList();
        return times.Count >= AnswersToJudge && times[times.Count / 2] is var median && median >= s_slow ? median : null;
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}
