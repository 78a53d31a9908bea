namespace MeshConsole.Mesh.Access;

/// <summary>
/// What a person may do in the console. The cluster's own rights come on top: a write is made as the person, and the API
/// server decides.
/// </summary>
public enum Role
{
    /// <summary>Reads everything but exports of the audit.</summary>
    Viewer,

    /// <summary>Proposes changes, starts, pauses and stops them.</summary>
    Operator,

    /// <summary>Decides on changes of others.</summary>
    Approver,

    /// <summary>An operator who also sets read-only switches, breaks the glass, and exports the audit. Not an approver by that.</summary>
    Admin,
}
