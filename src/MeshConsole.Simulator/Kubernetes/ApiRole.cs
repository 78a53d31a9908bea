using System.Collections.Immutable;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>A named set of rules. <see cref="BuiltInRoles"/> holds the usual ones.</summary>
public sealed record ApiRole(string Name, params ImmutableArray<PolicyRule> Rules);
