using System.Collections.Immutable;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>Decides who may do what: RBAC over the grants of the options, read anew for each request.</summary>
internal sealed class AccessRules(KubernetesApiOptions options)
{
    public ApiUser? UserOf(string token) => options.Tokens.TryGetValue(token, out var identity) ? ApiUser.Of(identity) : null;

    /// <summary>Why it is allowed, in the words of RBAC; null when it is not.</summary>
    public string? Allows(ApiUser user, AccessQuery query)
    {
        if (user.Groups.Contains("system:masters")) return "";
        foreach (var (grant, subject) in GrantsOf(user))
        {
            if (grant.Namespaces.Length > 0 && !grant.Namespaces.Contains(query.Namespace)) continue;
            if (!grant.Role.Rules.Any(rule => rule.Allows(query))) continue;
            return grant.Namespaces.Length == 0
                ? $"RBAC: allowed by ClusterRoleBinding \"{grant.Role.Name}\" of ClusterRole \"{grant.Role.Name}\" to {subject}"
                : $"RBAC: allowed by RoleBinding \"{grant.Role.Name}/{query.Namespace}\" of ClusterRole \"{grant.Role.Name}\" to {subject}";
        }
        return null;
    }

    /// <summary>The rules that apply to a user in a namespace.</summary>
    public IEnumerable<PolicyRule> RulesOf(ApiUser user, string objectNamespace) =>
        user.Groups.Contains("system:masters")
            ? BuiltInRoles.ClusterAdmin.Rules
            : GrantsOf(user)
                .Where(held => held.Grant.Namespaces.Length == 0 || held.Grant.Namespaces.Contains(objectNamespace))
                .SelectMany(held => held.Grant.Role.Rules);

    private IEnumerable<(RoleGrant Grant, string Subject)> GrantsOf(ApiUser user)
    {
        yield return (new RoleGrant(BuiltInRoles.Anybody), "Group \"system:unauthenticated\"");
        if (user.Groups.Contains("system:authenticated")) yield return (new RoleGrant(BuiltInRoles.Authenticated), "Group \"system:authenticated\"");
        foreach (var grant in options.Tokens.Values.Where(identity => identity.User == user.Name).SelectMany(identity => identity.Roles).Distinct())
            yield return (grant, $"User \"{user.Name}\"");
        foreach (var group in user.Groups)
            foreach (var grant in options.GroupGrants.TryGetValue(group, out var held) ? held : ImmutableArray<RoleGrant>.Empty)
                yield return (grant, $"Group \"{group}\"");
    }
}
