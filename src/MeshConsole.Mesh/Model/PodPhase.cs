namespace MeshConsole.Mesh.Model;

/// <summary>Phase of a pod as Kubernetes reports it.</summary>
public enum PodPhase
{
    Unknown,
    Pending,
    Running,
    Succeeded,
    Failed,
}
