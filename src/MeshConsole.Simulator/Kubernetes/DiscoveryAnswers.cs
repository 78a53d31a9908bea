using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>What the server says about itself: version, groups, versions and resources.</summary>
internal sealed partial class DiscoveryAnswers(KubernetesApiOptions options)
{
    private static readonly string[] s_objectVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    private static readonly string[] s_statusVerbs = ["get", "patch", "update"];

    /// <summary>The answer to a path, or null when it leads nowhere.</summary>
    public JsonObject? Find(string path, string host)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts switch
        {
            [] => Root(),
            ["version"] => Version(),
            ["api"] => CoreVersions(host),
            ["api", "v1"] => Resources("", "v1"),
            ["apis"] => new JsonObject { ["kind"] = "APIGroupList", ["apiVersion"] = "v1", ["groups"] = new JsonArray([.. Groups().Where(group => group.Length > 0).Select(Group)]) },
            ["apis", var group] when Groups().Contains(group, StringComparer.Ordinal) => WithKind(Group(group)),
            ["apis", var group, var version] => Resources(group, version),
            _ => null,
        };
    }

    private static JsonObject WithKind(JsonObject group)
    {
        group.Insert(0, "kind", "APIGroup");
        group.Insert(1, "apiVersion", "v1");
        return group;
    }

    private JsonObject Root()
    {
        var paths = new List<string> { "/api", "/api/v1", "/apis" };
        foreach (var group in Groups().Where(group => group.Length > 0))
        {
            paths.Add("/apis/" + group);
            paths.AddRange(VersionsOf(group).Select(version => $"/apis/{group}/{version}"));
        }
        paths.AddRange(["/healthz", "/livez", "/readyz", "/version"]);
        return new JsonObject { ["paths"] = Texts(paths) };
    }

    private JsonObject Version()
    {
        var numbers = options.GitVersion.TrimStart('v').Split('.');
        return new JsonObject
        {
            ["major"] = numbers[0],
            ["minor"] = numbers.Length > 1 ? numbers[1] : "0",
            ["gitVersion"] = options.GitVersion,
            ["gitCommit"] = "",
            ["gitTreeState"] = "clean",
            ["buildDate"] = "1970-01-01T00:00:00Z",
            ["goVersion"] = "",
            ["compiler"] = "",
            ["platform"] = "simulated",
        };
    }

    private static JsonObject CoreVersions(string host) => new()
    {
        ["kind"] = "APIVersions",
        ["versions"] = Texts(["v1"]),
        ["serverAddressByClientCIDRs"] = new JsonArray(new JsonObject { ["clientCIDR"] = "0.0.0.0/0", ["serverAddress"] = host }),
    };

    private JsonObject Group(string group)
    {
        var versions = VersionsOf(group).ToArray();
        return new JsonObject
        {
            ["name"] = group,
            ["versions"] = new JsonArray([.. versions.Select(version => Entry(group, version))]),
            ["preferredVersion"] = Entry(group, versions[0]),
        };
    }

    private static JsonObject Entry(string group, string version) => new() { ["groupVersion"] = $"{group}/{version}", ["version"] = version };

    private JsonObject? Resources(string group, string version)
    {
        var resources = new JsonArray();
        foreach (var type in options.Types.Where(type => type.Group == group && type.Versions.Contains(version) && options.Serves(type, version)))
        {
            resources.Add((JsonNode)Resource(type.Plural, type.Singular, type, s_objectVerbs));
            if (type.HasStatus) resources.Add((JsonNode)Resource(type.Plural + "/status", "", type, s_statusVerbs));
        }
        foreach (var (resource, kind, namespaced) in ReviewAnswers.ResourcesOf(group, version))
            resources.Add((JsonNode)new JsonObject { ["name"] = resource, ["singularName"] = "", ["namespaced"] = namespaced, ["kind"] = kind, ["verbs"] = Texts(["create"]) });
        if (resources.Count == 0) return null;
        return new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}",
            ["resources"] = resources,
        };
    }

    private static JsonObject Resource(string name, string singular, ResourceType type, string[] verbs)
    {
        var json = new JsonObject { ["name"] = name, ["singularName"] = singular, ["namespaced"] = type.Namespaced, ["kind"] = type.Kind, ["verbs"] = Texts(verbs) };
        if (name == type.Plural && type.ShortNames.Length > 0) json["shortNames"] = Texts(type.ShortNames);
        if (name == type.Plural && type.Categories.Length > 0) json["categories"] = Texts(type.Categories);
        return json;
    }

    private IEnumerable<string> Groups() =>
        options.Types.Where(type => type.Versions.Any(version => options.Serves(type, version))).Select(type => type.Group)
            .Concat(ReviewAnswers.Groups).Distinct(StringComparer.Ordinal);

    /// <summary>The versions of a group, in Kubernetes's order of preference: v2, v1, v1beta2, v1beta1, v1alpha3…</summary>
    private IEnumerable<string> VersionsOf(string group) =>
        options.Types.Where(type => type.Group == group).SelectMany(type => type.Versions.Where(version => options.Serves(type, version)))
            .Concat(ReviewAnswers.Groups.Contains(group) ? ["v1"] : [])
            .Distinct(StringComparer.Ordinal)
            .OrderByDescending(Rank);

    private static (int Stability, int Major, int Minor) Rank(string version)
    {
        var match = VersionName().Match(version);
        if (!match.Success) return default;
        var stability = match.Groups["stage"].Value switch
        {
            "" => 3,
            "beta" => 2,
            _ => 1,
        };
        return (stability, Number(match.Groups["major"]), Number(match.Groups["minor"]));
    }

    private static int Number(Group group) => int.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static JsonArray Texts(IEnumerable<string> values) => [.. values.Select(value => JsonValue.Create(value))];

    [GeneratedRegex("^v(?<major>[0-9]+)((?<stage>alpha|beta)(?<minor>[0-9]+))?$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex VersionName();
}
