namespace MeshConsole.Mesh.Changes.Gates.Statistics;

/// <summary>
/// ln n!. Small numbers by adding logarithms, others by Stirling's series (Abramowitz and Stegun, Handbook of Mathematical
/// Functions, 6.1.41), whose first term left out is below 1e-16 from 16 on.
/// </summary>
internal static class LogFactorial
{
    private const int FirstOfSeries = 16;

    private static readonly double[] s_small = Small();

    public static double Of(long n)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        if (n < FirstOfSeries)
        {
            return s_small[n];
        }

        double x = n;
        var inverse = 1 / x;
        var square = inverse * inverse;
        var correction = inverse * ((1 / 12.0) - (square * ((1 / 360.0) - (square * ((1 / 1260.0) - (square * ((1 / 1680.0) - (square / 1188.0))))))));
        return (x * Math.Log(x)) - x + (0.5 * Math.Log(2 * Math.PI * x)) + correction;
    }

    /// <summary>ln of the number of ways to choose <paramref name="k"/> of <paramref name="n"/>.</summary>
    public static double LogChoose(long n, long k) => Of(n) - Of(k) - Of(n - k);

    private static double[] Small()
    {
        var logs = new double[FirstOfSeries];
        for (var n = 2; n < FirstOfSeries; n++)
        {
            logs[n] = logs[n - 1] + Math.Log(n);
        }

        return logs;
    }
}
