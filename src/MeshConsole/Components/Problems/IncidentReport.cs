using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Mesh.Triage;

namespace MeshConsole.Components.Problems;

/// <summary>A problem with what is known of it, for a ticket or a post-mortem. Text from the cluster is escaped: it must not become markup.</summary>
public static class IncidentReport
{
    private const int ChangesListed = 100;

    public static string Markdown(TriageProblem problem, ImmutableArray<TimelineEntry> changes, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {Safe(problem.Title)}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{problem.Severity}, first seen {Instant(problem.Since)}; this report is of {Instant(now)}.\n\n{Safe(problem.Detail)}\n\n");
        text.Append("## Evidence\n\n| number | now | hour before |\n| --- | --- | --- |\n");
        foreach (var evidence in problem.Evidence)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {Safe(evidence.Name)} | {Safe(evidence.Value)} | {Safe(evidence.Usual ?? "")} |\n");
        }

        List("## Suspects", problem.Suspects.Select(s => $"{Safe(s.Title)}{(s.At is { } at ? $" ({Instant(at)})" : "")}. {Safe(string.Join(' ', s.For))}{(s.Against.IsEmpty ? "" : $" Against: {Safe(string.Join(' ', s.Against))}")}"), "Nothing that was seen to change in the hour before could have caused it.");
        List("## Who is hit", problem.BlastRadius.Gateways.Select(g => $"gateway {Safe(g)}").Concat(problem.BlastRadius.Symptoms.Select(Safe)), "Nobody else, as far as traffic shows.");
        List("## Next steps", problem.NextSteps.Select(s => Safe(s.Text)), "No step is known for this.");
        List("## What changed", changes.Take(ChangesListed).Select(c => $"{Instant(c.At)}: {Safe(c.Summary)}{(c.By is { } by ? $" By {Safe(by)}." : "")}"), "Nothing was seen to change.");
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

    private static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>One line in which no character is markup.</summary>
    private static string Safe(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (var character in Format.Middle(text, 1000))
        {
            if (char.IsControl(character))
            {
                safe.Append(' ');
                continue;
            }

            if (character is '\\' or '`' or '*' or '_' or '{' or '}' or '[' or ']' or '<' or '>' or '#' or '|' or '!' or '~' or '&')
            {
                safe.Append('\\');
            }

            safe.Append(character);
        }

        return safe.ToString();
    }
}
