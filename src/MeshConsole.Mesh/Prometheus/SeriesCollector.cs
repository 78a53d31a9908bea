using System.Collections.Immutable;

namespace MeshConsole.Mesh.Prometheus;

/// <summary>Collects an answer as objects.</summary>
internal sealed class SeriesCollector(SymbolTable symbols) : ISeriesSink
{
    private readonly ImmutableArray<PrometheusSeries>.Builder _series = ImmutableArray.CreateBuilder<PrometheusSeries>();

    public LabelColumns Columns { get; } = LabelColumns.Open();

    public ImmutableArray<PrometheusSeries> Series => _series.ToImmutable();

    public void Add(ReadOnlySpan<int> labels, ReadOnlySpan<SamplePoint> points)
    {
        var named = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < labels.Length; i++)
        {
            if (labels[i] != SymbolTable.None)
            {
                named[Columns.Names[i]] = symbols[labels[i]];
            }
        }

        _series.Add(new PrometheusSeries(named.ToImmutable(), [.. points]));
    }
}
