using System.Collections.Immutable;
using MeshConsole.Components.Past;
using MeshConsole.Mesh.Incidents;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Mesh.Triage;

namespace MeshConsole.Components.IncidentFiles;

/// <summary>Incidents in words, the same on the page and in both reports.</summary>
internal static class IncidentWords
{
    /// <summary>Changes that a report lists and its charts number.</summary>
    public const int MostChanges = 150;

    /// <summary>The numbers of a chart, with how they are written.</summary>
    public static IEnumerable<(string Name, Trend Trend, Func<double?, string> Text, bool Share)> Measures(IncidentTrends trends) =>
    [
        ("Requests", trends.Requests, Format.Rate, false),
        ("Failed share", trends.Errors, Format.Percent, true),
        ("p99 latency", trends.P99Ms, Format.Latency, false),
    ];

    public static string Subject(IncidentTrends trends) => trends.Subject.Length == 0
        ? "What users see at the gateways"
        : NodeId.TryParse(trends.Subject, out var node) && node.Kind == NodeKind.Gateway ? $"Requests that {Place(trends.Subject)} sends on" : $"Requests to {Place(trends.Subject)}";

    /// <summary>"payments/card-processor-v2"; the name alone where it has no namespace.</summary>
    public static string Place(string id) => NodeId.TryParse(id, out var node) && node.Kind is not (NodeKind.Namespace or NodeKind.External or NodeKind.Unknown)
        ? $"{Format.Middle(node.Namespace, 40)}/{Format.Middle(node.Name, 80)}"
        : Format.Middle(Format.Node(id), 80);

    public static string Scope(Incident incident) => Scope(incident.Cluster, incident.Namespaces);

    public static string Scope(string? chosen, ImmutableArray<string> namespaces) =>
        (chosen is { } cluster ? $"cluster {Format.Middle(cluster, 63)}" : "all clusters") + ", "
        + (namespaces.IsEmpty ? "all namespaces" : $"{(namespaces.Length == 1 ? "namespace" : "namespaces")} {string.Join(", ", namespaces.Take(8))}{(namespaces.Length > 8 ? $" and {namespaces.Length - 8} more" : "")}");

    public static string Hit(TriageBlastRadius radius) => radius is { Symptoms.IsEmpty: true, Gateways.IsEmpty: true }
        ? "Nobody else, as far as traffic shows."
        : string.Join(' ', new[]
        {
            radius.Gateways.IsEmpty ? null : $"Users at {string.Join(", ", radius.Gateways.Take(4).Select(Place))}: {(radius.GatewayErrorRatio is { } ratio ? $"{Format.Percent(ratio)} of their requests fail." : "what share of their requests fails is not known.")}",
            radius.Symptoms.IsEmpty ? null : $"Failing because of it: {string.Join(", ", radius.Symptoms.Take(12).Select(Place))}{(radius.Symptoms.Length > 12 ? $" and {radius.Symptoms.Length - 12} more" : "")}.",
        }.OfType<string>());

    public static string State(Incident incident) => incident.State == IncidentState.Open ? "Open" : "Closed";

    public static string Verb(IncidentVerb verb) => verb switch
    {
        IncidentVerb.Opened => "opened",
        IncidentVerb.ProblemAdded => "added a problem",
        IncidentVerb.Closed => "closed",
        IncidentVerb.Reopened => "opened again",
        _ => throw new ArgumentOutOfRangeException(nameof(verb), verb, null),
    };

