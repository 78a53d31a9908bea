using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Changes;

/// <summary>
/// Match conditions in words. A condition that is not understood is named, never dropped: without it the rule would look
/// as if it took more requests than it does.
/// </summary>
internal static class MatchWords
{
    /// <summary>
    /// The matches of a rule, one sentence each; they are alternatives. One without conditions makes the others meaningless,
    /// so the rule then takes everything, as a rule without matches does.
    /// </summary>
    /// <param name="list">Name of the rule's field that holds them.</param>
    /// <param name="words">One match in words; null when it has no conditions.</param>
    public static (ImmutableArray<string> Matches, bool CatchesAll) Alternatives(JsonElement rule, string list, Func<JsonElement, string?> words)
    {
        var written = rule.Get(list);
        if (written.IsPresent() && written.ValueKind != JsonValueKind.Array)
        {
            return ([Unread], false);
        }

        var matches = ImmutableArray.CreateBuilder<string>();
        foreach (var match in rule.Items(list))
        {
            if (words(match) is not { } sentence)
            {
                return ([], true);
            }

            matches.Add(sentence);
        }

        return (matches.ToImmutable(), matches.Count == 0);
    }

    /// <summary>Conditions of one match joined by "and"; null when it has none and so takes everything.</summary>
    public static string? Http(JsonElement match) => Join(match, [.. HttpConditions(match).Select(c => c.Words)]);

    /// <summary>
    /// Conditions of a root's match and a delegate's together. Where both speak of the same field the delegate's is the
    /// narrower one and says it all.
    /// </summary>
    public static string? HttpBoth(JsonElement root, JsonElement own)
    {
        if (!root.IsObject() || !own.IsObject())
        {
            return Unread;
        }

        var inner = HttpConditions(own);
        return Join(own, [.. HttpConditions(root).Where(c => inner.TrueForAll(i => i.Field != c.Field || i.Field == "sourceLabels")).Concat(inner).Select(c => c.Words)]);
    }

    /// <summary>Each condition with the field that it is about.</summary>
    private static List<(string Field, string Words)> HttpConditions(JsonElement match)
    {
        var conditions = new List<(string, string)>();
        foreach (var (key, value) in match.Members())
        {
            if (!value.IsPresent())
            {
                continue;
            }

            switch (key)
            {
                case "name" or "statPrefix" or "ignoreUriCase":
                    break;
                case "uri":
                    var path = StringMatch("path", value);
                    conditions.Add((key, match.Flag("ignoreUriCase") == true ? $"{path} (in upper or lower case)" : path));
                    break;
                case "scheme" or "method" or "authority":
                    conditions.Add((key, StringMatch(key == "authority" ? "host" : key, value)));
                    break;
                case "headers":
                    conditions.AddRange(StringMatches("header", value).Select(c => ($"{key} {c.Name}", c.Words)));
                    break;
                case "withoutHeaders":
                    conditions.AddRange(StringMatches("header", value).Select(c => ($"{key} {c.Name}", $"not {c.Words}")));
                    break;
                case "queryParams":
                    conditions.AddRange(StringMatches("query parameter", value).Select(c => ($"{key} {c.Name}", c.Words)));
                    break;
                default:
                    conditions.Add((key, Common(key, value)));
                    break;
            }
        }

        return conditions;
    }

    /// <summary>Conditions of a match of a <c>tls</c> or <c>tcp</c> rule.</summary>
    public static string? Connection(JsonElement match)
    {
        var words = new List<string>();
        foreach (var (key, value) in match.Members())
        {
            if (value.IsPresent())
            {
                words.Add(key switch
                {
                    "sniHosts" => $"server name (SNI) is {List(value)}",
                    "destinationSubnets" => $"address is in {List(value)}",
                    "sourceSubnet" => $"caller's address is in {value.Text() ?? Unreadable}",
                    _ => Common(key, value),
                });
            }
        }

        return Join(match, words);
    }

