using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Mesh.Changes.Plans;

namespace MeshConsole.Mesh.Changes.Writes;

/// <summary>One write to a target, as exact as the API server lets it be: it says what it relies on, and touches what the plan is about.</summary>
/// <param name="Verb"><c>patch</c>, <c>create</c> or <c>delete</c>.</param>
/// <param name="Json">The body as it is sent: a JSON patch, a whole object, or the preconditions of a deletion.</param>
/// <param name="WriteId">What its annotation says.</param>
/// <param name="Weights">What the target is at afterwards.</param>
/// <param name="ResourceVersion">Version of the object it was made for; empty when there was none.</param>
public abstract record TargetWrite(string Verb, string Json, string WriteId, ImmutableArray<int> Weights, string ResourceVersion)
{
    public const string Patch = "patch";
    public const string Create = "create";
    public const string Delete = "delete";

    /// <summary>Annotation of the newest write, so that the object itself proves whether it landed.</summary>
    public const string Annotation = "meshconsole.io/last-change";

    /// <summary>What an answer of the server differs in from what this write alone makes; null when in nothing, or when that is not known.</summary>
    internal abstract string? Difference(JsonElement answer, ChangeTarget target);
}
