using System.Collections.Immutable;

namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>How a guard judged.</summary>
public enum GuardOutcome
{
    Pass,

    /// <summary>Worth knowing, and no reason to refuse.</summary>
    Warn,

    /// <summary>The change may not go on.</summary>
    Refuse,

    /// <summary>What the guard needs is not known. Refuses as well: no fault turns a guard into a pass.</summary>
    Unknown,
}

/// <summary>One guard's judgement.</summary>
/// <param name="Code">Stable, for programs: <c>max-step</c>, <c>owner</c> …</param>
/// <param name="Title">Short, for people.</param>
/// <param name="Protects">What the guard is there for.</param>
/// <param name="Found">What it found, with numbers and names.</param>
/// <param name="Fix">What to do; null when nothing is to be done.</param>
/// <param name="Evidence">Name and value of everything that was looked at.</param>
public sealed record GuardVerdict(string Code, string Title, GuardOutcome Outcome, string Protects, string Found, string? Fix, ImmutableArray<GuardFact> Evidence)
{
    /// <summary>Whether the change may go on as far as this guard is concerned.</summary>
    public bool Allows => Outcome is GuardOutcome.Pass or GuardOutcome.Warn;
}

public sealed record GuardFact(string Name, string? Value);
