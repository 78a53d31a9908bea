using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Changes.Plans;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>How many people must approve a plan, by its risk.</summary>
internal static class ApprovalRule
{
    /// <returns>The number, and why in one sentence.</returns>
    public static (int Required, string Reason) For(ChangePlan plan, ChangePolicy policy)
    {
        if (plan.Target.Policy is { } edit)
        {
            return ForPolicy(plan, edit, policy);
        }

        var step = Points(LargestStep(plan));
        var movement = Points(LargestMovement(plan));
        if (policy.CriticalNamespaces.Contains(plan.Target.Namespace, StringComparer.Ordinal))
        {
            return (policy.HighRiskApprovals, $"Every change in namespace {plan.Target.Namespace} is of high risk.");
        }

        if (plan.Gates.ObserveOnly)
        {
            return (Math.Max(policy.RequiredApprovals, policy.HighRiskApprovals), "The gates of this plan are on trial and stop nothing but a landslide: that is of high risk.");
        }

        if (step > policy.HighRiskStepPercent)
        {
            return (policy.HighRiskApprovals, Say($"A step of {step:0.#} points is of high risk (above {policy.HighRiskStepPercent})."));
        }

        if (movement <= policy.NoApprovalUpToPercent)
        {
            return (0, Say($"A movement of {movement:0.#} points needs no approval (up to {policy.NoApprovalUpToPercent})."));
        }

        return (policy.RequiredApprovals, policy.RequiredApprovals == 0
            ? "The policy asks for no approvals."
            : Say($"It moves {movement:0.#} points of traffic, at most {step:0.#} at once: ordinary risk."));
    }

    /// <summary>What decides is how many are hit at once should it be wrong, in whichever direction it goes.</summary>
    private static (int Required, string Reason) ForPolicy(ChangePlan plan, PolicyEdit edit, ChangePolicy policy)
    {
        if (policy.CriticalNamespaces.Contains(plan.Target.Namespace, StringComparer.Ordinal))
        {
            return (policy.HighRiskApprovals, $"Every change in namespace {plan.Target.Namespace} is of high risk.");
        }

        return edit.Scope switch
        {
            { Namespace: null } => (policy.HighRiskApprovals, "A mode of the whole mesh is of high risk."),
            { Workload: null } => (policy.HighRiskApprovals, "A mode of a whole namespace is of high risk."),
            _ => (policy.RequiredApprovals, policy.RequiredApprovals == 0 ? "The policy asks for no approvals." : "It is the mode of one workload: ordinary risk."),
        };
    }

    /// <summary>Largest change of any backend's share from one stage to the next, 0..1.</summary>
    public static double LargestStep(ChangePlan plan)
    {
        var before = plan.BaseWeights;
        var largest = 0.0;
        foreach (var stage in plan.Stages)
        {
            largest = Math.Max(largest, Between(before, stage.Weights));
            before = stage.Weights;
        }

        return largest;
    }

    /// <summary>Largest distance of any backend's share from its base, at any stage, 0..1.</summary>
    public static double LargestMovement(ChangePlan plan) => plan.Stages.IsEmpty ? 0 : plan.Stages.Max(s => Between(plan.BaseWeights, s.Weights));

    /// <summary>Shares that are not known count as the largest movement there is.</summary>
    private static double Between(ImmutableArray<int> before, ImmutableArray<int> after)
    {
        if (before.Length != after.Length)
        {
            return 1;
        }

        var largest = 0.0;
        for (var i = 0; i < after.Length; i++)
        {
            largest = ChangePlan.ShareOf(before, i) is { } from && ChangePlan.ShareOf(after, i) is { } to ? Math.Max(largest, Math.Abs(to - from)) : 1;
        }

        return largest;
    }

    /// <summary>Percentage points, rounded where floating point leaves crumbs: 90 → 50 is 40 and not 40.00000000000001.</summary>
    private static double Points(double share) => Math.Round(share * 100, 6);

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
