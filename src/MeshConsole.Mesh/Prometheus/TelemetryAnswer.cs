namespace MeshConsole.Mesh.Prometheus;

/// <summary>
/// The parsed answer to one query, kept until the next good one. Its series are rows of symbols, so that an answer of a
/// quarter of a million series is a few arrays.
/// </summary>
public abstract class TelemetryAnswer(SymbolTable symbols) : ISeriesSink
{
    /// <summary>What the labels of its series are symbols of.</summary>
    public SymbolTable Symbols { get; private set; } = symbols;

    public abstract LabelColumns Columns { get; }

    /// <summary>Evaluation time.</summary>
    public DateTimeOffset At { get; internal set; }

    public int Series { get; internal set; }

    public abstract void Add(ReadOnlySpan<int> labels, ReadOnlySpan<SamplePoint> points);

    /// <summary>Called once after the last series.</summary>
    public virtual void Complete()
    {
    }

    /// <summary>Moves the answer to a new symbol table: old ones are given up when names come and go for long enough.</summary>
    public void MoveTo(SymbolTable other)
    {
        ArgumentNullException.ThrowIfNull(other);
        Move(new SymbolMap(Symbols, other));
        Symbols = other;
    }

    protected virtual void Move(SymbolMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
    }
}
