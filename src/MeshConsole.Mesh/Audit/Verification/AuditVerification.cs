using System.Collections.Immutable;

namespace MeshConsole.Mesh.Audit;

/// <summary>What is wrong with a log.</summary>
public enum AuditProblem
{
    /// <summary>Not a record at all.</summary>
    Unreadable,

    /// <summary>The record is not what its hash was made of.</summary>
    HashWrong,

    /// <summary>It names another record as the one before it.</summary>
    LinkBroken,

    /// <summary>A record is missing, stands twice, or stands elsewhere.</summary>
    OutOfOrder,

    /// <summary>The log ends before a record that a checkpoint names.</summary>
    Truncated,

    /// <summary>The record is not the one that a checkpoint names: the log was written anew.</summary>
    CheckpointDiffers,

    /// <summary>A checkpoint's signature does not fit it.</summary>
    SignatureWrong,

    /// <summary>A checkpoint or a root is signed with a key that is not the log's.</summary>
    KeySwapped,

    /// <summary>A sealed root fits neither its signature, nor the root before it, nor the records; or one is missing.</summary>
    RootWrong,

    /// <summary>Sealed records are gone, and no record says that they were deleted.</summary>
    DeletionUnrecorded,
}

/// <param name="Sequence">Of the first record that is bad or missing.</param>
/// <param name="Message">What was found, a sentence.</param>
public sealed record AuditFinding(AuditProblem Problem, long Sequence, string Message);

/// <summary>Outcome of a verification.</summary>
/// <param name="First">First record seen; 0 when there was none.</param>
/// <param name="VerifiedTo">Last record up to which everything is well; 0 when none is.</param>
/// <param name="Head">Hash of that record.</param>
/// <param name="Findings">By record; of the chain itself only the first fault is reported, since nothing after it means anything.</param>
/// <param name="Checkpoints">Checkpoints that were compared and fit.</param>
/// <param name="CheckpointedTo">The newest record that such a checkpoint vouches for; 0 when none does.</param>
/// <param name="KeyIds">Keys that signed them.</param>
/// <param name="Notes">What a reader should know and is no fault.</param>
public sealed record AuditVerification(
    long First,
    long VerifiedTo,
    string Head,
    ImmutableArray<AuditFinding> Findings,
    int Checkpoints,
    long CheckpointedTo,
    ImmutableArray<string> KeyIds,
    ImmutableArray<string> Notes)
{
    public bool Good => Findings.IsEmpty;

    /// <summary>Records up to this one are gone, and sealed roots stand for them; 0 when none are.</summary>
    public long DeletedTo { get; init; }

    /// <summary>The first bad record and why; null when all is well.</summary>
    public AuditFinding? FirstBad => Findings.IsEmpty ? null : Findings[0];
}
