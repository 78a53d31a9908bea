using System.Globalization;

namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>Stages go one way, and each changes something.</summary>
internal sealed class StageOrderGuard : IGuard
{
    private static readonly GuardText s_text = new("stages", "Stages go one way", "A plan that goes up and down again proves nothing at any stage.");

    public GuardVerdict Check(GuardContext context)
    {
        if (context.Moment is GuardMoment.Stop or GuardMoment.Rollback)
        {
            return s_text.NotAsked("Not asked when going back.");
        }

        var plan = context.Plan;
        if (plan.Stages.IsEmpty)
        {
            return s_text.Refuse("The plan has no stage: the weights are already what is asked for.", "Choose other weights.");
        }

        var shares = plan.Stages.Select(s => plan.CanaryShare(s.Weights)).Prepend(plan.CanaryShare(plan.BaseWeights)).ToArray();
        var steps = shares.Zip(shares.Skip(1), (from, to) => to - from).ToArray();
        var same = plan.Stages.Select(s => s.Weights).Prepend(plan.BaseWeights).Zip(plan.Stages, (before, stage) => before.SequenceEqual(stage.Weights)).ToList().IndexOf(true);
        return same >= 0 ? s_text.Refuse(string.Create(CultureInfo.InvariantCulture, $"Stage {same + 1} has the weights of the one before."), "Leave it out, or change a weight.")
            : steps.Any(s => s < 0) && steps.Any(s => s > 0) ? s_text.Refuse($"The canary's share goes up and down: {string.Join(" → ", shares.Select(s => (s ?? 0).ToString("P0", CultureInfo.InvariantCulture)))}.", "Make two changes of it.")
            : s_text.Pass($"{plan.Backends[plan.Canary].ShortName} goes {string.Join(" → ", shares.Select(s => (s ?? 0).ToString("P0", CultureInfo.InvariantCulture)))}.");
    }
}
