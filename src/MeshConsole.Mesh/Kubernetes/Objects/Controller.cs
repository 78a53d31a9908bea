namespace MeshConsole.Mesh.Kubernetes.Objects;

/// <summary>A Deployment or ReplicaSet: how many replicas are asked for and how many are ready.</summary>
public sealed record Controller(ObjectMeta Meta, string Kind, int DesiredReplicas, int ReadyReplicas, int UpdatedReplicas) : IKubernetesObject;
