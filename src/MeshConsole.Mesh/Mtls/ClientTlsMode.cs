namespace MeshConsole.Mesh.Mtls;

/// <summary>What a DestinationRule tells callers about TLS.</summary>
public enum ClientTlsMode
{
    /// <summary>Nothing: mutual TLS wherever the callee's pod speaks it (auto mTLS).</summary>
    Auto,

    /// <summary>Plaintext.</summary>
    Disable,

    /// <summary>TLS with certificates named in the rule, or with none: not Istio's.</summary>
    Simple,
    Mutual,

    /// <summary>Mutual TLS with Istio's certificates, always.</summary>
    IstioMutual,

    /// <summary>The rule says something that is none of the above.</summary>
    Unreadable,
}
