using System.Collections.Immutable;
using MeshConsole.Authentication;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Guards;
using Microsoft.AspNetCore.Mvc;

namespace MeshConsole.Endpoints;

/// <summary>Read-only switches and broken glass over REST.</summary>
internal static class SwitchEndpoints
{
    public static void MapSwitches(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/api/v1").WithTags("switches");

        api.MapGet("/switches/read-only", (SwitchService switches, CancellationToken token) => ApiProblem.AnswerAsync(async () => TypedResults.Ok(await switches.ListReadOnlyAsync(token))))
            .Produces<ImmutableArray<ReadOnlySwitch>>()
            .WithSummary("Where writes are switched off");
        api.MapPut("/switches/read-only", (HttpContext context, SwitchService switches, CancellationToken token) =>
                ApiProblem.AnswerAsync(async () =>
                {
                    var body = await context.ReadAsync<ReadOnlyBody>(null, token);
                    return TypedResults.Ok(await switches.SetReadOnlyAsync(body.Cluster, body.Namespace, body.Reason ?? "", context.Actor(), token));
                }))
            .Takes<ReadOnlyBody>(required: true)
            .Produces<ReadOnlySwitch>()
            .WithSummary("Switches writes off: everywhere, in a cluster, or in a namespace of it");
        api.MapDelete("/switches/read-only", ([FromQuery(Name = "cluster")] string? cluster, [FromQuery(Name = "namespace")] string? ns, HttpContext context, SwitchService switches, CancellationToken token) =>
                ApiProblem.AnswerAsync(async () =>
                {
                    await switches.ClearReadOnlyAsync(cluster, ns, context.Actor(), token);
                    return TypedResults.NoContent();
                }))
            .WithSummary("Switches writes on again; for admins");

        api.MapGet("/break-glass", ([FromQuery(Name = "review")] string? review, SwitchService switches, TimeProvider time, CancellationToken token) =>
                ApiProblem.AnswerAsync(async () =>
                {
                    var grants = review switch
                    {
                        null or "" => await switches.ListBreakGlassAsync(token),
                        "open" => await switches.ListUnreviewedAsync(token),
                        _ => throw new ChangeException(ChangeFault.Invalid, "invalid-parameter", $"Parameter 'review' is '{review[..Math.Min(review.Length, 40)]}'; legal: open."),
                    };
                    return TypedResults.Ok(grants.Select(grant => BreakGlassView.Of(grant, time.GetUtcNow())).ToImmutableArray());
                }))
            .Produces<ImmutableArray<BreakGlassView>>()
            .WithSummary("Who broke the glass for what, newest first; review=open: what nobody has reviewed, oldest first");
        api.MapPost("/break-glass", (HttpContext context, SwitchService switches, TimeProvider time, CancellationToken token) =>
                ApiProblem.AnswerAsync(async () =>
                {
                    var body = await context.ReadAsync<BreakGlassBody>(null, token);
                    return TypedResults.Ok(BreakGlassView.Of(await switches.BreakGlassAsync(body.Target ?? "", body.Reason ?? "", body.Ticket, body.Duration ?? TimeSpan.FromMinutes(15), context.Actor(), token), time.GetUtcNow()));
                }))
            .Takes<BreakGlassBody>(required: true)
            .Produces<BreakGlassView>()
            .WithSummary("Leave to skip freeze, approvals, soak, step size and rate limit for one target and a short time; for admins");
        api.MapDelete("/break-glass/{id}", (string id, HttpContext context, SwitchService switches, CancellationToken token) =>
                ApiProblem.AnswerAsync(async () =>
                {
                    await switches.EndBreakGlassAsync(id, context.Actor(), token);
                    return TypedResults.NoContent();
                }))
            .WithSummary("Ends a grant before its time; for admins");
        api.MapPost("/break-glass/{id}/review", (string id, HttpContext context, SwitchService switches, TimeProvider time, CancellationToken token) =>
                ApiProblem.AnswerAsync(async () =>
                {
                    var body = await context.ReadAsync<ReviewBody>(null, token);
                    return TypedResults.Ok(BreakGlassView.Of(await switches.ReviewBreakGlassAsync(id, body.Comment ?? "", context.Actor(), token), time.GetUtcNow()));
                }))
            .Takes<ReviewBody>(required: true)
            .Produces<BreakGlassView>()
            .WithSummary("Closes a grant that has ended: an approver or admin other than who broke the glass says what they found");
    }
}

/// <param name="Cluster">Absent: everywhere.</param>
/// <param name="Namespace">Absent: the whole cluster.</param>
public sealed record ReadOnlyBody(string? Cluster, string? Namespace, string? Reason);

/// <param name="Target"><c>cluster/namespace/kind/name</c>.</param>
/// <param name="Duration">At most an hour; absent: 15 minutes.</param>
public sealed record BreakGlassBody(string? Target, string? Reason, string? Ticket, TimeSpan? Duration);

/// <param name="Comment">Required: what was found.</param>
public sealed record ReviewBody(string? Comment);

/// <param name="ReviewDueAt">When somebody else must have reviewed what was done.</param>
/// <param name="ReviewOverdue">Whether nobody did in time.</param>
/// <param name="Review">Null until somebody did.</param>
public sealed record BreakGlassView(string Id, PersonView By, string Target, string Reason, string? Ticket, DateTimeOffset At, DateTimeOffset ExpiresAt, DateTimeOffset ReviewDueAt, bool ReviewOverdue, BreakGlassReviewView? Review)
{
    public static BreakGlassView Of(BreakGlass grant, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(grant);
        return new BreakGlassView(
            grant.Id,
            PersonView.Of(grant.By),
            grant.TargetKey,
            grant.Reason,
            grant.Ticket,
            grant.At,
            grant.ExpiresAt,
            grant.At + BreakGlass.ReviewWithin,
            grant.IsOverdueAt(now),
            grant.Review is { } review ? new BreakGlassReviewView(PersonView.Of(review.By), review.Comment, review.At) : null);
    }
}

public sealed record BreakGlassReviewView(PersonView By, string Comment, DateTimeOffset At);
