using System.Globalization;

namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>Every stage's weights are weights: whole, not negative, as many as there are destinations, with the sum of the base.</summary>
internal sealed class WeightsGuard : IGuard
{
    private static readonly GuardText s_text = new("weights", "The weights add up", "A rule whose weights add up to nothing answers every request with an error.");

    public GuardVerdict Check(GuardContext context)
    {
        var plan = context.Plan;
        var sum = plan.BaseWeights.Sum(w => (long)w);
        foreach (var (weights, where) in plan.Stages.Select((s, i) => (s.Weights, string.Create(CultureInfo.InvariantCulture, $"Stage {i + 1}"))).Append((context.Next, "The next write")))
        {
            if (weights.IsDefault || weights.Length != plan.Backends.Length)
            {
                return s_text.Refuse($"{where} has {(weights.IsDefault ? 0 : weights.Length)} weights for {plan.Backends.Length} destinations.", "Give one weight per destination, in the order of the rule.");
            }

            if (weights.Any(w => w < 0))
            {
                return s_text.Refuse($"{where} has a negative weight: {string.Join("/", weights)}.", "Weights are whole numbers from 0 up.");
            }

            var total = weights.Sum(w => (long)w);
            if (total <= 0)
            {
                return s_text.Refuse($"The weights of {where} add up to 0.", "Leave at least one destination with a weight.");
            }

            if (total != sum && context.Moment != GuardMoment.Stop)
            {
                return s_text.Refuse(string.Create(CultureInfo.InvariantCulture, $"The weights of {where} add up to {total}, those of the rule to {sum}."), "Keep the sum: shares are weight ÷ sum, and a new sum moves every destination.");
            }
        }

        return s_text.Pass(string.Create(CultureInfo.InvariantCulture, $"Every stage has {plan.Backends.Length} weights with the sum {sum}."), new GuardFact("Next", string.Join("/", context.Next)));
    }
}
