using System.Collections.Immutable;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>What the service and the executor need of plans and patches: pure functions, behind one seam.</summary>
public interface IPlanWorkshop
{
    /// <summary>The plan that a request comes to on this route.</summary>
    /// <exception cref="ChangeException">Invalid: the request makes no plan, with the reason.</exception>
    ChangePlan Plan(ChangeRequest request, RouteView route, ChangePolicy policy);

    /// <summary>The plan that a request for a policy comes to in this snapshot.</summary>
    /// <exception cref="ChangeException">Invalid: the request makes no plan, with the reason.</exception>
    ChangePlan Plan(ChangeRequest request, Snapshots.MeshSnapshot snapshot, ChangePolicy policy) => PolicyPlanner.Plan(request, snapshot, policy).OrThrow();

    /// <summary>What the plan of this request does otherwise than the request may expect, a sentence each: rounded shares, steps left out.</summary>
    ImmutableArray<string> Notes(ChangeRequest request, RouteView route, ChangePolicy policy) => [];

    /// <summary>The same of a plan for a policy: others of its level that have no effect, a port that nothing declares.</summary>
    ImmutableArray<string> Notes(ChangeRequest request, Snapshots.MeshSnapshot snapshot, ChangePolicy policy) => PolicyPlanner.Plan(request, snapshot, policy).Notes;

    /// <summary>The write that moves the live object to these weights, or the policy into this state.</summary>
    /// <exception cref="TargetChangedException">The live object is not what the plan knows.</exception>
    TargetWrite BuildPatch(ChangeTarget target, ImmutableArray<PlanBackend> backends, LiveTarget live, ImmutableArray<int> weights, string writeId);

    /// <summary>Unified diff of the object's YAML from now to after these weights.</summary>
    string Diff(ChangeTarget target, ImmutableArray<PlanBackend> backends, LiveTarget live, ImmutableArray<int> weights);

    /// <summary>What approvals are bound to. The base's resource version is not part of it: a status update moves that.</summary>
    string HashPlan(ChangePlan plan, ChangeBase @base, ChangePolicy policy);

    string HashPolicy(ChangePolicy policy);
}
