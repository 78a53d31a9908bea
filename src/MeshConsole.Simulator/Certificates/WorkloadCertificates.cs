using MeshConsole.Simulator.Traffic;

namespace MeshConsole.Simulator.Certificates;

/// <summary>
/// The certificates of workloads: 24 hours, renewed by the agent of each pod when half of that is over. When a pod was made
/// decides when it renews; the certificate itself is made only when somebody asks to see it.
/// </summary>
internal sealed class WorkloadCertificates(CertificateAuthority authority)
{
    public static readonly TimeSpan Life = TimeSpan.FromHours(24);
    public static readonly TimeSpan Rotation = TimeSpan.FromHours(12);

    private readonly Dictionary<string, DateTimeOffset> _stuck = new(StringComparer.Ordinal);

    /// <summary>Since when nothing is issued; null while the authority answers.</summary>
    public DateTimeOffset? IssuingStoppedAt { get; set; }

    /// <summary>Makes the agents of a workload (<c>namespace/name</c>) keep what they have, which ends at the given time.</summary>
    public void Stop(string workload, DateTimeOffset notAfter) => _stuck[workload] = notAfter;

    /// <summary>Lets them renew again, at once.</summary>
    public void Resume(string workload) => _stuck.Remove(workload);

    public DateTimeOffset NotAfter(PodModel pod, DateTimeOffset at)
    {
        if (_stuck.TryGetValue(pod.Workload, out var end)) return end;
        var until = IssuingStoppedAt is { } stopped && stopped < at ? stopped : at;
        if (until < pod.CreatedAt) until = pod.CreatedAt;
        var renewals = Math.Floor((until - pod.CreatedAt) / Rotation);
        return pod.CreatedAt + (Rotation * renewals) + Life;
    }

    /// <summary>The certificate that the pod presents at that time.</summary>
    public Leaf LeafOf(PodModel pod, DateTimeOffset at)
    {
        var notAfter = NotAfter(pod, at);
        return authority.Issue("", [], new Uri(pod.Principal), notAfter - Life, notAfter);
    }
}
