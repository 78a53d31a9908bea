namespace MeshConsole.Mesh.Changes.Gates.Statistics;

/// <summary>
/// Two arms and how many of each were hit (failed, or slow): the 2 × 2 table that the tests are made on. Whole counts.
/// </summary>
internal readonly record struct ProportionTable
{
    public ProportionTable(long canaryHits, long canaryAll, long stableHits, long stableAll)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(canaryHits);
        ArgumentOutOfRangeException.ThrowIfNegative(stableHits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(canaryHits, canaryAll);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(stableHits, stableAll);
        (CanaryHits, CanaryAll, StableHits, StableAll) = (canaryHits, canaryAll, stableHits, stableAll);
    }

    public long CanaryHits { get; }

    public long CanaryAll { get; }

    public long StableHits { get; }

    public long StableAll { get; }

    public long Hits => CanaryHits + StableHits;

    public long All => CanaryAll + StableAll;

    /// <summary>The smallest of the four counts that one common ratio would give.</summary>
    public double SmallestExpected => All == 0 ? 0 : (double)Math.Min(CanaryAll, StableAll) * Math.Min(Hits, All - Hits) / All;
}
