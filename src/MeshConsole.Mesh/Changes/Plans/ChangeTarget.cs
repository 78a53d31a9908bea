using System.Collections.Immutable;

namespace MeshConsole.Mesh.Changes.Plans;

/// <summary>The rule whose weights move: an object, and one rule in it by its matches and name.</summary>
/// <param name="Cluster">Configured name of the cluster.</param>
/// <param name="Uid">Of the object the plan was made for: an object made anew under the same name is another one.</param>
/// <param name="Protocol"><c>http, grpc, tls, tcp</c>.</param>
/// <param name="RuleIndex">Place of the rule in the object's list when the plan was made.</param>
/// <param name="RuleName">Null when the rule has none.</param>
/// <param name="Matches">The rule's matches in words, for people; the patch tests the matches themselves.</param>
public sealed record ChangeTarget(
    string Cluster,
    string ApiVersion,
    string Kind,
    string Namespace,
    string Name,
    string Uid,
    string Protocol,
    int RuleIndex,
    string? RuleName,
    ImmutableArray<string> Matches)
{
    /// <summary>One plan may be active per key: <c>cluster/namespace/kind/name</c>. Two plans for two rules of one object would undo each other's preconditions.</summary>
    public string Key => $"{Cluster}/{Namespace}/{Kind}/{Name}";

    /// <summary>The id of the route in <c>GET /api/v1/routes</c>.</summary>
    public string RouteId => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Key}/{Protocol}/{RuleIndex}");

    public static ChangeTarget Of(RouteView route)
    {
        ArgumentNullException.ThrowIfNull(route);
        var rule = route.Rule.Own ?? route.Rule;
        return new ChangeTarget(route.Cluster, route.Object.ApiVersion, route.Object.Kind, route.Object.Namespace, route.Object.Name, route.Object.Uid, route.Protocol, rule.Index, rule.Name, rule.Matches);
    }
}
