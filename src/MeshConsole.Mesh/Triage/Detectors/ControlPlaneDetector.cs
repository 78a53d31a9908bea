namespace MeshConsole.Mesh.Triage.Detectors;

/// <summary>istiod that does not run, is slow to push, or whose configuration proxies refuse.</summary>
internal sealed class ControlPlaneDetector : IDetector
{
    public const string Code = "control-plane";

    public IEnumerable<Observation> Look(TriageInput input)
    {
        if (input.ControlPlane.State is not ("failing" or "degraded"))
        {
            yield break;
        }

        var failing = input.ControlPlane.State == "failing";
        yield return new Observation
        {
            Id = Code,
            Code = Code,
            Severity = failing ? TriageSeverity.Critical : TriageSeverity.Warning,
            Title = failing ? "istiod is down" : "istiod is degraded",
            Detail = string.Join(' ', input.ControlPlane.Reasons),
            Page = "",
            Near = [.. input.Snapshot.Clusters.SelectMany(c => c.Objects.Deployments.IsDefault ? [] : c.Objects.Deployments).Where(Overview.ControlPlane.IsIstiod).Select(d => $"{d.Meta.Namespace}/{d.Meta.Name}")],
            Evidence =
            [
                .. input.ControlPlane is { ReadyReplicas: { } ready, DesiredReplicas: { } desired } ? new[] { new TriageEvidence("Replicas ready", $"{ready} of {desired}") } : [],
                .. input.ControlPlane.ConnectedProxies is { } connected ? new[] { new TriageEvidence("Connected proxies", Topology.Figures.Digits(connected)) } : [],
            ],
            NextSteps =
            [
                new TriageStep("Traffic goes on with the last configuration. Change no route and no policy until istiod is back: nothing of it would reach a proxy."),
                new TriageStep("Look at the pods and the log of istiod (kubectl -n istio-system describe pod, logs --previous)."),
            ],

            // What everything else hangs on is named before it.
            Weight = 1e6,
        };
    }
}
