using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>What the API server asks of every object that comes in, and what it fills in.</summary>
internal static class ObjectRules
{
    private const int AnnotationLimit = 256 * 1024;

    /// <summary>Sets or checks <c>apiVersion</c> and <c>kind</c>: 400 for an object of another kind.</summary>
    public static void CheckKind(JsonObject json, ResourceType type, string version)
    {
        var expected = type.ApiVersion(version);
        // Defined kinds have no decoder that knows what is meant.
        if (type.Custom && json.Text("kind") is not { Length: > 0 }) throw Bad($"Object 'Kind' is missing in '{Shortened(json)}'");
        if (type.Custom && json.Text("apiVersion") is not { Length: > 0 }) throw Bad($"Object 'apiVersion' is missing in '{Shortened(json)}'");
        if (json.Text("apiVersion") is { Length: > 0 } given && given != expected) throw Bad($"the API version in the data ({given}) does not match the expected API version ({expected})");
        if (json.Text("kind") is { Length: > 0 } kind && kind != type.Kind) throw Bad($"{kind} in version \"{version}\" cannot be handled as a {type.Kind}: converting ({type.Group}/{version}, Kind={kind}) to {type.Kind}: unknown conversion");
        CheckShape(json);
    }

    /// <summary>Puts the namespace of the path into the object: 400 when it says another.</summary>
    /// <param name="isNew">Creation and change complain in different words.</param>
    public static void SetNamespace(JsonObject json, ResourceType type, string? objectNamespace, bool isNew)
    {
        var metadata = MetadataOf(json);
        if (!type.Namespaced || objectNamespace is null) return;
        if (metadata.Text("namespace") is { Length: > 0 } given && given != objectNamespace)
        {
            throw Bad(isNew
                ? "the namespace of the provided object does not match the namespace sent on the request"
                : $"the namespace of the object ({given}) does not match the namespace on the request ({objectNamespace})");
        }
        metadata["namespace"] = objectNamespace;
    }

    /// <summary>400 when the object says another name than the path.</summary>
    public static void CheckName(JsonObject json, string name)
    {
        var metadata = MetadataOf(json);
        var given = metadata.Text("name") ?? "";
        if (given.Length == 0) throw Bad($"the name of the object ({name} based on URL) was undeterminable: name must be provided");
        if (given != name) throw Bad($"the name of the object ({given}) does not match the name on the URL ({name})");
    }

