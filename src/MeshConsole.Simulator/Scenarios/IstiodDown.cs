namespace MeshConsole.Simulator.Scenarios;

/// <summary>
/// The control plane crashes. Traffic goes on as the proxies were told last: changes of routes and policies have no effect, and
/// no certificate is renewed, until it is back.
/// </summary>
internal sealed class IstiodDown()
    : ScenarioScript("istiod-down", "istiod down", "The control plane keeps crashing: traffic flows on, but no configuration and no certificate reaches a proxy.")
{
    public override void Begin(ScenarioStage stage, DateTimeOffset now)
    {
        stage.Model.Controller.SetBroken("istio-system", "istiod", true, "CrashLoopBackOff");
        stage.Model.Telemetry.ControlPlaneUp = false;
        stage.Model.Traffic.ConfigurationPushed = false;
        stage.Model.Certificates.Workloads.IssuingStoppedAt = now;
    }

    public override void End(ScenarioStage stage, DateTimeOffset now)
    {
        stage.Model.Controller.SetBroken("istio-system", "istiod", false, "");
        stage.Model.Telemetry.RestartControlPlane(now);
        stage.Model.Traffic.ConfigurationPushed = true;
        stage.Model.Certificates.Workloads.IssuingStoppedAt = null;
    }
}
