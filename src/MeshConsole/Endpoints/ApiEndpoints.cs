using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using MeshConsole.Demo;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Latency;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Panels;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace MeshConsole.Endpoints;

/// <summary>The REST API under <c>/api/v1</c>: each endpoint is a view of a snapshot.</summary>
internal static class ApiEndpoints
{
    public static void MapApi(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/api/v1").WithTags("mesh");

        api.MapGet("/status", (IMeshSnapshots snapshots, IDemoScenarios demo) => StatusView.Of(snapshots.Current, demo.Enabled))
            .WithSummary("Version, revision and the state of every source with its age");

        api.MapGet("/topology", TopologyAsync)
            .Produces<TopologyView>()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("Nodes and edges with traffic, latency and mTLS");

        api.MapGet("/topology/panel", PanelAsync)
            .Produces<PanelView>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("What is known of one node, edge or box, or of the whole mesh: both reporters apart, retries, latency, pods, objects");

        api.MapGet("/topology/export", ExportAsync)
            .Produces(StatusCodes.Status200OK)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .WithSummary("The topology as JSON, as a table of edges (CSV), or for Graphviz (dot)");

        api.MapComparison();

        api.MapGet("/mtls", Task<Results<Ok<MtlsView>, ProblemHttpResult>> ([AsParameters] ViewParameters parameters, SnapshotRequest request, IMeshViews views, CancellationToken cancellationToken) =>
                request.AnswerAsync(parameters, views.Mtls, cancellationToken))
            .WithSummary("Share of traffic that is encrypted, and every plaintext edge with its reason");

        api.MapGet("/mtls/policies", Task<Results<Ok<ImmutableArray<EffectivePolicy>>, ProblemHttpResult>> ([AsParameters] ViewParameters parameters, SnapshotRequest request, IMeshViews views, CancellationToken cancellationToken) =>
                request.AnswerAsync(parameters, views.Policies, cancellationToken))
            .WithSummary("mTLS mode in force per workload and port, with the object that decided it");

        api.MapReadiness();
        api.MapCertificates();

        api.MapGet("/latency/hops", Task<Results<Ok<ImmutableArray<HopLatency>>, ProblemHttpResult>> ([AsParameters] ViewParameters parameters, SnapshotRequest request, IMeshViews views, CancellationToken cancellationToken) =>
                request.AnswerAsync(parameters, views.Hops, cancellationToken))
            .WithSummary("Latency of every hop at both ends, with the overhead between them");

        api.MapGet("/routes", Task<Results<Ok<ImmutableArray<RouteView>>, ProblemHttpResult>> ([AsParameters] ViewParameters parameters, SnapshotRequest request, IMeshViews views, CancellationToken cancellationToken) =>
                request.AnswerAsync(parameters, views.Routes, cancellationToken))
            .WithSummary("Rules of route objects with configured and observed shares");

        // Without this a mistyped address would be answered by the pages, with 200 and HTML.
        endpoints.MapFallback("/api/{**path}", (HttpContext context) => ApiProblem.UnknownEndpoint(context.Request.Path)).ExcludeFromDescription();
    }

    private static async Task<IResult> TopologyAsync(
        [AsParameters] ViewParameters parameters,
        [FromQuery(Name = "view")] string? view,
        SnapshotRequest request,
        IMeshViews views,
        RenderedTopology rendered,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        if (!TryReadForm(view, out var form))
        {
            return ApiProblem.InvalidParameter("view", view!, $"legal: {TopologyForm.Legal}");
        }

        var answer = await request.AnswerAsync(parameters, (snapshot, query) => views.Topology(snapshot, query, form), cancellationToken);
        return answer.Result is Ok<TopologyView> { Value: { } topology } ? await rendered.AnswerAsync(topology, context) : answer.Result;
    }

    private static async Task<IResult> PanelAsync(
        [AsParameters] ViewParameters parameters,
        [FromQuery(Name = "view")] string? view,
        [FromQuery(Name = "selected")] string? selected,
        SnapshotRequest request,
        IMeshViews views,
        CancellationToken cancellationToken)
    {
        if (!TryReadForm(view, out var form))
        {
            return ApiProblem.InvalidParameter("view", view!, $"legal: {TopologyForm.Legal}");
        }

        var answer = await request.AnswerAsync(parameters, (snapshot, query) => new Found(views.Panel(snapshot, query, form, selected)), cancellationToken);
        return answer.Result is not Ok<Found> { Value: { } found } ? answer.Result
            : found.Panel is { } panel ? TypedResults.Ok(panel)
            : ApiProblem.UnknownSelection(selected!);
    }

    private sealed record Found(PanelView? Panel);

    private static async Task<IResult> ExportAsync(
        [AsParameters] ViewParameters parameters,
        [FromQuery(Name = "view")] string? view,
        [FromQuery(Name = "format")] string? format,
        SnapshotRequest request,
        IMeshViews views,
        CancellationToken cancellationToken)
    {
        if (!TryReadForm(view, out var form))
        {
            return ApiProblem.InvalidParameter("view", view!, $"legal: {TopologyForm.Legal}");
        }

        if (format is not (null or "" or "json" or "csv" or "dot"))
        {
            return ApiProblem.InvalidParameter("format", format, "legal: json, csv, dot");
        }

        var answer = await request.AnswerAsync(parameters, (snapshot, query) => views.Topology(snapshot, query, form), cancellationToken);
        return answer.Result is not Ok<TopologyView> { Value: { } topology } ? answer.Result : format switch
        {
            "csv" => Results.File(Encoding.UTF8.GetBytes(TopologyExport.Csv(topology)), "text/csv; charset=utf-8", "topology.csv"),
            "dot" => Results.File(Encoding.UTF8.GetBytes(TopologyExport.Dot(topology)), "text/vnd.graphviz; charset=utf-8", "topology.dot"),
            _ => Results.File(JsonSerializer.SerializeToUtf8Bytes(topology, ApiJson.Options), "application/json; charset=utf-8", "topology.json"),
        };
    }

    internal static bool TryReadForm(string? text, out TopologyForm form)
    {
        var known = string.IsNullOrEmpty(text) ? TopologyLevel.Workload : TopologyForm.Parse(text);
        form = known ?? default;
        return known is not null;
    }
}
