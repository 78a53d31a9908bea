using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Model;

/// <summary>A Kubernetes Service joined with the workloads behind it.</summary>
public sealed record Service
{
    public required ServiceId Id { get; init; }

    /// <summary>Fully qualified host, for example <c>card-processor.payments.svc.cluster.local</c>.</summary>
    public required string Host { get; init; }

    public required ImmutableArray<ServicePort> Ports { get; init; }

    public bool Headless { get; init; }

    public required ImmutableArray<WorkloadId> Workloads { get; init; }
}
