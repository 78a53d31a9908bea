using System.Globalization;
using System.Text;
using MeshConsole.Components.Pages;
using MeshConsole.Mesh.Incidents;
using static MeshConsole.Components.IncidentFiles.MarkdownText;

namespace MeshConsole.Components.IncidentFiles;

/// <summary>An incident as Markdown for the post-mortem: everything that is kept of it, with what is not known. Pure.</summary>
public static class IncidentMarkdown
{
    /// <param name="address">Absolute address of the console, for links; null: links are left out.</param>
    public static string Of(IncidentFile file, DateTimeOffset now, string exportedBy, string? address)
    {
        ArgumentNullException.ThrowIfNull(file);
        var (incident, evidence) = (file.Incident, file.Evidence);
        var text = new StringBuilder();
        Say($"# {Line(incident.Title)}\n\n");
        Say($"{IncidentWords.State(incident)}. {Instant(incident.From)} to {(incident.To is { } to ? Instant(to) : "now, it goes on")} ({Plain(IncidentWords.Lasted(incident, now))}); {Line(IncidentWords.Scope(incident))}.\n\n");
        Say($"This report is of {Instant(now)}, by {Line(exportedBy)}; what was seen is of {Instant(evidence.TakenAt)}. All times are UTC.\n");
        if (address is not null)
        {
            Say($"\nAt the onset: {string.Join(" · ", IncidentWords.Pinned(incident, evidence.Problems.FirstOrDefault()?.First.Problem.Node).Select(page => $"[{page.Name}](<{address}/{page.Page}>)"))}\n");
        }

        foreach (var problem in evidence.Problems)
        {
            Problem(problem);
        }

        Charts();
        List("## What changed", IncidentWords.Numbered(evidence).Select((change, i) => $"{i + 1}. {Instant(change.At)}, {Incidents.KindWord(change.Kind)}: {Line(change.Summary)}{(change.By is { } by ? $" By {Line(by)}." : "")}"), "Nothing was seen to change.");
        Notes();
        List("## What was done with it", incident.Steps.Select(step => $"- {Instant(step.At)}: {IncidentWords.Verb(step.Verb)} by {Line(step.By.Name)}{(step.Words.Length > 0 ? $": {Line(step.Words)}" : "")}"), "Nothing.");
        List("## What is not known", IncidentWords.Unknown(file, now).Select(sentence => $"- {Line(sentence)}"), "Nothing of the above is missing.");
        return text.ToString();

        void Problem(ProblemEvidence problem)
        {
            var (first, newest) = (problem.First.Problem, problem.Newest.Problem);
            Say($"\n## {Line(newest.Title)}\n\n{newest.Severity}, first seen {Instant(newest.Since)}; {(problem.GoneAt is { } gone ? $"not found any more at {Instant(gone)}" : $"still there at {Instant(problem.Newest.At)}")}.\n\n{Line(newest.Detail)}\n");
            Say($"\n| number | hour before | at its first sight | when it was taken in | last |\n| --- | --- | --- | --- | --- |\n");
            foreach (var (name, usual, onset, added, last) in IncidentWords.Numbers(problem))
            {
                Say($"| {Line(name)} | {Line(usual)} | {Line(onset)} | {Line(added)} | {Line(last)} |\n");
            }

            var radius = newest.BlastRadius;
            List("### Who is hit", radius.Gateways.Select(gateway => $"- users at {Line(IncidentWords.Place(gateway))}{(radius.GatewayErrorRatio is { } ratio ? $": {Plain(Format.Percent(ratio))} of their requests fail" : "")}").Concat(radius.Symptoms.Select(symptom => $"- {Line(IncidentWords.Place(symptom))}")), "Nobody else, as far as traffic shows.");
            List("### Suspects, as they were judged at first", first.Suspects.Select(Suspect), "Nothing that was seen to change in the hour before could have caused it.");
            if (!newest.Suspects.Select(suspect => suspect.Title).SequenceEqual(first.Suspects.Select(suspect => suspect.Title), StringComparer.Ordinal))
            {
                List("### Suspects, as they were judged at last", newest.Suspects.Select(Suspect), "None any more.");
            }

            List("### Next steps", newest.NextSteps.Select(step => $"- {Line(step.Text)}"), "No step is known for this.");
        }

        void Charts()
        {
            Say($"\n## Around the onset\n\n");
            if (evidence.Trends.IsEmpty)
            {
                Say($"No numbers are known.\n");
                return;
            }

            Say($"| what | number | over time |\n| --- | --- | --- |\n");
            foreach (var trends in evidence.Trends)
            {
                foreach (var (name, trend, write, _) in IncidentWords.Measures(trends))
                {
                    Say($"| {Line(IncidentWords.Subject(trends))} | {name} | {Line(Plain(IncidentWords.Figures(trend, write, incident.From)))} |\n");
                }
            }
        }

        void Notes()
        {
            Say($"\n## Notes\n");
            if (file.Notes.IsEmpty)
            {
                Say($"\nNone.\n");
            }

            foreach (var note in file.Notes)
            {
                var corrected = file.Notes.FirstOrDefault(other => other.Corrects == note.Number);
                Say($"\n**Note {note.Number}**, {Line(note.By.Name)}, {Instant(note.At)}{(note.Corrects is { } old ? $", corrects note {old}" : "")}{(corrected is null ? "" : $", corrected by note {corrected.Number}")}:\n\n{Quote(note.Text)}\n");
            }
        }

        void List(string title, IEnumerable<string> lines, string none)
        {
            var all = lines.ToList();
            Say($"\n{title}\n\n{(all.Count == 0 ? none : string.Join('\n', all))}\n");
        }

        void Say(FormattableString words) => text.Append(words.ToString(CultureInfo.InvariantCulture));

        static string Suspect(Mesh.Triage.TriageSuspect suspect) =>
            $"- {Line(suspect.Title.EndsWith('.') ? suspect.Title : suspect.Title + ".")}{(suspect.At is { } at ? $" ({Instant(at)})" : "")} {Line(string.Join(' ', suspect.For))}{(suspect.Against.IsEmpty ? "" : $" Against: {Line(string.Join(' ', suspect.Against))}")}";

        // Thin spaces do not survive every editor.
        static string Plain(string words) => words.Replace(Format.Thin, ' ');
    }
}
