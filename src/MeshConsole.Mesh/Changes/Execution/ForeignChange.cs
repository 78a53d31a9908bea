using System.Text.Json;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>Says who changed an object and what of it, as far as the object tells.</summary>
internal static class ForeignChange
{
    /// <summary>Whether the object is not as the change left it.</summary>
    public static bool Is(ChangeRecord change, LiveTarget live) =>
        live.Uid != change.ExpectedUid || live.SpecHash != change.ExpectedSpecHash || !live.Weights.SequenceEqual(change.ExpectedWeights);

    public static string Words(ChangeRecord change, LiveTarget live)
    {
        var target = change.Plan.Target;
        if (live.IsAbsent)
        {
            return $"{target.Kind} {target.Namespace}/{target.Name} was deleted by somebody else. Nothing is written in its place. Put it back and resume, roll back, or abort.";
        }

        if (change.ExpectedUid.Length == 0 && live.Uid.Length > 0)
        {
            return $"{Who(live.Object)} made {target.Kind} {target.Namespace}/{target.Name}, where this plan relies on there being none. Nothing is written over it: abort the change and plan again on what is there.";
        }

        if (live.Uid != change.ExpectedUid)
        {
            return $"{target.Kind} {target.Namespace}/{target.Name} was deleted and made anew. This plan is for the object before it: abort it and plan again.";
        }

        if (change.Writes.FirstOrDefault(w => w.Outcome != WriteOutcome.Applied && Landed(w, live)) is { } late)
        {
            return $"Write {late.Id} of this change landed after it was taken for lost (a replica that had been suspended, or a very slow server): {target.SayIs(live.Weights)}. Nothing is written over it. Roll back, or abort.";
        }

        var what = live.Weights.SequenceEqual(change.ExpectedWeights)
            ? $"{(target.Policy is null ? "the weights are still" : "the mode is still")} {target.Say(live.Weights)}, something else in the spec differs"
            : $"{target.SayIs(live.Weights)} where this plan left {target.Say(change.ExpectedWeights)}";
        return $"{Who(live.Object)} changed {target.Kind} {target.Namespace}/{target.Name}: {what}. Nothing is written over it. Put the object back and resume, roll back, or abort.";
    }

    /// <summary>The field manager of the newest change that is not the console's.</summary>
    public static string Who(JsonElement item)
    {
        string? who = null;
        var newest = DateTimeOffset.MinValue;
        foreach (var (manager, at) in Managers(item))
        {
            if (manager is { Length: > 0 } && manager != "meshconsole" && (who is null || (at ?? DateTimeOffset.MinValue) >= newest))
            {
                (who, newest) = (manager, at ?? DateTimeOffset.MinValue);
            }
        }

        return who is null ? "Somebody" : $"Somebody (field manager {Printable.Text(who, 100)})";
    }

    /// <summary>When anybody, the console included, last changed the object, its status aside; null when it does not say.</summary>
    public static DateTimeOffset? ChangedAt(JsonElement item) => Managers(item).Max(entry => entry.At);

    private static IEnumerable<(string? Manager, DateTimeOffset? At)> Managers(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object
            || !item.TryGetProperty("metadata", out var metadata) || metadata.ValueKind != JsonValueKind.Object
            || !metadata.TryGetProperty("managedFields", out var fields) || fields.ValueKind != JsonValueKind.Array)
        {
            yield break;
        }

        foreach (var entry in fields.EnumerateArray())
        {
            if (entry.ValueKind == JsonValueKind.Object
                && !(entry.TryGetProperty("subresource", out var part) && part.ValueKind == JsonValueKind.String && part.GetString() is "status"))
            {
                yield return (
                    entry.TryGetProperty("manager", out var manager) && manager.ValueKind == JsonValueKind.String ? manager.GetString() : null,
                    entry.TryGetProperty("time", out var time) && time.ValueKind == JsonValueKind.String && time.TryGetDateTimeOffset(out var known) ? known : null);
            }
        }
    }

    /// <summary>Whether the object proves the write: by its annotation, and a deletion by being gone.</summary>
    public static bool Landed(ChangeWrite write, LiveTarget live) =>
        write.Verb == TargetWrite.Delete ? live.IsAbsent : string.Equals(live.LastChange, write.Id, StringComparison.Ordinal);

    /// <summary>Whether the object is exactly as the write found it, so that the write has not landed, or not yet.</summary>
    public static bool Untouched(ChangeWrite write, LiveTarget live) => string.Equals(live.SpecHash, write.SpecHashBefore, StringComparison.Ordinal);
}
