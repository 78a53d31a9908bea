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
}
