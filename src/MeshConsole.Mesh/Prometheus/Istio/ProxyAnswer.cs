using System.Collections.Frozen;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Prometheus.Istio;

/// <summary>The pods whose proxies are scraped. Pods come and go: their names are symbols of this answer alone, and go with it.</summary>
internal sealed class ProxyAnswer() : TelemetryAnswer(new SymbolTable())
{
    private readonly List<(string Namespace, string Pod)> _pods = [];

    public override LabelColumns Columns { get; } = LabelColumns.Closed("namespace", "pod");

    public ScrapedProxies? Scraped { get; private set; }

    public override void Add(ReadOnlySpan<int> labels, ReadOnlySpan<SamplePoint> points)
    {
        // Virtual machines have neither label; they are no pods either.
        if (labels[0] != SymbolTable.None && labels[1] != SymbolTable.None)
        {
            _pods.Add((Symbols[labels[0]], Symbols[labels[1]]));
        }
    }

    public override void Complete()
    {
        Scraped = new ScrapedProxies(At, _pods.ToFrozenSet());
        _pods.Clear();
    }
}
