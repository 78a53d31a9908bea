using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Prometheus.Istio;

/// <summary>Response flags of TCP connections.</summary>
internal static class ConnectionFlags
{
    /// <summary>Envoy: no host, no route, refused, over the limit. ztunnel: denied by policy, connecting or its TLS failed.</summary>
    private static readonly string[] s_failures =
    [
        "UF", "UH", "UO", "NR", "NC", "URX", "DF",
        "DENY", "CONNECT", "TLS_FAILURE", "H2_HANDSHAKE_FAILURE", "NETWORK_POLICY", "IDENTITY_ERROR", "CERT_REVOKED",
    ];

    /// <summary>Whether a connection with these flags came to nothing. A caller that hangs up (DC) has had what it wanted.</summary>
    public static bool IsFailure(string flags) => Array.Exists(s_failures, flag => ResponseClassifier.HasFlag(flags, flag));
}
