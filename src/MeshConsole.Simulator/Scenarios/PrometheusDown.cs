namespace MeshConsole.Simulator.Scenarios;

/// <summary>Prometheus is gone: it neither answers nor scrapes, and the gap stays in its data.</summary>
internal sealed class PrometheusDown()
    : ScenarioScript("prometheus-down", "Prometheus down", "Prometheus does not answer and does not scrape; its data keep a gap.")
{
    public override void Begin(ScenarioStage stage, DateTimeOffset now)
    {
        stage.Prometheus.Down = true;
        stage.Model.Scraped = false;
    }

    public override void End(ScenarioStage stage, DateTimeOffset now)
    {
        stage.Prometheus.Down = false;
        stage.Model.Scraped = true;
    }
}
