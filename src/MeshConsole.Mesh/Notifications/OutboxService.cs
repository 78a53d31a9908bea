using System.Collections.Immutable;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Kubernetes;

namespace MeshConsole.Mesh.Notifications;

/// <summary>
/// The dead letters of the outbox, as page and REST ask for them. For operators without a limit to namespaces: a message may
/// be about any of them, and what a receiver answered is nobody else's business. Refusals are recorded.
/// </summary>
public sealed class OutboxService(INotificationOutbox outbox, IAuditLog audit)
{
    private const int Most = 500;

    private const string Action = "notification.retry";

    /// <summary>Dead letters, newest first.</summary>
    /// <exception cref="ChangeException">Forbidden: not an operator of all namespaces.</exception>
    public async Task<ImmutableArray<QueuedNotification>> ListAsync(Actor actor, CancellationToken cancellationToken)
    {
        await RequireAsync(actor, "notification.list", cancellationToken).ConfigureAwait(false);
        return await outbox.ListDeadAsync(Most, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends a dead letter again: due at once, its attempts counted anew.</summary>
    /// <exception cref="ChangeException">Forbidden: not an operator of all namespaces. NotFound: no dead letter has this id.</exception>
    public async Task RetryAsync(string id, Actor actor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        await RequireAsync(actor, Action, cancellationToken).ConfigureAwait(false);
        var name = Printable.Text(id, 60);
        if (!await outbox.RetryAsync(id, new AuditEntry { Actor = actor, Action = Action, Phase = "request", Outcome = "ok", Summary = $"{actor.Name} sends notification {name} again." }, cancellationToken).ConfigureAwait(false))
        {
            throw new ChangeException(ChangeFault.NotFound, "no-such-notification", $"There is no dead letter {name}. Somebody may have sent it again already: GET /api/v1/notifications?state=dead lists what is left.");
        }
    }

    /// <summary>Whether <see cref="ListAsync"/> and <see cref="RetryAsync"/> are for this actor.</summary>
    public static bool Allows(Actor actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        return actor.Has(Role.Operator) && actor.Namespaces is null;
    }

    private async Task RequireAsync(Actor actor, string action, CancellationToken cancellationToken)
    {
        if (Allows(actor))
        {
            return;
        }

        var message = $"{actor.Name} may not do this: notifications that were not delivered are for operators of all namespaces.";
        await audit.AppendAsync(new AuditEntry { Actor = actor, Action = action, Phase = "denied", Outcome = "denied", Summary = message }, cancellationToken).ConfigureAwait(false);
        throw new ChangeException(ChangeFault.Forbidden, "missing-role", message);
    }
}
