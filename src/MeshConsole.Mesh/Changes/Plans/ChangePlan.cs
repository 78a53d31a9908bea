using System.Collections.Immutable;
using MeshConsole.Mesh.Changes.Gates;

namespace MeshConsole.Mesh.Changes.Plans;

/// <summary>What an operator wants done: the whole of what an approver decides on, together with the base it starts from.</summary>
public sealed record ChangePlan
{
    public required ChangeTarget Target { get; init; }

    /// <summary>The destinations of the rule, in the order of the object.</summary>
    public required ImmutableArray<PlanBackend> Backends { get; init; }

    /// <summary>Index of the backend that traffic is moved to.</summary>
    public required int Canary { get; init; }

    /// <summary>Index of the backend that is known to work: gates compare with it, an emergency stop sends everything there.</summary>
    public required int Stable { get; init; }

    public required ImmutableArray<PlanStage> Stages { get; init; }

    public GateSettings Gates { get; init; } = GateSettings.Default;

    /// <summary>Why, in the requester's words.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Reference to a ticket; null when there is none.</summary>
    public string? Ticket { get; init; }

    /// <summary>Weights to go back to.</summary>
    public ImmutableArray<int> BaseWeights => [.. Backends.Select(b => b.BaseWeight)];

    /// <summary>Share of the canary under these weights, 0..1; null when they add up to nothing.</summary>
    public double? CanaryShare(ImmutableArray<int> weights) => ShareOf(weights, Canary);

    /// <summary>weight ÷ sum, 0..1.</summary>
    public static double? ShareOf(ImmutableArray<int> weights, int index)
    {
        var sum = weights.Sum(w => (long)w);
        return sum > 0 ? (double)weights[index] / sum : null;
    }
}
