using System.Collections.Immutable;

namespace MeshConsole.Mesh.Model;

/// <summary>
/// Traffic from one workload to another over one service and protocol, with what each reporter says kept apart.
/// One edge per (source, target, destination service, protocol).
/// </summary>
public sealed record Edge
{
    /// <summary>The caller; its name is <c>unknown</c> when the callee's proxy could not tell.</summary>
    public required Peer Source { get; init; }

    /// <summary>The callee; its name is <c>unknown</c> for external services and callees without proxy that telemetry cannot name.</summary>
    public required Peer Target { get; init; }

    /// <summary>Host of the service that was called, or <c>unknown</c>, <c>PassthroughCluster</c>, <c>BlackHoleCluster</c>.</summary>
    public required string ServiceHost { get; init; }

    /// <summary>Namespace of the service, or <c>unknown</c>.</summary>
    public required string ServiceNamespace { get; init; }

    /// <summary><c>http</c>, <c>grpc</c> or <c>tcp</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>What the caller's proxy (or gateway) says; null when it reports nothing of this edge.</summary>
    public ReporterTraffic? FromSource { get; init; }

    /// <summary>What the callee's proxy says; null when it reports nothing of this edge.</summary>
    public ReporterTraffic? FromDestination { get; init; }

    /// <summary>What a waypoint on the path says; null when there is none.</summary>
    public ReporterTraffic? FromWaypoint { get; init; }

    /// <summary>SPIFFE identities seen on the edge, without <c>unknown</c>; more than one during a migration of service accounts.</summary>
    public ImmutableArray<string> SourcePrincipals { get; init; } = [];

    public ImmutableArray<string> DestinationPrincipals { get; init; } = [];

    /// <summary>
    /// All requests by operation, at most <see cref="EdgeOperation.Most"/> of the busiest and what is not classified; empty
    /// where the caller's proxy classifies none.
    /// </summary>
    public ImmutableArray<EdgeOperation> Operations { get; init; } = [];

    /// <summary>
    /// Rate and success as the caller has them: what the source reports, else the waypoint, else the callee. Errors are
    /// counted from here, because requests that never arrived are known only at the source.
    /// </summary>
    public ReporterTraffic? CallerView => FromSource ?? FromWaypoint ?? FromDestination;
}
