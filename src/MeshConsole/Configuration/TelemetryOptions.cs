namespace MeshConsole.Configuration;

/// <summary>How Prometheus is read.</summary>
public sealed class TelemetryOptions
{
    /// <summary>Time between two refreshes, for all users together.</summary>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Window of every rate; at least four scrape intervals.</summary>
    public TimeSpan RateWindow { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Longest time one query may take.</summary>
    public TimeSpan QueryTimeout { get; set; } = TimeSpan.FromSeconds(10);
}
