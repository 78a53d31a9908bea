using System.Collections.Immutable;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Mtls.Readiness;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>
/// Everything that can be asked of changes, by page, REST and command line alike. It authorises each call itself; every
/// refusal is recorded in the audit and thrown as a <see cref="ChangeException"/>.
/// </summary>
public interface IChangeService
{
    /// <summary>The plan that a request comes to, with everything an approver will see. Writes nothing but the audit of a refusal.</summary>
    Task<ChangePreview> PreviewAsync(ChangeRequest request, Actor actor, CancellationToken cancellationToken);

    /// <summary>Stores a draft.</summary>
    /// <param name="idempotencyKey">The same key gives the same change; null makes a new one each time.</param>
    Task<ChangeRecord> CreateAsync(ChangeRequest request, Actor actor, string? idempotencyKey, CancellationToken cancellationToken);

    Task<ChangeRecord> SubmitAsync(string id, Actor actor, CancellationToken cancellationToken);

    /// <param name="comment">Required.</param>
    /// <param name="planHash">What the approver saw; null means the change's own. Another one is refused.</param>
    Task<ChangeRecord> ApproveAsync(string id, Actor actor, string comment, string? planHash, CancellationToken cancellationToken);

    Task<ChangeRecord> RejectAsync(string id, Actor actor, string comment, CancellationToken cancellationToken);

    Task<ChangeRecord> StartAsync(string id, Actor actor, CancellationToken cancellationToken);

    Task<ChangeRecord> PauseAsync(string id, Actor actor, string? reason, CancellationToken cancellationToken);

    Task<ChangeRecord> ResumeAsync(string id, Actor actor, CancellationToken cancellationToken);

    /// <summary>Ends the change where it stands; the weights stay as they are.</summary>
    Task<ChangeRecord> AbortAsync(string id, Actor actor, string? reason, CancellationToken cancellationToken);

    /// <summary>Back to the base weights.</summary>
    Task<ChangeRecord> RollbackAsync(string id, Actor actor, string? reason, CancellationToken cancellationToken);

    /// <summary>Emergency stop: all traffic of the rule to its stable backend at once, whatever plan, freeze, approval or gate there is.</summary>
    /// <param name="stable">Host or subset; null: the stable backend of the active plan, else the backend with the largest weight.</param>
    Task<ChangeRecord> StopAsync(string routeId, Actor actor, string reason, string? stable, CancellationToken cancellationToken);

    Task<ChangeRecord> FindAsync(string id, Actor actor, CancellationToken cancellationToken);

    Task<ImmutableArray<ChangeRecord>> ListAsync(ChangeFilter filter, Actor actor, CancellationToken cancellationToken);

    /// <summary>Raised from any thread with the id of a change that was stored in a new version by this replica.</summary>
    event Action<string>? Changed;
}

/// <summary>What somebody asks for: weights of a route, or the mode of a policy. Everything but which of them and the reason has a default.</summary>
/// <param name="RouteId">As in <c>GET /api/v1/routes</c>; null when a policy is asked for.</param>
/// <param name="Canary">Subset, or host where there is none; null: the backend with the smallest share.</param>
/// <param name="Stable">Likewise; null: the backend with the largest share.</param>
/// <param name="TargetPercent">Where the canary shall end, 0..100; null: 100. Ignored when stages are given.</param>
/// <param name="Stages">Null: 1 → 5 → 25 → 50 → 100 from the present share up to <paramref name="TargetPercent"/>, or one step when it goes down.</param>
/// <param name="Soak">Of each stage that names none; null: the policy's shortest.</param>
public sealed record ChangeRequest(
    string? RouteId = null,
    string? Canary = null,
    string? Stable = null,
    double? TargetPercent = null,
    ImmutableArray<RequestedStage>? Stages = null,
    TimeSpan? Soak = null,
    GateSettings? Gates = null,
    string Reason = "",
    string? Ticket = null)
{
    /// <summary>The mode that is asked for instead of weights; null when a route is named.</summary>
    public PolicyRequest? Policy { get; init; }
}

/// <summary>Whether plaintext is taken: for a workload, one container port of it, a namespace, or the mesh.</summary>
/// <param name="Cluster">Configured name of the cluster.</param>
/// <param name="Namespace">Null: the whole mesh.</param>
/// <param name="Port">Container port of the workload; null: all of its ports.</param>
/// <param name="Mode"><c>STRICT</c>, <c>PERMISSIVE</c>, or <c>UNSET</c> to take the setting of this level out.</param>
public sealed record PolicyRequest(string Cluster, string? Namespace = null, string? Workload = null, int? Port = null, string Mode = "STRICT");

/// <summary>Either weights, one per backend, or the canary's percentage (the others keep their proportion).</summary>
public sealed record RequestedStage(ImmutableArray<int>? Weights = null, double? CanaryPercent = null, TimeSpan? Soak = null, DateTimeOffset? NotBefore = null);

/// <summary>Everything an approver sees before there is anything to approve.</summary>
/// <param name="PlanHash">What an approval of this plan, base and policy would be bound to.</param>
/// <param name="Diff">Unified diff of the object's YAML from now to after the first stage.</param>
/// <param name="FinalDiff">The same to after the last stage.</param>
/// <param name="Patch">The JSON patch of the first stage, exactly as it would be sent.</param>
/// <param name="DryRun">What the server said to it; null where it was not asked.</param>
/// <param name="Allowed">Whether every guard allows it.</param>
public sealed record ChangePreview(
    ChangePlan Plan,
    ChangeBase Base,
    string PlanHash,
    string PolicyHash,
    string Diff,
    string FinalDiff,
    string Patch,
    DryRunAnswer? DryRun,
    ImmutableArray<GuardVerdict> Guards,
    ImmutableArray<AffectedCaller> Callers,
    ImmutableArray<StageExposure> Exposure,
    int RequiredApprovals,
    string ApprovalReason,
    bool Allowed)
{
    /// <summary>Whom a policy reaches; null for weights.</summary>
    public PolicyReach? Reach { get; init; }

    /// <summary>Whether what a policy would refuse is needed by anybody; null where nothing is refused that was not before, or it could not be asked.</summary>
    public StrictReadiness? Readiness { get; init; }

    /// <summary>What the plan does otherwise than the request may expect, a sentence each.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];
}

/// <summary>Somebody who calls the target now.</summary>
/// <param name="Caller">Node id.</param>
public sealed record AffectedCaller(string Caller, double? RequestsPerSecond, double? ErrorRatio);

/// <summary>What a stage puts at risk.</summary>
/// <param name="CanaryShare">0..1.</param>
/// <param name="RequestsPerSecond">Canary share × the rule's present rate; null when the rate is not known.</param>
/// <param name="Requests">Over the soak; null when the rate is not known.</param>
/// <param name="VerdictIn">How long until the gates have enough requests at this rate; null when never, or not known.</param>
public sealed record StageExposure(int Stage, double? CanaryShare, double? RequestsPerSecond, double? Requests, TimeSpan? VerdictIn);
