using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Mtls.History;

/// <summary>A moment at which an object that decides about mTLS was written.</summary>
/// <param name="Cluster">Configured name of the cluster.</param>
/// <param name="Created">Whether the object began then; else it was changed.</param>
/// <param name="By">Field manager that wrote (<c>kubectl</c>, <c>argocd-controller</c>, the console's own); null when it is not known.</param>
public sealed record PolicyMark(DateTimeOffset At, string Cluster, ObjectReference Object, bool Created, string? By)
{
    /// <summary>Marks are read by people: more than this many of one time are not.</summary>
    private const int Most = 100;

    /// <summary>
    /// Writes to PeerAuthentications and DestinationRules as the objects themselves tell: their creation, and their last write.
    /// Writes in between, and objects that are gone, have left no trace.
    /// </summary>
    public static ImmutableArray<PolicyMark> Of(MeshSnapshot snapshot, MeshQuery query, DateTimeOffset from, DateTimeOffset to)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(query);
        var marks = new List<PolicyMark>();
        foreach (var cluster in snapshot.Clusters.Where(cluster => query.MatchesCluster(cluster.Name)))
        {
            foreach (var policy in new[] { cluster.Objects.PeerAuthentications, cluster.Objects.DestinationRules }.Where(list => !list.IsDefault).SelectMany(list => list))
            {
                if (query.Matches(policy.Meta.Namespace) || string.Equals(policy.Meta.Namespace, cluster.RootNamespace, StringComparison.Ordinal))
                {
                    marks.AddRange(OfObject(cluster.Name, policy).Where(mark => mark.At >= from && mark.At <= to));
                }
            }
        }

        return
        [
            .. marks
                .OrderBy(mark => mark.At)
                .ThenBy(mark => mark.Object.Namespace, StringComparer.Ordinal)
                .ThenBy(mark => mark.Object.Name, StringComparer.Ordinal)
                .TakeLast(Most),
        ];
    }

    private static IEnumerable<PolicyMark> OfObject(string cluster, MeshObject policy)
    {
        var reference = new ObjectReference(policy.Kind, policy.Meta.Namespace, policy.Meta.Name);
        var (created, written, writer) = (policy.Meta.CreatedAt, policy.Meta.WrittenAt, policy.Meta.LastWriter);
        if (created != default)
        {
            yield return new PolicyMark(created, cluster, reference, true, written is null || IsSame(written.Value, created) ? writer : null);
        }

        if (written is { } last && !IsSame(last, created))
        {
            yield return new PolicyMark(last, cluster, reference, false, writer);
        }
    }

    /// <summary>Times of objects have a resolution of one second.</summary>
    private static bool IsSame(DateTimeOffset one, DateTimeOffset other) => (one - other).Duration() < TimeSpan.FromSeconds(2);
}
