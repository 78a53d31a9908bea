using System.Collections.Immutable;

namespace MeshConsole.Mesh.Mtls;

/// <summary>Answer of <c>GET /api/v1/mtls</c>.</summary>
public sealed record MtlsView(
    long Revision,
    DateTimeOffset ObservedAt,
    double Window,
    MtlsCoverage Coverage,
    ImmutableArray<NamespaceCoverage> Namespaces,
    ImmutableArray<PlaintextEdge> Plaintext);

/// <summary>Encrypted ÷ all in four ways, each 0..1; null means no traffic, or not known (see <see cref="Message"/>).</summary>
public sealed record MtlsCoverage
{
    /// <summary>Of requests, on destination and waypoint series.</summary>
    public double? Requests { get; init; }

    /// <summary>Of TCP connections opened, on destination series.</summary>
    public double? Connections { get; init; }

    /// <summary>Of workloads with inbound traffic: those whose inbound traffic is all mutual.</summary>
    public double? Workloads { get; init; }

    /// <summary>Of edges with traffic: those that are all mutual.</summary>
    public double? Edges { get; init; }

    /// <summary>Requests per second behind <see cref="Requests"/>.</summary>
    public double? MutualRequestsPerSecond { get; init; }
    public double? PlaintextRequestsPerSecond { get; init; }
    public double? UnknownRequestsPerSecond { get; init; }

    /// <summary>Why something is null; null when nothing is.</summary>
    public string? Message { get; init; }
}

/// <param name="Mode">Namespace-wide mode after inheritance: <c>STRICT, PERMISSIVE, DISABLE</c>; null when policies are not known.</param>
public sealed record NamespaceCoverage(string Cluster, string Namespace, MtlsCoverage Coverage, string? Mode, ImmutableArray<WorkloadCoverage> Workloads);

public sealed record WorkloadCoverage(string Workload, string Name, MtlsCoverage Coverage, string? Mode, bool? HasProxy);

/// <summary>An edge that carries plaintext. <paramref name="Source"/> and <paramref name="Target"/> are node ids.</summary>
public sealed record PlaintextEdge(string Source, string Target, string Protocol, double? RequestsPerSecond, double? ConnectionsPerSecond, string Reason, string Fix);
