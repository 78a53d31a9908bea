namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>The life of a change. REST writes the names in camelCase.</summary>
public enum ChangeState
{
    /// <summary>Written down, not yet asked for.</summary>
    Draft,

    /// <summary>Submitted; waits for people.</summary>
    AwaitingApproval,

    /// <summary>May be started.</summary>
    Approved,

    /// <summary>A stage is being applied or soaks.</summary>
    Running,

    /// <summary>Held by a person. Gates stay armed: a failure still rolls back.</summary>
    Paused,

    /// <summary>Held by the console: missing data, a freeze, a target that changed, a guard. Goes on by itself where it can.</summary>
    Held,

    /// <summary>Going back to the base weights; ends when object and traffic show it.</summary>
    RollingBack,

    /// <summary>The last stage passed.</summary>
    Completed,

    /// <summary>Back at the base weights.</summary>
    RolledBack,

    /// <summary>Ended by a person where it stood, or before it began.</summary>
    Aborted,

    /// <summary>An approver declined.</summary>
    Rejected,

    /// <summary>Nobody decided in time.</summary>
    Expired,
}

public static class ChangeStates
{
    /// <summary>Whether the target is taken: at most one change per target is in such a state.</summary>
    public static bool IsActive(this ChangeState state) => state is ChangeState.Running or ChangeState.Paused or ChangeState.Held or ChangeState.RollingBack;

    /// <summary>Whether nothing can happen to it any more.</summary>
    public static bool IsFinal(this ChangeState state) => state is ChangeState.Completed or ChangeState.RolledBack or ChangeState.Aborted or ChangeState.Rejected or ChangeState.Expired;
}
