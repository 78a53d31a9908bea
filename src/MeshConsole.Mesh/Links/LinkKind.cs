namespace MeshConsole.Mesh.Links;

/// <summary>What a link out of the console leads to.</summary>
public enum LinkKind
{
    Trace,
    Dashboard,
    Logs,
}

/// <summary>What of the mesh a link is about.</summary>
public enum LinkSubject
{
    Workload,
    Service,
    Namespace,
    Edge,
    Problem,
}
