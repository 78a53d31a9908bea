using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Tests.Changes.Policies;

/// <summary>A small mesh with policies: two namespaces, a workload in two versions, and whatever policies a test names.</summary>
internal static class GivenPolicy
{
    public static readonly ChangePolicy Rules = ChangePolicy.Default with { Enabled = true };

    public static Workload Workload(string name, string @namespace, string labels, DataPlane plane = DataPlane.Sidecar, string? annotations = null)
    {
        var pod = Given.Pod($"{name}-a", @namespace, plane == DataPlane.Sidecar, annotations);
        return Given.Workload(name, @namespace, labels, plane, [pod with { Meta = pod.Meta with { Labels = Given.Labels([.. labels.Split(';'), "pod-template-hash=5d8f"]) } }]);
    }

    public static ImmutableArray<Workload> Workloads { get; } =
    [
        Workload("card-processor-v1", "payments", "app=card-processor;version=v1"),
        Workload("card-processor-v2", "payments", "app=card-processor;version=v2"),
        Workload("ledger", "finance", "app=ledger"),
        Workload("token-vault", "payments", "app=token-vault"),
    ];

    public static MeshSnapshot Snapshot(params MeshObject[] policies) => Snapshot(Workloads, policies);

    public static MeshSnapshot Snapshot(ImmutableArray<Workload> workloads, params MeshObject[] policies) =>
        Given.Snapshot(Given.ClusterOf(Given.NoObjects with { PeerAuthentications = [.. policies] }, [.. workloads], [Given.Service("token-vault"), Given.Service("ledger", "finance")]));

    public static MeshObject Object(string name, string spec, string @namespace = "payments", int daysOld = 30) =>
        Given.Object(PolicyPlanner.Kind, name, spec, @namespace, createdAt: Given.Now.AddDays(-daysOld), apiVersion: "security.istio.io/v1");

    public static ChangeRequest Request(string? @namespace, string? workload = null, int? port = null, string mode = "STRICT") =>
        new(Soak: TimeSpan.FromMinutes(5), Reason: "nobody needs plaintext") { Policy = new PolicyRequest(Given.Cluster, @namespace, workload, port, mode) };

    public static ChangePlan Plan(MeshSnapshot snapshot, string? @namespace, string? workload = null, int? port = null, string mode = "STRICT")
    {
        var outcome = PolicyPlanner.Plan(Request(@namespace, workload, port, mode), snapshot, Rules);
        outcome.Problem.ShouldBe("");
        return outcome.Plan.ShouldNotBeNull();
    }

    public static PlanFault Fault(MeshSnapshot snapshot, string? @namespace, string? workload = null, int? port = null, string mode = "STRICT") =>
        PolicyPlanner.Plan(Request(@namespace, workload, port, mode), snapshot, Rules).Faults.ShouldHaveSingleItem();

    /// <summary>The object as an API server has it.</summary>
    public static LiveTarget Live(MeshObject policy, ChangeTarget target, string version = "7", string? mark = null)
    {
        var metadata = new Dictionary<string, object?> { ["name"] = policy.Meta.Name, ["namespace"] = policy.Meta.Namespace, ["uid"] = policy.Meta.Uid, ["resourceVersion"] = version };
        if (mark is not null)
        {
            metadata["annotations"] = new Dictionary<string, string> { [TargetWrite.Annotation] = mark };
        }

        return LiveTarget.Of(JsonSerializer.SerializeToElement(new { apiVersion = policy.ApiVersion, kind = policy.Kind, metadata, spec = policy.Spec }), target);
    }
}
