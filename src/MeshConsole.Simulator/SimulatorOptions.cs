namespace MeshConsole.Simulator;

/// <summary>What to simulate and where to serve it.</summary>
public sealed record SimulatorOptions
{
    public MeshSize Size { get; init; } = MeshSize.S;

    /// <summary>The same seed at the same time gives the same mesh and the same traffic.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Port on 127.0.0.1; 0 for any that is free.</summary>
    public int KubernetesPort { get; init; }

    /// <summary>Port on 127.0.0.1; 0 for any that is free.</summary>
    public int PrometheusPort { get; init; }

    /// <summary>Past that is there at the start; null for what suits the size: 6 h, 30 min or 10 min.</summary>
    public TimeSpan? HistoryLength { get; init; }

    /// <summary>Time between samples; null for what suits the size: 5 s, or 15 s for L.</summary>
    public TimeSpan? ScrapeInterval { get; init; }

    /// <summary>The scenario that is on at the start.</summary>
    public string Scenario { get; init; } = "healthy";

    internal TimeSpan EffectiveHistory => HistoryLength ?? Size switch
    {
        MeshSize.S => TimeSpan.FromHours(6),
        MeshSize.M => TimeSpan.FromMinutes(30),
        _ => TimeSpan.FromMinutes(10),
    };

    internal TimeSpan EffectiveScrapeInterval => ScrapeInterval ?? TimeSpan.FromSeconds(Size == MeshSize.L ? 15 : 5);
}
