using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Latency;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Storage;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Mesh.Triage;

namespace MeshConsole.Mesh.Incidents;

/// <summary>Gathers what is known of an incident, on top of what was gathered before.</summary>
public interface IEvidenceReader
{
    /// <summary>What is known now. A source that does not answer takes nothing away and is named in <see cref="IncidentEvidence.Unknown"/>.</summary>
    /// <param name="before">What was gathered before; <see cref="IncidentEvidence.None"/> at the opening.</param>
    Task<IncidentEvidence> ReadAsync(Incident incident, IncidentEvidence before, CancellationToken cancellationToken);
}

/// <summary>
/// Problems from the triage, charts from range queries, changes from the timeline. Charts keep the step they began with: each
/// later read adds points, for as long as Prometheus is asked at that step.
/// </summary>
/// <param name="histories">By configured name of the cluster; asked before each read, for clusters become known after the start.</param>
public sealed class EvidenceReader(
    ProblemOnsets onsets,
    IMeshSnapshots snapshots,
    Func<IReadOnlyDictionary<string, TrafficHistory>> histories,
    ITimelineStore timeline,
    TimeProvider time) : IEvidenceReader
{
    /// <summary>How long before the onset changes are looked for: as far as the triage looks for suspects.</summary>
    public static readonly TimeSpan ChangesBefore = TimeSpan.FromHours(1);

    /// <summary>Subjects with charts of their own; a page has no room for more, and each is two queries.</summary>
    private const int MostSubjects = 3;

    private const int MostChanges = 500;
    private const int MostSearched = 1_000;
    private const int LongestSummary = 1_000;

    public async Task<IncidentEvidence> ReadAsync(Incident incident, IncidentEvidence before, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(incident);
        ArgumentNullException.ThrowIfNull(before);
        var now = time.GetUtcNow();
        var unknown = new List<string>();
        var problems = incident.Problems.Select(subject => Problem(subject, before, now)).OfType<ProblemEvidence>().ToImmutableArray();
        var changes = await ChangesAsync(incident, before, now, unknown, cancellationToken).ConfigureAwait(false);
        var trends = await TrendsAsync(incident, problems, before, now, unknown, cancellationToken).ConfigureAwait(false);
        return new IncidentEvidence(now, problems, trends, changes, [.. unknown]);
    }

    private ProblemEvidence? Problem(IncidentSubject subject, IncidentEvidence before, DateTimeOffset now)
    {
        var judged = onsets.Now(subject.Id);
        return before.Problems.FirstOrDefault(problem => string.Equals(problem.ProblemId, subject.Id, StringComparison.Ordinal)) switch
        {
            null => judged is null ? null : new ProblemEvidence(subject.Id, onsets.First(subject.Id), judged, null, null),
            { } known when judged is null => known with { GoneAt = known.GoneAt ?? now },
            { } known => known with { Last = judged, GoneAt = null },
        };
    }

    private async Task<ImmutableArray<TimelineEntry>> ChangesAsync(Incident incident, IncidentEvidence before, DateTimeOffset now, List<string> unknown, CancellationToken cancellationToken)
    {
        var (from, to) = (incident.From - ChangesBefore, incident.To ?? now);
        var known = before.Changes.Where(entry => entry.At >= from && entry.At <= to);
        try
        {
            var read = await timeline.SearchAsync(new TimelineFilter(incident.Cluster, incident.Namespaces, from, to, Limit: MostChanges), cancellationToken).ConfigureAwait(false);
            known = known.Concat(read);
            if (!incident.Namespaces.IsEmpty)
            {
                // What touches these namespaces from elsewhere: a route of another one, a policy or an event of the whole mesh.
                var query = MeshQuery.For(incident.Cluster, incident.Namespaces);
                var elsewhere = await timeline.SearchAsync(new TimelineFilter(incident.Cluster, From: from, To: to, Limit: MostSearched), cancellationToken).ConfigureAwait(false);
                known = known.Concat(elsewhere.Where(entry => TriageScope.Holds(entry, query)));
            }

            if (read.Length >= MostChanges)
            {
                unknown.Add(string.Create(CultureInfo.InvariantCulture, $"More than {MostChanges} changes happened in this time; the newest of them are kept."));
            }
        }
        catch (StorageException exception)
        {
            unknown.Add($"The timeline of changes could not be read: {exception.Message}");
        }

        return
        [
            .. known
                .DistinctBy(entry => entry.Id, StringComparer.Ordinal)
                .OrderByDescending(entry => entry.At).ThenBy(entry => entry.Id, StringComparer.Ordinal)
                .Take(MostChanges)
                .Reverse()
                .Select(entry => entry with { Diff = null, Summary = entry.Summary.Length > LongestSummary ? entry.Summary[..LongestSummary] : entry.Summary }),
        ];
    }

    private async Task<ImmutableArray<IncidentTrends>> TrendsAsync(Incident incident, ImmutableArray<ProblemEvidence> problems, IncidentEvidence before, DateTimeOffset now, List<string> unknown, CancellationToken cancellationToken)
    {
        var subjects = problems
            .Select(problem => problem.WhenAdded.Problem)
            .Select(problem => problem.Node ?? problem.Edge?.Split('|').ElementAtOrDefault(1))
            .OfType<string>()
            .Where(id => NodeId.TryParse(id, out var node) && node.Kind is NodeKind.Workload or NodeKind.Gateway)
            .Distinct(StringComparer.Ordinal)
            .Take(MostSubjects)
            .ToList();
        var trends = ImmutableArray.CreateBuilder<IncidentTrends>();
        foreach (var subject in subjects.DefaultIfEmpty(""))
        {
            var known = before.Trends.FirstOrDefault(trend => string.Equals(trend.Subject, subject, StringComparison.Ordinal));
            var window = TrendWindow.Of(incident, known?.Requests.Step, now);
            if (window is null)
            {
                if (known is not null)
                {
                    trends.Add(known);
                }
                else
                {
                    unknown.Add("The numbers around the onset are not known: it lies further back than the week that charts reach.");
                }

                continue;
            }

            if (await ReadAsync(incident, subject, window, cancellationToken).ConfigureAwait(false) is { } read)
            {
                trends.Add(new IncidentTrends(
                    subject,
                    TrendMerge.Of(known?.Requests, read.RequestsPerSecond, window.From, window.To),
                    TrendMerge.Of(known?.Errors, read.Errors, window.From, window.To),
                    TrendMerge.Of(known?.P99Ms, read.P99Ms, window.From, window.To)));
                if ((read.RequestsPerSecond.Fault ?? read.P99Ms.Fault) is { } fault)
                {
                    unknown.Add($"Prometheus did not answer for all of the charts: {fault}");
                }
            }
            else if (known is not null)
            {
                trends.Add(known);
            }
        }

        return trends.ToImmutable();
    }

    private async Task<SubjectTrends?> ReadAsync(Incident incident, string subject, TrendWindow window, CancellationToken cancellationToken)
    {
        var known = histories();
        List<(TrafficHistory History, HistoryScope Scope)> asked = [];
        if (NodeId.TryParse(subject, out var node))
        {
            var workload = new WorkloadId(node.Cluster, node.Namespace, node.Name);
            if (known.TryGetValue(node.Cluster, out var history))
            {
                // Nobody reports what arrives at a gateway from outside: what it sends on speaks for it.
                asked.Add((history, node.Kind == NodeKind.Gateway ? new HistoryScope([workload], []) : new HistoryScope([], []) { Callee = workload }));
            }
        }
        else
        {
            var query = MeshQuery.For(incident.Cluster, incident.Namespaces);
            var gateways = GatewaySignals.Gateways(snapshots.Current, query);
            asked.AddRange(snapshots.Current.Clusters
                .Where(cluster => query.MatchesCluster(cluster.Name) && known.ContainsKey(cluster.Name))
                .Select(cluster => (known[cluster.Name], new HistoryScope([.. gateways.Where(gateway => string.Equals(gateway.Cluster, cluster.Name, StringComparison.Ordinal))], query.Namespaces)))
                .Where(cluster => gateways.IsEmpty || !cluster.Item2.Callers.IsEmpty));
        }

        if (asked.Count == 0)
        {
            return null;
        }

        var responses = asked.Select(one => one.History.ReadAsync(HistoryPart.Responses, one.Scope, window.Range, cancellationToken)).ToList();
        var durations = asked.Select(one => one.History.ReadAsync(HistoryPart.Durations, one.Scope, window.Range, cancellationToken)).ToList();
        var traffic = TrafficSpan.Merge(await Task.WhenAll(responses).ConfigureAwait(false));
        var latency = TrafficSpan.Merge(await Task.WhenAll(durations).ConfigureAwait(false));
        return new SubjectTrends(
            Draw(traffic, point => point.RequestsPerSecond),
            Draw(traffic, point => ResponseClassifier.Total(point.Responses).ErrorRatio),
            Draw(latency, point => HistogramQuantile.Of(point.Durations, 0.99)));
    }

    private static Trend Draw(TrafficSpan span, Func<ReporterTraffic, double?> number) =>
        new(span.Start, span.Step, [.. span.Points.Select(point => point is null ? null : number(point))], span.Fault);

    private sealed record SubjectTrends(Trend RequestsPerSecond, Trend Errors, Trend P99Ms);
}

