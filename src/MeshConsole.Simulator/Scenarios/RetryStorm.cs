using System.Text.Json.Nodes;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Simulator.Traffic;

namespace MeshConsole.Simulator.Scenarios;

/// <summary>
/// A service fails nearly half of its requests, and a route with five retries on every kind of error makes its callers send
/// them again and again. Whoever corrects the route during the scenario keeps the correction.
/// </summary>
internal sealed class RetryStorm()
    : ScenarioScript("retry-storm", "Retry storm", "A failing service is called up to six times per request because its route retries every error.")
{
    private static readonly WriteOptions s_writer = new() { FieldManager = "kubectl-edit" };

    private JsonNode? _before;
    private JsonNode? _written;

    public override void Begin(ScenarioStage stage, DateTimeOffset now)
    {
        var cast = stage.Model.Blueprint.Cast;
        stage.Model.Traffic.Workload(cast.Retried).Fault = new WorkloadFault(0.46, 503, 2.5, 15);
        var (ns, name) = Split(cast.RetriedRoute);
        if (stage.Model.Objects.Find(ResourceTypes.VirtualServices, ns, name) is null) return;
        _written = stage.Model.Objects.Update(ResourceTypes.VirtualServices, ns, name, route =>
        {
            _before = route["spec"]?.DeepClone();
            foreach (var rule in (route["spec"]?["http"] as JsonArray ?? []).OfType<JsonObject>())
            {
                rule["timeout"] = "5s";
                rule["retries"] = new JsonObject { ["attempts"] = 5, ["perTryTimeout"] = "800ms", ["retryOn"] = "5xx,reset,connect-failure,refused-stream,unavailable,cancelled,internal" };
            }
        }, s_writer).ToJson()["spec"]?.DeepClone();
    }

    public override void End(ScenarioStage stage, DateTimeOffset now)
    {
        var cast = stage.Model.Blueprint.Cast;
        stage.Model.Traffic.Workload(cast.Retried).Fault = null;
        var (ns, name) = Split(cast.RetriedRoute);
        if (_before is null || stage.Model.Objects.Find(ResourceTypes.VirtualServices, ns, name) is not { } current) return;
        if (JsonNode.DeepEquals(current.ToJson()["spec"], _written))
            stage.Model.Objects.Update(ResourceTypes.VirtualServices, ns, name, route => route["spec"] = _before.DeepClone(), s_writer);
        _before = null;
    }

    private static (string Namespace, string Name) Split(string key) => (key[..key.IndexOf('/', StringComparison.Ordinal)], key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..]);
}
