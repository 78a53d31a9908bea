using MeshConsole.Mesh.Certificates;

namespace MeshConsole.Configuration;

/// <summary>When a certificate is worth a look; see <see cref="CertificateThresholds"/>.</summary>
public sealed class CertificateOptions
{
    public TimeSpan WarnBefore { get; set; } = CertificateThresholds.Default.WarnBefore;

    public TimeSpan CriticalBefore { get; set; } = CertificateThresholds.Default.CriticalBefore;

    public double LateRenewalRatio { get; set; } = CertificateThresholds.Default.LateRenewalRatio;

    public CertificateThresholds ToThresholds() => new(WarnBefore, CriticalBefore, LateRenewalRatio);
}
