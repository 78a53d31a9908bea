using System.Text.Json.Nodes;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Kubernetes;

namespace MeshConsole.Testing.Storage;

/// <summary>Changes, actors and audit entries to store, with every field set to something.</summary>
public static class StoredChanges
{
    public static DateTimeOffset At { get; } = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    public static Actor Operator { get; } = new()
    {
        Issuer = "demo",
        Subject = "olga",
        Name = "Olga Operator",
        Roles = [Role.Viewer, Role.Operator],
        Namespaces = ["payments"],
        ClusterIdentity = new Impersonation("olga", ["operators"]),
        Method = "persona",
        Credential = "demo",
        Session = "circuit-1",
        Address = "127.0.0.1",
        UserAgent = "Tests/1.0",
    };

    public static Actor Admin { get; } = Operator with { Subject = "ada", Name = "Ada Admin", Roles = [Role.Admin], Namespaces = null };

    public static AuditEntry Entry(string action = "change.submit", string summary = "Something happened.") => new()
    {
        Actor = Operator,
        Action = action,
        Phase = "request",
        Outcome = "ok",
        Summary = summary,
        Target = new AuditTarget("demo", "networking.istio.io/v1", "VirtualService", "payments", "card-processor", "uid-1"),
        ChangeId = "c-1",
        Reason = "because",
        Ticket = "PAY-1",
        PlanHash = "abc",
        PolicyHash = "def",
        Details = new JsonObject { ["weights"] = new JsonArray(90, 10), ["ratio"] = 0.1 },
    };

    public static ChangeRecord Change(string id, ChangeState state = ChangeState.Draft, string name = "card-processor", string @namespace = "payments", string cluster = "demo") => new()
    {
        Id = id,
        State = state,
        StateReason = "It is being tested.",
        Plan = new ChangePlan
        {
            Target = new ChangeTarget(cluster, "networking.istio.io/v1", "VirtualService", @namespace, name, "uid-1", "http", 1, "default", ["all requests"]),
            Backends = [new PlanBackend("card-processor.payments.svc.cluster.local", "v1", 8080, 90), new PlanBackend("card-processor.payments.svc.cluster.local", "v2", 8080, 10)],
            Canary = 1,
            Stable = 0,
            Stages = [new PlanStage([75, 25], TimeSpan.FromMinutes(5), At), new PlanStage([0, 100], TimeSpan.FromMinutes(10))],
            Reason = "Zeile 1 \"quoted\" \u0000",
            Ticket = "PAY-1",
        },
        Base = new ChangeBase("uid-1", "100", "spec"),
        PlanHash = "plan",
        PolicyHash = "policy",
        Requester = Operator,
        Executor = Admin,
        CreatedAt = At,
        UpdatedAt = At.AddMinutes(1),
        ExpiresAt = At.AddDays(1),
        RequiredApprovals = 1,
        ApprovalReason = "always one",
        Approvals = [new Approval(Admin, true, "go", At, "plan")],
        Guards = [new GuardVerdict("max-step", "Step", GuardOutcome.Pass, "traffic", "15 points", null, [new GuardFact("step", "15")])],
        Stage = 0,
        Progress = [new StageProgress(0, At, At, TimeSpan.FromMinutes(1), null, [new GateLook(new GateEvidence(At, At.AddMinutes(1), new GateCounts(120, 1, 120, 2, 500), new GateCounts(1000, null, null, null, null), ["sum(x)"], null), [new GateResult("errors", "Errors", GateVerdict.Pass, "fine", TimeSpan.FromSeconds(3))], GateVerdict.Pass, false)], 0)],
        Writes = [new ChangeWrite("w-1", "stage", [75, 25], "[]", "100", At, WriteOutcome.Applied, At, "101", "audit-1", null)],
        ExpectedSpecHash = "spec",
        ResumesTo = null,
    };
}
