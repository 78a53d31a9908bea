namespace MeshConsole.Simulator.Prometheus.Evaluation;

/// <summary>The limits of a query; the defaults are those of Prometheus.</summary>
public sealed record EngineOptions
{
    /// <summary>How far back an instant selector looks for the newest sample.</summary>
    public TimeSpan Lookback { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The step of a subquery that names none.</summary>
    public TimeSpan SubqueryStep { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a query may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How many samples a query may hold at once.</summary>
    public long MaxSamples { get; init; } = 50_000_000;
}
