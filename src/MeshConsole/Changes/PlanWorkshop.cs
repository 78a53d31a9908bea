using System.Collections.Immutable;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;

namespace MeshConsole.Changes;

/// <summary>Plans and patches as the execution of changes asks for them.</summary>
internal sealed class PlanWorkshop : IPlanWorkshop
{
    public ChangePlan Plan(ChangeRequest request, RouteView route, ChangePolicy policy) => ChangePlanner.Plan(request, route, policy).OrThrow();

    public ImmutableArray<string> Notes(ChangeRequest request, RouteView route, ChangePolicy policy) => ChangePlanner.Plan(request, route, policy).Notes;

    public TargetWrite BuildPatch(ChangeTarget target, ImmutableArray<PlanBackend> backends, LiveTarget live, ImmutableArray<int> weights, string writeId) =>
        target.Policy is null ? WeightPatch.Build(live, target, backends, weights, writeId) : PolicyWrite.Build(live, target, weights, writeId);

    public string Diff(ChangeTarget target, ImmutableArray<PlanBackend> backends, LiveTarget live, ImmutableArray<int> weights) =>
        target.Policy is null ? UnifiedDiff.OfWeights(live.Object, target, backends, weights) : UnifiedDiff.OfPolicy(live, target, weights);

    public string HashPlan(ChangePlan plan, ChangeBase @base, ChangePolicy policy) => PlanHash.Of(plan, @base, policy);

    public string HashPolicy(ChangePolicy policy) => PlanHash.OfPolicy(policy);
}
