using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;
using MeshConsole.Mesh.Topology.Compare;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace MeshConsole.Endpoints;

/// <summary>What differs between two instants of the topology.</summary>
internal static class ComparisonEndpoints
{
    public static void MapComparison(this IEndpointRouteBuilder api) =>
        api.MapGet("/topology/compare", CompareAsync)
            .Produces<TopologyComparison>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status502BadGateway)
            .WithSummary("What appeared, vanished, grew, slowed, fails more or lost mTLS between two instants, what matters most first");

    /// <param name="cluster">One cluster; absent means all.</param>
    /// <param name="namespace">Namespaces, comma separated; absent means all.</param>
    /// <param name="window">Window of the rates at both instants; absent means the configured one.</param>
    /// <param name="view">As of the topology.</param>
    /// <param name="from">The instant that is compared with: ISO 8601 or Unix seconds.</param>
    /// <param name="to">The instant that is looked at; absent means now.</param>
    private static async Task<IResult> CompareAsync(
        [FromQuery(Name = "cluster")] string? cluster,
        [FromQuery(Name = "namespace")] string? @namespace,
        [FromQuery(Name = "window")] string? window,
        [FromQuery(Name = "view")] string? view,
        [FromQuery(Name = "from")] string? from,
        [FromQuery(Name = "to")] string? to,
        SnapshotRequest request,
        IMeshViews views,
        CancellationToken cancellationToken)
    {
        if (!ApiEndpoints.TryReadForm(view, out var form))
        {
            return ApiProblem.InvalidParameter("view", view!, $"legal: {TopologyForm.Legal}");
        }

        if (SnapshotRequest.Blank(from) is null)
        {
            return ApiProblem.InvalidParameter("from", "", "the instant to compare with is needed, in ISO 8601 (2026-01-31T02:14:00Z) or Unix seconds");
        }

        // Both at a time: they are two instants of one Prometheus, read by the same queries.
        var answers = await Task.WhenAll(MomentAsync(from, nameof(from)), MomentAsync(to, nameof(to)));
        if (answers.Select(answer => answer.Result).FirstOrDefault(result => result is not Ok<TopologyMoment>) is { } problem)
        {
            return problem;
        }

        var (before, after) = (Moment(answers[0]), Moment(answers[1]));
        return TypedResults.Ok(TopologyComparison.Of(before, after));

        Task<Results<Ok<TopologyMoment>, ProblemHttpResult>> MomentAsync(string? at, string parameter) => request.AnswerAsync(
            new ViewParameters(cluster, @namespace, at, window),
            (snapshot, query) => TopologyMoment.Of(snapshot, views.Topology(snapshot, query, form), form),
            cancellationToken,
            parameter);

        static TopologyMoment Moment(Results<Ok<TopologyMoment>, ProblemHttpResult> answer) => ((Ok<TopologyMoment>)answer.Result).Value!;
    }
}
