using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Timeline;

/// <summary>Says which weights of a route moved, where nothing else of it did.</summary>
internal static class WeightWords
{
    private const int Named = 6;

    /// <returns><c>v1-stable 90 → 50, v2-provider 10 → 50</c>; null when something else than weights differs.</returns>
    public static string? Between(MeshObject was, MeshObject now)
    {
        if (was.Kind is not ("VirtualService" or "HTTPRoute" or "GRPCRoute" or "TrafficSplit") || !was.Spec.IsObject() || !now.Spec.IsObject())
        {
            return null;
        }

        var (left, right) = (JsonNode.Parse(was.Spec.GetRawText())!, JsonNode.Parse(now.Spec.GetRawText())!);
        var moved = new List<string>();
        Collect(left, right, moved);
        return moved.Count > 0 && JsonNode.DeepEquals(left, right)
            ? string.Join(", ", moved.Take(Named)) + (moved.Count > Named ? " …" : "")
            : null;
    }

    /// <summary>Walks both side by side, notes each weight that differs and takes it out of both.</summary>
    private static void Collect(JsonNode? left, JsonNode? right, List<string> moved)
    {
        switch (left, right)
        {
            case (JsonArray one, JsonArray other):
                for (var i = 0; i < one.Count && i < other.Count; i++)
                {
                    Collect(one[i], other[i], moved);
                }

                break;
            case (JsonObject one, JsonObject other):
                var (from, to) = (one["weight"], other["weight"]);
                if (IsWeight(from) && IsWeight(to))
                {
                    if (!JsonNode.DeepEquals(from, to))
                    {
                        moved.Add($"{Name(one)} {Text(from)} → {Text(to)}");
                    }

                    one.Remove("weight");
                    other.Remove("weight");
                }

                foreach (var (key, value) in one)
                {
                    Collect(value, other[key], moved);
                }

                break;
        }
    }

    /// <summary>A number, a quantity in quotes, or nothing at all.</summary>
    private static bool IsWeight(JsonNode? node) => node is null or JsonValue && node?.GetValueKind() is null or JsonValueKind.Number or JsonValueKind.String;

    private static string Text(JsonNode? weight) => weight?.ToString() ?? "(none)";

    private static string Name(JsonObject backend) =>
        (backend["destination"] as JsonObject ?? backend) is var named && (named["subset"] ?? named["host"] ?? named["name"] ?? named["service"]) is { } name ? name.ToString() : "a backend";
}
