using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Changes;

/// <summary>
/// Who manages a route object, read from its metadata. What another tool steers or keeps equal to Git is not writable: a
/// change made here would be overwritten, at a moment nobody chooses.
/// </summary>
internal static class RouteOwners
{
    private const string ManagedByRollouts = "argo-rollouts.argoproj.io/managed-by-rollouts";

    /// <param name="meta">Metadata of the route.</param>
    /// <param name="destinationRules">DestinationRules of its backends: Argo Rollouts marks those and not the route.</param>
    public static RouteOwner Of(ObjectMeta meta, IEnumerable<ObjectMeta> destinationRules)
    {
        return Flagger(meta) ?? Rollouts(meta, destinationRules) ?? ArgoCd(meta) ?? Flux(meta) ?? Helm(meta) ?? Controller(meta)
            ?? new RouteOwner("none", null, true, null);
    }

    private static RouteOwner? Flagger(ObjectMeta meta)
    {
        var canary = meta.Owners.FirstOrDefault(o => o.Kind == "Canary" && o.ApiVersion.StartsWith("flagger.app/", StringComparison.Ordinal))?.Name;
        return canary is null && !meta.Managers.Contains("flagger", StringComparer.Ordinal)
            ? null
            : new RouteOwner("flagger", canary, false, $"Flagger{Named(" Canary", canary)} steers these weights and overwrites a change made here at its next step. Change or suspend the Canary instead.");
    }

    private static RouteOwner? Rollouts(ObjectMeta meta, IEnumerable<ObjectMeta> destinationRules)
    {
        var rollout = Annotation(meta, ManagedByRollouts)
            ?? meta.Owners.FirstOrDefault(o => o.Kind == "Rollout" && o.ApiVersion.StartsWith("argoproj.io/", StringComparison.Ordinal))?.Name
            ?? destinationRules.Select(r => Annotation(r, ManagedByRollouts)).FirstOrDefault(name => name is not null);
        return rollout is null && !meta.Managers.Contains("rollouts-controller", StringComparer.Ordinal)
            ? null
            : new RouteOwner("argo-rollouts", rollout, false, $"Argo Rollouts{Named(" Rollout", rollout)} steers these weights and overwrites a change made here. Change the Rollout instead.");
    }

    private static RouteOwner? ArgoCd(ObjectMeta meta)
    {
        var tracking = Annotation(meta, "argocd.argoproj.io/tracking-id");
        var manages = meta.Managers.Any(m => m.StartsWith("argocd-", StringComparison.Ordinal));
        if (tracking is null && !manages)
        {
            return null;
        }

        // tracking-id is application:group/Kind:namespace/name; the label is the older way and is shared with Helm.
        var application = tracking?.Split(':')[0] ?? meta.Labels.GetValueOrDefault("app.kubernetes.io/instance");
        return new RouteOwner("argocd", application, false, $"Argo CD{Named(" application", application)} keeps this object as Git has it; a change made here is reverted at a sync. Change it in Git.");
    }

    private static RouteOwner? Flux(ObjectMeta meta)
    {
        const string Kustomize = "kustomize.toolkit.fluxcd.io/";
        const string HelmRelease = "helm.toolkit.fluxcd.io/";
        if (Label(meta, Kustomize + "name") is { } kustomization)
        {
            var left = Annotation(meta, Kustomize + "reconcile") is "disabled" || Annotation(meta, Kustomize + "ssa") is "Ignore" or "IfNotPresent";
            var name = Qualified(Label(meta, Kustomize + "namespace"), kustomization);
            return new RouteOwner("flux", name, left, left
                ? $"Flux Kustomization {name} created this object and is told by annotation to leave it alone."
                : $"Flux Kustomization {name} keeps this object as Git has it; a change made here is reverted at the next reconciliation. Change it in Git.");
        }

        if (Label(meta, HelmRelease + "name") is { } release)
        {
            var name = Qualified(Label(meta, HelmRelease + "namespace"), release);
            return new RouteOwner("flux", name, false, $"Flux HelmRelease {name} keeps this object as its chart has it. Change its values in Git.");
        }

        return meta.Managers.Contains("kustomize-controller", StringComparer.Ordinal) || meta.Managers.Contains("helm-controller", StringComparer.Ordinal)
            ? new RouteOwner("flux", null, false, "Flux keeps this object as Git has it; a change made here is reverted at the next reconciliation. Change it in Git.")
            : null;
    }

    private static RouteOwner? Helm(ObjectMeta meta)
    {
        var release = Annotation(meta, "meta.helm.sh/release-name");
        return release is null && Label(meta, "app.kubernetes.io/managed-by") is not "Helm"
            ? null
            : new RouteOwner("helm", release, true, $"Helm{Named(" release", release)} installed this object: the next upgrade sets it to what the chart says.");
    }

    private static RouteOwner? Controller(ObjectMeta meta) =>
        meta.Owners.FirstOrDefault(o => o.Controller) is not { } owner
            ? null
            : new RouteOwner("controller", $"{owner.Kind} {owner.Name}", false, $"{owner.Kind} {owner.Name} owns this object and may overwrite a change made here. Change the owner instead.");

    private static string Named(string what, string? name) => name is null ? "" : $"{what} {name}";

    private static string Qualified(string? @namespace, string name) => @namespace is null ? name : $"{@namespace}/{name}";

    private static string? Annotation(ObjectMeta meta, string name) => meta.Annotations.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    private static string? Label(ObjectMeta meta, string name) => meta.Labels.TryGetValue(name, out var value) && value.Length > 0 ? value : null;
}
