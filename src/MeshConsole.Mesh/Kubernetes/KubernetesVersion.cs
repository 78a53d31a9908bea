namespace MeshConsole.Mesh.Kubernetes;

/// <summary>Answer of <c>/version</c>.</summary>
/// <param name="GitVersion">For example <c>v1.33.2</c>.</param>
public sealed record KubernetesVersion(string GitVersion, string? Platform);
