namespace MeshConsole.Mesh.Certificates;

/// <summary>
/// When a certificate is worth a look. <paramref name="WarnBefore"/> and <paramref name="CriticalBefore"/> are for
/// certificates that live for weeks or longer; those that rotate by themselves are late under
/// <paramref name="LateRenewalRatio"/> of their life (Istio's agent renews at one half).
/// </summary>
public sealed record CertificateThresholds(TimeSpan WarnBefore, TimeSpan CriticalBefore, double LateRenewalRatio)
{
    /// <summary>What a workload's certificate lives for where nobody says: agents tell only how much is left. Istio's default.</summary>
    public TimeSpan WorkloadLife { get; init; } = TimeSpan.FromHours(24);

    public static CertificateThresholds Default { get; } = new(TimeSpan.FromDays(30), TimeSpan.FromDays(7), 0.4);
}
