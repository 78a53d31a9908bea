namespace MeshConsole.Simulator.Scenarios;

/// <summary>
/// The agents of one workload have stopped renewing. They stopped hours ago: the certificate is past its rotation point when
/// the scenario begins, at three eighths of its life.
/// </summary>
internal sealed class LeafNotRenewing()
    : ScenarioScript("leaf-not-renewing", "A workload certificate does not renew", "One workload's agent has stopped renewing its certificate, which is past its rotation point.")
{
    private static readonly TimeSpan s_left = TimeSpan.FromHours(9);

    public override void Begin(ScenarioStage stage, DateTimeOffset now) => stage.Model.Certificates.Workloads.Stop(stage.Model.Blueprint.Cast.NotRenewing, now + s_left);

    public override void End(ScenarioStage stage, DateTimeOffset now) => stage.Model.Certificates.Workloads.Resume(stage.Model.Blueprint.Cast.NotRenewing);
}
