using System.Collections.Immutable;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Mtls;

/// <summary>Answer of <c>GET /api/v1/mtls</c>.</summary>
public sealed record MtlsView(
    long Revision,
    DateTimeOffset ObservedAt,
    double Window,
    MtlsCoverage Coverage,
    ImmutableArray<NamespaceCoverage> Namespaces,
    ImmutableArray<PlaintextEdge> Plaintext)
{
    /// <summary>Edges of which nobody can tell whether they are encrypted; never counted as plaintext, nor as encrypted.</summary>
    public ImmutableArray<PlaintextEdge> Unknown { get; init; } = [];
}

/// <summary>Encrypted ÷ all in four ways, each 0..1; null means no traffic, or not known (see <see cref="Message"/>).</summary>
public sealed record MtlsCoverage
{
    /// <summary>Of requests, on destination and waypoint series.</summary>
    public double? Requests { get; init; }

    /// <summary>Of TCP connections opened, on destination series.</summary>
    public double? Connections { get; init; }

    /// <summary>Of TCP bytes, both ways: they speak for connections that were opened before the window, too.</summary>
    public double? Bytes { get; init; }

    /// <summary>Of workloads with inbound traffic: those whose inbound traffic is all mutual.</summary>
    public double? Workloads { get; init; }

    /// <summary>Of edges with traffic: those that are all mutual.</summary>
    public double? Edges { get; init; }

    /// <summary>Requests per second behind <see cref="Requests"/>.</summary>
    public double? MutualRequestsPerSecond { get; init; }
    public double? PlaintextRequestsPerSecond { get; init; }
    public double? UnknownRequestsPerSecond { get; init; }

    /// <summary>Requests per second by class; null when not known.</summary>
    public SecuritySplit? RequestClasses { get; init; }

    /// <summary>TCP connections opened per second by class; null when not known.</summary>
    public SecuritySplit? ConnectionClasses { get; init; }

    /// <summary>TCP bytes per second by class; null when not known.</summary>
    public SecuritySplit? ByteClasses { get; init; }

    /// <summary>
    /// Workloads with inbound traffic by class: plaintext where any of it is plaintext, else unknown where any of it is. Null
    /// when requests or connections are not known.
    /// </summary>
    public SecuritySplit? WorkloadClasses { get; init; }

    /// <summary>Edges with traffic by class, likewise.</summary>
    public SecuritySplit? EdgeClasses { get; init; }

    /// <summary>Edges that carry bytes and opened no connection in the window: their connections are older, and count as bytes only.</summary>
    public int LongLivedEdges { get; init; }

    /// <summary>Why something is null; null when nothing is.</summary>
    public string? Message { get; init; }
}

/// <param name="Mode">Namespace-wide mode after inheritance: <c>STRICT, PERMISSIVE, DISABLE</c>; null when policies are not known.</param>
public sealed record NamespaceCoverage(string Cluster, string Namespace, MtlsCoverage Coverage, string? Mode, ImmutableArray<WorkloadCoverage> Workloads);

public sealed record WorkloadCoverage(string Workload, string Name, MtlsCoverage Coverage, string? Mode, bool? HasProxy);

/// <summary>
/// An edge that carries plaintext, or of which nobody can tell. <paramref name="Source"/> and <paramref name="Target"/> are
/// node ids; the rates are of what is not encrypted, or not known to be.
/// </summary>
public sealed record PlaintextEdge(string Source, string Target, string Protocol, double? RequestsPerSecond, double? ConnectionsPerSecond, string Reason, string Fix)
{
    /// <summary>Stable word for the reason; see <see cref="PlaintextCause"/>.</summary>
    public string Cause { get; init; } = "";

    /// <summary>TCP bytes per second, both ways; null for HTTP.</summary>
    public double? BytesPerSecond { get; init; }
}
