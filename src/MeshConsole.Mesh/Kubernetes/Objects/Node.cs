namespace MeshConsole.Mesh.Kubernetes.Objects;

/// <summary>A Node; <paramref name="Ready"/> is null when the condition is missing or Unknown.</summary>
public sealed record Node(ObjectMeta Meta, bool? Ready, string? KubeletVersion) : IKubernetesObject;
