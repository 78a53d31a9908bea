namespace MeshConsole.Mesh.Topology;

/// <summary>From when errors count as trouble. Ratios are those of truth 7: what the server or the mesh failed to do.</summary>
/// <param name="DegradedErrorRatio">Share of failed requests from which something is degraded.</param>
/// <param name="FailingErrorRatio">Share of failed requests from which it is failing.</param>
/// <param name="MinimumRequests">Requests in the window under which no share is called failing: three requests prove little.</param>
/// <param name="MinimumFailures">Failed requests in the window under which nothing is called failing.</param>
public sealed record HealthThresholds(double DegradedErrorRatio, double FailingErrorRatio, double MinimumRequests, double MinimumFailures)
{
    public static HealthThresholds Default { get; } = new(0.01, 0.05, 10, 3);
}
