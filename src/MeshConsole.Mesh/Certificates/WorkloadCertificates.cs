using System.Globalization;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Certificates;

/// <summary>
/// Leaf certificates of workloads, one row per workload: the pod with the least time left stands for it. The agents report
/// only how much is left, so the start of life is inferred from Istio's default of 24 hours.
/// </summary>
internal static class WorkloadCertificates
{
    public const string Metric = "istio_agent_cert_expiry_seconds";

    /// <summary>What istiod issues unless told otherwise; agents renew at half of it.</summary>
    private static readonly TimeSpan s_life = TimeSpan.FromHours(24);

    private const double RenewsAt = 0.5;

    /// <summary>Older samples say what was, not what is: renewal may have happened since.</summary>
    private static readonly TimeSpan s_freshFor = TimeSpan.FromMinutes(5);

    public static void Add(CertificateSet set)
    {
        var samples = set.Cluster.Telemetry?.ProxyCertificates ?? [];
        var workloads = set.Cluster.Workloads.Where(w => w.DataPlane == DataPlane.Sidecar && !w.Pods.IsEmpty).ToList();
        if (samples.IsDefaultOrEmpty)
        {
            if (workloads.Exists(w => set.Query.Matches(w.Id.Namespace)))
            {
                set.Rows.Add(set.Unknown(
                    $"{set.Cluster.Name}/workload",
                    CertificateKind.Workload,
                    "certificates of all workloads",
                    null,
                    $"metric {Metric}",
                    set.Cluster.Sources.Any(s => s.Name == SourceNames.Certificates && s.State == SourceState.Live)
                        ? $"No proxy reports {Metric}: check that Prometheus scrapes port 15020 of the pods."
                        : SourceWords.Why(set.Cluster, "Expiry of workload certificates is not known", SourceNames.Certificates)));
            }

            return;
        }

        var byPod = new Dictionary<(string Namespace, string Pod), ProxyCertificateSample>();
        foreach (var sample in samples)
        {
            var key = (sample.Namespace, sample.Pod);
            if (sample.ResourceName == "default" && double.IsFinite(sample.RemainingSeconds) && Math.Abs(sample.RemainingSeconds) < TimeSpan.FromDays(36500).TotalSeconds
                && (!byPod.TryGetValue(key, out var known) || ExpiresAt(sample) < ExpiresAt(known)))
            {
                byPod[key] = sample;
            }
        }

        var principals = Principals(set.Cluster);
        foreach (var workload in workloads.Where(w => set.Query.Matches(w.Id.Namespace)))
        {
            set.Rows.Add(Row(set, workload, byPod, principals.GetValueOrDefault(workload.Id)));
        }

        if (set.Cluster.Objects.Pods.IsDefault)
        {
            // Without pods nothing tells which workload a sample belongs to; with them, a sample of no pod is of one that is gone.
            foreach (var sample in byPod.Values.Where(s => set.Query.Matches(s.Namespace)).OrderBy(s => s.Namespace, StringComparer.Ordinal).ThenBy(s => s.Pod, StringComparer.Ordinal))
            {
                var row = set.Unknown($"{set.Cluster.Name}/{sample.Namespace}/workload/{sample.Pod}", CertificateKind.Workload, $"pod {sample.Namespace}/{sample.Pod}", sample.Namespace, $"metric {Metric}", "");
                set.Rows.Add(Judge(set, row, sample));
            }
        }
    }

