namespace MeshConsole.Simulator.Prometheus.Language;

/// <summary>The names of the aggregations.</summary>
internal static class AggregationKinds
{
    private static readonly Dictionary<string, AggregationKind> s_byName = Enum.GetValues<AggregationKind>().ToDictionary(Name, StringComparer.OrdinalIgnoreCase);

    public static bool TryFind(string name, out AggregationKind kind) => s_byName.TryGetValue(name, out kind);

    public static bool HasParameter(AggregationKind kind) =>
        kind is AggregationKind.Topk or AggregationKind.Bottomk or AggregationKind.Quantile or AggregationKind.CountValues;

    public static string Name(AggregationKind kind) => kind switch
    {
        AggregationKind.Sum => "sum",
        AggregationKind.Avg => "avg",
        AggregationKind.Count => "count",
        AggregationKind.Min => "min",
        AggregationKind.Max => "max",
        AggregationKind.Group => "group",
        AggregationKind.Stddev => "stddev",
        AggregationKind.Stdvar => "stdvar",
        AggregationKind.Topk => "topk",
        AggregationKind.Bottomk => "bottomk",
        AggregationKind.CountValues => "count_values",
        AggregationKind.Quantile => "quantile",
        _ => throw new InvalidOperationException($"Unknown aggregation: {kind}"),
    };
}
