namespace MeshConsole.Mesh.Model;

/// <summary>Health of a node, always shown together with its reasons. Unknown is not healthy.</summary>
public enum Health
{
    /// <summary>Nothing is known: the source that would say is down or has not answered yet.</summary>
    Unknown,

    /// <summary>The sources answer and there is no traffic.</summary>
    Idle,
    Healthy,
    Degraded,
    Failing,
}
