using System.Collections.Immutable;

namespace MeshConsole.Mesh.Changes.Plans;

/// <summary>What changes: the rule whose weights move (an object, and one rule in it by its matches and name), or a policy.</summary>
/// <param name="Cluster">Configured name of the cluster.</param>
/// <param name="Uid">Of the object the plan was made for: an object made anew under the same name is another one. Empty for an object that is to be created.</param>
/// <param name="Protocol"><c>http, grpc, tls, tcp</c>; <see cref="PolicyProtocol"/> for a policy.</param>
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
    /// <summary>Stands where a route has its protocol.</summary>
    public const string PolicyProtocol = "policy";

    /// <summary>Set when the target is a PeerAuthentication; null for the weights of a rule.</summary>
    public PolicyEdit? Policy { get; init; }

    /// <summary>One plan may be active per key: <c>cluster/namespace/kind/name</c>. Two plans for two rules of one object would undo each other's preconditions.</summary>
    public string Key => $"{Cluster}/{Namespace}/{Kind}/{Name}";

    /// <summary>The id of the route in <c>GET /api/v1/routes</c>.</summary>
    public string RouteId => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Key}/{Protocol}/{RuleIndex}");

    /// <summary>Weights or a mode as they are written in sentences: <c>90/10</c>, <c>STRICT</c>.</summary>
    public string Say(ImmutableArray<int> weights) =>
        Policy is { } policy ? policy.Word(weights) : string.Join('/', weights.Select(w => w.ToString(System.Globalization.CultureInfo.InvariantCulture)));

    /// <summary>The same as a clause: <c>the weights are 90/10</c>, <c>the mode is STRICT</c>, <c>there is no policy</c>.</summary>
    public string SayIs(ImmutableArray<int> weights) => (Policy, Say(weights)) switch
    {
        (null, var words) => $"the weights are {words}",
        (_, PolicyEdit.None) => "there is no such policy",
        (_, var words) => $"the mode is {words}",
    };

    /// <summary>What a write must be allowed to do.</summary>
    /// <param name="goingBack">Only what the way back takes.</param>
    public ImmutableArray<string> Verbs(bool goingBack) => Policy?.Verbs(goingBack) ?? ["patch"];

    public static ChangeTarget Of(RouteView route)
    {
        ArgumentNullException.ThrowIfNull(route);
        var rule = route.Rule.Own ?? route.Rule;
        return new ChangeTarget(route.Cluster, route.Object.ApiVersion, route.Object.Kind, route.Object.Namespace, route.Object.Name, route.Object.Uid, route.Protocol, rule.Index, rule.Name, rule.Matches);
    }
}
