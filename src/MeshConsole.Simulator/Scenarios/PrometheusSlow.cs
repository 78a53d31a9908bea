namespace MeshConsole.Simulator.Scenarios;

/// <summary>Prometheus is overloaded: plain queries take seconds, those over histograms longer than anybody waits.</summary>
internal sealed class PrometheusSlow()
    : ScenarioScript("prometheus-slow", "Prometheus slow", "Prometheus is overloaded: rates take four seconds, percentiles twelve.")
{
    public override void Begin(ScenarioStage stage, DateTimeOffset now)
    {
        stage.Prometheus.Delay = TimeSpan.FromSeconds(4);
        stage.Prometheus.HistogramDelay = TimeSpan.FromSeconds(12);
    }

    public override void End(ScenarioStage stage, DateTimeOffset now)
    {
        stage.Prometheus.Delay = TimeSpan.Zero;
        stage.Prometheus.HistogramDelay = TimeSpan.Zero;
    }
}
