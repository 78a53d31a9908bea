namespace MeshConsole.Mesh.Changes.Gates.Statistics;

/// <summary>Adds up one side of a discrete distribution outwards, where terms get smaller, so that nothing cancels and nothing overflows.</summary>
internal static class TailSum
{
    /// <param name="logFirst">ln of the probability of the first value.</param>
    /// <param name="first">The first value.</param>
    /// <param name="last">The last value of the support on that side.</param>
    /// <param name="ratio">Probability of the next value outwards ÷ that of the given one.</param>
    public static double Of(double logFirst, long first, long last, Func<long, double> ratio)
    {
        double sum = 1, term = 1;
        var step = last >= first ? 1 : -1;
        for (var value = first; value != last; value += step)
        {
            term *= ratio(value);
            sum += term;
            if (term < sum * 1e-18)
            {
                break;
            }
        }

        return Math.Clamp(Math.Exp(logFirst + Math.Log(sum)), 0, 1);
    }
}
