using MeshConsole.Mesh.Overview;

namespace MeshConsole.Mesh.Triage.Detectors;

/// <summary>
/// Workloads that have fewer ready replicas than they ask for, for longer than a rollout takes, while no container says that
/// it cannot start: that is <see cref="PodDetector"/>'s.
/// </summary>
internal sealed class ReplicaDetector : IDetector
{
    public const string Code = "replicas";

    /// <summary>A minute, at the usual refresh: pods that come and go are no trouble.</summary>
    private const int SomeMissing = 4;

    public IEnumerable<Observation> Look(TriageInput input)
    {
        var nodes = Topology.MeshNodes.Of(input.Snapshot);
        var shown = input.Topology.Nodes.ToDictionary(n => n.Id, StringComparer.Ordinal);
        foreach (var workload in input.Snapshot.Clusters.SelectMany(c => c.Workloads))
        {
            var node = nodes.Node(workload.Id).ToString();
            if (shown.GetValueOrDefault(node) is not { ReadyReplicas: { } ready, DesiredReplicas: > 0 and var desired } || ready >= desired
                || PodDetector.IsControlPlane(input, workload.Id)
                || workload.Pods.Any(p => p.Meta.DeletedAt is null && p.Containers.Any(PodStates.IsStuck)))
            {
                continue;
            }

            yield return new Observation
            {
                Id = $"{Code}:{node}",
                Code = Code,
                Severity = ready == 0 ? TriageSeverity.Critical : TriageSeverity.Warning,
                Title = ready == 0 ? $"No replica of {TriageInput.Name(node)} is ready" : $"{ready} of {desired} replicas of {TriageInput.Name(node)} are ready",
                Detail = $"{desired} {(desired == 1 ? "is" : "are")} asked for, {ready} {(ready == 1 ? "is" : "are")} ready, and {workload.Pods.Length} {(workload.Pods.Length == 1 ? "pod is" : "pods are")} there.",
                Node = node,
                Page = TriageInput.TopologyPage(node),
                Evidence = [new("Replicas ready", $"{ready} of {desired}")],
                NextSteps = [new TriageStep($"Look at why they are not ready: readiness probes, room on the nodes, quotas (kubectl -n {workload.Id.Namespace} describe pod; get events).")],
                Weight = ready == 0 ? 1 : 0.1,
                Looks = ready == 0 ? 2 : SomeMissing,
            };
        }
    }
}
