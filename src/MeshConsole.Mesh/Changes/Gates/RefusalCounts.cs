using System.Collections.Immutable;

namespace MeshConsole.Mesh.Changes.Gates;

/// <summary>
/// What a policy may have turned away, as far as anybody counts it: since the policy was written, and over as much time before
/// it. Counts are increases of counters and not whole.
/// </summary>
/// <param name="Callers">Callers with a proxy of their own, by node; those with most connection failures first.</param>
/// <param name="Listener">
/// Connections that matched no filter chain of the inbound listeners (<c>envoy_listener_no_filter_chain_match</c>, port 15006):
/// under STRICT that is plaintext, also of callers without a proxy. Null where no proxy counts it.
/// </param>
/// <param name="Denied">Connections that ztunnels denied (flag DENY); null where no workload that is reached is ambient.</param>
/// <param name="Sight">At how many proxies the listener counts; null when not known.</param>
/// <param name="Problem">Why a count that was there before is missing, a sentence; null when none is.</param>
public sealed record RefusalCounts(ImmutableArray<CallerRefusals> Callers, RefusalCount? Listener, RefusalCount? Denied, RefusalSight? Sight, string? Problem)
{
    /// <summary>Start of the time before the write that is compared with; it is as long as that since.</summary>
    public DateTimeOffset BeforeFrom { get; init; }

    /// <summary>Its end: when the policy was sent.</summary>
    public DateTimeOffset BeforeTo { get; init; }
}

/// <param name="Before">Null when nothing counted then: pods that are younger, or a history that does not reach.</param>
public sealed record RefusalCount(double Since, double? Before);

/// <summary>One caller with a proxy, and how many of its requests or connections failed to connect (flags UF, UC).</summary>
/// <param name="Caller"><c>namespace/name</c>.</param>
/// <param name="RequestsBefore">Null when it made none then.</param>
public sealed record CallerRefusals(string Caller, double Requests, double Failed, double? RequestsBefore, double? FailedBefore);
