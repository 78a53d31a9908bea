namespace MeshConsole.Simulator.Scenarios;

internal sealed class Healthy() : ScenarioScript("healthy", "All healthy", "Nothing is broken: the permanent oddities of the mesh are all there is to find.")
{
    public override void Begin(ScenarioStage stage, DateTimeOffset now)
    {
    }

    public override void End(ScenarioStage stage, DateTimeOffset now)
    {
    }
}
