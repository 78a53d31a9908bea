using System.Text.Json.Nodes;
using MeshConsole.Simulator.Kubernetes;

namespace MeshConsole.Simulator.Scenarios;

/// <summary>
/// Argo CD owns the canary's VirtualService and puts back what is in Git a few seconds after anybody has changed it.
/// </summary>
internal sealed class GitOpsRevert()
    : ScenarioScript("gitops-revert", "GitOps reverts weights", "Argo CD owns the canary route and reverts every change of its weights within seconds.")
{
    private const string Tracking = "argocd.argoproj.io/tracking-id";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly WriteOptions s_writer = new() { FieldManager = "argocd-controller" };

    private string _namespace = "";
    private string _name = "";
    private JsonNode? _wanted;
    private DateTimeOffset? _drifted;

    public override void Begin(ScenarioStage stage, DateTimeOffset now)
    {
        var route = stage.Model.Blueprint.Cast.CanaryRoute;
        var slash = route.IndexOf('/', StringComparison.Ordinal);
        (_namespace, _name, _drifted) = (route[..slash], route[(slash + 1)..], null);
        if (stage.Model.Objects.Find(ResourceTypes.VirtualServices, _namespace, _name) is null) return;
        _wanted = stage.Model.Objects.Update(ResourceTypes.VirtualServices, _namespace, _name, json =>
        {
            if (json["metadata"]!["annotations"] is not JsonObject) json["metadata"]!["annotations"] = new JsonObject();
            json["metadata"]!["annotations"]![Tracking] = $"{_namespace}:networking.istio.io/VirtualService:{_namespace}/{_name}";
        }, s_writer).ToJson()["spec"]?.DeepClone();
    }

    public override void Tick(ScenarioStage stage, DateTimeOffset now)
    {
        if (_wanted is null || stage.Model.Objects.Find(ResourceTypes.VirtualServices, _namespace, _name) is not { } current) return;
        if (JsonNode.DeepEquals(current.ToJson()["spec"], _wanted))
        {
            _drifted = null;
            return;
        }

        _drifted ??= now;
        if (now - _drifted < s_patience) return;
        stage.Model.Objects.Update(ResourceTypes.VirtualServices, _namespace, _name, json => json["spec"] = _wanted.DeepClone(), s_writer);
        _drifted = null;
    }

    public override void End(ScenarioStage stage, DateTimeOffset now)
    {
        if (_wanted is not null && stage.Model.Objects.Find(ResourceTypes.VirtualServices, _namespace, _name) is not null)
        {
            stage.Model.Objects.Update(ResourceTypes.VirtualServices, _namespace, _name, json =>
            {
                if (json["metadata"]!["annotations"] is JsonObject annotations) annotations.Remove(Tracking);
            }, s_writer);
        }

        _wanted = null;
    }
}
