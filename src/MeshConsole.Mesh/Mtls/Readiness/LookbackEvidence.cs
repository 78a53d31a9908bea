using System.Collections.Frozen;
using System.Collections.Immutable;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Mtls.Readiness;

/// <summary>What Prometheus told of one look-back, for the whole mesh of a cluster. A part is null when its query was not answered.</summary>
/// <param name="At">End of the look-back.</param>
/// <param name="Slot">Resolution of <paramref name="Proxies"/>: a gap shorter than this is not seen.</param>
/// <param name="Unprotected">What arrived without mutual TLS, by caller and callee; every count is above zero.</param>
/// <param name="Arrivals">Workloads at which anything arrived.</param>
/// <param name="Proxies">When each proxy was scraped, by namespace and name of its pod.</param>
/// <param name="Faults">The questions that were not answered.</param>
internal sealed record LookbackEvidence(
    TimeSpan Lookback,
    DateTimeOffset At,
    TimeSpan Slot,
    ImmutableArray<UnprotectedTraffic>? Unprotected,
    FrozenDictionary<WorkloadId, Arrivals>? Arrivals,
    FrozenDictionary<(string Namespace, string Pod), ScrapedSpan>? Proxies,
    ImmutableArray<LookbackFault> Faults)
{
    public DateTimeOffset Start => At - Lookback;
}

/// <param name="Question">What was asked for: <c>plaintext requests</c>.</param>
/// <param name="Message">Why there is no answer, a sentence.</param>
internal sealed record LookbackFault(string Question, string Message);

/// <summary>What is counted.</summary>
internal enum TrafficMeasure
{
    Requests,
    Connections,
    Bytes,
}

/// <summary>Traffic without mutual TLS from one caller to one callee over the look-back.</summary>
/// <param name="Service">Host that was called, or <c>unknown</c>.</param>
/// <param name="Known">True for plaintext; false where the proxy could not tell how it was protected.</param>
/// <param name="Count">In the look-back; extrapolated by Prometheus, so not always whole.</param>
internal sealed record UnprotectedTraffic(WorkloadId Source, WorkloadId Target, string Service, TrafficMeasure Measure, bool Known, double Count);

/// <summary>What arrived at a workload in the look-back.</summary>
/// <param name="Clusters">Clusters of its callers where telemetry names another than the callee's own.</param>
internal sealed record Arrivals(double Requests, double Connections, double Bytes, ImmutableArray<string> Clusters)
{
    public bool Any => Requests > 0 || Connections > 0 || Bytes > 0;
}

/// <summary>When one proxy was scraped in the look-back.</summary>
/// <param name="Covered">Slots with at least one sample, as time.</param>
internal readonly record struct ScrapedSpan(TimeSpan Covered, DateTimeOffset First, DateTimeOffset Last);
