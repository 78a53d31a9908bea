using System.Collections.Frozen;
using System.Collections.Immutable;
using MeshConsole.Mesh.Triage.Detectors;

namespace MeshConsole.Mesh.Triage;

/// <summary>
/// One look after the other: detectors, memory, causes, suspects. It keeps what was usual before a problem began, so that an
/// hour of trouble does not become the new normal. Not thread-safe: one triage loop owns it.
/// </summary>
internal sealed class TriageEngine
{
    private static readonly ImmutableArray<IDetector> s_detectors =
    [
        new SourceDetector(), new ControlPlaneDetector(), new ErrorDetector(), new EdgeErrorDetector(), new PodDetector(), new ReplicaDetector(), new LatencyDetector(), new CanaryDetector(),
        new TrafficDetector(), new SaturationDetector(), new ConnectionDetector(), new RefusalDetector(), new PlaintextDetector(), new CertificateDetector(), new ScrapeDetector(), new RevertDetector(),
    ];

    /// <summary>Of several observations of one node the first of these gives the problem its name; the others add what they saw.</summary>
    private static readonly ImmutableArray<string> s_naming =
        [
            RefusalDetector.Code, ErrorDetector.Code, PodDetector.Code, ReplicaDetector.Code, ConnectionDetector.Code, CanaryDetector.Code, LatencyDetector.Code, SaturationDetector.Code,
            TrafficDetector.Surge, TrafficDetector.Drop,
        ];

    private readonly ProblemTracker _tracker = new();
    private FrozenDictionary<string, UsualTraffic> _frozen = FrozenDictionary<string, UsualTraffic>.Empty;
    private FrozenDictionary<string, double?> _frozenEdges = FrozenDictionary<string, double?>.Empty;
    private FrozenSet<string> _plaintext = FrozenSet<string>.Empty;

    public ImmutableArray<TriageProblem> Look(TriageInput input)
    {
        input = input with { Usual = BeforeTrouble(input.Usual) };
        var open = _tracker.Look(s_detectors.SelectMany(d => d.Look(input)), input.Snapshot.ObservedAt, input.Current);
        Freeze(input.Usual, open.Select(o => o.Observation));
        var causes = Causes.Of(input, [.. open.Select(o => o.Observation)]);
        return
        [
            .. open
                .GroupBy(o => Subject(o.Observation, causes), StringComparer.Ordinal)
                .Select(group => Problem(group.Key, [.. group], causes, input))
                .OrderByDescending(p => p.Problem.Severity)
                .ThenByDescending(p => p.Weight)
                .ThenBy(p => p.Problem.Since)
                .ThenBy(p => p.Problem.Id, StringComparer.Ordinal)
                .Select(p => p.Problem),
        ];
    }

    /// <summary>What observations are grouped by: the node that explains them, or themselves.</summary>
    private static string Subject(Observation observation, Causes causes) =>
        observation.Node is { } node && s_naming.Contains(observation.Code) ? causes.Root(node) : observation.Id;

    private static (TriageProblem Problem, double Weight) Problem(string subject, ImmutableArray<(Observation Observation, DateTimeOffset Since)> group, Causes causes, TriageInput input)
    {
        // Observations of the cause itself; symptoms are in the blast radius.
        var own = group.Where(o => o.Observation.Node == subject || o.Observation.Id == subject).ToImmutableArray();
        own = own.IsEmpty ? group : own;
        var (named, _) = own.OrderBy(o => s_naming.IndexOf(o.Observation.Code) is var i && i < 0 ? int.MaxValue : i).ThenBy(o => o.Observation.Id, StringComparer.Ordinal).First();
        var symptoms = group.Where(o => o.Observation.Node is { } node && node != named.Node)
            .Select(o => o.Observation.Node!)
            .Distinct(StringComparer.Ordinal)
            .OrderBy(causes.Distance)
            .ThenBy(node => node, StringComparer.Ordinal)
            .ToList();

        // A symptom may cross its threshold before its cause does; the problem began with the first of them.
        var since = group.Min(o => o.Since);
        var others = own.Select(o => o.Observation).Where(o => o != named).ToList();
        var whole = named with
        {
            Standing = [.. named.Standing, .. others.SelectMany(o => o.Standing)],
            Near = [.. named.Near, .. others.SelectMany(o => o.Near)],
        };
        return (
            new TriageProblem
            {
                Id = named.Id,
                Code = named.Code,
                Severity = own.Max(o => o.Observation.Severity),
                Title = named.Title,
                Detail = string.Join(' ', new[] { named.Detail }.Concat(others.Where(o => o.Code != CanaryDetector.Code).Select(o => o.Detail)).Distinct(StringComparer.Ordinal)),
                Since = since,
                Node = named.Node,
                Edge = named.Edge,
                Concerns = [.. own.SelectMany(o => o.Observation.Concerns).Distinct(StringComparer.Ordinal)],
                Page = named.Page,
                Evidence = [.. new[] { named }.Concat(others).SelectMany(o => o.Evidence).DistinctBy(e => e.Name, StringComparer.Ordinal)],
                Suspects = Suspects.Of(whole, since, symptoms, input),
                BlastRadius = BlastRadius.Of(input.Topology, named.Edges is [var only] ? only.Split('|')[0] : s_naming.Contains(named.Code) ? named.Node : null, symptoms),
                NextSteps = [.. others.Concat([named]).OrderBy(o => o.Code == CanaryDetector.Code ? 0 : 1).SelectMany(o => o.NextSteps).DistinctBy(s => s.Text, StringComparer.Ordinal)],
            },
            group.Sum(o => o.Observation.Weight));
    }

    private TrafficBaseline BeforeTrouble(TrafficBaseline usual) => usual with
    {
        Nodes = _frozen.Count == 0 ? usual.Nodes : usual.Nodes.Where(n => !_frozen.ContainsKey(n.Key)).Concat(_frozen).ToFrozenDictionary(StringComparer.Ordinal),
        Edges = _frozenEdges.Count == 0 ? usual.Edges : usual.Edges.Where(e => !_frozenEdges.ContainsKey(e.Key)).Concat(_frozenEdges).ToFrozenDictionary(StringComparer.Ordinal),
        PlaintextEdges = _plaintext.Count == 0 ? usual.PlaintextEdges : usual.PlaintextEdges.Except(_plaintext).ToFrozenSet(StringComparer.Ordinal),
    };

    private void Freeze(TrafficBaseline usual, IEnumerable<Observation> open)
    {
        var all = open.ToList();
        _frozen = all.Where(o => s_naming.Contains(o.Code)).Select(o => o.Node).OfType<string>().Distinct(StringComparer.Ordinal)
            .Where(usual.Nodes.ContainsKey)
            .ToFrozenDictionary(node => node, node => usual.Nodes[node], StringComparer.Ordinal);
        _frozenEdges = all.SelectMany(o => o.Edges).Distinct(StringComparer.Ordinal)
            .Where(usual.Edges.ContainsKey)
            .ToFrozenDictionary(edge => edge, edge => usual.Edges[edge], StringComparer.Ordinal);
        _plaintext = all.Where(o => o.Code == PlaintextDetector.Code).Select(o => o.Edge!).ToFrozenSet(StringComparer.Ordinal);
    }
}
