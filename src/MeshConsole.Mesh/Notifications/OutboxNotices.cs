using System.Collections.Immutable;
using MeshConsole.Mesh.Changes.Execution;

namespace MeshConsole.Mesh.Notifications;

/// <summary>Puts what happens to changes into the outbox, one message per receiver that wants it.</summary>
public sealed class OutboxNotices(INotificationOutbox outbox, ImmutableArray<Webhook> webhooks, Uri? source) : IChangeNotices
{
    public Task RaiseAsync(ChangeNotice notice, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(notice);
        ImmutableArray<Notification> messages = [.. webhooks.Where(w => w.Wants(notice.Type)).Select(w => ChangeMessages.For(notice, w, source))];
        return messages.IsEmpty ? Task.CompletedTask : outbox.AddAsync(messages, cancellationToken);
    }
}
