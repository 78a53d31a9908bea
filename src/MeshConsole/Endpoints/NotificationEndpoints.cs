using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Authentication;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Notifications;
using Microsoft.AspNetCore.Mvc;

namespace MeshConsole.Endpoints;

/// <summary>Notifications that were given up, over REST: what they are, and once more.</summary>
internal static class NotificationEndpoints
{
    public static void MapNotifications(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/api/v1/notifications").WithTags("notifications");

        api.MapGet("", ([FromQuery(Name = "state")] string? state, HttpContext context, OutboxService outbox, CancellationToken cancellationToken) =>
                ApiProblem.AnswerAsync(async () =>
                {
                    RequireDead(state);
                    return TypedResults.Ok((await outbox.ListAsync(context.Actor(), cancellationToken)).Select(NotificationView.Of).ToImmutableArray());
                }))
            .Produces<ImmutableArray<NotificationView>>()
            .WithSummary("Dead letters, newest first; for operators of all namespaces");

        api.MapPost("/{id}/retry", (string id, HttpContext context, OutboxService outbox, CancellationToken cancellationToken) =>
                ApiProblem.AnswerAsync(async () =>
                {
                    await outbox.RetryAsync(id, context.Actor(), cancellationToken);
                    return TypedResults.NoContent();
                }))
            .Produces(StatusCodes.Status204NoContent)
            .WithSummary("Sends a dead letter again, its attempts counted anew; for operators of all namespaces");
    }

    private static void RequireDead(string? state)
    {
        if (state is not (null or "" or "dead"))
        {
            throw new ChangeException(ChangeFault.Invalid, "invalid-parameter", $"Parameter 'state' is '{state[..Math.Min(state.Length, 40)]}'; legal: dead.");
        }
    }
}

/// <param name="Channel">Name of the receiver in <c>Notifications:Webhooks</c>.</param>
/// <param name="GivenUpAt">When its last attempt failed.</param>
/// <param name="Message">What is sent, as it is sent.</param>
public sealed record NotificationView(string Id, string Channel, string? ChangeId, NotificationState State, int Attempts, DateTimeOffset CreatedAt, DateTimeOffset GivenUpAt, string? LastError, JsonElement Message)
{
    public static NotificationView Of(QueuedNotification queued)
    {
        ArgumentNullException.ThrowIfNull(queued);
        using var message = JsonDocument.Parse(queued.Notification.Payload);
        return new NotificationView(queued.Notification.Id, queued.Notification.Channel, queued.Notification.ChangeId, queued.State, queued.Attempts, queued.CreatedAt, queued.NextAttemptAt, queued.LastError, message.RootElement.Clone());
    }
}