/// <summary>Which part of a history an incident keeps: from before its onset to its end, at the finest step that still reaches the onset.</summary>
/// <param name="Range">What Prometheus is asked for.</param>
internal sealed record TrendWindow(HistoryRange Range, DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>Steps before the onset, so that one sees what was usual.</summary>
    private const int StepsBefore = 30;

    /// <summary>Steps after it: what comes later is another chart.</summary>
    private const int StepsAfter = 360;

    /// <param name="step">Step of what is kept already; null when nothing is.</param>
    /// <returns>Null when the onset is out of reach, or the range of that step does not reach what is kept any more.</returns>
    public static TrendWindow? Of(Incident incident, TimeSpan? step, DateTimeOffset now)
    {
        var to = incident.To ?? now;
        var range = step is { } kept
            ? HistoryRange.All.FirstOrDefault(candidate => candidate.Step == kept)
            : HistoryRange.All.FirstOrDefault(candidate => now - incident.From + (candidate.Step * StepsBefore / 3) <= candidate.Span);
        if (range is null)
        {
            return null;
        }

        var end = Min(to + (range.Step * 5), incident.From + (range.Step * StepsAfter));
        return step is not null && now - range.Span > end ? null : new TrendWindow(range, incident.From - (range.Step * StepsBefore), end);
    }

    private static DateTimeOffset Min(DateTimeOffset left, DateTimeOffset right) => left < right ? left : right;
}
