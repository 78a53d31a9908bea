using MeshConsole.Mesh.Timeline;

namespace MeshConsole.Mesh.Triage.Detectors;

/// <summary>Routes that somebody else puts back right after they were changed: two owners fight over one object.</summary>
internal sealed class RevertDetector : IDetector
{
    public const string Code = "reverted";

    /// <summary>Whoever puts it back within this time does it by machine.</summary>
    private static readonly TimeSpan s_soon = TimeSpan.FromMinutes(2);

    /// <summary>How long it is worth a line after the last time.</summary>
    private static readonly TimeSpan s_fresh = TimeSpan.FromMinutes(15);

    public IEnumerable<Observation> Look(TriageInput input)
    {
        foreach (var history in input.Timeline
            .Where(e => e.Kind is TimelineKind.Weight or TimelineKind.Config && e.At > input.Snapshot.ObservedAt - s_fresh - s_soon)
            .GroupBy(e => (e.Cluster, e.Object)))
        {
            var ordered = history.OrderBy(e => e.At).ThenBy(e => e.Id, StringComparer.Ordinal).ToList();
            for (var i = ordered.Count - 1; i > 0; i--)
            {
                var (change, back) = (ordered[i - 1], ordered[i]);
                if (back.At - change.At > s_soon || back.At < input.Snapshot.ObservedAt - s_fresh || back.By is null || back.By == change.By || !Undoes(change, back))
                {
                    continue;
                }

                yield return new Observation
                {
                    Id = $"{Code}:{history.Key.Cluster}/{history.Key.Object}",
                    Code = Code,
                    Severity = TriageSeverity.Warning,
                    Title = $"{back.By} puts {history.Key.Object} back",
                    Detail = $"{change.Summary} {back.By} undid it {Model.DurationWords.Of(back.At - change.At)} later.",
                    Concerns = [$"{history.Key.Cluster}/{back.Namespace}"],
                    Page = "traffic",
                    Evidence = [new("Changed by", change.By ?? "not known"), new("Put back by", back.By)],
                    Standing = [new TriageSuspect($"{back.By} owns {history.Key.Object}", 0.9, [$"It wrote {Model.DurationWords.Of(back.At - change.At)} after the change and undid it."], [], back.Id, back.At, "traffic")],
                    NextSteps = [new TriageStep("Make the change where that writer takes it from (Git, a Canary, a chart), or have it leave the weights alone.", "traffic")],
                    Weight = 1,
                };
                break;
            }
        }
    }

    /// <summary>What the first took away the second brought, line for line.</summary>
    private static bool Undoes(TimelineEntry change, TimelineEntry back) =>
        change.Diff is { } there && back.Diff is { } here && Lines(there, '-').SetEquals(Lines(here, '+')) && Lines(there, '+').SetEquals(Lines(here, '-'));

    private static HashSet<string> Lines(string diff, char mark) =>
        [.. diff.Split('\n').Where(l => l.Length > 0 && l[0] == mark && !l.StartsWith("---", StringComparison.Ordinal) && !l.StartsWith("+++", StringComparison.Ordinal)).Select(l => l[1..])];
}
