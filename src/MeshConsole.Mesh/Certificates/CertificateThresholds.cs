namespace MeshConsole.Mesh.Certificates;

/// <summary>
/// When a certificate is worth a look. <paramref name="WarnBefore"/> and <paramref name="CriticalBefore"/> are for
/// certificates that live for weeks or longer; those that rotate by themselves are late under
/// <paramref name="LateRenewalRatio"/> of their life (Istio's agent renews at one half).
/// </summary>
public sealed record CertificateThresholds(TimeSpan WarnBefore, TimeSpan CriticalBefore, double LateRenewalRatio)
{
    public static CertificateThresholds Default { get; } = new(TimeSpan.FromDays(30), TimeSpan.FromDays(7), 0.4);
}
