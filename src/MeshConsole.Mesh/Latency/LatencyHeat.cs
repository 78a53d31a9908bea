using System.Collections.Immutable;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Latency;

/// <summary>
/// Hops as a matrix of callers and callees. Several hops in one cell (protocols, or all hops between two namespaces) are put
/// together as their numbers allow: means by their requests, percentiles by the slowest, since percentiles cannot be averaged.
/// </summary>
/// <param name="Callers">Node ids, of namespaces where <paramref name="ByNamespace"/>; namespaces together, what is outside the mesh last.</param>
/// <param name="Cells">By caller and callee; without an entry there is no traffic.</param>
/// <param name="Bounds">Upper bounds in milliseconds of all classes of colour but the last, ascending.</param>
public sealed record LatencyHeat(
    HeatMeasure Measure,
    bool ByNamespace,
    ImmutableArray<string> Callers,
    ImmutableArray<string> Callees,
    ImmutableDictionary<(string Caller, string Callee), HeatCell> Cells,
    ImmutableArray<double> Bounds)
{
    /// <summary>Callers or callees from which on namespaces are drawn instead: more columns than a screen is wide.</summary>
    public const int LargestByWorkload = 26;

    /// <summary>Classes of colour: what the eye tells apart.</summary>
    public const int Classes = 5;

    /// <summary>Values within this ratio are drawn in equal steps.</summary>
    private const double SameMagnitude = 8;

    private static readonly double[] s_round = [1, 2, 5];

    /// <param name="byNamespace">Null: by workload unless that is too large.</param>
    public static LatencyHeat Build(ImmutableArray<HopLatency> hops, HeatMeasure measure, bool? byNamespace = null)
    {
        var many = byNamespace ?? (hops.Select(hop => hop.Source).Distinct(StringComparer.Ordinal).Count() > LargestByWorkload
            || hops.Select(hop => hop.Target).Distinct(StringComparer.Ordinal).Count() > LargestByWorkload);
        var cells = hops
            .GroupBy(hop => (Caller: Place(hop.Source, many), Callee: Place(hop.Target, many)))
            .ToImmutableDictionary(group => group.Key, group => Cell([.. group], measure));
        var reliable = cells.Values.Where(cell => cell is { Reliable: true, ValueMs: > 0 }).Select(cell => cell.ValueMs!.Value).ToList();
        return new LatencyHeat(
            measure,
            many,
            [.. cells.Keys.Select(key => key.Caller).Distinct(StringComparer.Ordinal).OrderBy(Order, StringComparer.Ordinal)],
            [.. cells.Keys.Select(key => key.Callee).Distinct(StringComparer.Ordinal).OrderBy(Order, StringComparer.Ordinal)],
            cells,
            BoundsFor(reliable));
    }

    /// <summary>
    /// Id of the namespace node of a node. What belongs to no namespace, as a host outside the mesh or a caller that is not
    /// known, stays itself.
    /// </summary>
    public static string NamespaceOf(string id) =>
        NodeId.TryParse(id, out var node) && node.Kind is not (NodeKind.External or NodeKind.Unknown)
            ? new NodeId(node.Cluster, node.Namespace, NodeKind.Namespace, node.Namespace).ToString()
            : id;

    /// <summary>Class of colour, 0 for the least. What is negative is in the least.</summary>
    public int ClassOf(double milliseconds)
    {
        var index = 0;
        while (index < Bounds.Length && milliseconds > Bounds[index])
        {
            index++;
        }

        return index;
    }

    /// <summary>
    /// Round bounds between the least and the largest value, at most one less than there are classes: in equal steps where
    /// the values are of one magnitude, else 1, 2, 5, 10 … spread evenly over the decades.
    /// </summary>
    private static ImmutableArray<double> BoundsFor(List<double> values)
    {
        if (values.Count == 0)
        {
            return [];
        }

        var (low, high) = (values.Min(), values.Max());
        if (high < low * SameMagnitude)
        {
            return EqualSteps(low, high);
        }

        var round = Enumerable.Range(-4, 12)
            .SelectMany(exponent => s_round.Select(digit => digit * Math.Pow(10, exponent)))
            .Where(bound => bound >= low && bound < high)
            .ToList();
        var kept = Math.Min(round.Count, Classes - 1);
        return [.. Enumerable.Range(0, kept).Select(i => round[(int)Math.Round((i + 0.5) * round.Count / kept - 0.5, MidpointRounding.AwayFromZero)]).Distinct()];
    }

    private static ImmutableArray<double> EqualSteps(double low, double high)
    {
        // Differences under a hundredth are no differences: cells show two digits.
        if (high - low < 0.01 * high)
        {
            return [];
        }

        var least = (high - low) / (Classes - 1);
        var digit = Math.Pow(10, Math.Floor(Math.Log10(least)));
        var step = s_round.Append(10).Select(round => round * digit).First(round => round >= least * 0.999);
        var bounds = ImmutableArray.CreateBuilder<double>();
        for (var multiple = Math.Floor(low / step) + 1; multiple * step < high && bounds.Count < Classes - 1; multiple++)
        {
            // A multiple of 0.1 is not always what is written 0.1.
            bounds.Add(Math.Round(multiple * step, 6));
        }

        return bounds.ToImmutable();
    }

    private static HeatCell Cell(IReadOnlyList<HopLatency> hops, HeatMeasure measure)
    {
        var rate = hops.Any(hop => hop.RequestsPerSecond is not null) ? hops.Sum(hop => hop.RequestsPerSecond) : null;
        if (measure == HeatMeasure.Overhead)
        {
            var told = hops.Where(hop => hop.Overhead.MeanMs is not null).ToList();
            var sure = told.Where(hop => hop.Overhead.Reliable).ToList();
            var counted = sure.Count > 0 ? sure : told;
            return new HeatCell(
                Mean(counted, hop => hop.Overhead.MeanMs!.Value),
                sure.Count > 0,
                sure.Count > 0 ? null : (told.Count > 0 ? told : hops).Select(hop => hop.Overhead.Reason).FirstOrDefault(reason => reason is not null) ?? "Only one end reports.",
                rate,
                hops.Count,
                KeyOf((counted.Count > 0 ? counted : hops).MaxBy(hop => hop.Overhead.MeanMs ?? double.MinValue)!));
        }

        var known = hops.Where(hop => Number(hop, measure) is not null).ToList();
        return new HeatCell(
            known.Count == 0 ? null : measure == HeatMeasure.ServerMean ? Mean(known, hop => Number(hop, measure)!.Value) : known.Max(hop => Number(hop, measure)),
            known.Count > 0,
            known.Count > 0 ? null : hops.All(hop => hop.Server?.Mean is null) ? "The callee does not report it." : "No histogram has been read for this hop.",
            rate,
            hops.Count,
            KeyOf((known.Count > 0 ? known : hops).MaxBy(hop => Number(hop, measure) ?? double.MinValue)!));
    }

    private static double? Number(HopLatency hop, HeatMeasure measure) => measure switch
    {
        HeatMeasure.ServerMean => hop.Server?.Mean,
        HeatMeasure.ServerP50 => hop.Server?.P50,
        HeatMeasure.ServerP95 => hop.Server?.P95,
        HeatMeasure.ServerP99 => hop.Server?.P99,
        _ => hop.Overhead.MeanMs,
    };

    /// <summary>Weighted by requests; plain where none of them has a rate.</summary>
    private static double? Mean(List<HopLatency> hops, Func<HopLatency, double> number)
    {
        if (hops.Count == 0)
        {
            return null;
        }

        var weight = hops.Sum(hop => hop.RequestsPerSecond ?? 0);
        return weight > 0 ? hops.Sum(hop => number(hop) * (hop.RequestsPerSecond ?? 0)) / weight : hops.Average(number);
    }

    private static string Place(string id, bool byNamespace) => byNamespace ? NamespaceOf(id) : id;

    /// <summary>Namespaces together, hosts outside the mesh last.</summary>
    private static string Order(string id) => NodeId.TryParse(id, out var node)
        ? $"{(node.Kind is NodeKind.External or NodeKind.Unknown ? 1 : 0)} {node.Namespace} {node.Name} {node.Cluster}"
        : $"2 {id}";

    private static string KeyOf(HopLatency hop) => $"{hop.Source}|{hop.Target}|{hop.Protocol}";
}
