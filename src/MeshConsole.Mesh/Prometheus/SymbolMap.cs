namespace MeshConsole.Mesh.Prometheus;

/// <summary>Translates symbols of one table into those of another.</summary>
public sealed class SymbolMap(SymbolTable from, SymbolTable to)
{
    private readonly int[] _known = new int[from.Count];

    public int this[int symbol]
    {
        get
        {
            if (symbol == SymbolTable.None)
            {
                return symbol;
            }

            ref var known = ref _known[symbol];
            if (known == 0)
            {
                known = to.Intern(from.Utf8(symbol));
            }

            return known;
        }
    }
}
