using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Changes.Writes;

/// <summary>A JSON patch that moves weights of one rule and leaves everything else alone.</summary>
/// <param name="Json">RFC 6902, <c>test</c> operations first.</param>
/// <param name="WriteId">What its annotation says.</param>
public sealed record WeightPatch(string Json, string WriteId, ImmutableArray<int> Weights, string ResourceVersion) : TargetWrite(Patch, Json, WriteId, Weights, ResourceVersion)
{
    private static readonly JsonWriterOptions s_writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The object it was made for: what comes back is compared with it. Undefined when the patch was not made here.</summary>
    public JsonElement Basis { get; init; }

    /// <summary>Destinations of the rule, as of <see cref="Build"/>.</summary>
    private ImmutableArray<PlanBackend> Backends { get; init; } = [];

    internal override string? Difference(JsonElement answer, ChangeTarget target) =>
        Basis.IsObject() ? ObjectDifferences.OnlyWeightsDiffer(Basis, answer, target, Backends, Weights, WriteId) : null;

    /// <summary>
    /// The patch that gives the rule these weights. It insists on uid and resource version of the object, on name and matches
    /// of the rule, on every destination and every old weight; it then writes the weights that differ, and the annotation.
    /// </summary>
    /// <param name="live">The object as it was read just now.</param>
    /// <param name="weights">One per backend, 0 or more, not all 0.</param>
    /// <exception cref="TargetChangedException">The rule is not in the object as the plan knows it.</exception>
    /// <exception cref="ArgumentException">The weights are none, or the write has no id.</exception>
    public static WeightPatch Build(LiveTarget live, ChangeTarget target, ImmutableArray<PlanBackend> backends, ImmutableArray<int> weights, string writeId)
    {
        ArgumentNullException.ThrowIfNull(live);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentException.ThrowIfNullOrWhiteSpace(writeId);
        var rule = TargetRule.Find(live.Object, target, backends);
        Require(weights, rule);

        var output = new ArrayBufferWriter<byte>(2048);
        using (var writer = new Utf8JsonWriter(output, s_writing))
        {
            writer.WriteStartArray();
            WriteTests(writer, live.Object, rule);
            WriteWeights(writer, rule, weights);
            PatchOperations.WriteAnnotation(writer, live.Object, writeId);
            writer.WriteEndArray();
        }

        return new WeightPatch(Encoding.UTF8.GetString(output.WrittenSpan), writeId, weights, live.ResourceVersion) { Basis = live.Object, Backends = backends };
    }

    internal static void Require(ImmutableArray<int> weights, TargetRule rule)
    {
        if (weights.IsDefault || weights.Length != rule.Destinations.Length)
        {
            throw new ArgumentException("There must be one weight for each backend.", nameof(weights));
        }

        if (weights.Any(w => w < 0) || weights.All(w => w == 0))
        {
            throw new ArgumentException("Weights are 0 or more, and not all 0.", nameof(weights));
        }
    }

    private static void WriteTests(Utf8JsonWriter writer, JsonElement @object, TargetRule rule)
    {
        var metadata = @object.Get("metadata");
        PatchOperations.Write(writer, "test", "/metadata/uid", metadata.Get("uid"));
        PatchOperations.Write(writer, "test", "/metadata/resourceVersion", metadata.Get("resourceVersion"));
        foreach (var part in rule.Identity)
        {
            PatchOperations.Write(writer, "test", part.Path, part.Value);
        }

        // That a weight is omitted cannot be tested: a test of what is not there fails. The resource version covers it.
        foreach (var destination in rule.Destinations.Where(d => d.Written.IsPresent()))
        {
            PatchOperations.Write(writer, "test", destination.WeightPath, destination.Written);
        }
    }

    private static void WriteWeights(Utf8JsonWriter writer, TargetRule rule, ImmutableArray<int> weights)
    {
        for (var i = 0; i < weights.Length; i++)
        {
            var destination = rule.Destinations[i];
            if (weights[i] == destination.Weight)
            {
                continue;
            }

            writer.WriteStartObject();
            writer.WriteString("op", destination.Written.IsPresent() ? "replace" : "add");
            writer.WriteString("path", destination.WeightPath);
            writer.WritePropertyName("value");
            writer.WriteRawValue(destination.Write(weights[i], rule.Unit));
            writer.WriteEndObject();
        }
    }
}
