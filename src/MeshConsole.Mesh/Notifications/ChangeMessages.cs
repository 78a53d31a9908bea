using System.Text.Json.Nodes;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Guards;

namespace MeshConsole.Mesh.Notifications;

/// <summary>What a receiver is told of a change: who, what, where, which state, and where to look. Never the patch or the object.</summary>
public static class ChangeMessages
{
    /// <summary>The message of a notice for a receiver.</summary>
    /// <param name="source">Address of the console, for links; null where it is not known.</param>
    public static Notification For(ChangeNotice notice, Webhook webhook, Uri? source)
    {
        ArgumentNullException.ThrowIfNull(notice);
        return Message(notice.Type, notice.Change.Plan.Target.Key, notice.Change.Id, notice.At, Data(notice, source), webhook, source);
    }

    /// <summary>The message of broken glass for a receiver.</summary>
    /// <inheritdoc cref="For(ChangeNotice, Webhook, Uri?)" path="/param"/>
    public static Notification For(BreakGlassNotice notice, Webhook webhook, Uri? source)
    {
        ArgumentNullException.ThrowIfNull(notice);
        var grant = notice.Grant;
        var data = new JsonObject
        {
            ["message"] = notice.Message,
            ["grantId"] = grant.Id,
            ["target"] = grant.TargetKey,
            ["by"] = grant.By.Name,
            ["reason"] = grant.Reason,
            ["ticket"] = grant.Ticket,
            ["expiresAt"] = grant.ExpiresAt.UtcDateTime.ToString("O"),
            ["reviewDueAt"] = (grant.At + BreakGlass.ReviewWithin).UtcDateTime.ToString("O"),
            ["reviewedBy"] = grant.Review?.By.Name,
            ["review"] = grant.Review?.Comment,
        };
        return Message(notice.Type, grant.TargetKey, null, notice.At, data, webhook, source);
    }

    private static Notification Message(string type, string subject, string? changeId, DateTimeOffset at, JsonObject data, Webhook webhook, Uri? source)
    {
        ArgumentNullException.ThrowIfNull(webhook);
        var id = Guid.CreateVersion7(at).ToString("N");
        var message = webhook.CloudEvents
            ? new JsonObject
            {
                ["specversion"] = "1.0",
                ["id"] = id,
                ["source"] = source?.ToString() ?? "meshconsole",
                ["type"] = $"io.meshconsole.{type}",
                ["subject"] = subject,
                ["time"] = at.UtcDateTime.ToString("O"),
                ["datacontenttype"] = "application/json",
                ["data"] = data,
            }
            : new JsonObject { ["id"] = id, ["type"] = type, ["at"] = at.UtcDateTime.ToString("O"), ["data"] = data };
        return new Notification(id, webhook.Name, changeId, message.ToJsonString());
    }

    private static JsonObject Data(ChangeNotice notice, Uri? source)
    {
        var (change, plan) = (notice.Change, notice.Change.Plan);
        var next = change.Stage >= 0 && change.Stage < plan.Stages.Length ? plan.Stages[change.Stage].Weights : plan.BaseWeights;
        return new JsonObject
        {
            ["message"] = notice.Message,
            ["changeId"] = change.Id,
            ["state"] = char.ToLowerInvariant(change.State.ToString()[0]) + change.State.ToString()[1..],
            ["stateReason"] = change.StateReason,
            ["target"] = plan.Target.Key,
            ["backends"] = plan.Target.Policy is null ? new JsonArray([.. plan.Backends.Select(b => JsonValue.Create(b.ShortName))]) : null,
            ["weights"] = plan.Target.Policy is null ? new JsonArray([.. next.Select(w => JsonValue.Create(w))]) : null,
            ["policy"] = plan.Target.Policy is { } policy ? new JsonObject { ["scope"] = policy.Scope.ToString(), ["from"] = policy.From, ["to"] = policy.To, ["mode"] = policy.Word(next) } : null,
            ["stage"] = change.Stage,
            ["stages"] = plan.Stages.Length,
            ["requester"] = change.Requester.Name,
            ["reason"] = plan.Reason,
            ["ticket"] = plan.Ticket,
            ["requiredApprovals"] = change.RequiredApprovals,
            ["approvals"] = Approvals.Counting(change).Length,
            ["link"] = source is null ? null : new Uri(source, $"changes/{change.Id}").ToString(),
        };
    }
}