    /// <summary>422 for names, labels and annotations that Kubernetes does not take.</summary>
    public static void Validate(JsonObject json, ResourceType type)
    {
        var metadata = MetadataOf(json);
        var causes = ImmutableArray.CreateBuilder<ApiStatusCause>();
        var (name, prefix) = (metadata.Text("name") ?? "", metadata.Text("generateName") ?? "");
        if (name.Length > 0 && ObjectNames.NameFault(type, name) is { } fault) causes.Add(ApiStatusCause.InvalidValue("metadata.name", KubernetesJson.Quote(name), fault));
        if (name.Length == 0 && prefix.Length == 0) causes.Add(ApiStatusCause.Required("metadata.name", "name or generateName is required"));
        if (name.Length == 0 && prefix.Length > 0 && ObjectNames.NameFault(type, prefix.TrimEnd('-', '.') + "a") is { } prefixFault)
            causes.Add(ApiStatusCause.InvalidValue("metadata.generateName", KubernetesJson.Quote(prefix), prefixFault));

        foreach (var (key, value) in metadata["labels"] as JsonObject ?? [])
        {
            if (ObjectNames.LabelKeyFault(key) is { } keyFault) causes.Add(ApiStatusCause.InvalidValue("metadata.labels", KubernetesJson.Quote(key), keyFault));
            if (ObjectNames.LabelValueFault(value.AsText() ?? "") is { } valueFault) causes.Add(ApiStatusCause.InvalidValue("metadata.labels", KubernetesJson.Quote(value.AsText() ?? ""), valueFault));
        }
        var size = 0;
        foreach (var (key, value) in metadata["annotations"] as JsonObject ?? [])
        {
            if (ObjectNames.LabelKeyFault(key.ToLowerInvariant()) is { } keyFault) causes.Add(ApiStatusCause.InvalidValue("metadata.annotations", KubernetesJson.Quote(key), keyFault));
            size += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value.AsText() ?? "");
        }
        if (size > AnnotationLimit) causes.Add(new ApiStatusCause("FieldValueTooLong", $"Too long: may not be more than {AnnotationLimit} bytes", "metadata.annotations"));
        if (causes.Count > 0) throw new ApiStatusException(ApiStatus.Invalid(type, name, causes.ToImmutable()));
    }

    /// <summary>Fills in what Kubernetes fills into a new object and a reader relies on.</summary>
    public static void SetDefaults(JsonObject json, ResourceType type)
    {
        var metadata = MetadataOf(json);
        // Only the server sets these on a new object.
        foreach (var member in (ReadOnlySpan<string>)["uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "managedFields"])
            metadata.Remove(member);
        if (type == ResourceTypes.Namespaces && metadata.Text("name") is { } name)
        {
            var labels = metadata["labels"] as JsonObject ?? [];
            labels["kubernetes.io/metadata.name"] = name;
            metadata["labels"] = labels;
            json["spec"] = new JsonObject { ["finalizers"] = new JsonArray("kubernetes") };
            json["status"] = new JsonObject { ["phase"] = "Active" };
        }
        else if (type == ResourceTypes.Pods)
        {
            json["status"] = new JsonObject { ["phase"] = "Pending" };
        }
        else if (type == ResourceTypes.Secrets)
        {
            if (json.Text("type") is not { Length: > 0 }) json["type"] = "Opaque";
        }
        else if (type.HasStatus && !type.Custom)
        {
            json["status"] = new JsonObject();
        }
        else if (type.HasStatus)
        {
            json.Remove("status");
        }
        MoveStringData(json, type);
    }

    /// <summary><c>stringData</c> of a Secret is only ever written: it becomes <c>data</c>.</summary>
    public static void MoveStringData(JsonObject json, ResourceType type)
    {
        if (type != ResourceTypes.Secrets || json["stringData"] is not JsonObject texts) return;
        var data = json["data"] as JsonObject ?? [];
        foreach (var (key, value) in texts)
            data[key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(value.AsText() ?? ""));
        json["data"] = data;
        json.Remove("stringData");
    }

    private static void CheckShape(JsonObject json)
    {
        if (json["metadata"] is not (null or JsonObject)) throw Bad("json: cannot unmarshal metadata into Go value of type v1.ObjectMeta");
        if (json["metadata"] is not JsonObject metadata) return;
        foreach (var member in (ReadOnlySpan<string>)["name", "generateName", "namespace", "uid", "resourceVersion"])
            if (metadata[member] is { } value && value.AsText() is null) throw Mistyped(member, value, "string");
        foreach (var member in (ReadOnlySpan<string>)["labels", "annotations"])
        {
            if (metadata[member] is null) continue;
            if (metadata[member] is not JsonObject map) throw Mistyped(member, metadata[member]!, "map[string]string");
            foreach (var (_, value) in map)
                if (value.AsText() is null) throw Mistyped(member, value, "string");
        }
        foreach (var member in (ReadOnlySpan<string>)["finalizers", "ownerReferences", "managedFields"])
            if (metadata[member] is { } value and not JsonArray) throw Mistyped(member, value, "[]string");
    }

    private static ApiStatusException Mistyped(string member, JsonNode? value, string wanted)
    {
        var kind = value?.GetValueKind() switch
        {
            JsonValueKind.String => "string",
            JsonValueKind.Number => "number",
            JsonValueKind.True or JsonValueKind.False => "bool",
            JsonValueKind.Array => "array",
            JsonValueKind.Object => "object",
            _ => "null",
        };
        return Bad($"json: cannot unmarshal {kind} into Go struct field ObjectMeta.metadata.{member} of type {wanted}");
    }

    private static JsonObject MetadataOf(JsonObject json)
    {
        if (json["metadata"] is JsonObject metadata) return metadata;
        metadata = [];
        json["metadata"] = metadata;
        return metadata;
    }

    private static string Shortened(JsonObject json)
    {
        var text = json.ToJsonString();
        return text.Length <= 200 ? text : text[..200] + "…";
    }

    private static ApiStatusException Bad(string message) => new(ApiStatus.BadRequest(message));
}
