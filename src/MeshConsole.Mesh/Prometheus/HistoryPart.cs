namespace MeshConsole.Mesh.Prometheus;

/// <summary>The histories that pages draw; each is one range query per cluster.</summary>
public enum HistoryPart
{
    /// <summary>Requests by how they ended, as callers see them.</summary>
    Responses,

    /// <summary>The histogram of request durations, as callers see them.</summary>
    Durations,

    /// <summary>Requests by how they are protected, as callees see them.</summary>
    Security,

    /// <summary>TCP connections opened by how they are protected, as callees see them.</summary>
    ConnectionSecurity,

    /// <summary>TCP bytes, both ways, by how their connections are protected, as callees see them.</summary>
    ByteSecurity,
}
