namespace MeshConsole.Simulator.Traffic;

/// <summary>How demand moves: the day of a card-payment platform (a peak at noon, a higher one in the evening, quiet nights) and noise.</summary>
internal static class DemandCurve
{
    /// <summary>Factor on the mean of the day, about 0.4 to 1.5.</summary>
    public static double OfDay(DateTimeOffset at)
    {
        var hour = at.UtcDateTime.TimeOfDay.TotalHours;
        return 0.42 + (0.75 * Peak(hour, 12.5, 3.6)) + (1.05 * Peak(hour, 19, 3.2));
    }

    /// <summary>Factor around 1: slow drift and what varies from minute to minute.</summary>
    public static double Wobble(ulong seed, DateTimeOffset at)
    {
        var seconds = at.ToUnixTimeMilliseconds() / 1_000.0;
        return 1 + (0.06 * Noise.Smooth(seed, seconds, 900)) + (0.04 * Noise.Smooth(seed ^ 0x51UL, seconds, 90));
    }

    private static double Peak(double hour, double centre, double width)
    {
        var distance = Math.Abs(hour - centre);
        if (distance > 12) distance = 24 - distance;
        return Math.Exp(-(distance * distance) / (2 * width * width));
    }
}
