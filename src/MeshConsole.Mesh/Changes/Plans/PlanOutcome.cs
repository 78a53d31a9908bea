using System.Collections.Immutable;

namespace MeshConsole.Mesh.Changes.Plans;

/// <summary>What a request comes to: a plan, or everything that is wrong with the request.</summary>
/// <param name="Plan">Null when there are faults.</param>
/// <param name="Faults">Empty when there is a plan.</param>
/// <param name="Notes">What the plan does otherwise than the request may expect, a sentence each: rounded shares, steps left out.</param>
public sealed record PlanOutcome(ChangePlan? Plan, ImmutableArray<PlanFault> Faults, ImmutableArray<string> Notes)
{
    /// <exception cref="Execution.ChangeException">Invalid: there is no plan, with all that is wrong.</exception>
    public ChangePlan OrThrow() =>
        Plan ?? throw new Execution.ChangeException(Execution.ChangeFault.Invalid, Faults.Length == 1 ? Faults[0].Code : "invalid-plan", Problem);

    /// <summary>All faults in one text.</summary>
    public string Problem => string.Join(" ", Faults.Select(f => f.Message));
}

/// <summary>Why there is no plan.</summary>
/// <param name="Code">Stable, for programs: <c>one-backend</c>, <c>weights</c>, <c>percent</c> …</param>
/// <param name="Message">What is wrong and what to do, a sentence or two.</param>
/// <param name="Field">Part of the request it is about, for example <c>stages[1].weights</c>; null when it is about the route.</param>
public sealed record PlanFault(string Code, string Message, string? Field = null);
