using MeshConsole.Mesh.Snapshots;
using MeshConsole.Monitoring;

namespace MeshConsole.Endpoints;

/// <summary>What a kubelet and a Prometheus ask of the console.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/healthz", () => TypedResults.Text("ok\n")).WithTags("operations").WithSummary("The process lives");

        // A failed source does not make the console unready: it is there to say what failed.
        endpoints.MapGet("/readyz", (IMeshSnapshots snapshots) => snapshots.Ready.IsCompletedSuccessfully && snapshots.Current.Revision > 0
                ? Results.Text("ok\n")
                : Results.Text("waiting for the first answer of each source; GET /api/v1/status says which\n", statusCode: StatusCodes.Status503ServiceUnavailable))
            .WithTags("operations")
            .WithSummary("Every configured source has answered or failed once");

        endpoints.MapGet("/metrics", async (MetricsExporter exporter, RecordMetrics records, CancellationToken cancellationToken) => TypedResults.Text(exporter.Write() + await records.WriteAsync(cancellationToken), MetricsText.ContentType))
            .WithTags("operations")
            .WithSummary("The console's own and the mesh's derived metrics");
    }
}
