namespace MeshConsole.Mesh.Model;

/// <summary>
/// The part of an edge's requests that telemetry classifies as one operation: Istio's standard label <c>request_operation</c>,
/// which is there once a <c>Telemetry</c> object sets it. Rates, outcomes and protection are known of it, durations and bytes
/// are not: standard telemetry classifies requests alone.
/// </summary>
/// <param name="Name">The operation; null for the requests that are not classified.</param>
/// <param name="FromSource">Null when the caller's proxy counts none of it.</param>
/// <param name="FromDestination">Null when the callee's proxy counts none of it.</param>
public sealed record EdgeOperation(string? Name, ReporterTraffic? FromSource, ReporterTraffic? FromDestination)
{
    /// <summary>Operations of an edge that are told apart: a label that is unbounded (a path with ids in it) must not become as many nodes.</summary>
    public const int Most = 32;
}
