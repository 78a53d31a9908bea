namespace MeshConsole.Mesh.Kubernetes.Objects;

/// <summary>A slim record of a watched object: identity plus the fields the console reads.</summary>
public interface IKubernetesObject
{
    ObjectMeta Meta { get; }
}