    public static string Role(BlastRole role) => role switch
    {
        BlastRole.Cause => "cause",
        BlastRole.Symptom => "follows from it",
        BlastRole.Gateway => "users feel it here",
        BlastRole.Caller => "calls it",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, null),
    };

    /// <summary>"17 min"; for one that goes on, up to now.</summary>
    public static string Lasted(Incident incident, DateTimeOffset now) => Format.Duration((incident.To ?? now) - incident.From);

    /// <summary>Changes as they are numbered, oldest first; where there are too many, the newest before the end.</summary>
    public static ImmutableArray<TimelineEntry> Numbered(IncidentEvidence evidence) => [.. evidence.Changes.TakeLast(MostChanges)];

    /// <summary>Every number of a problem, with what it was when.</summary>
    public static IEnumerable<(string Name, string Usual, string AtOnset, string WhenAdded, string Last)> Numbers(ProblemEvidence problem)
    {
        var judgements = new[] { problem.AtOnset, problem.WhenAdded, problem.Last };
        return judgements.SelectMany(judged => judged?.Problem.Evidence ?? []).Select(number => number.Name).Distinct(StringComparer.Ordinal)
            .Select(name => (
                name,
                Usual: judgements.Select(judged => Find(judged, name)?.Usual).FirstOrDefault(usual => !string.IsNullOrEmpty(usual)) ?? Format.NotKnown,
                Find(problem.AtOnset, name)?.Value ?? Format.NotKnown,
                Find(problem.WhenAdded, name)?.Value ?? Format.NotKnown,
                Find(problem.Last, name)?.Value ?? Format.NotKnown));

        static TriageEvidence? Find(JudgedProblem? judged, string name) => judged?.Problem.Evidence.FirstOrDefault(number => string.Equals(number.Name, name, StringComparison.Ordinal));
    }

    /// <summary>A chart in a sentence.</summary>
    public static string Figures(Trend trend, Func<double?, string> text, DateTimeOffset onset)
    {
        if (!trend.IsKnown)
        {
            return trend.Fault is { } fault ? $"not known: {fault}" : "not known: Prometheus holds nothing of this time";
        }

        var figures = TrendFigures.Of(trend, onset);
        return (figures.Before is { } before ? $"{text(before)} before the onset (median)" : "not known before the onset")
            + (figures.Highest is { } highest
                ? $"; from then on {text(figures.Lowest)} to {text(highest)}, highest at {figures.HighestAt!.Value.UtcDateTime:HH:mm} UTC, {text(figures.Last)} at last"
                : "; not known from then on");
    }

    /// <summary>What of this is not known, each a sentence.</summary>
    public static IEnumerable<string> Unknown(IncidentFile file, DateTimeOffset now)
    {
        foreach (var problem in file.Evidence.Problems.Where(problem => problem.AtOnset is null))
        {
            yield return $"How “{Format.Middle(problem.WhenAdded.Problem.Title, 120)}” was judged at its first sight is not known: this console did not see it begin.";
        }

        foreach (var trends in file.Evidence.Trends)
        {
            foreach (var (name, trend, _, _) in Measures(trends))
            {
                var gaps = trend.Points.Count(point => point is null);
                if (!trend.IsKnown)
                {
                    yield return $"{name} ({Subject(trends)}): nothing is known of this time.";
                }
                else if (gaps > 0)
                {
                    yield return $"{name} ({Subject(trends)}): {Format.Duration(trend.Step * gaps)} of {Format.Duration(trend.Step * (trend.Points.Length - 1))} are not known{(name == "Requests" ? "" : ", or had no requests")}.";
                }
            }
        }

        if (file.Evidence.Changes.Length > MostChanges)
        {
            yield return $"{file.Evidence.Changes.Length - MostChanges} older changes are left out.";
        }

        foreach (var sentence in file.Evidence.Unknown)
        {
            yield return sentence;
        }

        if (file.Incident.State == IncidentState.Open && now - file.Evidence.TakenAt > TimeSpan.FromMinutes(30))
        {
            yield return $"What happened since {Format.Instant(file.Evidence.TakenAt)} is not in here.";
        }
    }

    /// <summary>Pages of the console at the onset, with their names.</summary>
    public static IEnumerable<(string Name, string Page)> Pinned(Incident incident, string? node)
    {
        var query = MeshQuery.For(incident.Cluster, incident.Namespaces);
        var at = (PageAddress.At, (string?)PastWords.Address(incident.From));
        yield return ("Topology", PageAddress.To(PageAddress.Topology, query, (PageAddress.Selected, node), ("view", node is null ? null : "workload"), at));
        yield return ("Latency", PageAddress.To(PageAddress.Latency, query, at));
        yield return ("mTLS", PageAddress.To(PageAddress.Mtls, query, at));
    }
}
