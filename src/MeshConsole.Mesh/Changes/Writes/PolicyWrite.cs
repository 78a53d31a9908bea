using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Changes.Writes;

/// <summary>
/// A write that brings a PeerAuthentication into one of its two states: a JSON patch of the mode alone, the creation of the
/// object, or its deletion.
/// </summary>
public sealed record PolicyWrite(string Verb, string Json, string WriteId, ImmutableArray<int> Weights, string ResourceVersion) : TargetWrite(Verb, Json, WriteId, Weights, ResourceVersion)
{
    private const int MostNamed = 5;

    private static readonly JsonWriterOptions s_writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions s_text = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 256 };

    /// <summary>Uid that a deletion insists on; empty for other writes.</summary>
    public string Uid { get; init; } = "";

    /// <summary>The object as it is afterwards but for the server's own notes; Undefined for a deletion.</summary>
    public JsonElement Expected { get; init; }

    /// <param name="live">The object as it was read just now.</param>
    /// <param name="state">One of <see cref="PolicyEdit.AsItWas"/> and <see cref="PolicyEdit.AsPlanned"/>.</param>
    /// <exception cref="TargetChangedException">The object is not one that this write may touch.</exception>
    public static PolicyWrite Build(LiveTarget live, ChangeTarget target, ImmutableArray<int> state, string writeId)
    {
        ArgumentNullException.ThrowIfNull(live);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentException.ThrowIfNullOrWhiteSpace(writeId);
        var edit = target.Policy ?? throw new ArgumentException("The target is no policy.", nameof(target));
        var wanted = state switch
        {
            [0] => edit.Before,
            [1] => edit.After,
            _ => throw new ArgumentException("A policy is as it was or as planned.", nameof(state)),
        };
        return wanted is null ? Deletion(live, target, edit, state, writeId)
            : edit is { Before: not null, After: not null } ? ModePatch(live, target, edit, PolicySpec.Parse(wanted), state, writeId)
            : Creation(live, target, edit, wanted, state, writeId);
    }

    /// <summary>The object as a write leaves it, to be looked at; Undefined when it leaves none. Whether it may be written is not asked.</summary>
    public static JsonElement After(LiveTarget live, ChangeTarget target, ImmutableArray<int> state)
    {
        ArgumentNullException.ThrowIfNull(target);
        var leavesNone = (state is [0] ? target.Policy?.Before : target.Policy?.After) is null;
        return leavesNone ? default : Parsed(WithoutMark(Build(live, target, state, "preview").Expected, live));
    }

    internal override string? Difference(JsonElement answer, ChangeTarget target)
    {
        if (Verb == Delete)
        {
            return null;
        }

        var found = ObjectDifferences.Between(Expected, answer).Where(path => Verb == Patch || !IsServers(path)).ToList();
        return found.Count == 0
            ? null
            : $"The object is not what the write alone makes of it: it differs at {string.Join(", ", found.Take(MostNamed).Select(p => Printable.Text(p, 120)))}{(found.Count > MostNamed ? string.Create(CultureInfo.InvariantCulture, $" and {found.Count - MostNamed} other places") : "")}. A webhook of the cluster may have changed it.";
    }

    private static PolicyWrite ModePatch(LiveTarget live, ChangeTarget target, PolicyEdit edit, JsonElement wanted, ImmutableArray<int> state, string writeId)
    {
        _ = PolicyState.Of(live.Object, target);
        var spec = live.Object.Get("spec");
        var next = PolicySpec.WithModeOf(spec, edit.Scope, wanted);
        var after = JsonSerializer.SerializeToElement(next, s_text);
        var output = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(output, s_writing))
        {
            var metadata = live.Object.Get("metadata");
            writer.WriteStartArray();
            PatchOperations.Write(writer, "test", "/metadata/uid", metadata.Get("uid"));
            PatchOperations.Write(writer, "test", "/metadata/resourceVersion", metadata.Get("resourceVersion"));
            if (spec.IsObject())
            {
                PatchOperations.Write(writer, "test", "/spec", spec);
                WriteMode(writer, spec, after, "/spec", PolicySpec.Path(edit.Scope));
            }
            else
            {
                PatchOperations.Write(writer, "add", "/spec", after);
            }

            PatchOperations.WriteAnnotation(writer, live.Object, writeId);
            writer.WriteEndArray();
        }

        var expected = Copy(live.Object);
        expected["spec"] = next.DeepClone();
        Mark(expected, writeId);
        return new PolicyWrite(Patch, Encoding.UTF8.GetString(output.WrittenSpan), writeId, state, live.ResourceVersion) { Expected = Parsed(expected) };
    }

    /// <summary>The one operation, as deep as it may be, that makes the mode of one spec that of the other.</summary>
    private static void WriteMode(Utf8JsonWriter writer, JsonElement before, JsonElement after, string at, ReadOnlySpan<string> path)
    {
        var (was, becomes, place) = (before.Get(path[0]), after.Get(path[0]), $"{at}/{path[0]}");
        if (!becomes.IsPresent())
        {
            if (was.IsPresent())
            {
                PatchOperations.WriteRemoval(writer, place);
            }
        }
        else if (was.IsObject() && path.Length > 1)
        {
            WriteMode(writer, was, becomes, place, path[1..]);
        }
        else if (!was.IsPresent() || !JsonElement.DeepEquals(was, becomes))
        {
            PatchOperations.Write(writer, was.IsPresent() ? "replace" : "add", place, becomes);
        }
    }

    private static PolicyWrite Creation(LiveTarget live, ChangeTarget target, PolicyEdit edit, string wanted, ImmutableArray<int> state, string writeId)
    {
        if (!live.IsAbsent)
        {
            throw PolicyState.Changed(target, $"{Field(live)} made an object of this name");
        }

        var metadata = new JsonObject { ["name"] = target.Name, ["namespace"] = target.Namespace };
        var restores = edit.Before is not null;
        if (restores && !edit.Labels.IsEmpty)
        {
            metadata["labels"] = Pairs(edit.Labels);
        }

        if (restores && !edit.Annotations.IsEmpty)
        {
            metadata["annotations"] = Pairs(edit.Annotations);
        }

        var body = new JsonObject { ["apiVersion"] = target.ApiVersion, ["kind"] = target.Kind, ["metadata"] = metadata, ["spec"] = JsonNode.Parse(wanted) };
        Mark(body, writeId);
        return new PolicyWrite(Create, body.ToJsonString(s_text), writeId, state, "") { Expected = Parsed(body) };
    }

    private static PolicyWrite Deletion(LiveTarget live, ChangeTarget target, PolicyEdit edit, ImmutableArray<int> state, string writeId)
    {
        if (live.IsAbsent)
        {
            throw PolicyState.Changed(target, "it is not there any more");
        }

        var metadata = live.Object.Get("metadata");
        if (PolicyState.Canonical(live.Object) != (edit.Before ?? edit.After))
        {
            throw PolicyState.Changed(target, "somebody changed its spec, and a deletion would take that with it. Look at what is there, and delete it or set its mode by hand");
        }

        if (metadata.Get("finalizers") is { ValueKind: JsonValueKind.Array } finalizers && finalizers.GetArrayLength() > 0)
        {
            throw PolicyState.Changed(target, "it has finalizers, so that when it is gone is for another controller to say");
        }

        if (edit.Before is null && !IsOwn(live, writeId))
        {
            throw PolicyState.Changed(target, "it was made by somebody else and not by this change, so this change does not delete it");
        }

        if (edit.Before is not null && (!string.Equals(live.Uid, target.Uid, StringComparison.Ordinal) || !LabelsOf(live.Object).SequenceEqual(edit.Labels) || !AnnotationsOf(live.Object).SequenceEqual(edit.Annotations)))
        {
            throw PolicyState.Changed(target, "it is another object, or its labels or annotations are not those that were planned to be restored. Submit the change again");
        }

        var preconditions = new JsonObject { ["uid"] = live.Uid, ["resourceVersion"] = live.ResourceVersion };
        var body = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "DeleteOptions", ["preconditions"] = preconditions };
        return new PolicyWrite(Delete, body.ToJsonString(s_text), writeId, state, live.ResourceVersion) { Uid = live.Uid };
    }

    /// <summary>Labels of an object, to make it anew with.</summary>
    internal static ImmutableSortedDictionary<string, string> LabelsOf(JsonElement @object) => @object.Get("metadata").Get("labels").Labels();

    /// <summary>Its annotations without the console's own mark.</summary>
    internal static ImmutableSortedDictionary<string, string> AnnotationsOf(JsonElement @object) => @object.Get("metadata").Get("annotations").Labels().Remove(Annotation);

    /// <summary>Whether an earlier write of the same change left its mark. Ids of writes are <c>change.number</c>.</summary>
    private static bool IsOwn(LiveTarget live, string writeId) => live.LastChange is { } mark && ChangeOf(mark) == ChangeOf(writeId);

    private static string ChangeOf(string writeId) => writeId[..Math.Max(0, writeId.LastIndexOf('.'))];

    private static string Field(LiveTarget live) => live.LastChange is { } mark ? $"change {Printable.Text(ChangeOf(mark), 60)}" : "somebody else";

    /// <summary>What the server notes about an object that it has just made.</summary>
    private static bool IsServers(string path) => path is "/metadata/uid" or "/metadata/creationTimestamp" or "/metadata/selfLink";

    private static void Mark(JsonObject item, string writeId)
    {
        if (item["metadata"] is JsonObject metadata)
        {
            if (metadata["annotations"] is not JsonObject annotations)
            {
                metadata["annotations"] = annotations = [];
            }

            annotations[Annotation] = writeId;
        }
    }

    /// <summary>For people: the mark of the write is not part of what they look at.</summary>
    private static JsonObject WithoutMark(JsonElement expected, LiveTarget live)
    {
        var copy = Copy(expected);
        if (copy["metadata"] is JsonObject metadata && metadata["annotations"] is JsonObject annotations)
        {
            annotations.Remove(Annotation);
            if (live.LastChange is { } before)
            {
                annotations[Annotation] = before;
            }

            if (annotations.Count == 0 && !live.Object.Get("metadata").Get("annotations").IsPresent())
            {
                metadata.Remove("annotations");
            }
        }

        return copy;
    }

    private static JsonObject Pairs(ImmutableSortedDictionary<string, string> pairs) => new(pairs.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value)));

    private static JsonObject Copy(JsonElement item) => JsonNode.Parse(item.GetRawText(), documentOptions: new JsonDocumentOptions { MaxDepth = 256 })!.AsObject();

    private static JsonElement Parsed(JsonObject item) => JsonSerializer.SerializeToElement(item, s_text);
}
