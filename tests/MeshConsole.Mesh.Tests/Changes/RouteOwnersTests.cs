using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Tests.Changes;

public sealed class RouteOwnersTests
{
    [Theory]
    [InlineData(null, null, "none", null, true)]
    [InlineData("kubectl.kubernetes.io/last-applied-configuration=", null, "none", null, true)]
    [InlineData("argocd.argoproj.io/tracking-id=pay:networking.istio.io/VirtualService:payments/card", null, "argocd", "pay", false)]
    [InlineData(null, "app.kubernetes.io/instance=pay", "none", null, true)]
    [InlineData(null, "kustomize.toolkit.fluxcd.io/name=apps;kustomize.toolkit.fluxcd.io/namespace=flux-system", "flux", "flux-system/apps", false)]
    [InlineData("kustomize.toolkit.fluxcd.io/reconcile=disabled", "kustomize.toolkit.fluxcd.io/name=apps", "flux", "apps", true)]
    [InlineData("kustomize.toolkit.fluxcd.io/ssa=Ignore", "kustomize.toolkit.fluxcd.io/name=apps", "flux", "apps", true)]
    [InlineData("kustomize.toolkit.fluxcd.io/ssa=Merge", "kustomize.toolkit.fluxcd.io/name=apps", "flux", "apps", false)]
    [InlineData(null, "helm.toolkit.fluxcd.io/name=pay;app.kubernetes.io/managed-by=Helm", "flux", "pay", false)]
    [InlineData("meta.helm.sh/release-name=pay", "app.kubernetes.io/managed-by=Helm", "helm", "pay", true)]
    [InlineData(null, "app.kubernetes.io/managed-by=Helm", "helm", null, true)]
    [InlineData("argo-rollouts.argoproj.io/managed-by-rollouts=card", null, "argo-rollouts", "card", false)]
    [InlineData("argocd.argoproj.io/tracking-id=", null, "none", null, true)]
    public void Owner_Metadata_TellsWhoManages(string? annotations, string? labels, string kind, string? name, bool writable)
    {
        var owner = RouteOwners.Of(Given.Meta("card", annotations: annotations, labels: labels), []);
        (owner.Kind, owner.Name, owner.Writable).ShouldBe((kind, name, writable));
        (owner.Message is null).ShouldBe(kind == "none");
    }

    [Theory]
    [InlineData("flagger.app/v1beta1", "Canary", "flagger", "card")]
    [InlineData("argoproj.io/v1alpha1", "Rollout", "argo-rollouts", "card")]
    [InlineData("example.com/v1", "Canary", "controller", "Canary card")]
    [InlineData("example.com/v1", "Router", "controller", "Router card")]
    public void Owner_Reference_TellsWhoManages(string apiVersion, string ownerKind, string kind, string name)
    {
        var owner = RouteOwners.Of(Given.Meta("card") with { Owners = [new OwnerReference(apiVersion, ownerKind, "card", "u", true)] }, []);
        (owner.Kind, owner.Name, owner.Writable).ShouldBe((kind, name, false));
    }

    [Theory]
    [InlineData("flagger", "flagger")]
    [InlineData("rollouts-controller", "argo-rollouts")]
    [InlineData("argocd-controller", "argocd")]
    [InlineData("argocd-application-controller", "argocd")]
    [InlineData("kustomize-controller", "flux")]
    [InlineData("helm-controller", "flux")]
    [InlineData("kubectl-client-side-apply", "none")]
    public void Owner_FieldManager_TellsWhoManages(string manager, string kind) =>
        RouteOwners.Of(Given.Meta("card") with { Managers = ["kubectl", manager] }, []).Kind.ShouldBe(kind);

    [Fact]
    public void Owner_OfWeights_OutranksTheOneOfTheFile()
    {
        var meta = Given.Meta("card", annotations: "argocd.argoproj.io/tracking-id=pay:x:y/z") with { Owners = [new OwnerReference("flagger.app/v1beta1", "Canary", "card", "u", true)] };
        RouteOwners.Of(meta, []).Kind.ShouldBe("flagger");
    }

    [Fact]
    public void Owner_RolloutMarksOnlyItsDestinationRule()
    {
        var owner = RouteOwners.Of(Given.Meta("card"), [Given.Meta("rule", annotations: "argo-rollouts.argoproj.io/managed-by-rollouts=card")]);
        (owner.Kind, owner.Name, owner.Writable).ShouldBe(("argo-rollouts", "card", false));
    }

    [Fact]
    public void Owner_Message_SaysWhatHappensAndWhatToDo() =>
        RouteOwners.Of(Given.Meta("card", annotations: "argocd.argoproj.io/tracking-id=pay:a:b/c"), []).Message
            .ShouldBe("Argo CD application pay keeps this object as Git has it; a change made here is reverted at a sync. Change it in Git.");
}
