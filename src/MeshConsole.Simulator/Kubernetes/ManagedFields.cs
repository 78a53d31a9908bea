using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>
/// <c>metadata.managedFields</c>: who last wrote which field. As in Kubernetes a write takes the fields it changes away from
/// everybody else. Lists count as one field each (Kubernetes does so for lists without a declared key, which all lists of Istio's kinds are).
/// </summary>
internal static class ManagedFields
{
    private static readonly HashSet<string> s_ownMetadata = new(StringComparer.Ordinal)
    {
        "name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "managedFields", "selfLink",
    };

    private enum Place
    {
        Root,
        Metadata,
        Below,
    }

    /// <summary>Writes the one entry of a new object into <paramref name="metadata"/>, unless the object has no field of its own.</summary>
    public static void Begin(JsonObject metadata, JsonObject body, FieldWriter writer)
    {
        var fields = Owned(body, Place.Root);
        if (fields.Count > 0) metadata["managedFields"] = new JsonArray(Entry(writer, fields));
    }

    /// <summary>Writes the entries after a change from <paramref name="before"/> to <paramref name="after"/> into <paramref name="metadata"/>.</summary>
    public static void Update(JsonObject metadata, JsonObject before, JsonObject after, FieldWriter writer)
    {
        var changed = Changed(before, after, Place.Root);
        var entries = new JsonArray();
        var own = changed;
        if (metadata["managedFields"] is JsonArray existing)
        {
            foreach (var node in existing)
            {
                if (node is not JsonObject entry || entry["fieldsV1"] is not JsonObject fields) continue;
                var remaining = Kept(fields, after);
                if (IsOf(entry, writer))
                {
                    own = Union(own, remaining);
                    continue;
                }
                remaining = Without(remaining, changed);
                if (remaining.Count == 0) continue;
                var copy = (JsonObject)entry.DeepClone();
                copy["fieldsV1"] = remaining;
                entries.Add((JsonNode)copy);
            }
        }
        if (own.Count > 0) entries.Add((JsonNode)Entry(writer, own));
        if (entries.Count > 0) metadata["managedFields"] = entries;
        else metadata.Remove("managedFields");
    }

    private static JsonObject Entry(FieldWriter writer, JsonObject fields)
    {
        var entry = new JsonObject
        {
            ["manager"] = writer.Manager,
            ["operation"] = "Update",
            ["apiVersion"] = writer.ApiVersion,
            ["time"] = writer.Time,
            ["fieldsType"] = "FieldsV1",
            ["fieldsV1"] = fields,
        };
        if (writer.Subresource is not null) entry["subresource"] = writer.Subresource;
        return entry;
    }

    private static bool IsOf(JsonObject entry, FieldWriter writer) =>
        entry.Text("manager") == writer.Manager && entry.Text("operation") == "Update" && entry.Text("apiVersion") == writer.ApiVersion
        && entry.Text("subresource") == writer.Subresource;

    /// <summary>The tree of all fields of a value, but for those that the server itself writes.</summary>
    private static JsonObject Owned(JsonObject value, Place place)
    {
        var tree = new JsonObject();
        foreach (var (name, child) in value)
        {
            if (IsOfTheServer(place, name)) continue;
            if (child is not JsonObject { Count: > 0 } nested) tree["f:" + name] = new JsonObject();
            else if (Owned(nested, Inside(place, name)) is { Count: > 0 } inner) tree["f:" + name] = inner;
        }
        return tree;
    }

    /// <summary>The tree of the fields that are new or different in <paramref name="after"/>.</summary>
    private static JsonObject Changed(JsonObject before, JsonObject after, Place place)
    {
        var tree = new JsonObject();
        foreach (var (name, child) in after)
        {
            if (IsOfTheServer(place, name)) continue;
            var had = before.TryGetPropertyValue(name, out var old);
            if (child is JsonObject { Count: > 0 } nested)
            {
                var inner = old is JsonObject oldNested ? Changed(oldNested, nested, Inside(place, name)) : Owned(nested, Inside(place, name));
                if (inner.Count > 0) tree["f:" + name] = inner;
            }
            else if (!had || !JsonNode.DeepEquals(old, child))
            {
                tree["f:" + name] = new JsonObject();
            }
        }
        return tree;
    }

    /// <summary>The fields of a tree that the object still has.</summary>
    private static JsonObject Kept(JsonObject tree, JsonObject value)
    {
        var result = new JsonObject();
        foreach (var (name, child) in tree)
        {
            if (name == ".")
            {
                result["."] = new JsonObject();
                continue;
            }
            if (!name.StartsWith("f:", StringComparison.Ordinal) || !value.TryGetPropertyValue(name[2..], out var field)) continue;
            if (child is not JsonObject { Count: > 0 } inner) result[name] = new JsonObject();
            else if (field is not JsonObject nested) result[name] = inner.DeepClone();
            else if (Kept(inner, nested) is { Count: > 0 } kept) result[name] = kept;
        }
        return result;
    }

    private static Place Inside(Place place, string name) => place == Place.Root && name == "metadata" ? Place.Metadata : Place.Below;

    private static bool IsOfTheServer(Place place, string name) => place == Place.Metadata && s_ownMetadata.Contains(name);

    private static JsonObject Without(JsonObject tree, JsonObject taken)
    {
        var result = new JsonObject();
        foreach (var (name, child) in tree)
        {
            if (!taken.TryGetPropertyValue(name, out var other)) result[name] = child?.DeepClone();
            else if (child is JsonObject { Count: > 0 } inner && other is JsonObject { Count: > 0 } && Without(inner, (JsonObject)other) is { Count: > 0 } rest) result[name] = rest;
        }
        return result;
    }

    private static JsonObject Union(JsonObject left, JsonObject right)
    {
        var result = (JsonObject)left.DeepClone();
        foreach (var (name, child) in right)
        {
            if (result[name] is JsonObject mine && child is JsonObject theirs) result[name] = Union(mine, theirs);
            else result[name] = child?.DeepClone();
        }
        return result;
    }
}
