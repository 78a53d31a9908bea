using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Testing;

namespace MeshConsole.Mesh.Tests.Changes.Execution;

/// <summary>Changes in any state, as the machine would have left them.</summary>
internal static class GivenChange
{
    public static DateTimeOffset Now { get; } = SampleMesh.Now;

    public static ChangePlan Plan { get; } = new()
    {
        Target = ChangeTarget.Of(SampleViews.Routes[1]),
        Backends = [new PlanBackend("card-processor.payments.svc.cluster.local", "v1-stable", null, 90), new PlanBackend("card-processor.payments.svc.cluster.local", "v2-new-provider", null, 10)],
        Canary = 1,
        Stable = 0,
        Stages = [new PlanStage([75, 25], TimeSpan.FromMinutes(5)), new PlanStage([50, 50], TimeSpan.FromMinutes(5))],
        Reason = "New provider",
    };

    public static ChangeRecord Draft { get; } = new()
    {
        Id = "c1",
        Version = 1,
        State = ChangeState.Draft,
        StateReason = "A draft.",
        Plan = Plan,
        Base = new ChangeBase("uid-1", "42", "spec-0"),
        PlanHash = "hash-1",
        PolicyHash = "policy-1",
        Requester = ExecutionRig.Olga,
        CreatedAt = Now,
        UpdatedAt = Now,
        ExpectedSpecHash = "spec-0",
        RequiredApprovals = 1,
    };

    public static Approval Yes { get; } = new(ExecutionRig.Anna, true, "Looks good", Now, "hash-1");

    public static ReturnGoal Back { get; } = new(ReturnGoal.Rollback, [90, 10], ExecutionRig.Omar, "omar asked for it.", Now);

    public static ChangeRecord Running { get; } = Draft with { State = ChangeState.Running, Executor = ExecutionRig.Olga, Approvals = [Yes], StateReason = "Started." };

    /// <summary>Stage 1 is in force and soaks.</summary>
    public static ChangeRecord Soaking { get; } = Running with
    {
        Stage = 0,
        Writes = [Write(1, WriteOutcome.Applied, 75, 25)],
        ExpectedSpecHash = "spec-1",
        Progress = [new StageProgress(0, Now, Now, TimeSpan.Zero, null, [], 0)],
    };

    public static ChangeRecord Returning { get; } = Soaking with { State = ChangeState.RollingBack, Return = Back };

    public static ChangeRecord In(ChangeState state) => state switch
    {
        ChangeState.Draft => Draft,
        ChangeState.AwaitingApproval => Draft with { State = state, ExpiresAt = Now.AddDays(1) },
        ChangeState.Approved => Draft with { State = state, ExpiresAt = Now.AddDays(1), Approvals = [Yes] },
        ChangeState.Running => Soaking,
        ChangeState.Paused => Soaking with { State = state, ResumesTo = ChangeState.Running },
        ChangeState.Held => Held(HoldCodes.Data),
        ChangeState.RollingBack => Returning,
        _ => Soaking with { State = state },
    };

    public static ChangeRecord Held(string code, bool byItself = true, ChangeState resumesTo = ChangeState.Running) =>
        Soaking with { State = ChangeState.Held, ResumesTo = resumesTo, Hold = new Hold(code, "It waits.", Now, byItself) };

    public static ChangeWrite Write(int number, WriteOutcome outcome, int stable, int canary, string purpose = ChangeWrite.Stage) =>
        new($"c1.{number}", purpose, [stable, canary], "[]", "42", Now, outcome, null, null, null, null) { SpecHashBefore = "spec-0" };

    public static GateLook Look(GateVerdict verdict, bool trips = false) =>
        new(new GateEvidence(Now, Now, null, null, [], null), [new GateResult("errors", "Errors", verdict, "5 % of requests fail.")], verdict, trips);

    public static ChangeRecord Looked(ChangeRecord change, int failures, params ReadOnlySpan<GateVerdict> verdicts)
    {
        var looks = ImmutableArray.CreateBuilder<GateLook>();
        foreach (var verdict in verdicts)
        {
            looks.Add(Look(verdict));
        }

        return change with { Progress = [change.Progress[^1] with { Looks = looks.ToImmutable(), FailedLooks = failures }] };
    }

    public static LiveTarget Live(int stable, int canary, string spec, string version = "43", string? mark = null) =>
        new(JsonDocument.Parse("""{"metadata":{"managedFields":[{"manager":"kubectl-edit"}]}}""").RootElement, "uid-1", version, spec, [stable, canary], mark);
}
