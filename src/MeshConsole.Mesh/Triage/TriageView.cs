using System.Collections.Immutable;
using MeshConsole.Mesh.Timeline;

namespace MeshConsole.Mesh.Triage;

/// <summary>Answer of <c>GET /api/v1/triage</c>: what is wrong, the worst first, and what changed lately, the newest first.</summary>
/// <param name="WatchedSince">From when on changes were followed without a gap; null before.</param>
/// <param name="Notes">What could not be judged and why: no history to compare with, a source that is silent.</param>
public sealed record TriageView(
    DateTimeOffset ObservedAt,
    DateTimeOffset? WatchedSince,
    ImmutableArray<TriageProblem> Problems,
    ImmutableArray<TimelineEntry> Changes,
    ImmutableArray<string> Notes)
{
    public static TriageView Empty { get; } = new(DateTimeOffset.UnixEpoch, null, [], [], ["Nothing has been judged yet: the sources have not all answered."]);
}

public enum TriageSeverity
{
    Warning,
    Critical,
}

/// <summary>One thing that is wrong, with what follows from it folded in.</summary>
public sealed record TriageProblem
{
    /// <summary>The same from the first to the last sight of it: <c>errors:demo/payments/workload/card-processor-v2</c>.</summary>
    public required string Id { get; init; }

    /// <summary>What saw it: <c>errors, edge-errors, latency, traffic-drop, traffic-surge, plaintext, certificate, canary, control-plane, pods, replicas, scrapes, source, reverted</c>.</summary>
    public required string Code { get; init; }

    public required TriageSeverity Severity { get; init; }

    public required string Title { get; init; }

    /// <summary>What was found, with numbers.</summary>
    public required string Detail { get; init; }

    /// <summary>First sight of it.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Node of the workload view it is about; null when it is about none.</summary>
    public string? Node { get; init; }

    /// <summary>Key of the edge it is about, <c>source|target|protocol</c>; null when it is about none.</summary>
    public string? Edge { get; init; }

    /// <summary>Namespaces it concerns beside those of its nodes, <c>cluster/namespace</c>; <c>cluster/</c> for a whole cluster.</summary>
    public ImmutableArray<string> Concerns { get; init; } = [];

    /// <summary>Relative link that shows the evidence.</summary>
    public required string Page { get; init; }

    public ImmutableArray<TriageEvidence> Evidence { get; init; } = [];

    /// <summary>What may have caused it, the likeliest first; empty when nothing is known that could have.</summary>
    public ImmutableArray<TriageSuspect> Suspects { get; init; } = [];

    public required TriageBlastRadius BlastRadius { get; init; }

    public ImmutableArray<TriageStep> NextSteps { get; init; } = [];
}

/// <summary>A number and what it usually is.</summary>
/// <param name="Usual">The same number over the hour before; null when there is none to compare with.</param>
public sealed record TriageEvidence(string Name, string Value, string? Usual = null);

/// <summary>Something that may have caused a problem: a change of state. A symptom is never one.</summary>
/// <param name="Score">0..1, for the order only.</param>
/// <param name="For">What speaks for it.</param>
/// <param name="Against">What speaks against it; empty when nothing does.</param>
/// <param name="Change">Id of the timeline's entry; null where it is a standing difference.</param>
/// <param name="Page">Relative link: to a guarded plan where it can be taken back, else to where it is shown.</param>
public sealed record TriageSuspect(string Title, double Score, ImmutableArray<string> For, ImmutableArray<string> Against, string? Change, DateTimeOffset? At, string? Page);

/// <summary>Who is hit.</summary>
/// <param name="Symptoms">Nodes whose own failures are explained by this problem, nearest first.</param>
/// <param name="Gateways">Gateways through which users feel it.</param>
/// <param name="GatewayErrorRatio">Share of the requests of those gateways that fail, 0..1; null when not known.</param>
public sealed record TriageBlastRadius(ImmutableArray<string> Symptoms, ImmutableArray<string> Gateways, double? GatewayErrorRatio)
{
    public static TriageBlastRadius None { get; } = new([], [], null);
}

/// <param name="Text">What to do, a sentence.</param>
/// <param name="Page">Relative link to where it is done or seen; null when it is done elsewhere.</param>
public sealed record TriageStep(string Text, string? Page = null);
