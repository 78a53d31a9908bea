namespace MeshConsole.Mesh.Topology;

/// <summary>The four views of the topology.</summary>
public enum TopologyLevel
{
    Workload,
    Service,
    App,
    Namespace,
}
