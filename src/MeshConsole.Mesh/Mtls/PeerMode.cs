namespace MeshConsole.Mesh.Mtls;

/// <summary>Mode of a PeerAuthentication; <see cref="Unset"/> inherits from the level above.</summary>
public enum PeerMode
{
    Unset,

    /// <summary>Plaintext only.</summary>
    Disable,

    /// <summary>Plaintext and mutual TLS.</summary>
    Permissive,

    /// <summary>Mutual TLS only.</summary>
    Strict,
}
