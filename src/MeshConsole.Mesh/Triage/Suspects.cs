using System.Collections.Immutable;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Timeline;

namespace MeshConsole.Mesh.Triage;

/// <summary>
/// Ranks what changed before a problem began: how near in time, how near in the mesh, and how often changes of that kind break
/// things. The score orders and is no probability.
/// </summary>
internal static class Suspects
{
    /// <summary>Older changes are no suspects: what took an hour to break is found by other means.</summary>
    private static readonly TimeSpan s_before = TimeSpan.FromHours(1);

    /// <summary>A rate shows a failure only once enough of its window has it, and clocks differ.</summary>
    private static readonly TimeSpan s_after = TimeSpan.FromSeconds(45);

    private static readonly TimeSpan s_fade = TimeSpan.FromMinutes(15);

    /// <summary>What was seen after the problem fades quickly: only clocks that differ make it a suspect at all.</summary>
    private static readonly TimeSpan s_fadeAfter = TimeSpan.FromSeconds(20);

    /// <summary>Fewer requests than before are hardly ever what breaks a workload.</summary>
    private const double Relief = 0.1;

    private const double Least = 0.04;

    private const int Named = 5;

    /// <param name="observation">The cause.</param>
    /// <param name="symptoms">Node ids it explains.</param>
    public static ImmutableArray<TriageSuspect> Of(Observation observation, DateTimeOffset since, IReadOnlyCollection<string> symptoms, TriageInput input)
    {
        var own = observation.Near.Concat(observation.NodeKey is { } key ? [key] : []).ToHashSet(StringComparer.Ordinal);
        var neighbours = input.Topology.Edges
            .Where(e => e.Source == observation.Node || e.Target == observation.Node)
            .Select(e => Key(e.Source == observation.Node ? e.Target : e.Source))
            .Concat(symptoms.Select(Key))
            .OfType<string>()
            .ToHashSet(StringComparer.Ordinal);
        var namespaces = own.Select(Namespace).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. input.Timeline
                .Where(e => e.At >= since - s_before && e.At <= since + s_after && e.Kind != TimelineKind.Mark)
                .Select(e => Judge(e, since, own, neighbours, namespaces))
                .OfType<TriageSuspect>()
                .Concat(observation.Standing)
                .OrderByDescending(s => s.Score)
                .ThenByDescending(s => s.At)
                .ThenBy(s => s.Title, StringComparer.Ordinal)
                .Take(Named),
        ];
    }

    private static TriageSuspect? Judge(TimelineEntry entry, DateTimeOffset since, HashSet<string> own, HashSet<string> neighbours, HashSet<string> namespaces)
    {
        var (near, place) = Nearness(entry, own, neighbours, namespaces);
        var before = since - entry.At;
        var recency = before > TimeSpan.Zero ? Math.Exp(-before / s_fade) : Math.Exp(before / s_fadeAfter);
        var relieved = entry.Relieves.IsDefaultOrEmpty ? null : entry.Relieves.FirstOrDefault(own.Contains);
        var score = Prior(entry.Kind) * near * recency * (relieved is null ? 1 : Relief);
        if (score < Least)
        {
            return null;
        }

        var by = entry.By is { } writer ? $"; {writer} wrote it" : "";
        return new TriageSuspect(
            entry.Summary,
            score,
            [
                before >= TimeSpan.FromSeconds(1) ? $"It happened {DurationWords.Of(before)} before the first sight of the problem{by}."
                    : before > -TimeSpan.FromSeconds(1) ? $"It was seen together with the problem{by}."
                    : $"It is near the problem in time{by}.",
                place,
            ],
            [
                .. before <= -TimeSpan.FromSeconds(1) ? [$"It was seen {DurationWords.Of(-before)} after the first sight of the problem."] : Array.Empty<string>(),
                .. relieved is null ? Array.Empty<string>() : [$"It sends less to {relieved} than before."],
            ],
            entry.Id,
            entry.At,
            Page(entry));
    }

    private static (double Near, string Words) Nearness(TimelineEntry entry, HashSet<string> own, HashSet<string> neighbours, HashSet<string> namespaces) => entry.Touches switch
    {
        var t when t.Any(own.Contains) => (1, $"It concerns {t.First(own.Contains)} itself."),
        var t when t.FirstOrDefault(o => o.EndsWith("/*", StringComparison.Ordinal) && namespaces.Contains(o[..^2])) is { } whole => (0.7, $"It holds for all of namespace {whole[..^2]}."),
        var t when t.Contains("*") => (0.6, "It holds for the whole mesh."),
        var t when t.FirstOrDefault(neighbours.Contains) is { } one => (0.5, $"It concerns {one}, one call away."),
        var t when t.FirstOrDefault(o => namespaces.Contains(Namespace(o))) is { } beside => (0.2, $"It concerns {beside}, in the same namespace."),
        { IsEmpty: true } when namespaces.Contains(entry.Namespace) => (0.2, $"It is in namespace {entry.Namespace} too."),
        _ => (0.05, "It is elsewhere in the mesh."),
    };

    /// <summary>How likely a change of that kind is to break something, compared with the others.</summary>
    private static double Prior(TimelineKind kind) => kind switch
    {
        TimelineKind.Weight => 1,
        TimelineKind.Config => 0.95,
        TimelineKind.Policy => 0.95,
        TimelineKind.Deploy => 0.95,
        TimelineKind.Crash => 0.8,
        TimelineKind.Certificate => 0.7,
        TimelineKind.Scale => 0.6,
        TimelineKind.Mark => 0,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>Links never act: a change of the console opens its own page, where going back is guarded; a route opens where a plan is made.</summary>
    private static string Page(TimelineEntry entry) => entry switch
    {
        { ChangeId: { } change } => $"changes/{Uri.EscapeDataString(change)}",
        { ObjectKind: "VirtualService" or "HTTPRoute" or "GRPCRoute" or "TrafficSplit" } => $"traffic?q={Uri.EscapeDataString(entry.Name)}",
        { Kind: TimelineKind.Policy } => "mtls",
        { Kind: TimelineKind.Certificate } => "certificates",
        _ => $"incidents?change={Uri.EscapeDataString(entry.Id)}",
    };

    private static string? Key(string node) => NodeId.TryParse(node, out var id) ? $"{id.Namespace}/{id.Name}" : null;

    private static string Namespace(string key) => key.Split('/')[0];
}