    private static CertificateView Row(CertificateSet set, Workload workload, Dictionary<(string, string), ProxyCertificateSample> byPod, string? principal)
    {
        var name = $"{workload.Id.Namespace}/{workload.Id.Name}";
        var row = set.Unknown(
            $"{set.Cluster.Name}/{workload.Id.Namespace}/workload/{workload.Id.Name}",
            CertificateKind.Workload,
            principal ?? (workload.ServiceAccount is null ? $"workload {name}" : $"service account {workload.Id.Namespace}/{workload.ServiceAccount}"),
            workload.Id.Namespace,
            $"metric {Metric}",
            "") with
        {
            Issuer = "istiod",
            PresentedBy = $"{workload.Kind} {name}",
            RenewedBy = "the agent in each pod",
        };

        ProxyCertificateSample? first = null;
        int sampled = 0, late = 0;
        foreach (var pod in workload.Pods)
        {
            if (!byPod.TryGetValue((pod.Meta.Namespace, pod.Meta.Name), out var sample))
            {
                continue;
            }

            sampled++;
            late += IsLate(set, sample) ? 1 : 0;
            first = first is null || ExpiresAt(sample) < ExpiresAt(first) ? sample : first;
        }

        if (first is null)
        {
            return row with { Message = $"No pod of {name} reports {Metric}." };
        }

        var judged = Judge(set, row, first);
        var words = judged.Message;
        if (late > 0 && judged.State is CertificateState.Late or CertificateState.Expired)
        {
            words = string.Create(CultureInfo.InvariantCulture, $"{words} {late} of {sampled} pods; the first is {first.Pod}.");
        }

        if (sampled < workload.PodsWithProxy)
        {
            words = string.Create(CultureInfo.InvariantCulture, $"{words} {sampled} of {workload.PodsWithProxy} pods report.");
        }

        return judged with { Message = words };
    }

    private static CertificateView Judge(CertificateSet set, CertificateView row, ProxyCertificateSample sample)
    {
        var notAfter = ExpiresAt(sample);
        var remaining = notAfter - set.Now;
        var judgement = Judgement(set, sample, set.Now);
        var age = set.Now - sample.SampledAt;
        var inferred = remaining <= s_life;
        if (age > s_freshFor && judgement.State != Judgement(set, sample, sample.SampledAt).State)
        {
            judgement = new(CertificateState.Unknown, $"Not known since the last sample {DurationWords.Of(age)} ago: it was due for renewal since then.");
        }
        else if (age > s_freshFor)
        {
            judgement = judgement with { Message = $"{judgement.Message} As of {DurationWords.Of(age)} ago." };
        }

        return row with
        {
            NotAfter = notAfter,
            RemainingSeconds = remaining.TotalSeconds,
            LifeLeft = inferred ? Math.Clamp(remaining / s_life, 0, 1) : null,
            RenewsAtLifeLeft = RenewsAt,
            State = judgement.State,
            Message = inferred ? $"{judgement.Message} Its life is taken to be 24 h, Istio's default." : $"{judgement.Message} It lives longer than Istio's default of 24 h: when it is renewed is not known.",
            SampledAt = sample.SampledAt,
        };
    }

    private static CertificateJudgement Judgement(CertificateSet set, ProxyCertificateSample sample, DateTimeOffset at)
    {
        var notAfter = ExpiresAt(sample);
        if (notAfter - at > s_life)
        {
            return new(CertificateState.Valid, $"Valid for another {DurationWords.Of(notAfter - at)}.");
        }

        var renewal = CertificateRenewal.AtShare(notAfter - s_life, notAfter, RenewsAt, set.Thresholds.LateRenewalRatio);
        return CertificateJudgement.Of(null, notAfter, at, renewal, set.Thresholds);
    }

    /// <summary>Like the judgement, without its words: there are ten thousand pods.</summary>
    private static bool IsLate(CertificateSet set, ProxyCertificateSample sample) =>
        ExpiresAt(sample) - set.Now <= s_life * Math.Min(set.Thresholds.LateRenewalRatio, RenewsAt);

    private static DateTimeOffset ExpiresAt(ProxyCertificateSample sample) => sample.SampledAt.AddSeconds(sample.RemainingSeconds);

    /// <summary>Identities as telemetry has seen them; a workload that changed its service account has two, the first in order counts.</summary>
    private static Dictionary<WorkloadId, string> Principals(ClusterSnapshot cluster)
    {
        var principals = new Dictionary<WorkloadId, string>();
        foreach (var edge in cluster.Edges)
        {
            if (edge.SourcePrincipals is [var source, ..])
            {
                principals.TryAdd(edge.Source.Workload, source);
            }

            if (edge.DestinationPrincipals is [var destination, ..])
            {
                principals.TryAdd(edge.Target.Workload, destination);
            }
        }

        return principals;
    }
}
