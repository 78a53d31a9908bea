using System.Collections.Immutable;

namespace MeshConsole.Mesh.Changes.Plans;

/// <summary>Divides the sum of a rule's weights anew: whole numbers that add up to the same sum.</summary>
public static class WeightSplit
{
    /// <summary>
    /// Gives the canary the whole number nearest to a percentage of the sum (the smaller of two equally near), and what is left to the others in the
    /// proportion of their base weights by largest remainder; where the others have no weight at all, to the stable backend.
    /// </summary>
    /// <param name="percent">0..100.</param>
    /// <returns>One weight per backend; their sum is that of <paramref name="baseWeights"/>.</returns>
    public static ImmutableArray<int> WithCanaryAt(ImmutableArray<int> baseWeights, int canary, int stable, double percent)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(canary, stable);
        ArgumentOutOfRangeException.ThrowIfNegative(percent);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(percent, 100);
        var sum = baseWeights.Sum(w => (long)w);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sum, int.MaxValue, nameof(baseWeights));

        var canaryWeight = (long)decimal.Ceiling((sum * (decimal)percent / 100) - 0.5m);
        var rest = sum - canaryWeight;
        var others = sum - baseWeights[canary];
        var weights = new long[baseWeights.Length];
        if (others == 0)
        {
            weights[stable] = rest;
        }
        else
        {
            Share(baseWeights, canary, others, rest, weights);
        }

        weights[canary] = canaryWeight;
        return [.. weights.Select(w => (int)w)];
    }

    /// <summary>The same with everything on one backend.</summary>
    public static ImmutableArray<int> AllOn(ImmutableArray<int> baseWeights, int backend)
    {
        var sum = baseWeights.Sum(w => (long)w);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sum, int.MaxValue, nameof(baseWeights));
        return [.. baseWeights.Select((_, i) => i == backend ? (int)sum : 0)];
    }

    private static void Share(ImmutableArray<int> baseWeights, int canary, long others, long rest, long[] weights)
    {
        var left = rest;
        var remainders = new List<(long Remainder, int Index)>();
        for (var i = 0; i < baseWeights.Length; i++)
        {
            if (i == canary)
            {
                continue;
            }

            // Products of two sums that fit an int fit a long.
            weights[i] = rest * baseWeights[i] / others;
            left -= weights[i];
            remainders.Add((rest * baseWeights[i] % others, i));
        }

        foreach (var (_, index) in remainders.OrderByDescending(r => r.Remainder).ThenBy(r => r.Index).Take((int)left))
        {
            weights[index]++;
        }
    }
}
