using System.Collections.Immutable;

namespace MeshConsole.Mesh.Kubernetes.Objects;

/// <summary>A Service. An empty selector selects nothing (its endpoints are managed by hand).</summary>
public sealed record KubernetesService(
    ObjectMeta Meta,
    string Type,
    string? ClusterIp,
    string? ExternalName,
    ImmutableSortedDictionary<string, string> Selector,
    ImmutableArray<ServicePort> Ports) : IKubernetesObject
{
    public bool Headless => string.Equals(ClusterIp, "None", StringComparison.Ordinal);
}

/// <summary>A port of a Service; <paramref name="TargetPort"/> is a number or the name of a container port.</summary>
public sealed record ServicePort(string? Name, int Port, string TargetPort, string Protocol, string? AppProtocol);
