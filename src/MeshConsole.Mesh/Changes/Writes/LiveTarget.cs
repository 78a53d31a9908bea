using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Changes.Writes;

/// <summary>The target as the API server has it at the moment: read afresh for every decision, never taken from a watch.</summary>
/// <param name="Object">The whole object.</param>
/// <param name="SpecHash">SHA-256 of the canonical JSON of its spec.</param>
/// <param name="Weights">Weights of the rule now, in the order of the plan's backends; the state of a policy, as <see cref="PolicyEdit"/> has it.</param>
/// <param name="LastChange">Annotation that the newest write of the console left; null when there is none.</param>
public sealed record LiveTarget(JsonElement Object, string Uid, string ResourceVersion, string SpecHash, ImmutableArray<int> Weights, string? LastChange)
{
    /// <summary>Stands for the spec of an object that is not there: no spec has it.</summary>
    public const string NoSpec = "absent";

    /// <summary>The object is not there, which is one of the states that a policy may be in.</summary>
    public bool IsAbsent => Object.ValueKind == JsonValueKind.Undefined;

    /// <summary>A policy as it is known from elsewhere than a fresh reading: enough to show what a write would do.</summary>
    /// <param name="object">The whole object; Undefined when there is none.</param>
    /// <exception cref="TargetChangedException">An object that is to be edited is not there, or is another one.</exception>
    public static LiveTarget Of(JsonElement @object, ChangeTarget target)
    {
        var state = PolicyState.Of(@object, target);
        var metadata = @object.Get("metadata");
        return @object.IsObject()
            ? new LiveTarget(@object, metadata.Text("uid") ?? "", metadata.Text("resourceVersion") ?? "", Writes.SpecHash.Of(@object), state, metadata.Get("annotations").Text(TargetWrite.Annotation))
            : Absent(state);
    }

    public static LiveTarget Absent(ImmutableArray<int> weights) => new(default, "", "", NoSpec, weights, null);
}

/// <summary>What the server answered to the patch with <c>dryRun=All</c>.</summary>
/// <param name="Accepted">False also when it could not be asked.</param>
/// <param name="Result">The object as it would be; null unless accepted.</param>
/// <param name="Message">The server's words, or why it could not be asked.</param>
/// <param name="Code">HTTP status; null without an answer.</param>
public sealed record DryRunAnswer(bool Accepted, JsonElement? Result, string Message, int? Code)
{
    /// <summary>Whether it was refused because the object is not the one that was read any more: nothing is wrong with the write itself.</summary>
    public bool IsOfAnOlderObject { get; init; }
}

/// <summary>The rule of the plan is not where and what it was: another object, other matches, other destinations.</summary>
public sealed class TargetChangedException(string message) : Exception(message);
