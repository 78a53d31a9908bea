namespace MeshConsole.Mesh.Model;

/// <summary>A Kubernetes Service.</summary>
public readonly record struct ServiceId(string Cluster, string Namespace, string Name)
{
    public override string ToString() => $"{Cluster}/{Namespace}/{Name}";
}
