using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.ByHand;

/// <summary>
/// What <c>rate()</c> of a counter is, from its raw samples: the increase with resets made good, stretched to the window by at
/// most half a sample interval at each end (a whole one and a tenth counts as "reaches the end"), never below zero at the
/// start. Written down from Prometheus's documentation of <c>rate</c>, so that tests do not take the console's word.
/// </summary>
internal static class CounterRate
{
    /// <returns>Per second; null with fewer than two samples, where Prometheus gives no answer.</returns>
    internal static double? Of(IReadOnlyList<(long Milliseconds, double Value)> samples, DateTimeOffset at, TimeSpan window)
    {
        if (samples.Count < 2)
        {
            return null;
        }

        var increase = samples[^1].Value - samples[0].Value;
        for (var index = 1; index < samples.Count; index++)
        {
            increase += samples[index].Value < samples[index - 1].Value ? samples[index - 1].Value : 0;
        }

        var end = at.ToUnixTimeMilliseconds();
        var covered = (samples[^1].Milliseconds - samples[0].Milliseconds) / 1000.0;
        var interval = covered / (samples.Count - 1);
        var toStart = (samples[0].Milliseconds - (end - window.TotalMilliseconds)) / 1000.0;
        var toEnd = (end - samples[^1].Milliseconds) / 1000.0;
        if (increase > 0 && samples[0].Value >= 0)
        {
            toStart = Math.Min(toStart, covered * (samples[0].Value / increase));
        }

        var stretched = covered + Reach(toStart, interval) + Reach(toEnd, interval);
        return increase * (stretched / covered) / window.TotalSeconds;
    }

    /// <summary>The sum of rates per group, groups named by the label values joined; series with no answer are left out.</summary>
    internal static Dictionary<string, double> SumBy(IEnumerable<PrometheusSeries> series, DateTimeOffset at, TimeSpan window, params string[] labels) =>
        series
            .Select(item => (Key: string.Join('/', labels.Select(label => item[label])), Rate: Of(item.Samples, at, window)))
            .Where(item => item.Rate is not null)
            .GroupBy(item => item.Key, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Sum(item => item.Rate!.Value), StringComparer.Ordinal);

    private static double Reach(double gap, double interval) => gap < interval * 1.1 ? gap : interval / 2;
}
