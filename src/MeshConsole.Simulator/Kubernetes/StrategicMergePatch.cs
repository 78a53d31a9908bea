using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>
/// Kubernetes's strategic merge patch: like a merge patch, but the lists of the built-in kinds that have a merge key are merged
/// element by element. <c>$patch: delete</c> and <c>$patch: replace</c> are understood; lists of the other kinds are replaced.
/// </summary>
internal static class StrategicMergePatch
{
    private static readonly Dictionary<string, string> s_mergeKeys = new(StringComparer.Ordinal)
    {
        ["containers"] = "name",
        ["initContainers"] = "name",
        ["ephemeralContainers"] = "name",
        ["env"] = "name",
        ["volumes"] = "name",
        ["volumeMounts"] = "mountPath",
        ["imagePullSecrets"] = "name",
        ["secrets"] = "name",
        ["hostAliases"] = "ip",
        ["conditions"] = "type",
        ["addresses"] = "type",
        ["ownerReferences"] = "uid",
        ["topologySpreadConstraints"] = "topologyKey",
        ["webhooks"] = "name",
    };

    public static JsonNode? Apply(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes) return patch?.DeepClone();
        switch (changes.Text("$patch"))
        {
            case "delete":
                return null;
            case "replace":
                var replacement = (JsonObject)changes.DeepClone();
                replacement.Remove("$patch");
                return replacement;
        }
        var result = target is JsonObject existing ? (JsonObject)existing.DeepClone() : [];
        foreach (var (name, value) in changes)
        {
            if (name.StartsWith('$')) continue;
            if (value is null) result.Remove(name);
            else if (value is JsonArray list && KeyOf(name, list, result[name]) is { } key) result[name] = MergeList(result[name] as JsonArray, list, key);
            else if (Apply(result[name], value) is { } merged) result[name] = merged;
            else result.Remove(name);
        }
        return result;
    }

    private static string? KeyOf(string list, JsonArray patch, JsonNode? target)
    {
        if (s_mergeKeys.TryGetValue(list, out var key)) return key;
        // The ports of a container are told apart by containerPort, those of a service by port.
        if (list != "ports") return null;
        return patch.Concat(target as JsonArray ?? []).Any(port => port is JsonObject json && json.ContainsKey("containerPort")) ? "containerPort" : "port";
    }

    private static JsonArray MergeList(JsonArray? target, JsonArray patch, string key)
    {
        if (patch.Any(element => element is JsonObject json && json.Text("$patch") == "replace" && json.Count == 1))
            return new JsonArray([.. patch.Where(element => element is not JsonObject json || !json.ContainsKey("$patch")).Select(element => element?.DeepClone())]);

        var result = target is null ? [] : (JsonArray)target.DeepClone();
        foreach (var element in patch)
        {
            if (element is not JsonObject change || change[key] is not { } id)
                throw new JsonException($"map: {element?.ToJsonString() ?? "null"} does not contain declared merge key: {key}");
            var index = -1;
            for (var candidate = 0; candidate < result.Count && index < 0; candidate++)
                if (result[candidate] is JsonObject json && JsonNode.DeepEquals(json[key], id)) index = candidate;
            var merged = Apply(index < 0 ? null : result[index], change);
            if (index >= 0 && merged is null) result.RemoveAt(index);
            else if (index >= 0) result[index] = merged;
            else if (merged is not null) result.Add(merged);
        }
        return result;
    }
}
