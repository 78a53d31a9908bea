using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Mtls.Readiness;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Changes.Plans;

/// <summary>
/// Whom a change of a policy reaches: the modes in force with the policy as it was and as planned, both worked out with
/// istiod's rules over all policies of the cluster, so that it says the same before the write and after it.
/// </summary>
/// <param name="Changed">Workloads of which the mode in force, of all ports or of one, is another one afterwards. Ordered by id.</param>
/// <param name="Unchanged">Workloads of the level whose modes stay: a policy of their own decides, or they have the mode already.</param>
public sealed record PolicyReach(ImmutableArray<ReachedWorkload> Changed, ImmutableArray<ReachedWorkload> Unchanged)
{
    /// <summary>Whom the gates watch: those that change; where none does, all of the level. Gateways' own listeners take no mode, and pods without proxy enforce none.</summary>
    public ImmutableArray<ReachedWorkload> Watched
    {
        get
        {
            var changed = Changed.Where(w => w.Enforces).ToImmutableArray();
            return changed.IsEmpty ? [.. Unchanged.Where(w => w.Enforces)] : changed;
        }
    }

    /// <summary>Whether plaintext that is taken before is refused afterwards, anywhere.</summary>
    public bool Tightens => Changed.Any(w => w.Tightens);

    /// <summary>Null while PeerAuthentications have not been read.</summary>
    public static PolicyReach? Of(ClusterSnapshot cluster, ChangeTarget target)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(target);
        if (target.Policy is not { } edit || cluster.Objects.PeerAuthentications.IsDefault)
        {
            return null;
        }

        var (before, after) = (Resolver(cluster, target, edit.Before), Resolver(cluster, target, edit.After));
        var changed = ImmutableArray.CreateBuilder<ReachedWorkload>();
        var unchanged = ImmutableArray.CreateBuilder<ReachedWorkload>();
        foreach (var workload in cluster.Workloads)
        {
            var ambient = workload.DataPlane == DataPlane.Ambient;
            var was = before.ResolveWorkload(workload.Id.Namespace, workload.Labels, ambient);
            var becomes = after.ResolveWorkload(workload.Id.Namespace, workload.Labels, ambient);
            var reached = new ReachedWorkload(workload.Id, workload.DataPlane, workload.IsGateway, was.Mode, becomes.Mode, Ports(was, becomes));
            if (reached.Changes)
            {
                changed.Add(reached);
            }
            else if (IsOf(edit.Scope, workload))
            {
                unchanged.Add(reached);
            }
        }

        return new PolicyReach(changed.ToImmutable(), unchanged.ToImmutable());
    }

    private static bool IsOf(StrictScope scope, Workload workload) =>
        (scope.Namespace is null || string.Equals(scope.Namespace, workload.Id.Namespace, StringComparison.Ordinal))
        && (scope.Workload is null || string.Equals(scope.Workload, workload.Id.Name, StringComparison.Ordinal));

    private static PeerAuthenticationResolver Resolver(ClusterSnapshot cluster, ChangeTarget target, string? spec)
    {
        var there = cluster.Objects.PeerAuthentications.FirstOrDefault(p => IsTarget(p, target));
        var others = cluster.Objects.PeerAuthentications.Where(p => !IsTarget(p, target));
        if (spec is not null)
        {
            // An object that does not exist yet will be the youngest, and so lose against any other of its level.
            var meta = there?.Meta ?? new ObjectMeta { Name = target.Name, Namespace = target.Namespace, CreatedAt = DateTimeOffset.MaxValue };
            others = others.Append(new MeshObject(meta, target.ApiVersion, target.Kind, PolicySpec.Parse(spec), default));
        }

        return PeerAuthenticationResolver.Of(others, cluster.RootNamespace);
    }

    private static bool IsTarget(MeshObject policy, ChangeTarget target) =>
        string.Equals(policy.Meta.Namespace, target.Namespace, StringComparison.Ordinal) && string.Equals(policy.Meta.Name, target.Name, StringComparison.Ordinal);

    private static ImmutableArray<ReachedPort> Ports(PeerDecision was, PeerDecision becomes) =>
    [
        .. was.Ports.Select(p => p.Port).Union(becomes.Ports.Select(p => p.Port)).Order()
            .Select(port => new ReachedPort(port, ModeOf(was, port), ModeOf(becomes, port))),
    ];

    private static PeerMode ModeOf(PeerDecision decision, int port) => decision.Ports.FirstOrDefault(p => p.Port == port)?.Mode ?? decision.Mode;
}

/// <param name="Ports">Container ports with a mode of their own before or after.</param>
public sealed record ReachedWorkload(WorkloadId Id, DataPlane DataPlane, bool IsGateway, PeerMode Before, PeerMode After, ImmutableArray<ReachedPort> Ports)
{
    public bool Changes => Before != After || Ports.Any(p => p.Before != p.After);

    public bool Tightens => (Before != PeerMode.Strict && After == PeerMode.Strict) || Ports.Any(p => p.Before != PeerMode.Strict && p.After == PeerMode.Strict);

    /// <summary>Whether a proxy is there that goes by the mode.</summary>
    public bool Enforces => DataPlane is DataPlane.Sidecar or DataPlane.Ambient && !IsGateway;
}

/// <param name="Port">Container port.</param>
public sealed record ReachedPort(int Port, PeerMode Before, PeerMode After);
