namespace MeshConsole.Mesh.Changes.Gates;

/// <summary>What the canary must show before traffic moves on. Part of the plan, so that an approver decides on it too.</summary>
public sealed record GateSettings
{
    public static GateSettings Default { get; } = new();

    /// <summary>Requests that the canary must have answered in a stage before any verdict but a tripwire.</summary>
    public int MinimumRequests { get; init; } = 50;

    /// <summary>Absolute objective: the canary's error ratio may not be above it, 0..1.</summary>
    public double MaxErrorRatio { get; init; } = 0.02;

    /// <summary>Smallest difference of error ratios that counts, 0..1 (0.005: half a percentage point).</summary>
    public double MinErrorDifference { get; init; } = 0.005;

    /// <summary>Smallest quotient of error ratios that counts.</summary>
    public double MinErrorFactor { get; init; } = 1.25;

    /// <summary>A request slower than this is slow; the bucket bound at or above it is used. Milliseconds.</summary>
    public double SlowerThanMs { get; init; } = 500;

    /// <summary>Smallest difference of the shares of slow requests that counts, 0..1.</summary>
    public double MinSlowDifference { get; init; } = 0.05;

    /// <summary>Probability of a false alarm of each test, one-sided.</summary>
    public double Alpha { get; init; } = 0.01;

    /// <summary>Tripwire: at least so many requests …</summary>
    public int TripwireRequests { get; init; } = 20;

    /// <summary>… and at least this error ratio roll back at once, without statistics.</summary>
    public double TripwireErrorRatio { get; init; } = 0.2;

    /// <summary>
    /// Whether the gates are on trial: looks are taken, recorded and shown, but only the tripwire decides. It stays armed, and
    /// while it cannot see, nothing goes on.
    /// </summary>
    public bool ObserveOnly { get; init; }

    /// <summary>How long a stage may wait for data or for Prometheus after its soak before somebody is told.</summary>
    public TimeSpan MaxHold { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Whether a stage that is still without a verdict after <see cref="MaxHold"/> rolls back; else it goes on holding.</summary>
    public bool RollBackAfterMaxHold { get; init; }
}
