namespace MeshConsole.Mesh.Prometheus;

/// <summary>How often and for how long Prometheus is asked.</summary>
public sealed record TelemetrySettings
{
    /// <summary>Time between two refreshes, for all users together.</summary>
    public TimeSpan RefreshInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Window of every rate; at least four scrape intervals.</summary>
    public TimeSpan RateWindow { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Wait before the next try while Prometheus does not answer at all; each wait differs by up to a fifth.</summary>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Queries under way at once.</summary>
    public int MaxParallelQueries { get; init; } = 3;
}
