using System.Collections.Immutable;
using MeshConsole.Mesh.Topology.Compare;

namespace MeshConsole.Components.Past;

/// <summary>Differences of two instants in words: a sign, a word and the numbers, so that colour only repeats them.</summary>
internal static class CompareWords
{
    /// <summary>A sign that stands for the kind beside its word.</summary>
    public static string Sign(DifferenceKind kind) => kind switch
    {
        DifferenceKind.LostMtls => "◇",
        DifferenceKind.GainedMtls => "◆",
        DifferenceKind.MoreErrors => "!",
        DifferenceKind.FewerErrors => "✓",
        DifferenceKind.Vanished => "×",
        DifferenceKind.Appeared => "+",
        DifferenceKind.Slowed => "◑",
        DifferenceKind.Faster => "◐",
        DifferenceKind.Shrank => "▼",
        DifferenceKind.Grew => "▲",
        _ => "?",
    };

    public static string Word(DifferenceKind kind) => kind switch
    {
        DifferenceKind.LostMtls => "lost mTLS",
        DifferenceKind.GainedMtls => "gained mTLS",
        DifferenceKind.MoreErrors => "more errors",
        DifferenceKind.FewerErrors => "fewer errors",
        DifferenceKind.Vanished => "vanished",
        DifferenceKind.Appeared => "appeared",
        DifferenceKind.Slowed => "slower",
        DifferenceKind.Faster => "faster",
        DifferenceKind.Shrank => "less traffic",
        DifferenceKind.Grew => "more traffic",
        _ => "not known",
    };

    /// <summary>Class of the kind's colour.</summary>
    public static string Css(DifferenceKind kind) => kind switch
    {
        DifferenceKind.LostMtls or DifferenceKind.MoreErrors or DifferenceKind.Vanished or DifferenceKind.Slowed => "differs-bad",
        DifferenceKind.GainedMtls or DifferenceKind.FewerErrors or DifferenceKind.Faster => "differs-good",
        DifferenceKind.Unknown => "differs-unknown",
        _ => "differs-other",
    };

    /// <summary>A number of a difference with its unit.</summary>
    public static string Value(TopologyDifference difference, double? value) => difference.Unit switch
    {
        "share" => Format.Percent(value),
        "milliseconds" => Format.Latency(value),
        _ when difference.Measure == "connections" && value is not null => $"{Format.Rate(value)} conn.",
        _ => Format.Rate(value),
    };

    /// <summary>How much the number moved: a factor of rates and latencies, percentage points of shares; null where there is none.</summary>
    public static string? Moved(TopologyDifference difference)
    {
        if (difference is not { From: { } from, To: { } to })
        {
            return null;
        }

        return difference.Unit == "share" ? $"{(to > from ? "+" : "−")}{Format.Number(Math.Abs(to - from) * 100)}{Format.Thin}points"
            : from > 0 && to > 0 ? $"×{Format.Thin}{Format.Number(to / from)}"
            : null;
    }

    /// <summary>What is written at a node or an edge of the graph.</summary>
    public static string Line(TopologyDifference difference) => $"{Sign(difference.Kind)} " + difference.Kind switch
    {
        DifferenceKind.Appeared => $"appeared, {Value(difference, difference.To)}",
        DifferenceKind.Vanished => $"vanished, was {Value(difference, difference.From)}",
        DifferenceKind.Unknown => difference.From is null ? "not known before" : "not known now",
        DifferenceKind.MoreErrors or DifferenceKind.FewerErrors => $"errors {Way(difference)}",
        DifferenceKind.Grew => $"more {Way(difference)}",
        DifferenceKind.Shrank => $"less {Way(difference)}",
        _ => $"{Word(difference.Kind)} {Way(difference)}",
    };

    private static string Way(TopologyDifference difference) => $"{Value(difference, difference.From)} → {Value(difference, difference.To)}";

    /// <summary>What the canvas writes and adds: of each element what matters most, and what only the other instant has.</summary>
    public static GraphComparison Graph(TopologyComparison comparison) => new(
        comparison.Differences.GroupBy(difference => difference.Id, StringComparer.Ordinal).ToDictionary(group => group.Key, group => Line(group.First()), StringComparer.Ordinal),
        [.. comparison.GoneNodes.Select(node => new GraphComparison.Node(node.Id, MeshConsole.Mesh.Model.NodeId.KindName(node.Kind), node.Cluster, node.Namespace, node.Name))],
        [.. comparison.GoneEdges.Select(edge => new GraphComparison.Edge(edge.Source, edge.Target, edge.Protocol))]);
}

/// <summary>A comparison as the canvas takes it.</summary>
/// <param name="Lines">By id of a node or key of an edge.</param>
internal sealed record GraphComparison(IReadOnlyDictionary<string, string> Lines, ImmutableArray<GraphComparison.Node> Nodes, ImmutableArray<GraphComparison.Edge> Edges)
{
    /// <summary>A node that only the other instant has.</summary>
    public sealed record Node(string Id, string Kind, string Cluster, string Namespace, string Name);

    /// <summary>An edge that only the other instant has.</summary>
    public sealed record Edge(string Source, string Target, string Protocol);
}
