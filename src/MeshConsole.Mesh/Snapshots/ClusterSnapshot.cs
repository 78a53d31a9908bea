using System.Collections.Frozen;
using System.Collections.Immutable;
using MeshConsole.Mesh.Certificates.Probes;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>One cluster in a snapshot: the raw material of every view.</summary>
public sealed record ClusterSnapshot
{
    /// <summary>Istio's own default.</summary>
    public const string DefaultRootNamespace = "istio-system";

    public required string Name { get; init; }

    /// <summary>
    /// Where policies hold for the whole mesh and where istiod keeps the keys it signs with: <c>rootNamespace</c> of the
    /// mesh configuration, as the console's configuration has it.
    /// </summary>
    public string RootNamespace { get; init; } = DefaultRootNamespace;

    /// <summary>Mesh kinds found: <c>istio</c>, <c>istio-ambient</c>, <c>linkerd</c>.</summary>
    public ImmutableArray<string> Meshes { get; init; } = [];

    /// <summary>Stable order: by name.</summary>
    public required ImmutableArray<SourceStatus> Sources { get; init; }

    /// <summary>Objects as the watchers hold them.</summary>
    public required ClusterObjects Objects { get; init; }

    /// <summary>Ordered by id.</summary>
    public required ImmutableArray<Workload> Workloads { get; init; }

    /// <summary>Ordered by id.</summary>
    public required ImmutableArray<Service> Services { get; init; }

    /// <summary>
    /// Ordered by source, target, service, protocol. Empty also when telemetry is not known: see <see cref="Telemetry"/>.
    /// Edges whose reporters stopped being scraped stay, with every number null: see <see cref="ScrapeGaps"/>.
    /// </summary>
    public required ImmutableArray<Edge> Edges { get; init; }

    /// <summary>The telemetry behind <see cref="Edges"/>; null until Prometheus has answered once.</summary>
    public TelemetryFrame? Telemetry { get; init; }

    /// <summary>What was served at the configured addresses when they were probed last, in the order of the configuration.</summary>
    public ImmutableArray<ServedCertificate> Served { get; init; } = [];

    /// <summary>Clocks of API server and Prometheus, as far as they are known.</summary>
    public ImmutableArray<ClockSkew> Clocks { get; init; } = [];

    /// <summary>Workloads that have ready proxies which are not scraped; a workload that is not in here is scraped, or it is not known.</summary>
    public IReadOnlyDictionary<WorkloadId, ScrapeGap> ScrapeGaps { get; init; } = FrozenDictionary<WorkloadId, ScrapeGap>.Empty;
}
