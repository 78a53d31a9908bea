namespace MeshConsole.Mesh.Prometheus;

/// <summary>Kinds of failure a caller can act on.</summary>
public enum PrometheusFault
{
    /// <summary>No connection, or it broke off: try again.</summary>
    Unreachable,

    /// <summary>No whole answer in time: try again, or ask for less.</summary>
    Timeout,

    /// <summary>Prometheus does not understand the query (<c>bad_data</c>).</summary>
    BadData,

    /// <summary>Prometheus understood the query and could not run it (<c>execution</c>: too many samples, duplicate series …).</summary>
    Execution,

    /// <summary>The answer is larger than the limit.</summary>
    TooLarge,

    /// <summary>The token is missing, wrong or lacks a right.</summary>
    Unauthorized,

    /// <summary>Something answers there, but no Prometheus API.</summary>
    NotPrometheus,
}
