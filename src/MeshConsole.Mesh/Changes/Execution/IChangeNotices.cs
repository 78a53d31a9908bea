using System.Collections.Immutable;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Notifications;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>
/// Who is told what: turns what happens into messages, one per receiver that wants it. It sends and stores nothing; the
/// store queues them in the transaction of what they are about, so that there is neither the one nor the other alone.
/// </summary>
public interface IChangeNotices
{
    ImmutableArray<Notification> Of(ChangeNotice notice);

    ImmutableArray<Notification> Of(BreakGlassNotice notice);
}

/// <param name="Type">Stable, one of <see cref="ChangeNotices"/>.</param>
/// <param name="Change">As it is to be stored.</param>
/// <param name="Message">One sentence for people.</param>
public sealed record ChangeNotice(string Type, ChangeRecord Change, string Message, DateTimeOffset At);

/// <param name="Type">Stable, one of <see cref="ChangeNotices"/>.</param>
/// <param name="Grant">As it is to be stored.</param>
/// <param name="Message">One sentence for people.</param>
public sealed record BreakGlassNotice(string Type, BreakGlass Grant, string Message, DateTimeOffset At);

/// <summary>Types of <see cref="ChangeNotice"/> and <see cref="BreakGlassNotice"/>.</summary>
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

    /// <summary>Somebody broke the glass for a target; a review by somebody else is due.</summary>
    public const string GlassBroken = "break-glass.broken";

    /// <summary>Somebody else reviewed what was done behind broken glass.</summary>
    public const string GlassReviewed = "break-glass.reviewed";
}
