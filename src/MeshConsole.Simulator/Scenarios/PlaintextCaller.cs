using MeshConsole.Simulator.Blueprints;
using MeshConsole.Simulator.Cluster;
using MeshConsole.Simulator.Kubernetes;

namespace MeshConsole.Simulator.Scenarios;

/// <summary>Somebody deploys a report job without a sidecar that reads from a service of the mesh.</summary>
internal sealed class PlaintextCaller()
    : ScenarioScript("plaintext-caller", "A plaintext caller", "A newly deployed job without a sidecar calls into the mesh without encryption.")
{
    private const string Name = "report-export";

    private DemandBlueprint? _demand;

    public override void Begin(ScenarioStage stage, DateTimeOffset now)
    {
        var cast = stage.Model.Blueprint.Cast;
        var workload = new WorkloadBlueprint(cast.PlaintextNamespace, Name, Name, "v1") { Replicas = 1, Proxy = ProxyKind.None };
        _demand = new DemandBlueprint(workload.Key, new CallBlueprint(cast.PlaintextTarget, 1) { Method = "GET" }, 6, 0) { Daily = false };
        stage.Model.Objects.Put(ResourceTypes.Deployments, DeploymentObjects.Deployment(workload, now), new WriteOptions { FieldManager = "kubectl-client-side-apply" });
        stage.Model.Traffic.AddDemand(_demand);
    }

    public override void End(ScenarioStage stage, DateTimeOffset now)
    {
        if (_demand is not null) stage.Model.Traffic.RemoveDemand(_demand);
        _demand = null;
        var objects = stage.Model.Objects;
        if (objects.Find(ResourceTypes.Deployments, stage.Model.Blueprint.Cast.PlaintextNamespace, Name) is { } deployment)
            objects.Delete(ResourceTypes.Deployments, deployment.Namespace, deployment.Name);
    }
}
