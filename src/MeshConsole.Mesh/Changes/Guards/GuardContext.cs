using System.Collections.Immutable;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Mtls.Readiness;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>When the guards are asked. All are asked each time; some hold only at some moments.</summary>
public enum GuardMoment
{
    Preview,
    Submit,
    Start,

    /// <summary>Before each stage's write.</summary>
    Stage,

    /// <summary>Going back: freeze, approvals, rate limit and gates do not hold it up.</summary>
    Rollback,

    /// <summary>Emergency stop: only what makes the write exact holds.</summary>
    Stop,
}

/// <summary>Everything a guard may look at. What is null is not known, and a guard that needs it refuses.</summary>
public sealed record GuardContext
{
    public required GuardMoment Moment { get; init; }

    public required ChangePlan Plan { get; init; }

    public required ChangeBase Base { get; init; }

    /// <summary>Weights that are to be written next.</summary>
    public required ImmutableArray<int> Next { get; init; }

    /// <summary>Who acts.</summary>
    public required Actor Actor { get; init; }

    public required ChangePolicy Policy { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>The route as the snapshot shows it.</summary>
    public RouteView? Route { get; init; }

    public ClusterSnapshot? Cluster { get; init; }

    /// <summary>The object as read just now.</summary>
    public LiveTarget? Live { get; init; }

    /// <summary>Why <see cref="Live"/> is null: the rule was not found, or the API server did not answer.</summary>
    public string? LiveProblem { get; init; }

    /// <summary>Whom a policy reaches; null for weights, and while policies have not been read.</summary>
    public PolicyReach? Reach { get; init; }

    /// <summary>Whether what a policy refuses is needed by anybody; null where it could not be asked, or was not.</summary>
    public StrictReadiness? Readiness { get; init; }

    /// <summary>Whether plaintext that a policy turns away would be seen; null when that is not known.</summary>
    public RefusalSight? Sight { get; init; }

    /// <summary>Certificates, where a policy makes them matter.</summary>
    public ImmutableArray<CertificateView> Certificates { get; init; } = [];

    /// <summary>Whether the cluster lets the actor write the target, asked as the actor.</summary>
    public AccessVerdict? Access { get; init; }

    /// <summary>Namespaces that the change acts in: the object's, and for a policy those of all whom it reaches.</summary>
    public IEnumerable<string> Namespaces() =>
        (Reach?.Changed.Select(w => w.Id.Namespace) ?? []).Prepend(Plan.Target.Namespace).Distinct(StringComparer.Ordinal);

    public DryRunAnswer? DryRun { get; init; }

    /// <summary>The change; null at preview.</summary>
    public ChangeRecord? Change { get; init; }

    /// <summary>The approvals that count by their plan, with what those who gave them may now; null when that was not asked: it is for a start and for stages.</summary>
    public ImmutableArray<ApproverNow>? Approvers { get; init; }

    /// <summary>Another change that is active on the target.</summary>
    public ChangeRecord? OtherActive { get; init; }

    public ImmutableArray<ReadOnlySwitch> ReadOnly { get; init; } = [];

    public BreakGlass? BreakGlass { get; init; }

    /// <summary>When changes were started on this cluster during the last hour; null when it was not read: it is for a start only.</summary>
    public ImmutableArray<DateTimeOffset>? RecentStarts { get; init; }
}

/// <summary>Somebody switched writes off.</summary>
/// <param name="Namespace">Null: everywhere.</param>
public sealed record ReadOnlySwitch(string? Cluster, string? Namespace, string Reason, string By, DateTimeOffset Since);

/// <summary>Leave to skip freeze, approvals, soak and rate limit in a narrow scope for a short time.</summary>
/// <param name="TargetKey">The one target it holds for.</param>
public sealed record BreakGlass(string Id, Actor By, string TargetKey, string Reason, string? Ticket, DateTimeOffset At, DateTimeOffset ExpiresAt)
{
    /// <summary>How long after it was broken somebody else must have looked at what was done.</summary>
    public static readonly TimeSpan ReviewWithin = TimeSpan.FromHours(24);

    /// <summary>What somebody else found when they looked at it afterwards; null until they do.</summary>
    public BreakGlassReview? Review { get; init; }

    /// <summary>Whether nobody looked at it in time.</summary>
    public bool IsOverdueAt(DateTimeOffset now) => Review is null && now - At > ReviewWithin;

    /// <summary>Whether it is for this target and has not run out.</summary>
    public bool CoversAt(string targetKey, DateTimeOffset now) => string.Equals(TargetKey, targetKey, StringComparison.Ordinal) && At <= now && now < ExpiresAt;
}

/// <summary>The look at broken glass afterwards that closes it.</summary>
/// <param name="By">Another person than who broke it.</param>
public sealed record BreakGlassReview(Actor By, string Comment, DateTimeOffset At);
