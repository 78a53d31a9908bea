using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Tests.Changes.Gates;

/// <summary>The card processor's canary: the plan, and the cluster it is about.</summary>
internal static class GatePlans
{
    public const string Host = "card-processor.payments.svc.cluster.local";

    public static ChangePlan Plan(string protocol = "http", params (string Host, string? Subset)[] backends) => new()
    {
        Target = new ChangeTarget(Given.Cluster, "networking.istio.io/v1", "VirtualService", "payments", "card-processor", "uid-payments-card-processor", protocol, 0, null, []),
        Backends = [.. (backends.Length == 0 ? [(Host, "v1"), (Host, "v2")] : backends).Select((b, i) => new PlanBackend(b.Host, b.Subset, null, i == 0 ? 90 : 10))],
        Stable = 0,
        Canary = 1,
        Stages = [new PlanStage([90, 10], TimeSpan.FromMinutes(5))],
    };

    public static MeshSnapshot Snapshot(int stable = 90, int canary = 10, string canaryLabels = "version=v2", string protocol = "http", bool read = true)
    {
        var route = Given.Object(
            "VirtualService",
            "card-processor",
            $$"""
            {"hosts":["{{Host}}"],"{{protocol}}":[{"route":[{"destination":{"host":"{{Host}}","subset":"v1"},"weight":{{stable}}},{"destination":{"host":"{{Host}}","subset":"v2"},"weight":{{canary}}}]}]}
            """,
            apiVersion: "networking.istio.io/v1");
        var labels = string.Join(',', canaryLabels.Split(';').Select(l => $"\"{l.Split('=')[0]}\":\"{l.Split('=')[1]}\""));
        var rule = Given.Object("DestinationRule", "card-processor", $$$"""{"host":"{{{Host}}}","subsets":[{"name":"v1","labels":{"version":"v1"}},{"name":"v2","labels":{{{{labels}}}}}]}""");
        return Given.Snapshot(Given.ClusterOf(
            read ? Given.NoObjects with { VirtualServices = [route], DestinationRules = [rule] } : new ClusterObjects(),
            [Given.Workload("card-processor-v1", labels: "app=card-processor;version=v1"), Given.Workload("card-processor-v2", labels: "app=card-processor;version=v2")],
            [Given.Service("card-processor", workloads: ["card-processor-v1", "card-processor-v2"])]));
    }
}
