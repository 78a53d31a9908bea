using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Overview;

namespace MeshConsole.Mesh.Triage.Detectors;

/// <summary>Workloads whose pods crash or cannot start.</summary>
internal sealed class PodDetector : IDetector
{
    public const string Code = "pods";

    public IEnumerable<Observation> Look(TriageInput input)
    {
        var nodes = Topology.MeshNodes.Of(input.Snapshot);
        foreach (var workload in input.Snapshot.Clusters.SelectMany(c => c.Workloads))
        {
            var stuck = workload.Pods.Where(p => p.Meta.DeletedAt is null && p.Containers.Any(PodStates.IsStuck)).ToList();
            if (stuck.Count == 0 || IsControlPlane(input, workload.Id))
            {
                continue;
            }

            var reasons = stuck.SelectMany(p => p.Containers).Where(PodStates.IsStuck).GroupBy(c => c.WaitingReason!, StringComparer.Ordinal)
                .OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key} × {g.Count()}");
            var all = stuck.Count == workload.Pods.Length;
            var node = nodes.Node(workload.Id).ToString();
            yield return new Observation
            {
                Id = $"{Code}:{node}",
                Code = Code,
                Severity = all ? TriageSeverity.Critical : TriageSeverity.Warning,
                Title = $"{stuck.Count} of {workload.Pods.Length} pods of {workload.Id.Namespace}/{workload.Id.Name} do not start",
                Detail = $"{string.Join(", ", reasons)}.",
                Node = node,
                Page = TriageInput.TopologyPage(node),
                Evidence = [new("Pods", $"{workload.Pods.Length - stuck.Count} of {workload.Pods.Length} run")],
                NextSteps = [new TriageStep($"Look at the events and the previous log of its pods (kubectl -n {workload.Id.Namespace} describe pod, logs --previous).")],
                Weight = all ? 1 : 0.1,
            };
        }
    }

    /// <summary>Trouble with istiod is <see cref="ControlPlaneDetector"/>'s.</summary>
    public static bool IsControlPlane(TriageInput input, Model.WorkloadId id) => input.Snapshot.Clusters.Any(c => c.Name == id.Cluster && !c.Objects.Deployments.IsDefault
        && c.Objects.Deployments.Any((Controller d) => d.Meta.Namespace == id.Namespace && d.Meta.Name == id.Name && ControlPlane.IsIstiod(d)));
}
