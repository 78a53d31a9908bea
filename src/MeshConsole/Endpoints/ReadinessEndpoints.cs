using System.Globalization;
using MeshConsole.Configuration;
using MeshConsole.Mesh.Mtls.Readiness;
using MeshConsole.Mesh.Snapshots;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace MeshConsole.Endpoints;

/// <summary>Whether a scope can go STRICT. Unlike the views it reads history, so it is asked for and not refreshed.</summary>
internal static class ReadinessEndpoints
{
    public static void MapReadiness(this IEndpointRouteBuilder api) =>
        api.MapGet("/mtls/readiness", AnswerAsync)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("Whether the mesh, a namespace, a workload or a port can go STRICT: ready, blocked or unproven, with the evidence of a look-back");

    private static async Task<Results<Ok<ReadinessView>, ProblemHttpResult>> AnswerAsync(
        [AsParameters] ReadinessParameters parameters,
        IMeshSnapshots snapshots,
        IReadinessParts readiness,
        MeshConsoleOptions options,
        CancellationToken cancellationToken)
    {
        var snapshot = snapshots.Current;
        if (snapshot.Revision == 0 || !snapshots.Ready.IsCompleted)
        {
            return ApiProblem.NotReady();
        }

        var (scope, lookback, problem) = Read(parameters, snapshot, options.Mtls.EffectiveLookback(options.RunsDemo));
        return problem is not null ? problem : TypedResults.Ok(ReadinessView.Of(await readiness.AskForPartsAsync(scope!, lookback, cancellationToken)));
    }

    private static (StrictScope? Scope, TimeSpan Lookback, ProblemHttpResult? Problem) Read(ReadinessParameters parameters, MeshSnapshot snapshot, TimeSpan lookback)
    {
        var (cluster, @namespace, workload) = (SnapshotRequest.Blank(parameters.Cluster), SnapshotRequest.Blank(parameters.Namespace), SnapshotRequest.Blank(parameters.Workload));
        if (SnapshotRequest.Blank(parameters.Lookback) is { } text && !SnapshotRequest.TryReadDuration(text, MtlsOptions.ShortestLookback, MtlsOptions.LongestLookback, out lookback))
        {
            return Fault(ApiProblem.InvalidParameter("lookback", text, "a duration from 1m to 31d is expected, for example 15m, 1h, 24h or 7d"));
        }

        if (cluster is null && snapshot.Clusters.Length != 1)
        {
            return Fault(ApiProblem.InvalidParameter("cluster", "", $"one of {string.Join(", ", snapshot.Clusters.Select(one => one.Name))} is expected, since a policy holds for one cluster"));
        }

        var query = MeshQuery.For(cluster ?? snapshot.Clusters[0].Name, []);
        if (snapshot.Clusters.FirstOrDefault(one => query.MatchesCluster(one.Name)) is not { } known)
        {
            return Fault(ApiProblem.UnknownCluster(cluster!, snapshot.Clusters.Select(one => one.Name)));
        }

        if (@namespace is null && workload is not null)
        {
            return Fault(ApiProblem.InvalidParameter("workload", workload, "a workload has a namespace: give 'namespace' too"));
        }

        if (@namespace is not null && !SnapshotRequest.KnowsNamespace(snapshot, query, @namespace))
        {
            return Fault(ApiProblem.UnknownNamespace(@namespace));
        }

        if (workload is not null && !known.Workloads.Any(one => one.Id.Namespace == @namespace && one.Id.Name == workload))
        {
            return Fault(ApiProblem.UnknownWorkload(@namespace!, workload));
        }

        int? port = null;
        if (SnapshotRequest.Blank(parameters.Port) is { } number)
        {
            if (workload is null || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) || parsed is < 1 or > 65535)
            {
                return Fault(ApiProblem.InvalidParameter("port", number, "a container port from 1 to 65535 of the workload in 'workload' is expected"));
            }

            port = parsed;
        }

        return (new StrictScope(known.Name, @namespace, workload, port), lookback, null);

        static (StrictScope?, TimeSpan, ProblemHttpResult?) Fault(ProblemHttpResult problem) => (null, default, problem);
    }
}

/// <param name="Cluster">Needed where there are several.</param>
/// <param name="Namespace">One namespace; absent means the whole mesh.</param>
/// <param name="Workload">Name of a workload of the namespace; absent means all of it.</param>
/// <param name="Port">Container port of the workload; absent means all of them.</param>
/// <param name="Lookback">History that must be free of plaintext: <c>15m</c>, <c>1h</c>, <c>24h</c>, <c>7d</c>; absent means the configured one.</param>
internal readonly record struct ReadinessParameters(
    [FromQuery(Name = "cluster")] string? Cluster,
    [FromQuery(Name = "namespace")] string? Namespace,
    [FromQuery(Name = "workload")] string? Workload,
    [FromQuery(Name = "port")] string? Port,
    [FromQuery(Name = "lookback")] string? Lookback);
