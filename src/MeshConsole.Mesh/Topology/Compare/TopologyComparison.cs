using System.Collections.Immutable;

namespace MeshConsole.Mesh.Topology.Compare;

/// <summary>Answer of <c>GET /api/v1/topology/compare</c>: what differs between two instants, what matters most first.</summary>
/// <param name="From">The instant that is compared with.</param>
/// <param name="To">The instant that is looked at.</param>
/// <param name="Differences">By kind as <see cref="DifferenceKind"/> has them, then by how much traffic is concerned.</param>
/// <param name="Compared">Edges that both instants tell something of.</param>
/// <param name="TooFew">Of those the ones with too few requests at both to say anything.</param>
/// <param name="GoneNodes">Nodes of <see cref="From"/> that are not in the later topology, for who draws both.</param>
/// <param name="GoneEdges">Edges with traffic at <see cref="From"/> that are not in the later topology.</param>
public sealed record TopologyComparison(
    DateTimeOffset From,
    DateTimeOffset To,
    ImmutableArray<TopologyDifference> Differences,
    int Compared,
    int TooFew,
    ImmutableArray<TopologyNode> GoneNodes,
    ImmutableArray<TopologyEdge> GoneEdges)
{
    /// <summary>
    /// Compares. Nothing is said of what chance or too few samples explain, and what one of the two does not know is unknown:
    /// it neither vanished nor appeared.
    /// </summary>
    public static TopologyComparison Of(TopologyMoment from, TopologyMoment to, ComparisonThresholds? thresholds = null)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        var rules = new Rules(from, to, thresholds ?? ComparisonThresholds.Default);
        var before = from.View.Edges.ToDictionary(edge => edge.Key, StringComparer.Ordinal);
        var after = to.View.Edges.ToDictionary(edge => edge.Key, StringComparer.Ordinal);
        foreach (var key in before.Keys.Union(after.Keys, StringComparer.Ordinal))
        {
            rules.Compare(before.GetValueOrDefault(key), after.GetValueOrDefault(key));
        }

        rules.CompareNodes();
        var nodes = to.View.Nodes.Select(node => node.Id).ToHashSet(StringComparer.Ordinal);
        var gone = from.View.Edges.RemoveAll(edge => after.ContainsKey(edge.Key) || Flow(edge) is null or 0);
        return new TopologyComparison(
            from.View.ObservedAt,
            to.View.ObservedAt,
            [
                .. rules.Found
                    .OrderBy(difference => difference.Kind)
                    .ThenByDescending(difference => difference.Weight)
                    .ThenBy(difference => difference.Source is not null)
                    .ThenBy(difference => difference.Id, StringComparer.Ordinal),
            ],
            rules.Compared,
            rules.TooFew,
            from.View.Nodes.RemoveAll(node => nodes.Contains(node.Id) || !gone.Any(edge => edge.Source == node.Id || edge.Target == node.Id)),
            gone);
    }

    internal static double? Flow(TopologyEdge? edge) => edge?.RequestsPerSecond ?? edge?.ConnectionsPerSecond;

    private sealed class Rules(TopologyMoment from, TopologyMoment to, ComparisonThresholds thresholds)
    {
        private readonly Dictionary<string, (double From, double To)> _flows = new(StringComparer.Ordinal);
        private readonly HashSet<string> _unsure = new(StringComparer.Ordinal);

        public List<TopologyDifference> Found { get; } = [];

        public int Compared { get; private set; }

        public int TooFew { get; private set; }

        public void Compare(TopologyEdge? before, TopologyEdge? after)
        {
            var edge = (after ?? before)!;
            var (x, whyX) = Rate(from, before, edge);
            var (y, whyY) = Rate(to, after, edge);
            if (x is not { } was || y is not { } now)
            {
                // What neither tells is no difference; nor is a quiet edge beside one that is not known.
                if ((x ?? y) > 0)
                {
                    Add(edge, DifferenceKind.Unknown, Measure(edge), "perSecond", x, y, (x ?? y)!.Value, whyX ?? whyY);
                }

                _unsure.Add(edge.Source);
                _unsure.Add(edge.Target);
                return;
            }

            Compared++;
            Count(edge.Source, was, now);
            Count(edge.Target, was, now);
            var (nx, ny) = (was * from.View.Window, now * to.View.Window);
            if (Math.Max(nx, ny) < thresholds.MinimumSamples)
            {
                TooFew += nx > 0 || ny > 0 ? 1 : 0;
                return;
            }

            Rates(edge, before, after, was, now);
            if (before is not null && after is not null && Math.Min(nx, ny) >= thresholds.MinimumSamples)
            {
                var rate = Math.Max(was, now);
                Shares(edge, "errors", before.ErrorRatio, after.ErrorRatio, nx, ny, thresholds.ErrorPoints, DifferenceKind.MoreErrors, DifferenceKind.FewerErrors, rate, null);
                Shares(edge, "mtls", before.Mtls.Ratio, after.Mtls.Ratio, nx, ny, thresholds.MtlsPoints, DifferenceKind.GainedMtls, DifferenceKind.LostMtls, rate, before.Mtls.Ratio is null ? before.Mtls.Reason : after.Mtls.Reason);
                Latencies(edge, before, after, rate);
            }
        }

        /// <summary>A node is new or gone when all that it sent and got is.</summary>
        public void CompareNodes()
        {
            foreach (var node in to.View.Nodes.Concat(from.View.Nodes).DistinctBy(node => node.Id, StringComparer.Ordinal))
            {
                if (_unsure.Contains(node.Id) || !_flows.TryGetValue(node.Id, out var flow))
                {
                    continue;
                }

                var kind = flow.From == 0 && flow.To * to.View.Window >= Sure ? DifferenceKind.Appeared
                    : flow.To == 0 && flow.From * from.View.Window >= Sure ? DifferenceKind.Vanished
                    : (DifferenceKind?)null;
                if (kind is { } known)
                {
                    Found.Add(TopologyDifference.Of(node, known, flow.From, flow.To));
                }
            }
        }

        /// <summary>Counts beside none that chance does not explain: n ≥ deviations × √n.</summary>
        private double Sure => Math.Max(thresholds.MinimumSamples, thresholds.Deviations * thresholds.Deviations);

        private void Shares(TopologyEdge edge, string measure, double? x, double? y, double nx, double ny, double least, DifferenceKind more, DifferenceKind less, double rate, string? reason)
        {
            if (x is null || y is null)
            {
                Missing(edge, measure, "share", x, y, rate, reason);
                return;
            }

            var difference = y.Value - x.Value;
            var both = ((x.Value * nx) + (y.Value * ny)) / (nx + ny);
            var deviation = Math.Sqrt(both * (1 - both) * ((1 / nx) + (1 / ny)));
            if (Math.Abs(difference) >= least && Math.Abs(difference) >= thresholds.Deviations * deviation)
            {
                Add(edge, difference > 0 ? more : less, measure, "share", x, y, Math.Abs(difference) * rate, null);
            }
        }

        private void Rates(TopologyEdge edge, TopologyEdge? before, TopologyEdge? after, double was, double now)
        {
            if (Math.Abs(was - now) < thresholds.Deviations * Math.Sqrt((was / from.View.Window) + (now / to.View.Window)))
            {
                return;
            }

            DifferenceKind? kind = was == 0 ? DifferenceKind.Appeared
                : now == 0 ? DifferenceKind.Vanished
                : now >= was * thresholds.RateFactor ? DifferenceKind.Grew
                : was >= now * thresholds.RateFactor ? DifferenceKind.Shrank
                : null;
            if (kind is { } known)
            {
                // A part of the callers that is not scraped makes a rate small, and nothing less.
                var part = (was > 0 ? from.WhyNotWhole(before!) : null) ?? (now > 0 ? to.WhyNotWhole(after!) : null);
                Add(edge, part is null || known is DifferenceKind.Appeared or DifferenceKind.Vanished ? known : DifferenceKind.Unknown, Measure(edge), "perSecond", was, now, Math.Abs(was - now), part);
            }
        }

        /// <summary>
        /// Means, since a quantile is only as fine as the bucket it falls in; those of the caller where it reports both times,
        /// else of the callee. One end is never compared with the other.
        /// </summary>
        private void Latencies(TopologyEdge edge, TopologyEdge before, TopologyEdge after, double rate)
        {
            var (client, server) = ((X: Known(before.ClientLatencyMs?.Mean), Y: Known(after.ClientLatencyMs?.Mean)), (X: Known(before.LatencyMs?.Mean), Y: Known(after.LatencyMs?.Mean)));
            var (x, y) = client is (not null, not null) ? client : server is (not null, not null) ? server : (null, null);
            if (x is not { } was || y is not { } now)
            {
                Missing(edge, "latency", "milliseconds", client.X ?? server.X, client.Y ?? server.Y, rate, null);
                return;
            }

            if (Math.Abs(now - was) >= thresholds.LatencyMs && Math.Max(was, now) >= Math.Min(was, now) * thresholds.LatencyFactor)
            {
                Add(edge, now > was ? DifferenceKind.Slowed : DifferenceKind.Faster, "latency", "milliseconds", was, now, Math.Abs(now - was) * rate, null);
            }

            static double? Known(double? mean) => mean is { } value && double.IsFinite(value) ? value : null;
        }

        /// <summary>One of the two instants lacks a number that the other has: said once for an edge.</summary>
        private void Missing(TopologyEdge edge, string measure, string unit, double? x, double? y, double rate, string? reason)
        {
            if ((x is null) != (y is null) && !Found.Any(found => found.Kind == DifferenceKind.Unknown && found.Id == edge.Key))
            {
                Add(edge, DifferenceKind.Unknown, measure, unit, x, y, rate, reason ?? "Prometheus has no answer for this number at one of the two instants.");
            }
        }

        /// <summary>The rate at one instant; null with why where it is not known. Nobody counting is no zero.</summary>
        private static (double? Rate, string? Why) Rate(TopologyMoment moment, TopologyEdge? own, TopologyEdge edge) =>
            own is not null && Flow(own) is null ? (null, "The rate is not known at one of the two instants.")
            : own is not null && Flow(own) > 0 ? (Flow(own), null)
            : moment.WhyAbsenceProvesNothing(edge) is { } why ? (null, why)
            : (0, null);

        private void Count(string node, double was, double now)
        {
            var sum = _flows.GetValueOrDefault(node);
            _flows[node] = (sum.From + was, sum.To + now);
        }

        private void Add(TopologyEdge edge, DifferenceKind kind, string measure, string unit, double? x, double? y, double weight, string? reason) => Found.Add(new TopologyDifference
        {
            Kind = kind,
            Id = edge.Key,
            Source = edge.Source,
            Target = edge.Target,
            Protocol = edge.Protocol,
            Measure = measure,
            Unit = unit,
            From = x,
            To = y,
            Reason = kind == DifferenceKind.Unknown ? reason : null,
            Weight = weight,
        });

        private static string Measure(TopologyEdge edge) => edge.Protocol == "tcp" ? "connections" : "requests";
    }
}
