using System.Collections.Immutable;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Triage;

/// <summary>What a detector sees at one look. It becomes a problem once it has been seen often enough.</summary>
internal sealed record Observation
{
    /// <summary>The detector's code and what it is about: the same from look to look.</summary>
    public required string Id { get; init; }

    public required string Code { get; init; }

    public required TriageSeverity Severity { get; init; }

    public required string Title { get; init; }

    public required string Detail { get; init; }

    public string? Node { get; init; }

    public string? Edge { get; init; }

    /// <summary>Keys of the edges it is about, where it is about some of a node's calls and not about all that the node does.</summary>
    public ImmutableArray<string> Edges { get; init; } = [];

    /// <summary>As <see cref="TriageProblem.Concerns"/>.</summary>
    public ImmutableArray<string> Concerns { get; init; } = [];

    public required string Page { get; init; }

    public ImmutableArray<TriageEvidence> Evidence { get; init; } = [];

    public ImmutableArray<TriageStep> NextSteps { get; init; } = [];

    /// <summary>What stands out about it without having changed: the canary beside its stable version, the one agent that does not renew.</summary>
    public ImmutableArray<TriageSuspect> Standing { get; init; } = [];

    /// <summary>Keys (<c>namespace/workload</c>) of what a change must touch to be a near suspect, beside the node's own.</summary>
    public ImmutableArray<string> Near { get; init; } = [];

    /// <summary>For the order among equals: failing requests per second, or what comes nearest to them.</summary>
    public double Weight { get; init; }

    /// <summary>Looks in a row before it counts: one where the numbers leave no doubt, two where it is a matter of trend.</summary>
    public int Looks { get; init; } = 1;

    /// <summary><c>namespace/name</c> of the node, as timeline entries name what they touch; null without a node.</summary>
    public string? NodeKey => NodeId.TryParse(Node, out var id) ? $"{id.Namespace}/{id.Name}" : null;
}
