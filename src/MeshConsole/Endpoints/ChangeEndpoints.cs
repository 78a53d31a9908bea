using System.Collections.Immutable;
using MeshConsole.Authentication;
using MeshConsole.Mesh.Changes.Execution;
using Microsoft.AspNetCore.Mvc;

namespace MeshConsole.Endpoints;

/// <summary>
/// Changes over REST: the same service, guards and audit as the pages. A body that is not understood, an unknown field
/// included, is refused: a mistyped <c>stages</c> must not become the default plan.
/// </summary>
internal static class ChangeEndpoints
{
    private const int MostChanges = 500;

    public static void MapChanges(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/api/v1").WithTags("changes");

        api.MapPost("/changes/preview", (HttpContext context, IChangeService changes, CancellationToken cancellationToken) =>
                AnswerAsync(async () => TypedResults.Ok(await changes.PreviewAsync(await context.ReadAsync<ChangeRequest>(null, cancellationToken), context.Actor(), cancellationToken))))
            .Takes<ChangeRequest>(required: true)
            .Produces<ChangePreview>()
            .WithSummary("The plan, its diff, the server's dry-run answer and every guard's verdict; writes nothing");

        api.MapPost("/changes", (HttpContext context, [FromHeader(Name = "Idempotency-Key")] string? key, IChangeService changes, CancellationToken cancellationToken) =>
                AnswerAsync(async () =>
                {
                    var change = await changes.CreateAsync(await context.ReadAsync<ChangeRequest>(null, cancellationToken), context.Actor(), string.IsNullOrWhiteSpace(key) ? null : key, cancellationToken);
                    return TypedResults.Created($"/api/v1/changes/{change.Id}", ChangeView.Of(change));
                }))
            .Takes<ChangeRequest>(required: true)
            .Produces<ChangeView>(StatusCodes.Status201Created)
            .WithSummary("Stores a draft of a change");

        api.MapGet("/changes", (HttpContext context, [AsParameters] ChangeListParameters parameters, IChangeService changes, CancellationToken cancellationToken) =>
                AnswerAsync(async () => TypedResults.Ok((await changes.ListAsync(parameters.ToFilter(MostChanges), context.Actor(), cancellationToken)).Select(ChangeView.InList).ToImmutableArray())))
            .Produces<ImmutableArray<ChangeView>>()
            .WithSummary("Changes, newest first");

        api.MapGet("/changes/{id}", (string id, HttpContext context, IChangeService changes, CancellationToken cancellationToken) =>
                AnswerAsync(async () => TypedResults.Ok(ChangeView.Of(await changes.FindAsync(id, context.Actor(), cancellationToken)))))
            .Produces<ChangeView>()
            .WithSummary("One change with everything that happened to it");

        MapStep(api, "submit", "Asks for decisions", (changes, id, _, context, token) => changes.SubmitAsync(id, context.Actor(), token));
        MapStep(api, "approve", "Approves exactly the plan, base and policy as they are; a comment is required", (changes, id, step, context, token) => changes.ApproveAsync(id, context.Actor(), step.Comment ?? "", step.PlanHash, token));
        MapStep(api, "reject", "Declines; one decline is enough; a comment is required", (changes, id, step, context, token) => changes.RejectAsync(id, context.Actor(), step.Comment ?? "", token));
        MapStep(api, "start", "Starts the first stage", (changes, id, _, context, token) => changes.StartAsync(id, context.Actor(), token));
        MapStep(api, "pause", "Holds the plan; gates stay armed", (changes, id, step, context, token) => changes.PauseAsync(id, context.Actor(), step.Text, token));
        MapStep(api, "resume", "Goes on; the soak of the stage begins anew", (changes, id, _, context, token) => changes.ResumeAsync(id, context.Actor(), token));
        MapStep(api, "abort", "Ends the change where it stands", (changes, id, step, context, token) => changes.AbortAsync(id, context.Actor(), step.Text, token));
        MapStep(api, "rollback", "Goes back to the base weights", (changes, id, step, context, token) => changes.RollbackAsync(id, context.Actor(), step.Text, token));

        // The id of a route has slashes: as one segment they are escaped (%2F), and written plainly they are six segments.
        api.MapPost("/routes/{id}/stop", (string id, HttpContext context, IChangeService changes, CancellationToken cancellationToken) => StopAsync(Uri.UnescapeDataString(id), context, changes, cancellationToken))
            .Takes<StopBody>(required: true)
            .Produces<ChangeView>()
            .WithSummary("Emergency stop: all traffic to the stable backend at once");
        api.MapPost("/routes/{cluster}/{ns}/{kind}/{name}/{protocol}/{index}/stop", (string cluster, string ns, string kind, string name, string protocol, string index, HttpContext context, IChangeService changes, CancellationToken cancellationToken) =>
                StopAsync($"{cluster}/{ns}/{kind}/{name}/{protocol}/{index}", context, changes, cancellationToken))
            .ExcludeFromDescription();
    }

    private static void MapStep(RouteGroupBuilder api, string step, string summary, Func<IChangeService, string, StepBody, HttpContext, CancellationToken, Task<ChangeRecord>> act) =>
        api.MapPost($"/changes/{{id}}/{step}", (string id, HttpContext context, IChangeService changes, CancellationToken cancellationToken) =>
                AnswerAsync(async () => TypedResults.Ok(ChangeView.Of(await act(changes, id, await context.ReadAsync(StepBody.Empty, cancellationToken), context, cancellationToken)))))
            .Takes<StepBody>(required: false)
            .Produces<ChangeView>()
            .WithSummary(summary);

    private static Task<IResult> StopAsync(string route, HttpContext context, IChangeService changes, CancellationToken cancellationToken) =>
        AnswerAsync(async () =>
        {
            var body = await context.ReadAsync(StopBody.Empty, cancellationToken);
            return TypedResults.Ok(ChangeView.Of(await changes.StopAsync(route, context.Actor(), body.Reason ?? "", body.Stable, cancellationToken)));
        });

    /// <summary>Runs a call and turns what the service refuses into a problem document.</summary>
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
    }
}

/// <summary>What may come with a step of a change.</summary>
/// <param name="Comment">Required to approve or reject.</param>
/// <param name="Reason">Why, where a reason is asked for; a comment serves too.</param>
/// <param name="PlanHash">What the approver saw; another one than the change's own is refused.</param>
public sealed record StepBody(string? Comment = null, string? Reason = null, string? PlanHash = null)
{
    internal static StepBody Empty { get; } = new();

    internal string? Text => Reason ?? Comment;
}

/// <param name="Reason">Required.</param>
/// <param name="Stable">Host or subset that takes everything; absent: the stable backend of the active plan, else the largest.</param>
public sealed record StopBody(string? Reason = null, string? Stable = null)
{
    internal static StopBody Empty { get; } = new();
}
