using System.Collections.Immutable;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>The roles that the simulated cluster comes with.</summary>
public static class BuiltInRoles
{
    private static readonly ImmutableArray<string> s_read = ["get", "list", "watch"];
    private static readonly ImmutableArray<string> s_write = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
    private static readonly ImmutableArray<ResourceType> s_routes = [ResourceTypes.VirtualServices, ResourceTypes.HttpRoutes, ResourceTypes.GrpcRoutes, ResourceTypes.TrafficSplits];

    /// <summary>Everything.</summary>
    public static ApiRole ClusterAdmin { get; } = new(
        "cluster-admin",
        new PolicyRule { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] },
        new PolicyRule { Verbs = ["*"], NonResourceUrls = ["*"] });

    /// <summary>Reads every kind but Secrets.</summary>
    public static ApiRole View { get; } = new("view", RulesFor(s_read, type => type != ResourceTypes.Secrets));

    /// <summary>Reads every kind.</summary>
    public static ApiRole ViewWithSecrets { get; } = new("view-with-secrets", RulesFor(s_read, _ => true));

    /// <summary>Reads and writes every kind that lives in a namespace; reads the others.</summary>
    public static ApiRole Edit { get; } = new(
        "edit",
        [.. RulesFor(s_write, type => type.Namespaced), .. RulesFor(s_read, type => !type.Namespaced)]);

    /// <summary>Reads the kinds that route traffic.</summary>
    public static ApiRole RouteViewer { get; } = new("mesh-route-viewer", PolicyRule.For(s_read, s_routes));

    /// <summary>Reads the kinds that route traffic, and patches them; creates and deletes none.</summary>
    public static ApiRole RouteOperator { get; } = new("mesh-route-operator", PolicyRule.For([.. s_read, "patch"], s_routes));

    /// <summary>Reads the policies that say who must speak mutual TLS.</summary>
    public static ApiRole PolicyViewer { get; } = new("mesh-policy-viewer", PolicyRule.For(s_read, [ResourceTypes.PeerAuthentications]));

    /// <summary>Reads, makes, changes and takes away the policies that say who must speak mutual TLS.</summary>
    public static ApiRole PolicyOperator { get; } = new("mesh-policy-operator", PolicyRule.For([.. s_read, "create", "patch", "delete"], [ResourceTypes.PeerAuthentications]));

    /// <summary>What everybody with a valid token may do: find out what is served, and who they are.</summary>
    internal static ApiRole Authenticated { get; } = new(
        "system:basic-user",
        new PolicyRule { Verbs = ["get"], NonResourceUrls = ["/", "/api", "/api/*", "/apis", "/apis/*", "/healthz", "/healthz/*", "/livez", "/livez/*", "/readyz", "/readyz/*", "/openapi", "/openapi/*", "/version", "/version/"] },
        new PolicyRule { Verbs = ["create"], ApiGroups = ["authorization.k8s.io"], Resources = ["selfsubjectaccessreviews", "selfsubjectrulesreviews"] },
        new PolicyRule { Verbs = ["create"], ApiGroups = ["authentication.k8s.io"], Resources = ["selfsubjectreviews"] });

    /// <summary>What is open to anybody.</summary>
    internal static ApiRole Anybody { get; } = new(
        "system:public-info-viewer",
        new PolicyRule { Verbs = ["get"], NonResourceUrls = ["/healthz", "/healthz/*", "/livez", "/livez/*", "/readyz", "/readyz/*", "/version", "/version/"] });

    private static ImmutableArray<PolicyRule> RulesFor(ImmutableArray<string> verbs, Func<ResourceType, bool> include) =>
    [
        .. ResourceTypes.All.Where(include).GroupBy(type => type.Group, StringComparer.Ordinal).Select(group => new PolicyRule
        {
            Verbs = verbs,
            ApiGroups = [group.Key],
            Resources = [.. group.SelectMany(type => type.HasStatus ? (string[])[type.Plural, type.Plural + "/status"] : [type.Plural])],
        }),
    ];
}
