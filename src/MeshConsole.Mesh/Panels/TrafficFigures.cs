using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Latency;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Panels;

/// <summary>The numbers of a set of hops: both reporters apart, how requests ended, retries, durations.</summary>
internal static class TrafficFigures
{
    private static readonly double[] s_quantiles = [0.5, 0.9, 0.95, 0.99];

    /// <summary>Flags of requests of which no try arrived: the caller's proxy ended them by itself (Envoy's response flags).</summary>
    private static readonly string[] s_unreached = ["UH", "UF", "UO", "NR", "NC", "DF", "FI", "RL", "UAEX", "OM", "DO", "UDO", "IH", "DPE"];

    public static PanelTraffic Of(PanelDirection direction, IReadOnlyList<Hop> hops)
    {
        var http = hops.Where(hop => !string.Equals(hop.Protocol, "tcp", StringComparison.Ordinal)).ToList();
        var tcp = hops.Where(hop => string.Equals(hop.Protocol, "tcp", StringComparison.Ordinal)).ToList();
        var peers = hops.Select(hop => direction == PanelDirection.Out ? hop.TargetNode : hop.SourceNode).Distinct().Count();
        return new PanelTraffic(direction, peers, http.Count == 0 ? null : Requests(http), tcp.Count == 0 ? null : Connections(tcp));
    }

    private static PanelRequests Requests(List<Hop> hops)
    {
        var seen = ReporterTrafficSum.Of(hops.Select(hop => hop.Caller));
        return new PanelRequests(
            seen?.RequestsPerSecond,
            seen is null ? null : ResponseClassifier.Total(seen.Responses).ErrorRatio,
            Reported(hops, hop => hop.FromSource),
            Reported(hops, hop => hop.Callee),
            Retries(hops));
    }

    private static ReportedRequests? Reported(List<Hop> hops, Func<Hop, ReporterTraffic?> side)
    {
        if (ReporterTrafficSum.Of(hops.Select(side)) is not { } traffic)
        {
            return null;
        }

        var totals = ResponseClassifier.Total(traffic.Responses);
        return new ReportedRequests(traffic.RequestsPerSecond, 1 - totals.ErrorRatio, totals.ErrorRatio, totals.ClientErrorRatio, hops.Count(hop => side(hop)?.RequestsPerSecond is not null), hops.Count)
        {
            Responses =
            [
                .. traffic.Responses
                    .Where(response => double.IsFinite(response.RequestsPerSecond))
                    .OrderByDescending(response => response.RequestsPerSecond)
                    .ThenBy(response => response.Code)
                    .ThenBy(response => response.Flags, StringComparer.Ordinal)
                    .Select(response => new ResponseLine(
                        response.Code.ToString(CultureInfo.InvariantCulture),
                        response.GrpcStatus,
                        response.RequestsPerSecond,
                        totals.All > 0 ? Math.Max(0, response.RequestsPerSecond) / totals.All : null,
                        ResponseClassifier.Classify(response),
                        ResponseFlags.Of(response.Flags))),
            ],
            Latency = Latency(traffic),
        };
    }

    private static LatencyFigures? Latency(ReporterTraffic traffic)
    {
        double? mean = traffic is { DurationSum: { } sum, DurationCount: { } count } && count > 0 && double.IsFinite(sum) ? sum / count : null;
        var quantiles = s_quantiles
            .Select(quantile => HistogramQuantile.Locate(traffic.Durations, quantile) is { } found
                ? new QuantileFigure(quantile, found.ValueMs, found.LowerMs, double.IsFinite(found.UpperMs) ? found.UpperMs : null)
                : null)
            .OfType<QuantileFigure>()
            .ToImmutableArray();
        return mean is null && quantiles.IsEmpty ? null : new LatencyFigures(mean, quantiles, quantiles.IsEmpty ? [] : Buckets(traffic.Durations!), traffic.HistogramAt);
    }

