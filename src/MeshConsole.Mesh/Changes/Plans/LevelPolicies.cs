using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Mtls.Readiness;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Changes.Plans;

/// <summary>
/// The PeerAuthentications of exactly one level: the mesh (root namespace, no selector), a namespace (no selector), or a
/// workload (a selector that its labels satisfy). Of several the oldest decides and the others do nothing (istiod:
/// by time of creation, then by name).
/// </summary>
/// <param name="Deciding">Null when there is none.</param>
/// <param name="Losing">The rest, oldest first.</param>
/// <param name="Unreadable">Policies of the same namespace whose selector cannot be read: whom they mean is not known.</param>
internal sealed record LevelPolicies(MeshObject? Deciding, ImmutableArray<MeshObject> Losing, ImmutableArray<MeshObject> Unreadable)
{
    /// <param name="workload">The workload of the scope; null for a namespace or the mesh.</param>
    public static LevelPolicies Of(ClusterSnapshot cluster, StrictScope scope, Workload? workload)
    {
        var place = scope.Namespace ?? cluster.RootNamespace;
        var there = cluster.Objects.PeerAuthentications
            .Where(p => string.Equals(p.Meta.Namespace, place, StringComparison.Ordinal))
            .OrderBy(p => p.Meta.CreatedAt).ThenBy(p => p.Meta.Name, StringComparer.Ordinal)
            .Select(p => (Object: p, Read: PeerAuthentication.Parse(p)))
            .ToList();
        var level = there
            .Where(p => p.Read.SelectorReadable && (workload is null ? p.Read.Selector.IsEmpty : !p.Read.Selector.IsEmpty && ServiceResolver.Selects(p.Read.Selector, workload.Labels)))
            .Select(p => p.Object)
            .ToList();
        return new LevelPolicies(level.FirstOrDefault(), [.. level.Skip(1)], [.. there.Where(p => !p.Read.SelectorReadable).Select(p => p.Object)]);
    }
}
