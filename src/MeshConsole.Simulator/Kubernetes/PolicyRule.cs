using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>One rule of a role, as in RBAC. <c>*</c> stands for all in every list.</summary>
public sealed record PolicyRule
{
    public ImmutableArray<string> Verbs { get; init; } = [];

    public ImmutableArray<string> ApiGroups { get; init; } = [];

    /// <summary>Plurals, with subresources as <c>pods/status</c> or <c>*/status</c>.</summary>
    public ImmutableArray<string> Resources { get; init; } = [];

    /// <summary>Names of objects; empty for all of them.</summary>
    public ImmutableArray<string> ResourceNames { get; init; } = [];

    /// <summary>Paths outside of the resources, such as <c>/version</c> or <c>/healthz/*</c>.</summary>
    public ImmutableArray<string> NonResourceUrls { get; init; } = [];

    /// <summary>A rule for some kinds.</summary>
    public static PolicyRule For(ImmutableArray<string> verbs, params ImmutableArray<ResourceType> types) => new()
    {
        Verbs = verbs,
        ApiGroups = [.. types.Select(type => type.Group).Distinct(StringComparer.Ordinal)],
        Resources = [.. types.Select(type => type.Plural).Distinct(StringComparer.Ordinal)],
    };

    internal bool Allows(AccessQuery query)
    {
        if (!Has(Verbs, query.Verb)) return false;
        if (query.Path is { } path) return NonResourceUrls.Any(pattern => pattern == path || (pattern.EndsWith('*') && path.StartsWith(pattern[..^1], StringComparison.Ordinal)));
        return Has(ApiGroups, query.Group) && AllowsResource(query.Resource, query.Subresource)
            && (ResourceNames.Length == 0 || (query.Name.Length > 0 && ResourceNames.Contains(query.Name)));
    }

    internal JsonObject ToJson()
    {
        var json = new JsonObject { ["verbs"] = List(Verbs) };
        if (NonResourceUrls.Length > 0)
        {
            json["nonResourceURLs"] = List(NonResourceUrls);
            return json;
        }
        json["apiGroups"] = List(ApiGroups);
        json["resources"] = List(Resources);
        if (ResourceNames.Length > 0) json["resourceNames"] = List(ResourceNames);
        return json;
    }

    private static JsonArray List(ImmutableArray<string> values) => [.. values.Select(value => JsonValue.Create(value))];

    private static bool Has(ImmutableArray<string> list, string value) => list.Contains(value) || list.Contains("*");

    private bool AllowsResource(string resource, string subresource)
    {
        if (Resources.Contains("*")) return true;
        return subresource.Length == 0 ? Resources.Contains(resource) : Resources.Contains($"{resource}/{subresource}") || Resources.Contains($"*/{subresource}");
    }
}
