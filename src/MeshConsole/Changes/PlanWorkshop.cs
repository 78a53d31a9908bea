using System.Collections.Immutable;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;

namespace MeshConsole.Changes;

/// <summary>Plans and patches as the execution of changes asks for them.</summary>
internal sealed class PlanWorkshop : IPlanWorkshop
{
    public ChangePlan Plan(ChangeRequest request, RouteView route, ChangePolicy policy)
    {
        var outcome = ChangePlanner.Plan(request, route, policy);
        return outcome.Plan ?? throw new ChangeException(ChangeFault.Invalid, outcome.Faults.Length == 1 ? outcome.Faults[0].Code : "invalid-plan", outcome.Problem);
    }

    public ImmutableArray<string> Notes(ChangeRequest request, RouteView route, ChangePolicy policy) => ChangePlanner.Plan(request, route, policy).Notes;

    public WeightPatch BuildPatch(ChangeTarget target, ImmutableArray<PlanBackend> backends, LiveTarget live, ImmutableArray<int> weights, string writeId) =>
        WeightPatch.Build(live, target, backends, weights, writeId);

    public string Diff(ChangeTarget target, ImmutableArray<PlanBackend> backends, LiveTarget live, ImmutableArray<int> weights) =>
        UnifiedDiff.OfWeights(live.Object, target, backends, weights);

    public string HashPlan(ChangePlan plan, ChangeBase @base, ChangePolicy policy) => PlanHash.Of(plan, @base, policy);

    public string HashPolicy(ChangePolicy policy) => PlanHash.OfPolicy(policy);
}
