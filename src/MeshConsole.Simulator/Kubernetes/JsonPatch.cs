using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>RFC 6902: a list of operations, of which all are done or none.</summary>
internal sealed class JsonPatch
{
    private readonly List<Operation> _operations;

    private JsonPatch(List<Operation> operations) => _operations = operations;

    public int Count => _operations.Count;

    /// <summary>Throws <see cref="JsonException"/> when the text is not a patch at all.</summary>
    public static JsonPatch Parse(JsonNode? patch)
    {
        if (patch is not JsonArray list) throw new JsonException("A JSON patch is an array of operations.");
        var operations = new List<Operation>(list.Count);
        foreach (var node in list)
        {
            if (node is not JsonObject json) throw new JsonException("An operation of a JSON patch is an object.");
            operations.Add(new Operation(json.Text("op") ?? "", json.Text("path"), json.Text("from"), json.ContainsKey("value"), json["value"]));
        }
        return new JsonPatch(operations);
    }

    /// <summary>The patched copy. Throws <see cref="JsonPatchException"/> when an operation cannot be done.</summary>
    public JsonNode? Apply(JsonNode? document)
    {
        var root = document?.DeepClone();
        foreach (var operation in _operations)
            root = Apply(root, operation);
        return root;
    }

    private static JsonNode? Apply(JsonNode? root, Operation operation)
    {
        var path = JsonPointer.Parse(operation.Path ?? throw new JsonPatchException("an operation has no path"));
        switch (operation.Op)
        {
            case "add":
                return Add(root, path, operation.RequiredValue()?.DeepClone());
            case "remove":
                return Remove(root, path, out _);
            case "replace":
                var value = operation.RequiredValue()?.DeepClone();
                return path.IsRoot ? value : Replace(root, path, value);
            case "move":
                var from = operation.Source();
                if (from.Text == path.Text)
                {
                    from.Get(root);
                    return root;
                }
                if (path.Text.StartsWith(from.Text + "/", StringComparison.Ordinal)) throw new JsonPatchException($"\"{from.Text}\" cannot be moved into itself");
                root = Remove(root, from, out var moved);
                return Add(root, path, moved);
            case "copy":
                return Add(root, path, operation.Source().Get(root)?.DeepClone());
            case "test":
                if (!JsonNode.DeepEquals(path.Get(root), operation.RequiredValue())) throw new JsonPatchException($"testing path {path.Text} failed");
                return root;
            default:
                throw new JsonPatchException($"unexpected operation \"{operation.Op}\"");
        }
    }

    private static JsonNode? Add(JsonNode? root, JsonPointer path, JsonNode? value)
    {
        if (path.IsRoot) return value;
        switch (path.Parent(root))
        {
            case JsonArray list when path.Last == "-":
                list.Add(value);
                break;
            case JsonArray list:
                list.Insert(JsonPointer.TryIndex(path.Last, list.Count + 1, out var index) ? index : throw path.Missing(), value);
                break;
            case JsonObject parent:
                parent[path.Last] = value;
                break;
        }
        return root;
    }

    private static JsonNode? Replace(JsonNode? root, JsonPointer path, JsonNode? value)
    {
        switch (path.Parent(root))
        {
            case JsonArray list:
                list[JsonPointer.TryIndex(path.Last, list.Count, out var index) ? index : throw path.Missing()] = value;
                break;
            case JsonObject parent:
                if (!parent.ContainsKey(path.Last)) throw path.Missing();
                parent[path.Last] = value;
                break;
        }
        return root;
    }

    private static JsonNode? Remove(JsonNode? root, JsonPointer path, out JsonNode? removed)
    {
        if (path.IsRoot) throw new JsonPatchException("the whole document cannot be removed");
        removed = path.Get(root);
        switch (path.Parent(root))
        {
            case JsonArray list:
                _ = JsonPointer.TryIndex(path.Last, list.Count, out var index);
                list.RemoveAt(index);
                break;
            case JsonObject parent:
                parent.Remove(path.Last);
                break;
        }
        return root;
    }

    private sealed record Operation(string Op, string? Path, string? From, bool HasValue, JsonNode? Value)
    {
        public JsonNode? RequiredValue() => HasValue ? Value : throw new JsonPatchException($"operation \"{Op}\" has no value");

        public JsonPointer Source() => JsonPointer.Parse(From ?? throw new JsonPatchException($"operation \"{Op}\" has no from"));
    }
}
