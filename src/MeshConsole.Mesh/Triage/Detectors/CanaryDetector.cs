using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Overview;

namespace MeshConsole.Mesh.Triage.Detectors;

/// <summary>Canaries that are worse than the stable version of the same rule at the same time.</summary>
internal sealed class CanaryDetector : IDetector
{
    public const string Code = "canary";

    public IEnumerable<Observation> Look(TriageInput input)
    {
        foreach (var route in input.Routes.Where(r => input.Current.Contains(r.Cluster) && CanaryComparison.IsDivided(r)))
        {
            var workloads = BackendWorkloads.Of(input.Snapshot, route);
            foreach (var problem in CanaryComparison.Findings(route, input.Topology.Window))
            {
                var stable = problem.Stable.Subset ?? problem.Stable.Host.Split('.')[0];
                var canary = problem.Canary.Subset ?? problem.Canary.Host.Split('.')[0];
                var page = $"traffic?selected={Uri.EscapeDataString(route.Id)}";
                yield return new Observation
                {
                    Id = $"{Code}:{route.Id}:{canary}",
                    Code = Code,
                    Severity = problem.Severity == "critical" ? TriageSeverity.Critical : TriageSeverity.Warning,
                    Title = problem.Title,
                    Detail = problem.Detail,
                    Node = workloads.TryGetValue(problem.Canary, out var workload) ? NodeId.Of(workload).ToString() : null,
                    Page = page,
                    Standing =
                    [
                        new TriageSuspect(
                            $"The new version {canary}: it gets a part of {route.Object.Namespace}/{route.Object.Name} beside {stable}",
                            0.9,
                            [problem.Detail],
                            [],
                            null,
                            null,
                            page),
                    ],
                    NextSteps = [new TriageStep($"Stop: send all traffic to {stable}, or plan the way back. Both are guarded.", page)],
                    Weight = (problem.Canary.Live?.RequestsPerSecond ?? 0) * (problem.Canary.Live?.ErrorRatio ?? 0.01),
                };
            }
        }
    }
}
