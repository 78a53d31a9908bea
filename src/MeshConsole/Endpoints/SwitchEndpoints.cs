using System.Collections.Immutable;
using MeshConsole.Authentication;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Storage;
using Microsoft.AspNetCore.Mvc;

namespace MeshConsole.Endpoints;

/// <summary>Read-only switches and broken glass over REST.</summary>
internal static class SwitchEndpoints
{
    public static void MapSwitches(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/api/v1").WithTags("switches");

        api.MapGet("/switches/read-only", (SwitchService switches, CancellationToken token) => AnswerAsync(async () => TypedResults.Ok(await switches.ListReadOnlyAsync(token))))
            .Produces<ImmutableArray<ReadOnlySwitch>>()
            .WithSummary("Where writes are switched off");
        api.MapPut("/switches/read-only", (HttpContext context, SwitchService switches, CancellationToken token) =>
                AnswerAsync(async () =>
                {
                    var body = await context.ReadAsync<ReadOnlyBody>(null, token);
                    return TypedResults.Ok(await switches.SetReadOnlyAsync(body.Cluster, body.Namespace, body.Reason ?? "", context.Actor(), token));
                }))
            .Takes<ReadOnlyBody>(required: true)
            .Produces<ReadOnlySwitch>()
            .WithSummary("Switches writes off: everywhere, in a cluster, or in a namespace of it");
        api.MapDelete("/switches/read-only", ([FromQuery(Name = "cluster")] string? cluster, [FromQuery(Name = "namespace")] string? ns, HttpContext context, SwitchService switches, CancellationToken token) =>
                AnswerAsync(async () =>
                {
                    await switches.ClearReadOnlyAsync(cluster, ns, context.Actor(), token);
                    return TypedResults.NoContent();
                }))
            .WithSummary("Switches writes on again; for admins");

        api.MapGet("/break-glass", (SwitchService switches, CancellationToken token) =>
                AnswerAsync(async () => TypedResults.Ok((await switches.ListBreakGlassAsync(token)).Select(BreakGlassView.Of).ToImmutableArray())))
            .Produces<ImmutableArray<BreakGlassView>>()
            .WithSummary("Who broke the glass for what, newest first");
        api.MapPost("/break-glass", (HttpContext context, SwitchService switches, CancellationToken token) =>
                AnswerAsync(async () =>
                {
                    var body = await context.ReadAsync<BreakGlassBody>(null, token);
                    return TypedResults.Ok(BreakGlassView.Of(await switches.BreakGlassAsync(body.Target ?? "", body.Reason ?? "", body.Ticket, body.Duration ?? TimeSpan.FromMinutes(15), context.Actor(), token)));
                }))
            .Takes<BreakGlassBody>(required: true)
            .Produces<BreakGlassView>()
            .WithSummary("Leave to skip freeze, approvals, soak, step size and rate limit for one target and a short time; for admins");
        api.MapDelete("/break-glass/{id}", (string id, HttpContext context, SwitchService switches, CancellationToken token) =>
                AnswerAsync(async () =>
                {
                    await switches.EndBreakGlassAsync(id, context.Actor(), token);
                    return TypedResults.NoContent();
                }))
            .WithSummary("Ends a grant before its time; for admins");
    }

    private static async Task<IResult> AnswerAsync(Func<Task<IResult>> call)
    {
        try
        {
            return await call();
        }
        catch (ChangeException exception)
        {
            return ApiProblem.OfChange(exception);
        }
        catch (Exception exception) when (exception is AuditUnavailableException or StorageException)
        {
            return ApiProblem.OfChange(new ChangeException(ChangeFault.Unavailable, "audit-unavailable", exception.Message, exception));
        }
    }
}

/// <param name="Cluster">Absent: everywhere.</param>
/// <param name="Namespace">Absent: the whole cluster.</param>
public sealed record ReadOnlyBody(string? Cluster, string? Namespace, string? Reason);

/// <param name="Target"><c>cluster/namespace/kind/name</c>.</param>
/// <param name="Duration">At most an hour; absent: 15 minutes.</param>
public sealed record BreakGlassBody(string? Target, string? Reason, string? Ticket, TimeSpan? Duration);

public sealed record BreakGlassView(string Id, PersonView By, string Target, string Reason, string? Ticket, DateTimeOffset At, DateTimeOffset ExpiresAt)
{
    public static BreakGlassView Of(BreakGlass grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        return new BreakGlassView(grant.Id, PersonView.Of(grant.By), grant.TargetKey, grant.Reason, grant.Ticket, grant.At, grant.ExpiresAt);
    }
}
