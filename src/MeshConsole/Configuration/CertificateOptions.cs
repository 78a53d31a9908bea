using System.Collections.Immutable;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Certificates.Probes;

namespace MeshConsole.Configuration;

/// <summary>When a certificate is worth a look; see <see cref="CertificateThresholds"/>.</summary>
public sealed class CertificateOptions
{
    public TimeSpan WarnBefore { get; set; } = CertificateThresholds.Default.WarnBefore;

    public TimeSpan CriticalBefore { get; set; } = CertificateThresholds.Default.CriticalBefore;

    public double LateRenewalRatio { get; set; } = CertificateThresholds.Default.LateRenewalRatio;

    /// <summary>What istiod issues to workloads (<c>DEFAULT_WORKLOAD_CERT_TTL</c>): agents tell only how much is left.</summary>
    public TimeSpan WorkloadLife { get; set; } = CertificateThresholds.Default.WorkloadLife;

    /// <summary>Addresses whose served certificate is looked at by a TLS handshake; none by default.</summary>
    public List<ProbeOptions> Probes { get; set; } = [];

    /// <summary>Pause between two rounds of probes.</summary>
    public TimeSpan ProbeInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>For one address: look-up, connection and handshake together.</summary>
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    public CertificateThresholds ToThresholds() => new(WarnBefore, CriticalBefore, LateRenewalRatio) { WorkloadLife = WorkloadLife };

    /// <summary>The probes of one cluster; those that name none belong to the first.</summary>
    public ImmutableArray<CertificateProbe> ProbesOf(string cluster, bool first) =>
        [.. Probes.Where(probe => probe.Cluster is null ? first : string.Equals(probe.Cluster, cluster, StringComparison.Ordinal)).Select(probe => probe.ToProbe()).OfType<CertificateProbe>()];

    public ProbeSettings ToProbeSettings(bool demo) => new(ProbeInterval, ProbeTimeout, AllowThisMachine: demo);
}

/// <summary>One address to look at.</summary>
public sealed class ProbeOptions
{
    public string Name { get; set; } = "";

    /// <summary><c>host:port</c>; an IPv6 address in brackets.</summary>
    public string Address { get; set; } = "";

    /// <summary>Name asked for in the handshake; null for the host of the address.</summary>
    public string? ServerName { get; set; }

    /// <summary>Cluster beside whose certificates it is shown; null for the first.</summary>
    public string? Cluster { get; set; }

    /// <summary>Null when the address is none.</summary>
    public CertificateProbe? ToProbe() =>
        Uri.TryCreate($"tls://{Address}", UriKind.Absolute, out var uri) && uri is { Port: > 0, AbsolutePath: "" or "/", Query: "", UserInfo: "" } && uri.IdnHost.Length > 0 && !Address.EndsWith('/')
            ? new CertificateProbe(Name, uri.IdnHost.Trim('[', ']'), uri.Port, ServerName is { Length: > 0 } name ? name : uri.IdnHost.Trim('[', ']'))
            : null;
}