    /// <summary>Cumulative counts as shares of each bucket; what rounding left a little under the one before it is lifted to that.</summary>
    private static ImmutableArray<BucketShare> Buckets(Histogram histogram)
    {
        var buckets = ImmutableArray.CreateBuilder<BucketShare>(histogram.Bounds.Length);
        double before = 0, lower = 0;
        var total = histogram.Cumulative.Where(double.IsFinite).DefaultIfEmpty().Max();
        for (var i = 0; i < histogram.Bounds.Length; i++)
        {
            var upTo = double.IsFinite(histogram.Cumulative[i]) ? Math.Max(before, histogram.Cumulative[i]) : before;
            buckets.Add(new BucketShare(lower, double.IsFinite(histogram.Bounds[i]) ? histogram.Bounds[i] : null, upTo - before, (upTo - before) / total));
            (before, lower) = (upTo, histogram.Bounds[i]);
        }

        return buckets.MoveToImmutable();
    }

    private static RetryFigures Retries(List<Hop> hops)
    {
        var both = hops.Where(hop => hop is { FromSource.RequestsPerSecond: not null, FromDestination.RequestsPerSecond: not null }).ToList();
        if (both.Count == 0)
        {
            return new RetryFigures(null, null, null, null, null, null,
                hops.Any(hop => hop.FromWaypoint is not null) ? "A waypoint counts in place of the callees, and a try is not told from a request there."
                : hops.All(hop => hop.FromSource?.RequestsPerSecond is null) ? "No caller's proxy reports, so requests cannot be told from tries."
                : hops.All(hop => hop.FromDestination?.RequestsPerSecond is null) ? "No callee's proxy reports, so tries cannot be counted."
                : "No pair of workloads is reported by both ends.");
        }

        var source = ReporterTrafficSum.Of(both.Select(hop => hop.FromSource))!;
        var destination = ReporterTrafficSum.Of(both.Select(hop => hop.FromDestination))!;
        var requests = ResponseClassifier.Total(source.Responses);
        var tries = ResponseClassifier.Total(destination.Responses);
        var unreached = source.Responses.Where(response => double.IsFinite(response.RequestsPerSecond) && Array.Exists(s_unreached, flag => ResponseClassifier.HasFlag(response.Flags, flag))).Sum(response => response.RequestsPerSecond);
        var arrived = requests.All - unreached;
        double? each = arrived > 1e-9 ? tries.All / arrived : null;
        var left = both.Count == hops.Count ? "" : string.Create(CultureInfo.InvariantCulture, $" Of {both.Count} of {hops.Count} pairs of workloads, those that both ends report.");
        return new RetryFigures(
            1 - requests.ErrorRatio,
            1 - tries.ErrorRatio,
            source.RequestsPerSecond,
            destination.RequestsPerSecond,
            unreached,
            each,
            (each switch
            {
                null when requests.All <= 0 => "No requests in the window.",
                null => "No request arrived.",
                > 1 + HopOverheads.CountTolerance => "Callees see more tries than callers make requests: retries are at work.",
                < 1 - HopOverheads.CountTolerance => "Callees see fewer tries than callers make requests: some end on the way, or a callee's proxy is not scraped.",
                _ => "Each request that arrives is tried once.",
            }) + " Tries that reach no callee are counted by nobody." + left);
    }

    private static PanelConnections Connections(List<Hop> hops) => new(Opened(hops, hop => hop.FromSource), Opened(hops, hop => hop.Callee));

    private static ReportedConnections? Opened(List<Hop> hops, Func<Hop, ReporterTraffic?> side) => ReporterTrafficSum.Of(hops.Select(side)) is { } traffic
        ? new ReportedConnections(traffic.ConnectionsPerSecond, traffic.FailedConnectionsPerSecond, traffic.SentBytesPerSecond, traffic.ReceivedBytesPerSecond, hops.Count(hop => side(hop) is not null), hops.Count)
        : null;
}
