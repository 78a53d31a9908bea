using System.Collections.Immutable;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Changes.Plans;

/// <summary>Labels that select exactly the pods of one workload: as few as do it, and of those that people choose.</summary>
internal static class WorkloadSelector
{
    /// <summary>Tried in this order before all labels together.</summary>
    private static readonly ImmutableArray<ImmutableArray<string>> s_usual =
    [
        ["app"],
        ["app.kubernetes.io/name"],
        ["app.kubernetes.io/name", "app.kubernetes.io/instance"],
        ["app", "version"],
        ["app.kubernetes.io/name", "app.kubernetes.io/version"],
        ["k8s-app"],
    ];

    /// <summary>Labels that a controller or the mesh puts on and changes as it likes.</summary>
    private static readonly ImmutableArray<string> s_fleeting =
    [
        "pod-template-hash", "controller-revision-hash", "pod-template-generation", "statefulset.kubernetes.io/", "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/", "controller-uid", "job-name", "security.istio.io/tlsMode", "service.istio.io/", "istio.io/", "sidecar.istio.io/",
    ];

    /// <summary>Null when no labels tell its pods from those of every other workload in the namespace.</summary>
    public static ImmutableSortedDictionary<string, string>? For(ClusterSnapshot cluster, Workload workload)
    {
        var own = LabelSets(workload).ToList();
        var common = own.Count == 0
            ? ImmutableSortedDictionary<string, string>.Empty
            : own[0].Where(l => !IsFleeting(l.Key) && own.TrueForAll(o => o.TryGetValue(l.Key, out var value) && value == l.Value)).ToImmutableSortedDictionary(StringComparer.Ordinal);
        var others = cluster.Workloads
            .Where(w => w.Id != workload.Id && string.Equals(w.Id.Namespace, workload.Id.Namespace, StringComparison.Ordinal))
            .SelectMany(LabelSets)
            .ToList();
        foreach (var names in s_usual.Add([.. common.Keys]))
        {
            if (names.IsEmpty || !names.All(common.ContainsKey))
            {
                continue;
            }

            var selector = names.ToImmutableSortedDictionary(n => n, n => common[n], StringComparer.Ordinal);
            if (!others.Exists(o => ServiceResolver.Selects(selector, o)))
            {
                return selector;
            }
        }

        return null;
    }

    /// <summary>Of every pod; of what its controller would make where there is none.</summary>
    private static IEnumerable<ImmutableSortedDictionary<string, string>> LabelSets(Workload workload) =>
        workload.Pods.IsDefaultOrEmpty ? [workload.Labels] : workload.Pods.Select(p => p.Meta.Labels).Append(workload.Labels);

    private static bool IsFleeting(string label) => s_fleeting.Any(f => f.EndsWith('/') ? label.StartsWith(f, StringComparison.Ordinal) : label == f);
}
