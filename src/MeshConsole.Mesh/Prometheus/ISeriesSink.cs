namespace MeshConsole.Mesh.Prometheus;

/// <summary>Takes the series of an answer one by one as they come off the wire.</summary>
public interface ISeriesSink
{
    /// <summary>The labels that are wanted; the reader skips all others, unless the columns are open.</summary>
    LabelColumns Columns { get; }

    /// <param name="labels">One symbol per column, <see cref="SymbolTable.None"/> where the label is absent. Valid during the call only.</param>
    /// <param name="points">One point for an instant query, several in order of time for a range query. Valid during the call only.</param>
    void Add(ReadOnlySpan<int> labels, ReadOnlySpan<SamplePoint> points);
}
