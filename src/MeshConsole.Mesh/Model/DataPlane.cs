namespace MeshConsole.Mesh.Model;

/// <summary>How a workload's traffic is captured by a mesh, seen in its pods and not in what labels ask for.</summary>
public enum DataPlane
{
    None,
    Sidecar,
    Ambient,
    Linkerd,
}
