using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Triage;

/// <summary>
/// What a callee itself answered, every try counted: retries of its callers hide failures from them and not from it. Callers'
/// and callees' numbers are never added up; they stand beside each other.
/// </summary>
/// <param name="PerSecond">Tries that arrived.</param>
/// <param name="FailuresPerSecond">Of these, those that it failed.</param>
internal readonly record struct CalleeTraffic(double PerSecond, double FailuresPerSecond)
{
    public double? ErrorRatio => PerSecond > 0 ? FailuresPerSecond / PerSecond : null;

    /// <summary>By node id of the workload view; a node whose proxies report nothing is not in it.</summary>
    public static Dictionary<string, CalleeTraffic> Of(MeshSnapshot snapshot)
    {
        var nodes = MeshNodes.Of(snapshot);
        var all = new Dictionary<string, CalleeTraffic>(StringComparer.Ordinal);
        foreach (var edge in snapshot.Clusters.SelectMany(c => c.Edges))
        {
            if (edge is { Protocol: not "tcp", FromDestination: { RequestsPerSecond: not null } callee })
            {
                var totals = ResponseClassifier.Total(callee.Responses);
                var node = nodes.Node(edge.Target.Workload).ToString();
                var sum = all.GetValueOrDefault(node);
                all[node] = new CalleeTraffic(sum.PerSecond + totals.All, sum.FailuresPerSecond + totals.Failures);
            }
        }

        return all;
    }
}
