using System.Collections.Immutable;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>One refresh of telemetry, parsed. A part whose query failed keeps the last good answer and its own time.</summary>
public sealed record TelemetryFrame
{
    /// <summary>Evaluation time of the newest answer.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Rate window of the queries.</summary>
    public required TimeSpan Window { get; init; }

    public required ImmutableArray<Edge> Edges { get; init; }

    /// <summary>Expiry of workload leaf certificates as the proxies' agents report it, one per pod.</summary>
    public ImmutableArray<ProxyCertificateSample> ProxyCertificates { get; init; } = [];

    /// <summary>The proxies that are scraped; null until that has been answered once.</summary>
    public ScrapedProxies? ScrapedProxies { get; init; }

    /// <summary>Gauges and rates of the control plane; empty when not known.</summary>
    public ImmutableArray<ControlPlaneSample> ControlPlane { get; init; } = [];

    /// <summary>
    /// Of a past instant: the queries that were not answered, with why, by name. What they would have told is not known then;
    /// an empty answer is another thing. Empty of the present, where the source's own state says it.
    /// </summary>
    public ImmutableDictionary<string, string> Unanswered { get; init; } = ImmutableDictionary<string, string>.Empty;
}

/// <summary>
/// The leaf of one proxy: <c>istio_agent_cert_expiry_seconds</c>, or Linkerd's <c>identity_cert_expiration_timestamp_seconds</c>.
/// </summary>
/// <param name="Namespace">Namespace of the reporting pod.</param>
/// <param name="Pod">Name of the reporting pod.</param>
/// <param name="ResourceName"><c>default</c> for the workload certificate; <see cref="Linkerd"/> for that of a Linkerd proxy.</param>
/// <param name="RemainingSeconds">Seconds left when sampled; negative once expired.</param>
/// <param name="SampledAt">When Prometheus took the sample: what is left now is less by the sample's age.</param>
public sealed record ProxyCertificateSample(string Namespace, string Pod, string ResourceName, double RemainingSeconds, DateTimeOffset SampledAt)
{
    /// <summary>Stands where Istio's agents name the resource.</summary>
    public const string Linkerd = "linkerd";

    /// <summary>When the proxy got it; null where it does not say, as Istio's agents do not.</summary>
    public DateTimeOffset? IssuedAt { get; init; }
}

/// <summary>One series of the control plane: metric name, labels that matter, value (a gauge, or a rate per second for a counter).</summary>
public sealed record ControlPlaneSample(string Metric, ImmutableSortedDictionary<string, string> Labels, double Value);
