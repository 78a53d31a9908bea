using System.Collections.Immutable;

namespace MeshConsole.Components.Changes;

/// <summary>Sliders whose sum stays: what one takes, the others give in proportion. Pure.</summary>
internal static class WeightSliders
{
    /// <summary>The weights after one was moved to <paramref name="value"/>.</summary>
    /// <param name="fallback">Takes what is left where the others have no weight to share by.</param>
    public static ImmutableArray<int> Move(ImmutableArray<int> weights, int index, int value, int fallback)
    {
        var sum = weights.Sum(weight => (long)weight);
        var moved = (int)Math.Clamp(value, 0, sum);
        var others = sum - weights[index];
        var rest = sum - moved;
        var next = new long[weights.Length];
        next[index] = moved;
        if (others == 0)
        {
            var taker = fallback != index ? fallback : index == 0 ? 1 : 0;
            next[taker] += rest;
            return [.. next.Select(weight => (int)weight)];
        }

        var given = 0L;
        var remainders = new List<(long Remainder, int Index)>();
        for (var other = 0; other < weights.Length; other++)
        {
            if (other != index)
            {
                next[other] = rest * weights[other] / others;
                given += next[other];
                remainders.Add((rest * weights[other] % others, other));
            }
        }

        foreach (var (_, other) in remainders.OrderByDescending(entry => entry.Remainder).ThenBy(entry => entry.Index).Take((int)(rest - given)))
        {
            next[other]++;
        }

        return [.. next.Select(weight => (int)weight)];
    }
}
