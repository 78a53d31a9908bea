using System.Collections.Immutable;

namespace MeshConsole.Mesh.Kubernetes;

/// <summary>The person on whose behalf a request is made; the console's account needs the right to impersonate.</summary>
/// <param name="User">Name as the API server knows it.</param>
public sealed record Impersonation(string User, ImmutableArray<string> Groups);
