using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Components.Encryption;

/// <summary>The YAML of an object that decides about mTLS, from what the watch holds; nobody is asked for it.</summary>
internal static class ObjectText
{
    /// <summary>Null when the object is not there any more.</summary>
    public static string? Yaml(MeshSnapshot snapshot, string cluster, ObjectReference reference)
    {
        var objects = snapshot.Clusters.FirstOrDefault(one => string.Equals(one.Name, cluster, StringComparison.Ordinal))?.Objects;
        var list = reference.Kind switch
        {
            "PeerAuthentication" => objects?.PeerAuthentications,
            "DestinationRule" => objects?.DestinationRules,
            _ => null,
        };
        return list is { IsDefault: false } known
            && known.FirstOrDefault(one => one.Meta.Namespace == reference.Namespace && one.Meta.Name == reference.Name) is { } found
                ? Yaml(found)
                : null;
    }

    private static string Yaml(MeshObject found)
    {
        var metadata = new JsonObject { ["name"] = found.Meta.Name, ["namespace"] = found.Meta.Namespace };
        AddMap(metadata, "labels", found.Meta.Labels);
        AddMap(metadata, "annotations", found.Meta.Annotations.Where(pair => pair.Value.Length > 0));
        metadata["creationTimestamp"] = Format.Iso(found.Meta.CreatedAt);
        metadata["resourceVersion"] = found.Meta.ResourceVersion;
        var spec = found.Spec.ValueKind == JsonValueKind.Undefined ? null : JsonNode.Parse(found.Spec.GetRawText());
        var whole = new JsonObject { ["apiVersion"] = found.ApiVersion, ["kind"] = found.Kind, ["metadata"] = metadata };
        if (spec is not null)
        {
            whole["spec"] = spec;
        }

        using var document = JsonDocument.Parse(whole.ToJsonString());
        return ObjectYaml.Write(document.RootElement);
    }

    private static void AddMap(JsonObject metadata, string name, IEnumerable<KeyValuePair<string, string>> pairs)
    {
        var map = new JsonObject();
        foreach (var (key, value) in pairs)
        {
            map[key] = value;
        }

        if (map.Count > 0)
        {
            metadata[name] = map;
        }
    }
}
