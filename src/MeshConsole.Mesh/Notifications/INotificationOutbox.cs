using System.Collections.Immutable;
using MeshConsole.Mesh.Audit;

namespace MeshConsole.Mesh.Notifications;

/// <summary>Something to be told to the outside. Stored first, together with what it is about, and sent afterwards.</summary>
/// <param name="Id">Sorts by time; receivers can tell a repetition by it.</param>
/// <param name="Channel">Name of the configured receiver.</param>
/// <param name="Payload">JSON, as it will be sent. Never a secret.</param>
public sealed record Notification(string Id, string Channel, string? ChangeId, string Payload);

public enum NotificationState
{
    /// <summary>Waits for its next attempt.</summary>
    Pending,

    /// <summary>The receiver took it.</summary>
    Delivered,

    /// <summary>Given up; a person may send it again.</summary>
    Dead,
}

/// <summary>A notification with its delivery so far.</summary>
/// <param name="Attempts">Attempts begun.</param>
/// <param name="NextAttemptAt">Of a pending one.</param>
/// <param name="LastError">What the last attempt met; null when none failed.</param>
public sealed record QueuedNotification(Notification Notification, NotificationState State, int Attempts, DateTimeOffset CreatedAt, DateTimeOffset NextAttemptAt, string? LastError);

/// <param name="Queued">Wait for their first or next attempt.</param>
/// <param name="Dead">Given up, until a person sends them again.</param>
public sealed record OutboxCounts(long Queued, long Dead);

/// <summary>
/// The notifications that are still to be sent. <c>IChangeStore</c> adds them in the transaction of the change; each is sent
/// at least once.
/// </summary>
public interface INotificationOutbox
{
    Task AddAsync(ImmutableArray<Notification> notifications, CancellationToken cancellationToken);

    /// <summary>
    /// Takes what is due, oldest first, and counts an attempt. Nobody else gets it for <paramref name="claim"/>; when neither
    /// success nor failure was reported by then, for example after a crash, it is due again.
    /// </summary>
    Task<ImmutableArray<QueuedNotification>> ClaimDueAsync(int limit, TimeSpan claim, CancellationToken cancellationToken);

    Task DeliveredAsync(string id, CancellationToken cancellationToken);

    /// <param name="retryAfter">Time until the next attempt; null gives it up: it becomes a dead letter.</param>
    Task FailedAsync(string id, string error, TimeSpan? retryAfter, CancellationToken cancellationToken);

    /// <summary>Dead letters, newest first.</summary>
    Task<ImmutableArray<QueuedNotification>> ListDeadAsync(int limit, CancellationToken cancellationToken);

    /// <summary>A person sends a dead letter again: due at once, attempts counted anew. False, and no audit entry, when it is not one.</summary>
    Task<bool> RetryAsync(string id, AuditEntry entry, CancellationToken cancellationToken);

    /// <summary>How many wait for an attempt, and how many were given up.</summary>
    Task<OutboxCounts> CountAsync(CancellationToken cancellationToken);

    /// <summary>Removes what was delivered before.</summary>
    /// <returns>How many.</returns>
    Task<int> ForgetDeliveredAsync(DateTimeOffset before, CancellationToken cancellationToken);
}
