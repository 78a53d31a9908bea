using System.Collections.Immutable;
using MeshConsole.Mesh.Changes.Execution;

namespace MeshConsole.Mesh.Notifications;

/// <summary>One message per configured receiver that wants it.</summary>
public sealed class OutboxNotices(ImmutableArray<Webhook> webhooks, Uri? source) : IChangeNotices
{
    public ImmutableArray<Notification> Of(ChangeNotice notice)
    {
        ArgumentNullException.ThrowIfNull(notice);
        return [.. webhooks.Where(w => w.Wants(notice.Type)).Select(w => ChangeMessages.For(notice, w, source))];
    }

    public ImmutableArray<Notification> Of(BreakGlassNotice notice)
    {
        ArgumentNullException.ThrowIfNull(notice);
        return [.. webhooks.Where(w => w.Wants(notice.Type)).Select(w => ChangeMessages.For(notice, w, source))];
    }
}
