using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;

namespace MeshConsole.Mesh.Changes.Guards.Policies;

/// <summary>The mode takes effect where it is meant to: at pods with a proxy, on ports that the proxy captures.</summary>
internal sealed class CaptureGuard : IGuard
{
    private const int MostNamed = 4;

    private static readonly GuardText s_text = new("capture", "Proxies enforce it", "A mode that no proxy enforces protects nothing and looks as if it did.");

    public GuardVerdict Check(GuardContext context)
    {
        if (context.Moment is GuardMoment.Stop or GuardMoment.Rollback)
        {
            return s_text.NotAsked("Not asked when going back.");
        }

        if (context.Reach is not { } reach || context.Cluster is not { } cluster)
        {
            return s_text.Unknown("Whom the policy reaches is not known.", "Wait until the cluster has been read.");
        }

        var meant = reach.Changed.Concat(reach.Unchanged).Select(w => w.Id).ToHashSet();
        var workloads = cluster.Workloads.Where(w => meant.Contains(w.Id) && !w.Pods.IsEmpty).ToList();
        var without = workloads.Where(w => w.DataPlane is not (DataPlane.Sidecar or DataPlane.Ambient)).Select(w => w.Id.Name).ToList();
        if (workloads.Count > 0 && without.Count == workloads.Count)
        {
            return s_text.Refuse($"No pod of {Names(without)} has a proxy of the mesh: the mode would have no effect.", "Have the sidecar injected first, or enrol the namespace in ambient.");
        }

        var partly = workloads.Where(w => w.DataPlane == DataPlane.Sidecar && w.PodsWithProxy < w.Pods.Length).Select(w => string.Create(CultureInfo.InvariantCulture, $"{w.Id.Name} ({w.Pods.Length - w.PodsWithProxy} of {w.Pods.Length} pods)")).ToList();
        var excluded = workloads.Where(w => w.DataPlane == DataPlane.Sidecar).SelectMany(w => CaptureExclusions.InboundPorts(w).Select(p => string.Create(CultureInfo.InvariantCulture, $"{w.Id.Name} port {p}"))).ToList();
        ImmutableArray<GuardFact> facts =
        [
            .. without.Select(n => new GuardFact("No proxy", n)),
            .. partly.Select(n => new GuardFact("Pods without proxy", n)),
            .. excluded.Select(n => new GuardFact("excludeInboundPorts", n)),
        ];
        var words = new List<string>();
        if (excluded.Count > 0)
        {
            words.Add($"{Names(excluded)} pass{(excluded.Count == 1 ? "es" : "")} by the proxy: STRICT has no effect there, plaintext is still taken.");
        }

        if (without.Count + partly.Count > 0)
        {
            words.Add($"{Names([.. without, .. partly])} {(without.Count + partly.Count == 1 ? "has" : "have")} pods without a proxy, which enforce nothing.");
        }

        return words.Count == 0 ? s_text.Pass("Every pod that it is meant for has a proxy, and no port is taken out of its capture.") : s_text.Warn(string.Join(" ", words), "Take the annotation away, or have the sidecar injected, where it shall be protected.", facts);
    }

    private static string Names(List<string> names) => names.Count <= MostNamed ? string.Join(", ", names) : $"{string.Join(", ", names.Take(MostNamed))} and {names.Count - MostNamed} more";
}
