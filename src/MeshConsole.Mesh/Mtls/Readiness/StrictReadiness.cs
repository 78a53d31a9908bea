using System.Collections.Immutable;

namespace MeshConsole.Mesh.Mtls.Readiness;

/// <summary>Whether plaintext can be refused without refusing anybody who is needed.</summary>
public enum ReadinessVerdict
{
    /// <summary>Everything that would be refused was looked for over the whole look-back, and there is nothing.</summary>
    Ready,

    /// <summary>Somebody would be refused.</summary>
    Blocked,

    /// <summary>Nothing speaks against it, and too little is known to speak for it.</summary>
    Unproven,
}

/// <summary>One reason against STRICT, or one thing that is not known.</summary>
/// <param name="Code">Stable, for programs: <c>plaintext-requests</c>, <c>caller-without-proxy</c>, <c>short-history</c> …</param>
/// <param name="Message">What was found, with names and numbers, a sentence or two.</param>
/// <param name="Fix">What to do about it; null when there is nothing to do but wait.</param>
/// <param name="Workload"><c>namespace/name</c> of the workload it is about; null when it is about the scope as a whole.</param>
/// <param name="Evidence">Name and value of what it was concluded from: counts, queries, objects.</param>
public sealed record ReadinessFinding(string Code, string Message, string? Fix, string? Workload, ImmutableArray<ReadinessEvidence> Evidence);

public sealed record ReadinessEvidence(string Name, string? Value);

/// <summary>The answer for one scope, with all it rests on.</summary>
/// <param name="Lookback">Length of the history that was asked for.</param>
/// <param name="At">End of the look-back.</param>
/// <param name="Blockers">Any of them makes the verdict <see cref="ReadinessVerdict.Blocked"/>. Ordered by workload and code.</param>
/// <param name="Unproven">Any of them, without blockers, makes it <see cref="ReadinessVerdict.Unproven"/>.</param>
/// <param name="Warnings">Worth knowing before the switch; they do not change the verdict.</param>
public sealed record StrictReadiness(
    StrictScope Scope,
    TimeSpan Lookback,
    DateTimeOffset At,
    ImmutableArray<ReadinessFinding> Blockers,
    ImmutableArray<ReadinessFinding> Unproven,
    ImmutableArray<ReadinessFinding> Warnings)
{
    public ReadinessVerdict Verdict => !Blockers.IsEmpty ? ReadinessVerdict.Blocked : !Unproven.IsEmpty ? ReadinessVerdict.Unproven : ReadinessVerdict.Ready;
}

/// <summary>Answers whether a scope can go STRICT. Reads history, so it is asked when somebody wants to know and not on every refresh.</summary>
public interface IStrictReadiness
{
    /// <param name="lookback">How much history must be free of plaintext.</param>
    /// <returns>Never throws for what Prometheus or the cluster do not answer: what is not known makes it unproven, and is named.</returns>
    Task<StrictReadiness> AskAsync(StrictScope scope, TimeSpan lookback, CancellationToken cancellationToken);
}
