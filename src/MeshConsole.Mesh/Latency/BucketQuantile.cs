namespace MeshConsole.Mesh.Latency;

/// <summary>
/// A quantile of a histogram in milliseconds and the bucket it falls in: the true value lies between
/// <paramref name="LowerMs"/> and <paramref name="UpperMs"/>, <paramref name="ValueMs"/> is interpolated between them.
/// In the last bucket <paramref name="UpperMs"/> is infinite and the value is the highest finite bound.
/// </summary>
public readonly record struct BucketQuantile(double ValueMs, double LowerMs, double UpperMs)
{
    /// <summary>Width of the bucket; infinite above the highest finite bound.</summary>
    public double ResolutionMs => UpperMs - LowerMs;
}
