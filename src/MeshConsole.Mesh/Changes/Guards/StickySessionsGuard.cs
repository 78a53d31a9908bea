using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>
/// Callers are not pinned to pods. Consistent hashing acts within a destination and leaves weights alone, but a cookie keeps
/// callers where they are: after a rollback some would still sit on the canary.
/// </summary>
internal sealed class StickySessionsGuard : IGuard
{
    private static readonly GuardText s_text = new("sticky", "Callers are not pinned", "Sessions that stick keep traffic on a version after its weight is gone.");

    public GuardVerdict Check(GuardContext context)
    {
        if (context.Cluster is not { } cluster || cluster.Objects.DestinationRules.IsDefault)
        {
            return s_text.Warn("Whether callers are pinned is not known: DestinationRules have not been read.", null);
        }

        var hosts = context.Plan.Backends.Select(b => b.Host).ToHashSet(StringComparer.Ordinal);
        var domain = cluster.Services.IsEmpty ? ServiceHost.DefaultDomain : ServiceHost.DomainOf(cluster.Services[0]);
        var pinning = cluster.Objects.DestinationRules.FirstOrDefault(rule =>
            rule.Spec.Text("host") is { } host
            && hosts.Contains(ServiceHost.Expand(host, rule.Meta.Namespace, domain))
            && rule.Spec.Get("trafficPolicy").Get("loadBalancer").Get("consistentHash").IsPresent());
        return pinning is null
            ? s_text.Pass("No DestinationRule of the destinations pins callers.")
            : s_text.Warn($"DestinationRule {pinning.Meta.Namespace}/{pinning.Meta.Name} hashes callers to pods: observed shares follow the weights slowly.", "Look at the observed shares, not only at the weights.", new GuardFact("DestinationRule", $"{pinning.Meta.Namespace}/{pinning.Meta.Name}"));
    }
}
