namespace MeshConsole.Mesh.Changes.Gates;

/// <summary>What a gate says. Only <see cref="Pass"/> lets a plan go on.</summary>
public enum GateVerdict
{
    Pass,
    Fail,

    /// <summary>Too few requests to tell. Holds.</summary>
    InsufficientData,

    /// <summary>The counters could not be read, or make no sense. Holds.</summary>
    Error,
}
