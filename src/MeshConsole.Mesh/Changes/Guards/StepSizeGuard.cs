using System.Globalization;
using MeshConsole.Mesh.Changes.Plans;

namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>No step moves a larger share than the policy allows. Steps towards the stable backend may be of any size.</summary>
internal sealed class StepSizeGuard : IGuard
{
    private static readonly GuardText s_text = new("max-step", "No step is too large", "What a bad version can break is bounded by the step it arrives in.");

    public GuardVerdict Check(GuardContext context)
    {
        if (context.Moment is GuardMoment.Stop or GuardMoment.Rollback)
        {
            return s_text.NotAsked("Not asked when going back.");
        }

        var plan = context.Plan;
        var largest = 0.0;
        var before = context.Moment == GuardMoment.Stage && context.Live is { } live ? live.Weights : plan.BaseWeights;
        var coming = context.Moment == GuardMoment.Stage ? [context.Next] : plan.Stages.Select(s => s.Weights).ToArray();
        for (var stage = 0; stage < coming.Length; stage++)
        {
            for (var i = 0; i < plan.Backends.Length && i < coming[stage].Length; i++)
            {
                // What the stable backend gains is what others lose.
                if (i == plan.Stable || ChangePlan.ShareOf(before, i) is not { } from || ChangePlan.ShareOf(coming[stage], i) is not { } to)
                {
                    continue;
                }

                var points = (to - from) * 100;
                largest = Math.Max(largest, points);
                if (points > context.Policy.MaxStepPercent + 1e-9)
                {
                    return s_text.RefuseUnlessBroken(
                        context,
                        string.Create(CultureInfo.InvariantCulture, $"{plan.Backends[i].ShortName} would gain {points:0.#} points at once, from {from * 100:0.#} % to {to * 100:0.#} %; at most {context.Policy.MaxStepPercent} are allowed."),
                        "Put a stage in between.",
                        new GuardFact("Changes:MaxStepPercent", context.Policy.MaxStepPercent.ToString(CultureInfo.InvariantCulture)));
                }
            }

            before = coming[stage];
        }

        return s_text.Pass(string.Create(CultureInfo.InvariantCulture, $"The largest step is {largest:0.#} points; at most {context.Policy.MaxStepPercent} are allowed."));
    }
}
