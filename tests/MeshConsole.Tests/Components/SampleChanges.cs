using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MeshConsole.Authentication;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Testing;

namespace MeshConsole.Tests.Components;

/// <summary>Changes of the split rule of the sample mesh, 90/10 to 50/50.</summary>
internal static class SampleChanges
{
    public static Actor Omar { get; } = Personas.Find("omar")!.ToActor();

    public static Actor Anna { get; } = Personas.Find("anna")!.ToActor();

    public static Actor Vera { get; } = Personas.Find("vera")!.ToActor();

    public static Actor Ada { get; } = Personas.Find("ada")!.ToActor();

    public static RouteView Route { get; } = SampleViews.Routes.First(route => route.Backends.Length == 2 && route.Backends[0].Weight == 90);

    public static ImmutableArray<GuardVerdict> Guards { get; } =
    [
        new("role", "You may change this", GuardOutcome.Pass, "Only operators move traffic.", "Omar is an operator in payments.", null, []),
        new("reason", "There is a reason", GuardOutcome.Refuse, "Others read it.", "No reason is given.", "Write why.", [new("Reason", null)]),
        new("telemetry", "Telemetry is live", GuardOutcome.Unknown, "Gates need it.", "Prometheus has not answered.", "Wait for it.", []),
        new("capacity", "There is room", GuardOutcome.Warn, "More traffic needs more pods.", "v2 has 3 of 3 pods.", null, []),
    ];

    public static ChangePlan Plan { get; } = new()
    {
        Target = ChangeTarget.Of(Route),
        Backends = [.. Route.Backends.Select(backend => new PlanBackend(backend.Host, backend.Subset, backend.Port, backend.Weight!.Value))],
        Canary = 1,
        Stable = 0,
        Stages = [new PlanStage([75, 25], TimeSpan.FromSeconds(45)), new PlanStage([50, 50], TimeSpan.FromSeconds(45))],
        Reason = "The new provider is cheaper.",
        Ticket = "PAY-7",
    };

    public static ChangeRecord Awaiting { get; } = new()
    {
        Id = "0192aa",
        Version = 3,
        State = ChangeState.AwaitingApproval,
        StateReason = "1 approval is missing.",
        Plan = Plan,
        Base = new ChangeBase(Route.Object.Uid, Route.Object.ResourceVersion, "spec"),
        PlanHash = "plan-hash",
        PolicyHash = "policy-hash",
        Requester = Omar,
        CreatedAt = SampleViews.Now.AddMinutes(-4),
        UpdatedAt = SampleViews.Now.AddMinutes(-3),
        ExpiresAt = SampleViews.Now.AddHours(20),
        RequiredApprovals = 1,
        ApprovalReason = "Every change needs one.",
        Guards = Guards,
        ExpectedSpecHash = "spec",
    };

    public static ChangeRecord Approved { get; } = Awaiting with
    {
        State = ChangeState.Approved,
        StateReason = "Approved by Anna.",
        Approvals = [new Approval(Anna, true, "Looks fine.", SampleViews.Now.AddMinutes(-2), "plan-hash")],
    };

    public static ChangeRecord Running { get; } = Approved with
    {
        State = ChangeState.Running,
        StateReason = "Stage 1 of 2 soaks.",
        Executor = Omar,
        Stage = 0,
        Progress = [new StageProgress(0, SampleViews.Now.AddSeconds(-20), SampleViews.Now.AddSeconds(-20), TimeSpan.FromSeconds(15), null, [Look(10, 400, 1, GateVerdict.InsufficientData), Look(5, 900, 2, GateVerdict.Pass)], 0)],
        Writes = [new ChangeWrite("0192aa.1", "stage", [75, 25], """[{"op":"replace","path":"/spec/http/1/route/0/weight","value":75}]""", "42", SampleViews.Now.AddSeconds(-21), WriteOutcome.Applied, SampleViews.Now.AddSeconds(-20), "43", "audit-1", null)],
    };

    public static ChangePreview Preview(ChangeRequest request) => new(
        Plan with { Reason = request.Reason },
        Awaiting.Base,
        "plan-hash",
        "policy-hash",
        "--- now\n+++ after\n@@ -1,3 +1,3 @@\n       subset: v1-stable\n-    weight: 90\n+    weight: 75\n",
        "--- now\n+++ after\n@@ -1,3 +1,3 @@\n-    weight: 90\n+    weight: 50\n",
        """[{"op":"replace","path":"/spec/http/1/route/0/weight","value":75}]""",
        new DryRunAnswer(true, null, "200 OK", 200),
        request.Reason.Length > 0 ? [Guards[0]] : Guards,
        [new AffectedCaller("main/payments/workload/payment-api", 110, 0.01)],
        [new StageExposure(0, 0.25, 27, 1200, TimeSpan.FromSeconds(12)), new StageExposure(1, 0.5, null, null, null)],
        1,
        "Every change needs one.",
        request.Reason.Length > 0);

    public static AuditRecord Record(long sequence, string outcome = "ok", string? hostile = null) => new(
        sequence,
        $"id-{sequence}",
        SampleViews.Now.AddMinutes(-sequence),
        new AuditEntry
        {
            Actor = hostile is null ? Omar : Omar with { Name = hostile, UserAgent = hostile },
            Action = "change.write",
            Phase = "intent",
            Outcome = outcome,
            Summary = hostile ?? "Stage 1 of card-processor is written.",
            Target = new AuditTarget(hostile ?? "main", "networking.istio.io/v1beta1", hostile ?? "VirtualService", hostile ?? "payments", hostile ?? "card-processor", "uid-1"),
            ChangeId = hostile ?? Awaiting.Id,
            Reason = hostile ?? "The new provider is cheaper.",
            PlanHash = "plan-hash",
            Details = new JsonObject { ["weightsBefore"] = new JsonArray(90, 10), ["weightsAfter"] = new JsonArray(75, 25), ["patch"] = JsonNode.Parse(Running.Writes[0].Patch), ["note"] = hostile },
        },
        new string('0', 64),
        new string('a', 64));

    private static GateLook Look(int secondsAgo, double requests, double errors, GateVerdict verdict) => new(
        new GateEvidence(SampleViews.Now.AddSeconds(-20), SampleViews.Now.AddSeconds(-secondsAgo), new GateCounts(requests, errors, null, null, null), new GateCounts(3 * requests, errors, null, null, null), ["sum(increase(istio_requests_total[20s]))"], null),
        [new GateResult("errors", "Not worse than stable", verdict, $"{errors} of {requests} requests failed; stable {errors} of {3 * requests}.", verdict == GateVerdict.Pass ? null : TimeSpan.FromSeconds(9))],
        verdict,
        false);
}
