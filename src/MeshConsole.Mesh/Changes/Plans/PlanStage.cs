using System.Collections.Immutable;

namespace MeshConsole.Mesh.Changes.Plans;

/// <summary>One step of a plan: weights, and how long they must hold before the next.</summary>
/// <param name="Weights">One per backend, in their order; their sum is the sum of the base weights.</param>
/// <param name="Soak">How long the gates watch before the next stage; on the last stage, before the change counts as completed.</param>
/// <param name="NotBefore">Earliest start of the stage; null means as soon as the one before has passed.</param>
public sealed record PlanStage(ImmutableArray<int> Weights, TimeSpan Soak, DateTimeOffset? NotBefore = null)
{
    public bool Equals(PlanStage? other) =>
        other is not null && Weights.SequenceEqual(other.Weights) && Soak == other.Soak && NotBefore == other.NotBefore;

    public override int GetHashCode() => HashCode.Combine(Weights.Length, Soak, NotBefore);
}
