using System.Collections.Immutable;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Mesh.Triage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace MeshConsole.Endpoints;

/// <summary>What is wrong, and what changed.</summary>
internal static class TriageEndpoints
{
    private const int MostEntries = 1000;

    public static void MapTriage(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/api/v1").WithTags("triage");

        api.MapGet("/triage", Task<Results<Ok<TriageView>, ProblemHttpResult>> ([AsParameters] ViewParameters parameters, SnapshotRequest request, ITriage triage, CancellationToken cancellationToken) =>
                !string.IsNullOrWhiteSpace(parameters.At) || !string.IsNullOrWhiteSpace(parameters.Window)
                    ? Task.FromResult<Results<Ok<TriageView>, ProblemHttpResult>>(ApiProblem.InvalidParameter(
                        string.IsNullOrWhiteSpace(parameters.At) ? "window" : "at",
                        parameters.At ?? parameters.Window!,
                        "problems are judged as they happen and not for the past; ask /api/v1/timeline for what changed then, and /api/v1/topology?at= for the traffic"))
                    : request.AnswerAsync(parameters, (_, query) => TriageScope.Of(triage.Current, query), cancellationToken))
            .WithSummary("What is wrong with its cause, suspects and blast radius, and what changed lately");

        api.MapGet("/timeline", async Task<Results<Ok<ImmutableArray<TimelineEntry>>, ProblemHttpResult>> ([AsParameters] TimelineParameters parameters, ITimelineStore store, CancellationToken cancellationToken) =>
                parameters.Read(MostEntries, out var filter) is { } problem ? problem : TypedResults.Ok(await store.SearchAsync(filter, cancellationToken)))
            .WithSummary("What changed in the clusters, the newest first");
    }
}
