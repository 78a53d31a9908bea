using System.Net;
using System.Net.Sockets;

namespace MeshConsole.Mesh.Certificates.Probes;

/// <summary>
/// Where a probe may connect. A probe leads the console's own connections to an address that somebody configured: this
/// machine and its link (where clouds answer with credentials) are not among them.
/// </summary>
public static class ProbeTargets
{
    /// <summary>Why the address must not be probed, in words; null when it may.</summary>
    public static string? Refusal(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (IPAddress.IsLoopback(plain) || (plain.AddressFamily == AddressFamily.InterNetwork && plain.GetAddressBytes()[0] is 0))
        {
            return "is this machine";
        }

        var linkLocal = plain.AddressFamily == AddressFamily.InterNetwork ? plain.GetAddressBytes() is [169, 254, ..] : plain.IsIPv6LinkLocal;
        return linkLocal ? "is link-local"
            : plain.Equals(IPAddress.IPv6Any) ? "is this machine"
            : plain.IsIPv6Multicast || (plain.AddressFamily == AddressFamily.InterNetwork && plain.GetAddressBytes()[0] >= 224) ? "is no address of one machine"
            : null;
    }
}
