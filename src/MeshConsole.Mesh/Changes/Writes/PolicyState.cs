using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Changes.Writes;

/// <summary>Which of its two states a policy is in, told from the object alone.</summary>
internal static class PolicyState
{
    /// <param name="object">The whole object; Undefined when it is not there.</param>
    /// <exception cref="TargetChangedException">
    /// An object that is to be edited is not the planned one, is not there, or is being deleted: there is nothing to write to.
    /// </exception>
    public static ImmutableArray<int> Of(JsonElement @object, ChangeTarget target)
    {
        var edit = target.Policy!;
        if (edit is { Before: not null, After: not null })
        {
            return OfEdited(@object, target, edit);
        }

        // Created or deleted: one of the states is that there is no object, and the other one is exactly one spec.
        var (spec, present, absent) = edit.Before is null ? (edit.After!, PolicyEdit.AsPlanned, PolicyEdit.AsItWas) : (edit.Before, PolicyEdit.AsItWas, PolicyEdit.AsPlanned);
        return !@object.IsObject() ? absent
            : string.Equals(Canonical(@object), spec, StringComparison.Ordinal) ? present
            : PolicyEdit.Neither;
    }

    /// <summary>Canonical JSON of the object's spec; an absent spec says as much as an empty one.</summary>
    public static string Canonical(JsonElement @object) => @object.Get("spec") is var spec && spec.IsObject() ? PolicySpec.Canonical(spec) : "{}";

    private static ImmutableArray<int> OfEdited(JsonElement @object, ChangeTarget target, PolicyEdit edit)
    {
        if (!@object.IsObject())
        {
            throw Changed(target, "it is not there any more");
        }

        var metadata = @object.Get("metadata");
        if (!string.Equals(metadata.Text("uid"), target.Uid, StringComparison.Ordinal))
        {
            throw Changed(target, "it was deleted and made anew");
        }

        if (metadata.Get("deletionTimestamp").IsPresent())
        {
            throw Changed(target, "it is being deleted");
        }

        var mode = PolicySpec.ModeOf(@object.Get("spec"), edit.Scope);
        return string.Equals(mode, PolicySpec.ModeOf(PolicySpec.Parse(edit.After!), edit.Scope), StringComparison.Ordinal) ? PolicyEdit.AsPlanned
            : string.Equals(mode, PolicySpec.ModeOf(PolicySpec.Parse(edit.Before!), edit.Scope), StringComparison.Ordinal) ? PolicyEdit.AsItWas
            : PolicyEdit.Neither;
    }

    public static TargetChangedException Changed(ChangeTarget target, string how) =>
        new($"{target.Kind} {Printable.Text(target.Namespace, 120)}/{Printable.Text(target.Name, 120)} is not as planned: {how}. Nothing was written.");
}
