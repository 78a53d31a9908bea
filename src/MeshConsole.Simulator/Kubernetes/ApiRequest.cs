namespace MeshConsole.Simulator.Kubernetes;

/// <summary>What a request asks for, as read from its method, path and query.</summary>
public sealed record ApiRequest
{
    /// <summary><c>get</c>, <c>list</c>, <c>watch</c>, <c>create</c>, <c>update</c>, <c>patch</c>, <c>delete</c>, <c>deletecollection</c>; for other paths the method in lower case.</summary>
    public required string Verb { get; init; }

    /// <summary>The path without its trailing slash.</summary>
    public required string Path { get; init; }

    /// <summary>True for <c>/api/v1/…</c> and <c>/apis/group/version/…</c>.</summary>
    public bool IsResource { get; init; }

    public string Group { get; init; } = "";

    public string Version { get; init; } = "";

    /// <summary>The plural; empty for paths without a resource.</summary>
    public string Resource { get; init; } = "";

    public string Subresource { get; init; } = "";

    /// <summary>Empty for the whole cluster.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The object's name; for lists the one that a field selector names.</summary>
    public string Name { get; init; } = "";

    /// <summary>True when the path itself ends in an object's name.</summary>
    public bool NamesObject { get; init; }

    internal AccessQuery Access => IsResource
        ? new AccessQuery(Verb, Group, Resource, Subresource, Namespace, Name)
        : new AccessQuery(Verb, "", "", "", "", "", Path.Length == 0 ? "/" : Path);

    /// <param name="method">GET, POST…</param>
    /// <param name="path">The unescaped path.</param>
    /// <param name="watch">Whether the query asks to watch.</param>
    internal static ApiRequest Parse(string method, string path, bool watch, string? fieldSelector)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var plain = new ApiRequest { Verb = method.ToLowerInvariant(), Path = path.TrimEnd('/') };
        int next;
        var (group, version) = ("", "");
        if (parts.Length >= 3 && parts[0] == "api") (version, next) = (parts[1], 2);
        else if (parts.Length >= 4 && parts[0] == "apis") (group, version, next) = (parts[1], parts[2], 3);
        else return plain;

        var rest = parts.AsSpan(next);
        var objectNamespace = "";
        if (rest[0] == "namespaces" && rest.Length > 1)
        {
            objectNamespace = rest[1];
            // namespaces/{name}, namespaces/{name}/status: the namespace itself; anything longer lies in it.
            if (rest.Length > 2 && rest[2] is not ("status" or "finalize")) rest = rest[2..];
        }
        var name = rest.Length > 1 ? rest[1] : "";
        var verb = (method, NamesObject: name.Length > 0) switch
        {
            ("GET" or "HEAD", true) => "get",
            ("GET" or "HEAD", false) => watch ? "watch" : "list",
            ("POST", _) => "create",
            ("PUT", _) => "update",
            ("PATCH", _) => "patch",
            ("DELETE", true) => "delete",
            ("DELETE", false) => "deletecollection",
            _ => method.ToLowerInvariant(),
        };
        return plain with
        {
            Verb = verb,
            IsResource = true,
            Group = group,
            Version = version,
            Namespace = objectNamespace,
            Resource = rest[0],
            Name = name.Length > 0 ? name : SelectedName(fieldSelector),
            NamesObject = name.Length > 0,
            Subresource = rest.Length > 2 ? string.Join('/', rest[2..].ToArray()) : "",
        };
    }

    private static string SelectedName(string? fieldSelector)
    {
        foreach (var term in (fieldSelector ?? "").Split(','))
            if (term.StartsWith("metadata.name=", StringComparison.Ordinal)) return term["metadata.name=".Length..].TrimStart('=');
        return "";
    }
}
