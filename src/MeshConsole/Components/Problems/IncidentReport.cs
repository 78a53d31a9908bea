using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Mesh.Triage;
using static MeshConsole.Components.IncidentFiles.MarkdownText;

namespace MeshConsole.Components.Problems;

/// <summary>A problem with what is known of it, for a ticket or a post-mortem. Text from the cluster is escaped: it must not become markup.</summary>
public static class IncidentReport
{
    private const int ChangesListed = 100;

    public static string Markdown(TriageProblem problem, ImmutableArray<TimelineEntry> changes, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {Line(problem.Title)}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{problem.Severity}, first seen {Instant(problem.Since)}; this report is of {Instant(now)}.\n\n{Line(problem.Detail)}\n\n");
        text.Append("## Evidence\n\n| number | now | hour before |\n| --- | --- | --- |\n");
        foreach (var evidence in problem.Evidence)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {Line(evidence.Name)} | {Line(evidence.Value)} | {Line(evidence.Usual ?? "")} |\n");
        }

        List("## Suspects", problem.Suspects.Select(s => $"{Line(s.Title)}{(s.At is { } at ? $" ({Instant(at)})" : "")}. {Line(string.Join(' ', s.For))}{(s.Against.IsEmpty ? "" : $" Against: {Line(string.Join(' ', s.Against))}")}"), "Nothing that was seen to change in the hour before could have caused it.");
        List("## Who is hit", problem.BlastRadius.Gateways.Select(g => $"gateway {Line(g)}").Concat(problem.BlastRadius.Symptoms.Select(Line)), "Nobody else, as far as traffic shows.");
        List("## Next steps", problem.NextSteps.Select(s => Line(s.Text)), "No step is known for this.");
        List("## What changed", changes.Take(ChangesListed).Select(c => $"{Instant(c.At)}: {Line(c.Summary)}{(c.By is { } by ? $" By {Line(by)}." : "")}"), "Nothing was seen to change.");
        return text.ToString();

        void List(string title, IEnumerable<string> lines, string none)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{title}\n\n");
            var any = false;
            foreach (var line in lines)
            {
                text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
                any = true;
            }

            if (!any)
            {
                text.Append(CultureInfo.InvariantCulture, $"{none}\n");
            }
        }
    }
}
