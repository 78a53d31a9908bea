using System.Globalization;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Latency;

/// <summary>
/// What the way between two proxies costs: the caller's mean duration minus the callee's, over requests without response
/// flags (those that neither proxy answered or broke off itself). It holds the caller's proxy, the network, connecting and
/// waiting for a retry, but not the callee's own proxy. It is reliable only when both counted the same requests.
/// </summary>
public static class HopOverheads
{
    /// <summary>Requests in the window that each side must have counted: means are of whole milliseconds.</summary>
    public const double MinimumRequests = 100;

    /// <summary>How far the two counts may differ, as a share.</summary>
    public const double CountTolerance = 0.02;

    /// <param name="window">Rate window of the numbers.</param>
    public static HopOverhead Of(ReporterTraffic? source, ReporterTraffic? destination, bool waypoint, TimeSpan window)
    {
        if (source is null)
        {
            return Unknown(waypoint ? "Only the waypoint on the way measures." : "The caller has no proxy that reports.");
        }

        if (destination is null)
        {
            return Unknown(waypoint ? "The waypoint measures in place of the callee: the gap would hold only a part of the way." : "The callee has no proxy that reports.");
        }

        if (source.CleanDurationCount is not { } sent || destination.CleanDurationCount is not { } seen || source.CleanDurationSum is not { } sentSum || destination.CleanDurationSum is not { } seenSum)
        {
            return Unknown("The durations of both ends are not known.");
        }

        if (sent <= 0 || seen <= 0)
        {
            return Unknown(sent <= 0 && seen <= 0 ? "No requests in the window." : sent > 0 ? "No request of the caller reached the callee's proxy." : "The caller's proxy counted no request.");
        }

        var mean = (sentSum / sent) - (seenSum / seen);
        var ratio = seen / sent;
        var fewest = Math.Min(sent, seen) * window.TotalSeconds;
        var reason =
            fewest < MinimumRequests - 1e-6 ? string.Create(CultureInfo.InvariantCulture, $"Only {Math.Floor(fewest + 1e-6):0} requests in the window; from {MinimumRequests:0} on the means can be compared.")
            : ratio > 1 + CountTolerance + 1e-9 ? string.Create(CultureInfo.InvariantCulture, $"The callee counted {ratio:0.###} requests for each of the caller: retries are counted once by the caller and each time by the callee.")
            : ratio < 1 - CountTolerance - 1e-9 ? string.Create(CultureInfo.InvariantCulture, $"The callee counted {ratio:0.###} requests for each of the caller: the others never arrived or ended on the way.")
            : mean < 0 ? "The difference is negative: it is below what durations in whole milliseconds can tell."
            : null;
        return new HopOverhead(mean, reason is null, reason, ratio);
    }

    private static HopOverhead Unknown(string reason) => new(null, false, reason, null);
}
