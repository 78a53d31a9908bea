using System.Collections.Immutable;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Prometheus.Istio;

/// <summary>Gauges and rates of istiod.</summary>
internal sealed class ControlPlaneAnswer() : TelemetryAnswer(new SymbolTable())
{
    private readonly List<ControlPlaneSample> _samples = [];

    public override LabelColumns Columns { get; } = LabelColumns.Closed("__name__", "metric", "version", "tag", "type");

    /// <summary>Ordered by metric and labels. Values that are no number (a quantile without observations) are left out.</summary>
    public ImmutableArray<ControlPlaneSample> Samples { get; private set; } = [];

    public override void Add(ReadOnlySpan<int> labels, ReadOnlySpan<SamplePoint> points)
    {
        var metric = Symbols[labels[1] != SymbolTable.None ? labels[1] : labels[0]];
        var value = points[^1].Value;
        if (metric.Length == 0 || !double.IsFinite(value))
        {
            return;
        }

        var named = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        for (var i = 2; i < labels.Length; i++)
        {
            if (labels[i] != SymbolTable.None)
            {
                named[Columns.Names[i]] = Symbols[labels[i]];
            }
        }

        _samples.Add(new ControlPlaneSample(metric, named.ToImmutable(), value));
    }

    public override void Complete()
    {
        Samples =
        [
            .. _samples.OrderBy(sample => sample.Metric, StringComparer.Ordinal)
                .ThenBy(sample => string.Join('\n', sample.Labels.Select(label => $"{label.Key}={label.Value}")), StringComparer.Ordinal),
        ];
        _samples.Clear();
    }
}
