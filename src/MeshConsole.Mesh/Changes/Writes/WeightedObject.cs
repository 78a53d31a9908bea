using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Changes.Plans;

namespace MeshConsole.Mesh.Changes.Writes;

/// <summary>The object as it will be: worked out here, beside the patch, so that one can be held against the other.</summary>
public static class WeightedObject
{
    /// <summary>A copy of the object whose rule has these weights.</summary>
    /// <param name="object">The whole object.</param>
    /// <param name="writeId">For the annotation; null leaves it as it is.</param>
    /// <exception cref="TargetChangedException">The rule is not in the object as the plan knows it.</exception>
    public static JsonElement With(JsonElement @object, ChangeTarget target, ImmutableArray<PlanBackend> backends, ImmutableArray<int> weights, string? writeId = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        var rule = TargetRule.Find(@object, target, backends);
        WeightPatch.Require(weights, rule);
        using var document = JsonDocument.Parse(Write(@object, rule, weights, writeId).ToJsonString(), new JsonDocumentOptions { MaxDepth = 256 });
        return document.RootElement.Clone();
    }

    internal static JsonObject Write(JsonElement @object, TargetRule rule, ImmutableArray<int> weights, string? writeId)
    {
        var copy = JsonObject.Create(@object) ?? throw new ArgumentException("The object is no JSON object.", nameof(@object));
        for (var i = 0; i < weights.Length; i++)
        {
            var destination = rule.Destinations[i];
            if (weights[i] != destination.Weight)
            {
                At(copy, destination.Path)["weight"] = JsonNode.Parse(destination.Write(weights[i], rule.Unit));
            }
        }

        if (writeId is not null && copy["metadata"] is JsonObject metadata)
        {
            if (metadata["annotations"] is not JsonObject annotations)
            {
                metadata["annotations"] = annotations = [];
            }

            annotations[TargetWrite.Annotation] = writeId;
        }

        return copy;
    }

    /// <summary>Follows a pointer of our own making: names of fields and indexes only.</summary>
    private static JsonNode At(JsonNode root, string path)
    {
        var node = root;
        foreach (var step in path.Split('/').Skip(1))
        {
            node = (node is JsonArray list ? list[int.Parse(step, CultureInfo.InvariantCulture)] : node[step])!;
        }

        return node;
    }
}
