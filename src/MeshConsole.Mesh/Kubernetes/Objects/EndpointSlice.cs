using System.Collections.Immutable;

namespace MeshConsole.Mesh.Kubernetes.Objects;

/// <summary>An EndpointSlice: which pods answer for a Service (label <c>kubernetes.io/service-name</c>).</summary>
public sealed record EndpointSlice(ObjectMeta Meta, string? ServiceName, ImmutableArray<Endpoint> Endpoints) : IKubernetesObject;

/// <summary>One endpoint; <paramref name="PodName"/> is null when it is not a pod.</summary>
public sealed record Endpoint(string Address, bool Ready, string? PodName);
