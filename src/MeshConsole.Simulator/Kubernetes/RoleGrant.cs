using System.Collections.Immutable;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>A role given to a user or to a group.</summary>
/// <param name="Role">What is allowed.</param>
/// <param name="Namespaces">Where; empty for the whole cluster (then also what belongs to no namespace).</param>
public sealed record RoleGrant(ApiRole Role, params ImmutableArray<string> Namespaces);
