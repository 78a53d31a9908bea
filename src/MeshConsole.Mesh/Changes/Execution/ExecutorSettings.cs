namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>The rhythm of the executor.</summary>
public sealed record ExecutorSettings
{
    public const string LeaseName = "change-executor";

    public static ExecutorSettings Default { get; } = new();

    /// <summary>How often open changes are looked after.</summary>
    public TimeSpan Tick { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>For how long the lease is taken; renewed after a third of it.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often the object is read while a change is active.</summary>
    public TimeSpan ReadEvery { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often the gates look, and guards that hold a change are asked again.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long one write may take before its outcome counts as unknown.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an object must stay untouched before a write without an answer counts as not applied.</summary>
    public TimeSpan UnknownFor { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The same when the way back waits for it. The write that goes back then shuts out a late one: it moves the version that the late one insists on.</summary>
    public TimeSpan UnknownForReturn { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the API server may be silent before the change is held.</summary>
    public TimeSpan UnreachableFor { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long traffic is watched after the object is back, before what was seen is said and, where nothing could be, the change ends.</summary>
    public TimeSpan ConfirmTraffic { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>How long after a write traffic still moves: what is measured before that is of both sides of it.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How far the canary's share may be above what it should be, 0..1: counting is not exact.</summary>
    public double ShareTolerance { get; init; } = 0.05;

    /// <summary>Writes of one stage that may fail in a row before people are asked.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>Ways back that may be written and undone by somebody else before people are asked.</summary>
    public int MaxReturns { get; init; } = 3;
}
