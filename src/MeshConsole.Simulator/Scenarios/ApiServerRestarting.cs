namespace MeshConsole.Simulator.Scenarios;

/// <summary>The API server is away for 20 s in every minute, and does not know the versions of before when it is back.</summary>
internal sealed class ApiServerRestarting()
    : ScenarioScript("apiserver-restarting", "API server restarting", "The Kubernetes API server restarts every minute, is away for 20 seconds and forgets its history.")
{
    private static readonly TimeSpan s_away = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(60);

    private DateTimeOffset _next;

    public override void Begin(ScenarioStage stage, DateTimeOffset now) => Restart(stage, now);

    public override void Tick(ScenarioStage stage, DateTimeOffset now)
    {
        if (now >= _next) Restart(stage, now);
    }

    public override void End(ScenarioStage stage, DateTimeOffset now) => stage.Kubernetes.Clear();

    private void Restart(ScenarioStage stage, DateTimeOffset now)
    {
        _next = now + s_period;
        stage.Kubernetes.RefuseConnections(s_away);
        stage.Model.Objects.ExpireHistory();
    }
}
