namespace MeshConsole.Mesh.Changes.Gates.Statistics;

/// <summary>
/// Upper tail of the standard normal distribution. Near the middle by the series of the error function (Abramowitz and Stegun
/// 7.1.6), further out by the continued fraction of its complement (7.1.14), so that small probabilities keep their digits.
/// </summary>
internal static class NormalTail
{
    /// <summary>P(Z ≥ z), 0..1.</summary>
    public static double Above(double z)
    {
        if (double.IsNaN(z))
        {
            throw new ArgumentOutOfRangeException(nameof(z), z, "Not a number.");
        }

        if (z < 0)
        {
            return 1 - Above(-z);
        }

        var x = z / Math.Sqrt(2);
        return x < 2 ? 0.5 * (1 - Erf(x)) : x > 27 ? 0 : 0.5 * Complement(x);
    }

    private static double Erf(double x)
    {
        double term = x, sum = x;
        for (var n = 1; Math.Abs(term) > sum * 1e-17; n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    private static double Complement(double x)
    {
        var fraction = x;
        for (var k = 120; k > 0; k--)
        {
            fraction = x + (k / 2.0 / fraction);
        }

        return Math.Exp(-x * x) / (Math.Sqrt(Math.PI) * fraction);
    }
}
