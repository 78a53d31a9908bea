using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Prometheus.Istio;

/// <summary>How the traffic of one series is protected.</summary>
internal enum Protection
{
    Unknown,
    Mutual,
    Plaintext,
}

/// <summary>
/// Reads <c>connection_security_policy</c>. Envoy at the callee (and at a waypoint) writes <c>mutual_tls</c> or <c>none</c>,
/// at the caller always <c>unknown</c>. ztunnel writes <c>mutual_tls</c>, and <c>unknown</c> for plaintext.
/// </summary>
internal sealed class ProtectionReader(SymbolTable symbols)
{
    private readonly int _mutual = symbols.Intern("mutual_tls"u8);
    private readonly int _none = symbols.Intern("none"u8);
    private readonly int _unknown = symbols.Intern("unknown"u8);
    private readonly int _ztunnel = symbols.Intern("ztunnel"u8);

    /// <param name="app">Label <c>app</c> of the reporting pod.</param>
    public Protection Read(Reporter reporter, bool tcp, int policy, int app)
    {
        if (policy == _mutual)
        {
            // At the caller only ztunnel says so, and it knows.
            return Protection.Mutual;
        }

        if (reporter == Reporter.Source)
        {
            return Protection.Unknown;
        }

        return policy == _none || (tcp && reporter == Reporter.Destination && app == _ztunnel && policy == _unknown) ? Protection.Plaintext : Protection.Unknown;
    }
}
