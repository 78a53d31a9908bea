using Microsoft.AspNetCore.Mvc;

namespace MeshConsole.Endpoints;

/// <summary>Query parameters that every view takes.</summary>
/// <param name="Cluster">One cluster; absent means all.</param>
/// <param name="Namespace">Namespaces, comma separated; absent means all.</param>
/// <param name="At">A past instant: ISO 8601 or Unix seconds; absent means now.</param>
/// <param name="Window">Window of the rates, for example <c>60s</c>, <c>5m</c>, <c>1h</c>; absent means the configured one.</param>
internal readonly record struct ViewParameters(
    [FromQuery(Name = "cluster")] string? Cluster,
    [FromQuery(Name = "namespace")] string? Namespace,
    [FromQuery(Name = "at")] string? At,
    [FromQuery(Name = "window")] string? Window);
