using System.Text.Json;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Model;
using MeshConsole.Testing;

namespace MeshConsole.Mesh.Tests.Changes.Execution;

/// <summary>What approvers and the on-call are told: who is hit, how risky it is, who changed what.</summary>
public sealed class EvidenceTests
{
    [Fact]
    public void Callers_OfTheTarget_AreSummedByCallerAndSaidWithTheirErrors()
    {
        var target = SampleMesh.Peer("payments", "card-processor-v1", "card-processor");
        var canary = SampleMesh.Peer("payments", "card-processor-v2", "card-processor");
        var api = SampleMesh.Peer("payments", "payment-api");
        var cluster = SampleMesh.PaymentsCluster() with
        {
            Edges =
            [
                SampleMesh.Edge(api, target, fromSource: SampleMesh.Requests(90)),
                SampleMesh.Edge(api, canary, fromSource: SampleMesh.Requests(9, others: new ResponseRate(503, null, "-", 1))),
                SampleMesh.Edge(SampleMesh.UnknownPeer(), target, fromDestination: SampleMesh.Requests(2)),
                SampleMesh.Edge(SampleMesh.Peer("payments", "no-rate"), target, fromSource: new ReporterTraffic()),
                SampleMesh.Edge(api, SampleMesh.Peer("payments", "ledger"), fromSource: SampleMesh.Requests(500)),
            ],
        };
        Exposure.Callers(cluster, GivenChange.Plan).ShouldBe(
        [
            new AffectedCaller("main/payments/workload/payment-api", 100, 0.01),
            new AffectedCaller("main/unknown/unknown/unknown", 2, 0),
            new AffectedCaller("main/payments/workload/no-rate", null, null),
        ]);
        Exposure.Callers(null, GivenChange.Plan).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(new[] { 90, 10 }, new[] { 89, 11 }, 1, 1)]
    [InlineData(new[] { 90, 10 }, new[] { 0, 100 }, 90, 90)]
    [InlineData(new[] { 0, 0 }, new[] { 0, 100 }, 100, 100)]
    [InlineData(new[] { 9, 1 }, new[] { 5, 5 }, 40, 40)]
    public void Risk_OfWeights_IsCountedInShares(int[] before, int[] after, double step, double movement)
    {
        var plan = GivenChange.Plan with
        {
            Backends = [.. GivenChange.Plan.Backends.Select((b, i) => b with { BaseWeight = before[i] })],
            Stages = [new PlanStage([.. after], TimeSpan.Zero)],
        };
        (ApprovalRule.LargestStep(plan) * 100).ShouldBe(step, 1e-9);
        (ApprovalRule.LargestMovement(plan) * 100).ShouldBe(movement, 1e-9);
    }

    [Fact]
    public void Risk_OfManySmallSteps_IsTheirWholeWay()
    {
        var plan = GivenChange.Plan with { Stages = [new PlanStage([60, 40], TimeSpan.Zero), new PlanStage([30, 70], TimeSpan.Zero), new PlanStage([0, 100], TimeSpan.Zero)] };
        var policy = ChangePolicy.Default with { NoApprovalUpToPercent = 40 };
        ApprovalRule.For(plan, policy).Required.ShouldBe(1, "small steps do not make a large movement a small one");
        ApprovalRule.For(plan with { Gates = plan.Gates with { ObserveOnly = true } }, policy with { NoApprovalUpToPercent = 100 }).ShouldSatisfyAllConditions(r => r.Required.ShouldBe(policy.HighRiskApprovals), r => r.Reason.ShouldContain("on trial"));
    }

    [Theory]
    [InlineData("""{"metadata":{"managedFields":[{"manager":"kubectl","time":"2026-03-02T09:00:00Z"},{"manager":"argocd-controller","time":"2026-03-02T10:00:00Z"},{"manager":"meshconsole","time":"2026-03-02T11:00:00Z"}]}}""", "Somebody (field manager argocd-controller)")]
    [InlineData("""{"metadata":{"managedFields":[{"manager":"kubectl","time":"2026-03-02T11:00:00Z"},{"manager":"argocd-controller","time":"2026-03-02T10:00:00Z"}]}}""", "Somebody (field manager kubectl)")]
    [InlineData("""{"metadata":{"managedFields":[{"manager":"kubectl"},{"manager":"istiod","subresource":"status","time":"2026-03-02T12:00:00Z"}]}}""", "Somebody (field manager kubectl)")]
    [InlineData("""{"metadata":{"managedFields":[{"manager":"meshconsole"}]}}""", "Somebody")]
    [InlineData("""{"metadata":{"managedFields":[7,{"manager":null},{"manager":"evil\u001b[31m\u202e"}]}}""", "Somebody (field manager evil [31m )")]
    [InlineData("""{"metadata":{"managedFields":"x"}}""", "Somebody")]
    [InlineData("""{}""", "Somebody")]
    [InlineData("""[]""", "Somebody")]
    public void Who_IsReadFromHostileMetadata(string json, string expected) => ForeignChange.Who(JsonDocument.Parse(json).RootElement).ShouldBe(expected);

    [Theory]
    [InlineData(KubernetesErrorKind.Forbidden, true)]
    [InlineData(KubernetesErrorKind.Invalid, true)]
    [InlineData(KubernetesErrorKind.TooManyRequests, true)]
    [InlineData(KubernetesErrorKind.NoCredentials, true)]
    [InlineData(KubernetesErrorKind.TimedOut, false)]
    [InlineData(KubernetesErrorKind.Unreachable, false)]
    [InlineData(KubernetesErrorKind.ServerError, false)]
    [InlineData(KubernetesErrorKind.Unavailable, false)]
    [InlineData(KubernetesErrorKind.Unreadable, false)]
    [InlineData(KubernetesErrorKind.Conflict, false)]
    [InlineData(KubernetesErrorKind.Other, false)]
    public void Failure_OfAWrite_IsARefusalOnlyWhereNothingCanHaveBeenWritten(KubernetesErrorKind kind, bool refusal) => TargetReading.IsRefusal(kind).ShouldBe(refusal);
}
