namespace MeshConsole.Mesh.Kubernetes.Objects;

/// <summary>A Namespace; its labels say what injection and ambient are asked for.</summary>
public sealed record Namespace(ObjectMeta Meta) : IKubernetesObject;
