using System.Collections.Immutable;
using MeshConsole.Authentication;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using Microsoft.AspNetCore.Mvc;

namespace MeshConsole.Endpoints;

/// <summary>The audit over REST: search, verification, exports.</summary>
internal static class AuditEndpoints
{
    private const int MostRecords = 1000;

    public static void MapAudit(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/api/v1/audit").WithTags("audit");

        api.MapGet("", ([AsParameters] AuditParameters parameters, HttpContext context, AuditService audit, CancellationToken cancellationToken) =>
                ApiProblem.AnswerAsync(async () => TypedResults.Ok(await audit.SearchAsync(parameters.ToFilter(MostRecords), context.Actor(), cancellationToken))))
            .Produces<ImmutableArray<AuditRecord>>()
            .WithSummary("Records, newest first");

        api.MapGet("/state", (AuditService audit, CancellationToken cancellationToken) => ApiProblem.AnswerAsync(async () => TypedResults.Ok(await audit.GetStateAsync(cancellationToken))))
            .Produces<AuditState>()
            .WithSummary("How far the chain is verified, and whether checkpoints reach their places");

        api.MapGet("/verify", (HttpContext context, AuditService audit, CancellationToken cancellationToken) =>
                ApiProblem.AnswerAsync(async () => TypedResults.Ok(await audit.VerifyAsync(context.Actor(), cancellationToken))))
            .Produces<AuditVerification>()
            .WithSummary("Verifies the whole chain against the checkpoints; the first bad record is named");

        api.MapGet("/export", ([FromQuery(Name = "format")] string? format, HttpContext context, AuditService audit, CancellationToken cancellationToken) =>
                ApiProblem.AnswerAsync(async () =>
                {
                    var chosen = ReadFormat(format);

                    // Whether it may be had, and that it was, is settled before the first byte leaves.
                    await audit.BeginExportAsync(chosen, context.Actor(), cancellationToken);
                    var name = $"meshconsole-audit.{(chosen == AuditExportFormat.Csv ? "csv" : "jsonl")}";
                    return TypedResults.Stream(output => audit.WriteExportAsync(chosen, output, cancellationToken), AuditExporter.MediaType(chosen), name);
                }))
            .WithSummary("The whole log as JSON Lines, CSV or CloudEvents; for admins");
    }

    private static AuditExportFormat ReadFormat(string? format) => format switch
    {
        null or "" or "jsonl" => AuditExportFormat.JsonLines,
        "csv" => AuditExportFormat.Csv,
        "cloudevents" => AuditExportFormat.CloudEvents,
        _ => throw new ChangeException(ChangeFault.Invalid, "invalid-parameter", $"Parameter 'format' is '{format[..Math.Min(format.Length, 40)]}'; legal: jsonl, csv, cloudevents."),
    };
}
