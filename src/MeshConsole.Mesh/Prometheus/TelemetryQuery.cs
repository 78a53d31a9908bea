namespace MeshConsole.Mesh.Prometheus;

/// <summary>One query of a refresh.</summary>
/// <param name="Name">Name of its source: <c>prometheus/requests</c> …</param>
/// <param name="Text">PromQL, mesh-wide.</param>
/// <param name="Every">How often it is asked at most; zero for every refresh.</param>
/// <param name="ShowsTraffic">Whether a scraped mesh cannot be without series in its answer (or in that of another such query).</param>
public sealed record TelemetryQuery(string Name, string Text, TimeSpan Every, bool ShowsTraffic = false);
