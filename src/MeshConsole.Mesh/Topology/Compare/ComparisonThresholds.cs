namespace MeshConsole.Mesh.Topology.Compare;

/// <summary>From when two numbers differ. Rates waver: what chance alone explains is no difference.</summary>
/// <param name="MinimumSamples">Requests or connections in the window under which nothing is said.</param>
/// <param name="Deviations">Standard deviations by which counts and shares must differ, counts as those of a Poisson process.</param>
/// <param name="RateFactor">Factor from which traffic grew or shrank.</param>
/// <param name="ErrorPoints">Difference of the shares of errors, 0..1.</param>
/// <param name="LatencyFactor">Factor of the means from which something is slower or faster.</param>
/// <param name="LatencyMs">And the milliseconds at least, since 30 % of half a millisecond is no news.</param>
/// <param name="MtlsPoints">Difference of the encrypted shares, 0..1.</param>
public sealed record ComparisonThresholds(double MinimumSamples, double Deviations, double RateFactor, double ErrorPoints, double LatencyFactor, double LatencyMs, double MtlsPoints)
{
    public static ComparisonThresholds Default { get; } = new(10, 3, 1.5, 0.01, 1.3, 2, 0.01);
}
