using System.Collections.Immutable;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>Whom a bearer token stands for, and what they may do.</summary>
/// <param name="User">The user name, for example <c>system:serviceaccount:mesh:console</c>.</param>
public sealed record TokenIdentity(string User)
{
    /// <summary>Groups besides <c>system:authenticated</c>. <c>system:masters</c> may do everything.</summary>
    public ImmutableArray<string> Groups { get; init; } = [];

    public ImmutableArray<RoleGrant> Roles { get; init; } = [];

    /// <summary>The identity with one role for the whole cluster.</summary>
    public static TokenIdentity Of(string user, params ImmutableArray<ApiRole> roles) => new(user) { Roles = [.. roles.Select(role => new RoleGrant(role))] };
}
