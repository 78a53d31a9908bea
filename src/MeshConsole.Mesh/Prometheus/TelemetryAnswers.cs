namespace MeshConsole.Mesh.Prometheus;

/// <summary>The newest good answer to each query, by name.</summary>
public sealed class TelemetryAnswers
{
    private readonly Dictionary<string, TelemetryAnswer> _byQuery = new(StringComparer.Ordinal);

    public IEnumerable<TelemetryAnswer> All => _byQuery.Values;

    public T? Get<T>(string queryName)
        where T : TelemetryAnswer => _byQuery.GetValueOrDefault(queryName) as T;

    public void Set(string queryName, TelemetryAnswer answer) => _byQuery[queryName] = answer;
}
