namespace MeshConsole.Mesh.Latency;

/// <summary>The number that a heat map draws.</summary>
public enum HeatMeasure
{
    /// <summary>Caller's mean less callee's mean.</summary>
    Overhead,

    /// <summary>Mean as the callee measures it.</summary>
    ServerMean,

    /// <summary>Median as the callee measures it.</summary>
    ServerP50,

    /// <summary>95th percentile as the callee measures it.</summary>
    ServerP95,

    /// <summary>99th percentile as the callee measures it.</summary>
    ServerP99,
}
