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

    /// <summary>Agents renew at half of the life that istiod issues.</summary>
    private const double RenewsAt = 0.5;

    /// <summary>Older samples say what was, not what is: renewal may have happened since.</summary>
    private static readonly TimeSpan s_freshFor = TimeSpan.FromMinutes(5);

    public static void Add(CertificateSet set)
    {
        AddAmbient(set);
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

    /// <summary>ztunnel holds the certificates of ambient workloads and exports no metric of them: that is said, not left out.</summary>
    private static void AddAmbient(CertificateSet set)
    {
        var workloads = set.Cluster.Workloads.Count(w => w.DataPlane == DataPlane.Ambient && set.Query.Matches(w.Id.Namespace));
        if (workloads > 0)
        {
            set.Rows.Add(set.Unknown(
                $"{set.Cluster.Name}/workload/ambient",
                CertificateKind.Workload,
                "certificates of ambient workloads",
                null,
                "ztunnel",
                string.Create(CultureInfo.InvariantCulture, $"Not known: ztunnel exports no metric of them. {workloads} {(workloads == 1 ? "workload is" : "workloads are")} in ambient mode; istioctl ztunnel-config certificates lists them.")) with
            {
                RenewedBy = "ztunnel of each node",
                RenewalEvidence = "ztunnel asks istiod for a new one at half of its life",
            });
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
            RenewalEvidence = "istio-proxy's agent asks istiod for a new one at half of its life",
            SpiffeIds = principal is not null && TrustDomains.Of(principal) is not null ? [principal] : [],
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

        if (set.Signer is { } signer && judged.NotAfter > signer.At)
        {
            judged = judged with
            {
                Notes = judged.Notes.Add(new CertificateNote(CertificateNotes.OutlivesIssuer, $"It outlives {signer.Name} by {DurationWords.Of(judged.NotAfter.Value - signer.At)}: it is refused from {signer.At:yyyy-MM-dd HH:mm} UTC on.")),
            };
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
        var life = set.Thresholds.WorkloadLife;
        var inferred = remaining <= life;
        var renewal = Renewal(set, notAfter);
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
            LifeLeft = inferred ? Math.Clamp(remaining / life, 0, 1) : null,
            RenewsAtLifeLeft = RenewsAt,
            RenewsAt = inferred ? renewal.DueAt : null,
            LateFrom = inferred ? renewal.LateFrom : null,
            State = judgement.State,
            Message = inferred
                ? $"{judgement.Message} Its life is taken to be {DurationWords.Of(life)}, {Default(life)}."
                : $"{judgement.Message} It lives longer than {Default(life)} of {DurationWords.Of(life)}: when it is renewed is not known.",
            SampledAt = sample.SampledAt,
        };
    }

    private static CertificateJudgement Judgement(CertificateSet set, ProxyCertificateSample sample, DateTimeOffset at)
    {
        var notAfter = ExpiresAt(sample);
        if (notAfter - at > set.Thresholds.WorkloadLife)
        {
            return new(CertificateState.Valid, $"Valid for another {DurationWords.Of(notAfter - at)}.");
        }

        return CertificateJudgement.Of(null, notAfter, at, Renewal(set, notAfter), set.Thresholds);
    }

    private static CertificateRenewal Renewal(CertificateSet set, DateTimeOffset notAfter) =>
        CertificateRenewal.AtShare(notAfter - set.Thresholds.WorkloadLife, notAfter, RenewsAt, set.Thresholds.LateRenewalRatio);

    private static string Default(TimeSpan life) => life == CertificateThresholds.Default.WorkloadLife ? "Istio's default" : "the configured life";

    /// <summary>Like the judgement, without its words: there are ten thousand pods.</summary>
    private static bool IsLate(CertificateSet set, ProxyCertificateSample sample) =>
        ExpiresAt(sample) - set.Now <= set.Thresholds.WorkloadLife * Math.Min(set.Thresholds.LateRenewalRatio, RenewsAt);

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
