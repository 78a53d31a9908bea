using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>
/// One object at one resource version. Immutable: it is kept as the UTF-8 text that goes over the wire, so that lists of thousands
/// are copied and not written anew.
/// </summary>
public sealed class StoredObject
{
    // The object without apiVersion and kind: those depend on the version that a reader asks for.
    private readonly byte[] _body;
    private readonly ImmutableArray<string?> _fields;

    private StoredObject(ResourceType type, string path)
    {
        Type = type;
        Path = path;
        Name = "";
        Uid = "";
        Labels = ImmutableDictionary<string, string>.Empty;
        _body = [];
        _fields = [];
    }

    private StoredObject(ResourceType type, JsonObject body)
    {
        var metadata = body["metadata"]!.AsObject();
        Type = type;
        Name = metadata.Text("name") ?? "";
        Namespace = type.Namespaced ? metadata.Text("namespace") : null;
        Path = PathOf(Namespace, Name);
        Uid = metadata.Text("uid") ?? "";
        ResourceVersion = ResourceVersions.TryParse(metadata.Text("resourceVersion"), out var version) ? version : 0;
        Labels = LabelsOf(metadata);
        _fields = [.. type.SelectableFields.Select(path => FieldOf(body, path))];
        _body = KubernetesJson.Write(body);
    }

    public ResourceType Type { get; }

    /// <summary>Null for objects of the whole cluster.</summary>
    public string? Namespace { get; }

    public string Name { get; }

    public string Uid { get; }

    public long ResourceVersion { get; }

    public IReadOnlyDictionary<string, string> Labels { get; }

    /// <summary>The object as UTF-8 JSON without <c>apiVersion</c> and <c>kind</c>; parse it where only a field or two is wanted.</summary>
    public ReadOnlyMemory<byte> Utf8Body => _body;

    /// <summary>The place in the order in which objects are listed: <c>namespace/name</c>, compared by ordinal as etcd does.</summary>
    internal string Path { get; }

    /// <summary>A copy of the object that the caller may change.</summary>
    /// <param name="version">The version for <c>apiVersion</c>; null for the preferred one.</param>
    public JsonObject ToJson(string? version = null)
    {
        var json = ToBody();
        json.Insert(0, "kind", Type.Kind);
        json.Insert(1, "apiVersion", Type.ApiVersion(version ?? Type.PreferredVersion));
        return json;
    }

    /// <summary>A copy without <c>apiVersion</c> and <c>kind</c>.</summary>
    internal JsonObject ToBody() => KubernetesJson.ReadBack(_body);

    /// <summary>The value of a selectable field; null when the object lacks it. Throws for a path that is not selectable.</summary>
    internal string? Field(string path) => path switch
    {
        "metadata.name" => Name,
        "metadata.namespace" => Namespace ?? "",
        _ => _fields[Type.SelectableFields.IndexOf(path)],
    };

    /// <summary>The same object with the version at which it was deleted or left a selector's sight.</summary>
    internal StoredObject At(long resourceVersion)
    {
        var json = ToBody();
        json["metadata"]!["resourceVersion"] = ResourceVersions.Format(resourceVersion);
        return Of(Type, json);
    }

    /// <summary>Takes over <paramref name="body"/> (without apiVersion and kind, with complete metadata).</summary>
    internal static StoredObject Of(ResourceType type, JsonObject body) => new(type, body);

    /// <summary>A stand-in for looking up a place in the order.</summary>
    internal static StoredObject Probe(ResourceType type, string path) => new(type, path);

    internal static string PathOf(string? objectNamespace, string name) => objectNamespace is null ? name : objectNamespace + "/" + name;

    private static IReadOnlyDictionary<string, string> LabelsOf(JsonObject metadata)
    {
        if (metadata["labels"] is not JsonObject labels || labels.Count == 0) return ImmutableDictionary<string, string>.Empty;
        var result = new Dictionary<string, string>(labels.Count, StringComparer.Ordinal);
        foreach (var (key, value) in labels)
            if (value.AsText() is { } text)
                result[key] = text;
        return result;
    }

    private static string? FieldOf(JsonObject body, string path)
    {
        JsonNode? node = body;
        foreach (var part in path.Split('.'))
        {
            if (node is not JsonObject parent || !parent.TryGetPropertyValue(part, out node)) return null;
        }
        // `source` of an event selects by its component, as in a real API server.
        if (node is JsonObject source && path == "source") node = source["component"];
        return node is JsonValue value ? value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString() : null;
    }
}
