namespace MeshConsole.Mesh.Model;

/// <summary>The proxy that emitted a sample. Rates of different reporters are never added up.</summary>
public enum Reporter
{
    Source,
    Destination,
    Waypoint,
}
