using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>Each stage is watched long enough.</summary>
internal sealed class SoakGuard : IGuard
{
    private static readonly GuardText s_text = new("min-soak", "Each stage soaks", "Leaks, caches and slow clients show after minutes, not after seconds.");

    public GuardVerdict Check(GuardContext context)
    {
        if (context.Moment is GuardMoment.Stop or GuardMoment.Rollback)
        {
            return s_text.NotAsked("Not asked when going back.");
        }

        var least = context.Policy.MinSoak;
        var shortest = context.Plan.Stages.Select(s => s.Soak).DefaultIfEmpty(least).Min();
        return shortest >= least
            ? s_text.Pass($"The shortest soak is {DurationWords.Of(shortest)}; at least {DurationWords.Of(least)} is asked for.")
            : s_text.RefuseUnlessBroken(context, $"A stage soaks for {DurationWords.Of(shortest)}; at least {DurationWords.Of(least)} is asked for.", "Let it soak longer.", new GuardFact("Changes:MinSoak", least.ToString()));
    }
}
