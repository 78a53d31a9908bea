using System.Collections.Immutable;

namespace MeshConsole.Mesh.Changes.Gates;

/// <summary>
/// What the callers' proxies counted of one backend between two instants: increases of counters, safe against resets. They
/// are not whole, because Prometheus extrapolates from the samples in a window to its ends; tests round them.
/// </summary>
/// <param name="Requests">All requests; null when no counter of the backend was found, which is not zero.</param>
/// <param name="Errors">Requests that the server or the mesh failed (design, truth 7); null when not known.</param>
/// <param name="Timed">Requests with a duration in the histogram; null when there is none.</param>
/// <param name="Slow">Of those, requests that took longer than <paramref name="SlowBoundMs"/>.</param>
/// <param name="SlowBoundMs">The bucket bound used.</param>
public sealed record GateCounts(double? Requests, double? Errors, double? Timed, double? Slow, double? SlowBoundMs);

/// <summary>The evidence of one look: everything a verdict is computed from, so that anybody can compute it again.</summary>
/// <param name="From">Start of the window: when the stage was in force.</param>
/// <param name="To">End of the window; both arms are counted over the same time, but for a policy (<see cref="Refusals"/>).</param>
/// <param name="Queries">The PromQL that was sent, in full.</param>
/// <param name="Problem">Why the counters could not be read; null when they were.</param>
public sealed record GateEvidence(DateTimeOffset From, DateTimeOffset To, GateCounts? Canary, GateCounts? Stable, ImmutableArray<string> Queries, string? Problem)
{
    /// <summary>
    /// Share of the rule that its weights give the stable backend, 0..1, as the cluster was watched; null when not known.
    /// At 0 there is nothing to compare the canary with.
    /// </summary>
    public double? StableShare { get; init; }

    /// <summary>
    /// Requests to the host of both arms that failed without reaching a workload (no healthy host, for one): whose they were,
    /// telemetry does not say. Where each arm has a host of its own they are in its counts.
    /// </summary>
    public double Lost { get; init; }

    /// <summary>Shorter windows may hold no two scrapes, and then no counter can be seen to move.</summary>
    public TimeSpan ShortestWindow { get; init; }

    /// <summary>True when connections are counted, because the rule carries no requests that proxies can tell apart.</summary>
    public bool Connections { get; init; }

    /// <summary>
    /// For a policy, what it may have turned away. The arms are then the same workloads twice: <see cref="Canary"/> since the
    /// policy was written, <see cref="Stable"/> over as much time before. Null for weights.
    /// </summary>
    public RefusalCounts? Refusals { get; init; }

    /// <summary>Why durations are not known although requests are; null when they are, or when there is no more to say.</summary>
    public string? DurationProblem { get; init; }
}

/// <summary>One gate's verdict with its arithmetic in words.</summary>
/// <param name="Code">Stable: <c>traffic, tripwire, objective, errors, latency, plaintext-refused</c>.</param>
/// <param name="Title">What it guards, for people.</param>
/// <param name="Message">What was found and what would change it.</param>
/// <param name="Expected">When a verdict is possible at the current rate; null when now, or never at this rate.</param>
public sealed record GateResult(string Code, string Title, GateVerdict Verdict, string Message, TimeSpan? Expected = null);

/// <summary>All gates over one look.</summary>
/// <param name="Verdict">The worst of them: a failure before an error before missing data before a pass.</param>
/// <param name="Trips">Whether a failure must be acted on at once, without waiting for a second look.</param>
public sealed record GateLook(GateEvidence Evidence, ImmutableArray<GateResult> Results, GateVerdict Verdict, bool Trips)
{
    /// <summary>
    /// What this look says to the plan: its verdict, or that of the tripwires alone where the gates are on trial. A look that
    /// did not come as far as the tripwire says what kept it from that, never a pass.
    /// </summary>
    public GateVerdict Decides(GateSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return !settings.ObserveOnly ? Verdict
            : Results.Where(r => GateCodes.IsTripwire(r.Code)).Select(r => r.Verdict).ToList() is { Count: > 0 } tripwires ? tripwires.MaxBy(GateEvaluator.Badness)
            : Verdict is GateVerdict.Pass or GateVerdict.Fail ? GateVerdict.Error : Verdict;
    }
}
