using System.Collections.Immutable;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Mesh.Triage;

namespace MeshConsole.Mesh.Incidents;

/// <summary>
/// What the console saw of an incident, kept with it: Prometheus and the timeline forget after a while, and a post-mortem comes
/// later.
/// </summary>
/// <param name="TakenAt">When it was last added to.</param>
/// <param name="Changes">What changed from an hour before the incident to its end, oldest first, without differences of objects.</param>
/// <param name="Unknown">What could not be read and why, in sentences.</param>
public sealed record IncidentEvidence(
    DateTimeOffset TakenAt,
    ImmutableArray<ProblemEvidence> Problems,
    ImmutableArray<IncidentTrends> Trends,
    ImmutableArray<TimelineEntry> Changes,
    ImmutableArray<string> Unknown)
{
    public static IncidentEvidence None { get; } = new(DateTimeOffset.UnixEpoch, [], [], [], []);
}

/// <summary>What was known of one problem, and when.</summary>
/// <param name="AtOnset">As it was judged at its first sight; null when this process did not see it begin.</param>
/// <param name="WhenAdded">As it was judged when the incident was opened, or the problem added to it.</param>
/// <param name="Last">The last judgement while the incident was open; null before there was another one.</param>
/// <param name="GoneAt">When it was first not found any more; null while it is there.</param>
public sealed record ProblemEvidence(string ProblemId, JudgedProblem? AtOnset, JudgedProblem WhenAdded, JudgedProblem? Last, DateTimeOffset? GoneAt)
{
    /// <summary>The earliest judgement there is.</summary>
    public JudgedProblem First => AtOnset ?? WhenAdded;

    /// <summary>The newest judgement there is.</summary>
    public JudgedProblem Newest => Last ?? WhenAdded;
}

/// <summary>A problem as it was judged at one instant, with the part of the graph that it concerned.</summary>
public sealed record JudgedProblem(TriageProblem Problem, DateTimeOffset At, BlastGraph Graph);

/// <summary>Key numbers around the onset of what <paramref name="Subject"/> names, all of one start and step.</summary>
/// <param name="Subject">Node id of the workload whose incoming requests they are (of a gateway: those it sends on); empty: what users see at the gateways.</param>
/// <param name="Requests">Per second.</param>
/// <param name="Errors">Share 0..1; a gap without requests.</param>
/// <param name="P99Ms">Milliseconds.</param>
public sealed record IncidentTrends(string Subject, Trend Requests, Trend Errors, Trend P99Ms);
