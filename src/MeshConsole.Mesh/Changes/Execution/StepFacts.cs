using MeshConsole.Mesh.Changes.Writes;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>Why the target could not be read.</summary>
internal enum TargetFault
{
    /// <summary>The rule, or the object, is not there any more.</summary>
    Gone,

    /// <summary>The API server does not let the person read it.</summary>
    Forbidden,

    /// <summary>No answer, or none that says anything.</summary>
    Unreachable,
}

internal sealed record TargetProblem(TargetFault Fault, string Message);

/// <summary>
/// What this process knows about a change besides what is stored. Lengths of time are measured on a clock that only moves
/// forward, and null where this process has not begun to measure: after a restart nothing is taken on trust.
/// </summary>
internal sealed record StepFacts
{
    public required DateTimeOffset Now { get; init; }

    public ExecutorSettings Settings { get; init; } = ExecutorSettings.Default;

    /// <summary>The object, read within <see cref="ExecutorSettings.ReadEvery"/>; null when it has to be read (again).</summary>
    public LiveTarget? Live { get; init; }

    /// <summary>Why whoever started it may not move it on any more, or that this cannot be told; null while they may.</summary>
    public string? Lost { get; init; }

    /// <summary>Why the newest read gave nothing.</summary>
    public TargetProblem? Problem { get; init; }

    /// <summary>Since the first of an unbroken run of reads without an answer.</summary>
    public TimeSpan? UnreachableFor { get; init; }

    /// <summary>How long the pending write has been without an answer.</summary>
    public TimeSpan? PendingFor { get; init; }

    /// <summary>Soak of the stage in force, watched over by this process without a gap.</summary>
    public TimeSpan? Soaked { get; init; }

    public TimeSpan? SinceLook { get; init; }

    /// <summary>How far the soak was at the newest look.</summary>
    public TimeSpan? SoakedAtLook { get; init; }

    /// <summary>Since the guards that hold the change were last asked.</summary>
    public TimeSpan? SinceGuards { get; init; }

    /// <summary>Since the newest write that was not applied.</summary>
    public TimeSpan? SinceFailure { get; init; }

    /// <summary>Since the object showed the weights to go back to.</summary>
    public TimeSpan? SinceInObject { get; init; }

    public TimeSpan? SinceShare { get; init; }

    /// <summary>Share of the canary at the newest question; null when it cannot be told.</summary>
    public double? Share { get; init; }

    /// <summary>Its share before the first write, where the change itself holds none; null when it cannot be told.</summary>
    public double? ShareBefore { get; init; }

    /// <summary>Other rules that send to the same backends; null when there are none.</summary>
    public OtherRules? Others { get; init; }
}

/// <summary>What to do next.</summary>
internal abstract record StepAction
{
    private StepAction()
    {
    }

    /// <summary>Nothing, until something moves.</summary>
    /// <param name="Reason">What it waits for, where the change should say so.</param>
    internal sealed record Wait(string? Reason = null) : StepAction;

    /// <summary>Read the object.</summary>
    internal sealed record Read : StepAction;

    /// <summary>Ask the gates.</summary>
    internal sealed record Look : StepAction;

    /// <summary>Ask how much traffic the canary still gets.</summary>
    internal sealed record AskShare : StepAction;

    /// <summary>Ask the guards of the next stage, and release the change when all allow it.</summary>
    internal sealed record AskGuards(int Stage) : StepAction;

    /// <summary>Write a stage, once its guards allow it.</summary>
    internal sealed record WriteStage(int Stage) : StepAction;

    /// <summary>Write the weights to go back to.</summary>
    internal sealed record WriteReturn : StepAction;

    /// <summary>Begin to go back to the base weights.</summary>
    internal sealed record RollBack(string Reason) : StepAction;

    /// <summary>Store what happened.</summary>
    internal sealed record Store(ChangeEvent Happened) : StepAction;
}
