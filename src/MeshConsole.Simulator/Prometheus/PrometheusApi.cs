using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace MeshConsole.Simulator.Prometheus;

/// <summary>Prometheus' HTTP API over a store.</summary>
public static class PrometheusApi
{
    /// <summary>Maps <c>/-/ready</c> and <c>/-/healthy</c>.</summary>
    public static void Map(IEndpointRouteBuilder endpoints, SampleStore store, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(time);
        endpoints.MapGet("/-/ready", () => Results.Text("Prometheus Server is Ready.\n"));
        endpoints.MapGet("/-/healthy", () => Results.Text("Prometheus Server is Healthy.\n"));
    }
}
