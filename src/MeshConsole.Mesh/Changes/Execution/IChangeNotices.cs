namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>Where what happens to changes is announced. Whoever implements it queues and returns: nothing waits for a receiver.</summary>
public interface IChangeNotices
{
    /// <summary>Called once the change is stored. What it throws is logged and holds nothing up.</summary>
    Task RaiseAsync(ChangeNotice notice, CancellationToken cancellationToken);
}

/// <param name="Type">Stable, one of <see cref="ChangeNotices"/>.</param>
/// <param name="Change">As it was stored.</param>
/// <param name="Message">One sentence for people.</param>
public sealed record ChangeNotice(string Type, ChangeRecord Change, string Message, DateTimeOffset At);

/// <summary>Types of <see cref="ChangeNotice"/>.</summary>
public static class ChangeNotices
{
    public const string Submitted = "change.submitted";
    public const string Decided = "change.decided";
    public const string Stage = "change.stage";
    public const string Held = "change.held";
    public const string RollingBack = "change.rolling-back";
    public const string RolledBack = "change.rolled-back";
    public const string Stopped = "change.stopped";
    public const string Escalated = "change.escalated";
    public const string Completed = "change.completed";
    public const string Aborted = "change.aborted";
    public const string Expired = "change.expired";
    public const string BreakGlass = "change.break-glass";
}
