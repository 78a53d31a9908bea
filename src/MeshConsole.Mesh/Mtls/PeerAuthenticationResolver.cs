using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Mtls;

/// <summary>
/// Istio's rules for which PeerAuthentication governs a workload (as istiod composes them):
/// <list type="number">
/// <item>mesh level: the oldest policy without selector in the root namespace; namespace level: the oldest without selector in
/// the workload's namespace; workload level: the oldest whose selector matches, in the workload's namespace.</item>
/// <item>the mode starts as PERMISSIVE and each level overrides it when it sets one; an unset mode inherits.</item>
/// <item>port modes come from the workload level only; an unset one is the mode after step 2.</item>
/// <item>policies with a selector in the root namespace do nothing; workloads in the root namespace have the mesh level only.</item>
/// <item>older means created earlier, then by name, then by namespace. Policies that lose are ignored without a trace.</item>
/// </list>
/// </summary>
public sealed class PeerAuthenticationResolver
{
    private readonly string _root;
    private readonly Dictionary<string, List<PeerAuthentication>> _byNamespace = new(StringComparer.Ordinal);

    public PeerAuthenticationResolver(IEnumerable<PeerAuthentication> policies, string rootNamespace = ClusterSnapshot.DefaultRootNamespace)
    {
        ArgumentNullException.ThrowIfNull(policies);
        _root = rootNamespace;
        foreach (var policy in policies
            .OrderBy(p => p.CreatedAt)
            .ThenBy(p => p.Reference.Name, StringComparer.Ordinal)
            .ThenBy(p => p.Reference.Namespace, StringComparer.Ordinal))
        {
            if (!_byNamespace.TryGetValue(policy.Reference.Namespace, out var list))
            {
                _byNamespace[policy.Reference.Namespace] = list = [];
            }

            list.Add(policy);
        }
    }

    public static PeerAuthenticationResolver Of(IEnumerable<MeshObject> policies, string rootNamespace = ClusterSnapshot.DefaultRootNamespace) =>
        new(policies.Select(PeerAuthentication.Parse), rootNamespace);

    /// <summary>The mode of a namespace for workloads that no policy selects.</summary>
    public PeerDecision ResolveNamespace(string @namespace) => Resolve(@namespace, null, ambient: false);

    /// <summary>The modes of one workload.</summary>
    /// <param name="namespace">Its namespace.</param>
    /// <param name="labels">Labels of its pods.</param>
    /// <param name="ambient">
    /// Enforced by ztunnel, which knows no DISABLE: it asks for nothing then, like PERMISSIVE; and a DISABLE port under an
    /// inherited STRICT is not excepted unless the same policy has a PERMISSIVE port.
    /// </param>
    public PeerDecision ResolveWorkload(string @namespace, ImmutableSortedDictionary<string, string> labels, bool ambient = false)
    {
        ArgumentNullException.ThrowIfNull(labels);
        return Resolve(@namespace, labels, ambient);
    }

    private PeerDecision Resolve(string @namespace, ImmutableSortedDictionary<string, string>? labels, bool ambient)
    {
        var notes = ImmutableArray.CreateBuilder<string>();
        var inRoot = string.Equals(@namespace, _root, StringComparison.Ordinal);
        var mesh = Oldest(_root, p => p.Selector.IsEmpty, "mesh-wide", notes);
        var ofNamespace = inRoot ? null : Oldest(@namespace, p => p.Selector.IsEmpty, "namespace-wide", notes);
        PeerAuthentication? ofWorkload = null;
        if (labels is not null)
        {
            bool Selects(PeerAuthentication p) => !p.Selector.IsEmpty && ServiceResolver.Selects(p.Selector, labels);
            foreach (var ignored in In(_root).Where(p => p.SelectorReadable && Selects(p)))
            {
                notes.Add($"{PeerAuthentication.Words(ignored.Reference)} has a selector and lives in the root namespace: istiod ignores it.");
            }

            ofWorkload = inRoot ? null : Oldest(@namespace, Selects, "selecting this workload", notes);
        }

        var mode = PeerMode.Permissive;
        ObjectReference? decidedBy = null;
        foreach (var level in new[] { mesh, ofNamespace, ofWorkload })
        {
            if (level is null)
            {
                continue;
            }

            notes.AddRange(level.Problems);
            if (level.Mode != PeerMode.Unset)
            {
                (mode, decidedBy) = (level.Mode, level.Reference);
            }

            if (level.Selector.IsEmpty && !level.Ports.IsEmpty)
            {
                notes.Add($"{PeerAuthentication.Words(level.Reference)} sets modes for ports but has no selector: they have no effect.");
            }
        }

        var ports = ofWorkload is null ? [] : Ports(ofWorkload, mode, decidedBy, ambient);
        if (ambient && mode == PeerMode.Disable)
        {
            notes.Add($"{PeerAuthentication.Words(decidedBy!)} says DISABLE, which ambient does not support: ztunnel accepts plaintext and mutual TLS, as with PERMISSIVE.");
            mode = PeerMode.Permissive;
        }

        return new PeerDecision(mode, decidedBy, ports, notes.ToImmutable());
    }

    private static ImmutableArray<PeerPortDecision> Ports(PeerAuthentication policy, PeerMode mode, ObjectReference? decidedBy, bool ambient)
    {
        var ports = ImmutableArray.CreateBuilder<PeerPortDecision>(policy.Ports.Count);
        var excepted = policy.Mode != PeerMode.Unset || mode != PeerMode.Strict || policy.Ports.ContainsValue(PeerMode.Permissive);
        foreach (var (port, own) in policy.Ports)
        {
            var (inForce, by) = own == PeerMode.Unset ? (mode, decidedBy) : (own, policy.Reference);
            if (!ambient || inForce != PeerMode.Disable)
            {
                ports.Add(new PeerPortDecision(port, inForce, by, []));
            }
            else if (own == PeerMode.Disable && !excepted)
            {
                ports.Add(new PeerPortDecision(port, PeerMode.Strict, decidedBy,
                    [$"{PeerAuthentication.Words(policy.Reference)} says DISABLE for port {port}, which ambient does not support: the inherited STRICT stays in force."]));
            }
            else
            {
                ports.Add(new PeerPortDecision(port, PeerMode.Permissive, by,
                    [$"{PeerAuthentication.Words(by!)} says DISABLE, which ambient does not support: ztunnel accepts plaintext and mutual TLS on port {port}, as with PERMISSIVE."]));
            }
        }

        return ports.MoveToImmutable();
    }

    private List<PeerAuthentication> In(string @namespace) => _byNamespace.GetValueOrDefault(@namespace) ?? [];

    private PeerAuthentication? Oldest(string @namespace, Func<PeerAuthentication, bool> applies, string level, ImmutableArray<string>.Builder notes)
    {
        PeerAuthentication? oldest = null;
        foreach (var policy in In(@namespace))
        {
            if (!policy.SelectorReadable)
            {
                if (string.Equals(level, "mesh-wide", StringComparison.Ordinal) || string.Equals(level, "namespace-wide", StringComparison.Ordinal))
                {
                    notes.AddRange(policy.Problems);
                }
            }
            else if (applies(policy))
            {
                if (oldest is null)
                {
                    oldest = policy;
                }
                else
                {
                    notes.Add($"{PeerAuthentication.Words(policy.Reference)} ({level}) has no effect: {oldest.Reference.Namespace}/{oldest.Reference.Name} is older, and only the oldest counts.");
                }
            }
        }

        return oldest;
    }
}
