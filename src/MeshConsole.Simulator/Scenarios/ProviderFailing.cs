using MeshConsole.Simulator.Traffic;

namespace MeshConsole.Simulator.Scenarios;

/// <summary>The new version behind the canary route answers 503 to a third of its requests and takes its time with the rest.</summary>
internal sealed class ProviderFailing()
    : ScenarioScript("provider-failing", "New provider failing", "The new card provider fails a third of its requests with 503 and is slow with the rest.")
{
    public override void Begin(ScenarioStage stage, DateTimeOffset now) => Canary(stage).Fault = new WorkloadFault(0.34, 503, 3, 420);

    public override void End(ScenarioStage stage, DateTimeOffset now) => Canary(stage).Fault = null;

    private static WorkloadNode Canary(ScenarioStage stage) => stage.Model.Traffic.Workload(stage.Model.Blueprint.Cast.Canary);
}
