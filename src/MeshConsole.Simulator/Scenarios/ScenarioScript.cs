using MeshConsole.Simulator.Hosting;
using MeshConsole.Simulator.Kubernetes;

namespace MeshConsole.Simulator.Scenarios;

/// <summary>What scenarios may touch.</summary>
internal sealed record ScenarioStage(MeshModel Model, KubernetesFaults Kubernetes, PrometheusFaults Prometheus);

/// <summary>
/// How a scenario is played: it changes objects, programs or servers when it begins and takes all of it back when it ends.
/// Every call comes under the model's gate.
/// </summary>
internal abstract class ScenarioScript(string id, string title, string description)
{
    public Scenario Scenario { get; } = new(id, title, description);

    public abstract void Begin(ScenarioStage stage, DateTimeOffset now);

    /// <summary>About once a second while it is on.</summary>
    public virtual void Tick(ScenarioStage stage, DateTimeOffset now)
    {
    }

    public abstract void End(ScenarioStage stage, DateTimeOffset now);
}
