namespace MeshConsole.Configuration;

/// <summary>How readiness for STRICT is judged.</summary>
public sealed class MtlsOptions
{
    /// <summary>Longest look-back that may be asked for.</summary>
    public static readonly TimeSpan LongestLookback = TimeSpan.FromDays(31);

    /// <summary>Shortest: fewer samples than this say nothing.</summary>
    public static readonly TimeSpan ShortestLookback = TimeSpan.FromMinutes(1);

    /// <summary>
    /// History that must be free of plaintext where nobody says otherwise; null means 24 hours, and one hour on the embedded
    /// mesh, whose past is six hours long.
    /// </summary>
    public TimeSpan? ReadinessLookback { get; set; }

    /// <summary>The look-back that holds.</summary>
    public TimeSpan EffectiveLookback(bool demo) => ReadinessLookback ?? (demo ? TimeSpan.FromHours(1) : TimeSpan.FromHours(24));
}
