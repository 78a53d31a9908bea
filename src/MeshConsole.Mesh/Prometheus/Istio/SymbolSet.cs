namespace MeshConsole.Mesh.Prometheus.Istio;

/// <summary>Distinct symbols. Nearly always there is one, and then nothing is allocated.</summary>
internal struct SymbolSet
{
    private int _first;
    private List<int>? _more;

    public readonly int Count => _first == SymbolTable.None ? 0 : 1 + (_more?.Count ?? 0);

    public readonly int this[int index] => index == 0 ? _first : _more![index - 1];

    public void Add(int symbol)
    {
        if (_first == SymbolTable.None)
        {
            _first = symbol;
        }
        else if (symbol != _first && _more?.Contains(symbol) != true)
        {
            (_more ??= []).Add(symbol);
        }
    }
}
