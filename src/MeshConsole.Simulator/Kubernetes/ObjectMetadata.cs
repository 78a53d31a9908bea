using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary><c>metadata</c> in the order in which Kubernetes writes it, and its comparison.</summary>
internal static class ObjectMetadata
{
    private static readonly string[] s_order =
    [
        "name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
        "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers",
    ];

    public static JsonObject InOrder(JsonObject metadata)
    {
        var members = metadata.ToArray();
        metadata.Clear();
        var result = new JsonObject();
        foreach (var name in s_order)
        {
            var member = Array.Find(members, candidate => candidate.Key == name);
            if (member.Value is not (null or JsonObject { Count: 0 } or JsonArray { Count: 0 })) result[name] = member.Value;
        }
        // Unknown members are dropped as a structural schema would; managedFields come last.
        var managers = Array.Find(members, candidate => candidate.Key == "managedFields");
        if (managers.Value is JsonArray { Count: > 0 }) result["managedFields"] = managers.Value;
        return result;
    }

    public static bool SameBesidesManagers(JsonObject left, JsonObject right) =>
        left.Where(IsCompared).Count() == right.Where(IsCompared).Count()
        && left.Where(IsCompared).All(member => right.TryGetPropertyValue(member.Key, out var other) && JsonNode.DeepEquals(member.Value, other));

    private static bool IsCompared(KeyValuePair<string, JsonNode?> member) => member.Key != "managedFields";
}
