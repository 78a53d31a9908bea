namespace MeshConsole.Mesh.Model;

/// <summary>How the traffic of an edge is protected, as the callee's proxy reports it.</summary>
public enum MutualTlsState
{
    /// <summary>There is traffic, but nobody who can tell reports it (for example only the caller has a proxy).</summary>
    Unknown,
    Mutual,
    Plaintext,

    /// <summary>Some of the traffic is mutual and some plaintext.</summary>
    Mixed,

    /// <summary>No traffic in the window.</summary>
    Idle,
}
