using System.Collections.Immutable;

namespace MeshConsole.Mesh.Audit;

public enum AuditChainStatus
{
    /// <summary>Not looked at since the start.</summary>
    Unverified,

    /// <summary>Every record since the first fits.</summary>
    Intact,

    /// <summary>A record does not fit: nothing is recorded any more, and so nothing may be changed.</summary>
    Broken,
}

/// <summary>What the console knows about its own log.</summary>
/// <param name="VerifiedTo">Last record of the last verification.</param>
/// <param name="VerifiedAt">When that was; null when never.</param>
/// <param name="FirstBad">Null unless broken.</param>
public sealed record AuditChainState(AuditChainStatus Status, long VerifiedTo, DateTimeOffset? VerifiedAt, AuditFinding? FirstBad)
{
    public static AuditChainState Unverified { get; } = new(AuditChainStatus.Unverified, 0, null, null);
}

/// <summary>The last record; sequence 0 and zeros for an empty log.</summary>
public sealed record AuditHead(long Sequence, string Hash, DateTimeOffset? At);

/// <summary>How one place that keeps checkpoints is doing.</summary>
/// <param name="Sequence">Newest record that it vouches for; null when it has none, or cannot tell.</param>
/// <param name="WrittenAt">When the console last wrote to it; null when not since the start.</param>
/// <param name="Failure">Why the last try failed; null when it did not.</param>
/// <param name="FailingSince">Null when it does not fail.</param>
/// <param name="NextAttemptAt">When it is tried again; null when it does not fail.</param>
public sealed record CheckpointSinkState(string Name, long? Sequence, DateTimeOffset? WrittenAt, string? Failure, DateTimeOffset? FailingSince, DateTimeOffset? NextAttemptAt);

/// <summary>For the page: chain, head and checkpoints.</summary>
/// <param name="Head">Null when the database does not answer; then <paramref name="Problem"/> says why.</param>
/// <param name="KeyId">Key of the checkpoints; null when there is none, and then <paramref name="Problem"/> or the sinks say why.</param>
public sealed record AuditState(AuditChainState Chain, AuditHead? Head, string? KeyId, ImmutableArray<CheckpointSinkState> Checkpoints, string? Problem)
{
    /// <summary>Records up to this one were deleted as old; 0 when none were.</summary>
    public long DeletedTo { get; init; }

    /// <summary>Time of the last of them; null when none were.</summary>
    public DateTimeOffset? DeletedUntil { get; init; }

    /// <summary>How many records say that the clock stepped back.</summary>
    public int ClockSteps { get; init; }

    /// <summary>The newest of them; null when there is none.</summary>
    public AuditClockStep? LastClockStep { get; init; }
}

/// <summary>A record that says that the clock stepped back: times before and after it do not compare, numbers do.</summary>
/// <param name="Sequence">Of the record that says so.</param>
/// <param name="At">What the clock said then.</param>
public sealed record AuditClockStep(long Sequence, DateTimeOffset At, string Summary);
