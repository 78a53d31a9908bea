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

    /// <summary>Requests by how they ended, as callees see them: each try that arrives.</summary>
    CalleeResponses,

    /// <summary>The histogram of request durations, as callees see them.</summary>
    CalleeDurations,

    /// <summary>TCP connections opened, as callers see them.</summary>
    Connections,

    /// <summary>TCP bytes, both ways, by how their connections are protected, as callees see them.</summary>
    ByteSecurity,
}
