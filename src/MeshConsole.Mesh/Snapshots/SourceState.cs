namespace MeshConsole.Mesh.Snapshots;

/// <summary>State of one source of data (a watched kind, a set of queries).</summary>
public enum SourceState
{
    /// <summary>Has not answered yet, neither well nor badly.</summary>
    Starting,
    Live,

    /// <summary>Answered once; the last good data is shown with its age.</summary>
    Stale,

    /// <summary>Never answered well.</summary>
    Failed,

    /// <summary>Switched off for a reason that will not pass by itself: a missing CRD, a refused right, configuration.</summary>
    Disabled,
}
