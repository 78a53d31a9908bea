using System.Collections.Immutable;
using System.Text;
using MeshConsole.Authentication;
using MeshConsole.Components.IncidentFiles;
using MeshConsole.Configuration;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Incidents;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace MeshConsole.Endpoints;

/// <summary>Incidents over REST: the same service, rights and audit as the pages.</summary>
internal static class IncidentEndpoints
{
    private const int MostIncidents = 500;

    public static void MapIncidents(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/api/v1/incidents").WithTags("incidents");

        api.MapGet("", (HttpContext context, [AsParameters] IncidentParameters parameters, IncidentService incidents, CancellationToken cancellationToken) =>
                ApiProblem.AnswerAsync(async () => TypedResults.Ok(await incidents.ListAsync(parameters.ToFilter(MostIncidents), context.Actor(), cancellationToken))))
            .Produces<ImmutableArray<Incident>>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .WithSummary("Incidents that were kept, newest first, without their evidence");

        api.MapPost("", (HttpContext context, IncidentService incidents, CancellationToken cancellationToken) =>
                ApiProblem.AnswerAsync(async () =>
                {
                    var body = await context.ReadAsync<OpenBody>(null, cancellationToken);
                    var incident = await incidents.OpenAsync(new IncidentRequest(body.Title, body.Problems ?? [], body.From, body.To, body.Cluster, body.Namespaces ?? []), context.Actor(), cancellationToken);
                    return TypedResults.Created($"/api/v1/incidents/{incident.Id}", incident);
                }))
            .Takes<OpenBody>(required: true)
            .Produces<Incident>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("Keeps what is known of open problems, or of a time range, as an incident");

        api.MapGet("/{id}", (string id, HttpContext context, IncidentService incidents, CancellationToken cancellationToken) =>
                ApiProblem.AnswerAsync(async () => TypedResults.Ok(await incidents.FindAsync(id, context.Actor(), cancellationToken))))
            .Produces<IncidentFile>()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("One incident with its evidence and notes");

        api.MapPost("/{id}/notes", (string id, HttpContext context, IncidentService incidents, CancellationToken cancellationToken) =>
                ApiProblem.AnswerAsync(async () =>
                {
                    var body = await context.ReadAsync<NoteBody>(null, cancellationToken);
                    return TypedResults.Created($"/api/v1/incidents/{Uri.EscapeDataString(id)}", await incidents.NoteAsync(id, body.Text ?? "", body.Corrects, context.Actor(), cancellationToken));
                }))
            .Takes<NoteBody>(required: true)
            .Produces<IncidentNote>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .WithSummary("Writes a note, which is never changed; another one of the same author may correct it");

        MapStep<ProblemBody>(api, "problems", "Takes a problem that is open now into an open incident", (incidents, id, body, context, token) => incidents.AddProblemAsync(id, body.Problem ?? "", context.Actor(), token));
        MapStep<CloseBody>(api, "close", "Ends an incident; how it ended is required", (incidents, id, body, context, token) => incidents.CloseAsync(id, body.To, body.Reason ?? "", context.Actor(), token));
        MapStep<ReasonBody>(api, "reopen", "Opens a closed incident again; why is required", (incidents, id, body, context, token) => incidents.ReopenAsync(id, body.Reason ?? "", context.Actor(), token));

        api.MapGet("/{id}/report", (string id, [FromQuery(Name = "format")] string? format, HttpContext context, IncidentService incidents, MeshConsoleOptions options, TimeProvider time, CancellationToken cancellationToken) =>
                ApiProblem.AnswerAsync(() => ReportAsync(id, format, context, incidents, options.PublicUrl, time, cancellationToken)))
            .Produces(StatusCodes.Status200OK, contentType: "text/markdown", additionalContentTypes: "text/html")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("The report for the post-mortem, as Markdown or as a page that prints on A4; that it was exported is recorded");
    }

    private static void MapStep<T>(RouteGroupBuilder api, string step, string summary, Func<IncidentService, string, T, HttpContext, CancellationToken, Task<Incident>> act)
        where T : class =>
        api.MapPost($"/{{id}}/{step}", (string id, HttpContext context, IncidentService incidents, CancellationToken cancellationToken) =>
                ApiProblem.AnswerAsync(async () => TypedResults.Ok(await act(incidents, id, await context.ReadAsync<T>(null, cancellationToken), context, cancellationToken))))
            .Takes<T>(required: true)
            .Produces<Incident>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .WithSummary(summary);

    private static async Task<IResult> ReportAsync(string id, string? format, HttpContext context, IncidentService incidents, string? publicUrl, TimeProvider time, CancellationToken cancellationToken)
    {
        var html = format switch
        {
            null or "" or "markdown" => false,
            "html" => true,
            _ => throw new ChangeException(ChangeFault.Invalid, "invalid-parameter", $"Parameter 'format' is '{format[..Math.Min(format.Length, 40)]}'; legal: markdown, html."),
        };
        var actor = context.Actor();
        var file = await incidents.ExportAsync(id, html ? "html" : "markdown", actor, cancellationToken);
        var (now, address) = (time.GetUtcNow(), publicUrl?.TrimEnd('/') ?? $"{context.Request.Scheme}://{context.Request.Host}{context.Request.PathBase}");

        // A report may name what is not for everybody: it is not left in caches.
        context.Response.Headers.CacheControl = "no-store";
        if (!html)
        {
            return Results.File(Encoding.UTF8.GetBytes(IncidentMarkdown.Of(file, now, actor.Name, address)), "text/markdown; charset=utf-8", $"incident-{file.Incident.From.UtcDateTime:yyyyMMdd-HHmmss}.md");
        }

        return new RazorComponentResult<ReportDocument>(new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            [nameof(ReportDocument.File)] = file,
            [nameof(ReportDocument.Now)] = now,
            [nameof(ReportDocument.ExportedBy)] = actor.Name,
            [nameof(ReportDocument.Address)] = address,
        })
        {
            PreventStreamingRendering = true,
        };
    }

    // Each is read by the serializer alone.
    private sealed record OpenBody(string? Title = null, ImmutableArray<string>? Problems = null, DateTimeOffset? From = null, DateTimeOffset? To = null, string? Cluster = null, ImmutableArray<string>? Namespaces = null);

    private sealed record NoteBody(string? Text = null, int? Corrects = null);

    private sealed record ProblemBody(string? Problem = null);

    private sealed record CloseBody(string? Reason = null, DateTimeOffset? To = null);

    private sealed record ReasonBody(string? Reason = null);
}