    /// <summary>Conditions of a match of an HTTPRoute; a path prefix <c>/</c> is no condition.</summary>
    public static string? HttpRoute(JsonElement match)
    {
        var words = new List<string>();
        foreach (var (key, value) in match.Members())
        {
            if (!value.IsPresent())
            {
                continue;
            }

            switch (key)
            {
                case "path":
                    if (value.IsObject() && value.Text("type") is (null or "PathPrefix") && value.Text("value") is (null or "/"))
                    {
                        break;
                    }

                    words.Add(value.Text("type") switch
                    {
                        null or "PathPrefix" => $"path starts with {value.Text("value") ?? Unreadable}",
                        "Exact" => $"path is {value.Text("value") ?? Unreadable}",
                        "RegularExpression" => $"path matches {value.Text("value") ?? Unreadable}",
                        var other => $"path {other} {value.Text("value") ?? Unreadable}",
                    });
                    break;
                case "method":
                    words.Add($"method is {value.Text() ?? Unreadable}");
                    break;
                case "headers":
                    words.AddRange(Named(match, "headers", "header"));
                    break;
                case "queryParams":
                    words.AddRange(Named(match, "queryParams", "query parameter"));
                    break;
                default:
                    words.Add(Unknown(key));
                    break;
            }
        }

        return Join(match, words);
    }

    /// <summary>Conditions of a match of a GRPCRoute.</summary>
    public static string? GrpcRoute(JsonElement match)
    {
        var words = new List<string>();
        foreach (var (key, value) in match.Members())
        {
            if (!value.IsPresent())
            {
                continue;
            }

            switch (key)
            {
                case "method" when !value.IsObject():
                    words.Add($"gRPC method is {Unreadable}");
                    break;
                case "method":
                    var verb = value.Text("type") is "RegularExpression" ? "matches" : "is";
                    if (value.Text("service") is { } service)
                    {
                        words.Add($"gRPC service {verb} {service}");
                    }

                    if (value.Text("method") is { } method)
                    {
                        words.Add($"gRPC method {verb} {method}");
                    }

                    break;
                case "headers":
                    words.AddRange(Named(match, "headers", "header"));
                    break;
                default:
                    words.Add(Unknown(key));
                    break;
            }
        }

        return Join(match, words);
    }

    private const string Unread = "a match that cannot be read";

    private const string Unreadable = "something that cannot be read";

    private static string? Join(JsonElement match, List<string> words) =>
        !match.IsObject() ? Unread : words.Count == 0 ? null : string.Join(" and ", words);

    private static string Common(string key, JsonElement value) => key switch
    {
        "port" => value.Whole() is { } port ? string.Create(CultureInfo.InvariantCulture, $"port is {port}") : $"port is {Unreadable}",
        "sourceNamespace" => $"caller is in namespace {value.Text() ?? Unreadable}",
        "sourceLabels" => $"caller has labels {(value.IsObject() ? string.Join(", ", value.Labels().Select(l => $"{l.Key}={l.Value}")) : Unreadable)}",
        "gateways" => $"it comes through {List(value)}",
        _ => Unknown(key),
    };

    private static string Unknown(string key) => $"condition {key} (not explained here) holds";

    private static string StringMatch(string what, JsonElement match)
    {
        foreach (var (key, value) in match.Members())
        {
            var text = value.ValueKind == JsonValueKind.String ? value.Text() ?? "empty" : Unreadable;
            switch (key)
            {
                case "exact":
                    return $"{what} is {text}";
                case "prefix":
                    return $"{what} starts with {text}";
                case "regex":
                    return $"{what} matches {text}";
                default:
                    return $"{what} {key} {text}";
            }
        }

        return match.IsObject() ? $"{what} is present" : $"{what} is {Unreadable}";
    }

    private static IEnumerable<(string Name, string Words)> StringMatches(string what, JsonElement matches) =>
        matches.IsObject() ? matches.Members().Select(m => (m.Key, StringMatch($"{what} {m.Key}", m.Value))) : [("", $"{what} is {Unreadable}")];

    private static IEnumerable<string> Named(JsonElement match, string list, string what)
    {
        if (match.Get(list).ValueKind != JsonValueKind.Array)
        {
            yield return $"{what} is {Unreadable}";
            yield break;
        }

        foreach (var item in match.Items(list))
        {
            var verb = item.Text("type") is "RegularExpression" ? "matches" : "is";
            yield return $"{what} {item.Text("name") ?? Unreadable} {verb} {item.Text("value") ?? (item.IsObject() ? "empty" : Unreadable)}";
        }
    }

    private static string List(JsonElement array) =>
        array.ValueKind == JsonValueKind.Array && array.EnumerateArray().Select(SpecReader.Text).OfType<string>().ToImmutableArray() is { IsEmpty: false } texts
            ? string.Join(" or ", texts)
            : Unreadable;
}
