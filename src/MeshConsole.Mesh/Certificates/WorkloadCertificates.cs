using System.Globalization;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Certificates;

/// <summary>
/// Leaf certificates of workloads, one row per workload: the pod with the least time left stands for it. Istio's agents report
/// only how much is left, so the start of life is inferred from the default of 24 hours; Linkerd's proxies say when they got it.
/// </summary>
internal static class WorkloadCertificates
{
    public const string Metric = "istio_agent_cert_expiry_seconds";

    /// <summary>Agents renew at half of the life that istiod issues. <see cref="CertificateThresholds.LateRenewalRatio"/> is meant beside it.</summary>
    private const double IstioRenewsAt = 0.5;

    private static readonly Dialect s_istio = new(
        DataPlane.Sidecar,
        Metric,
        "",
        "certificates of all workloads",
        "15020",
        IstioRenewsAt,
        "istiod",
        "Istio's",
        "the agent in each pod",
        "istio-proxy's agent asks istiod for a new one at half of its life");

    /// <summary>Linkerd's proxies ask anew once 70 % of what was left at the last issue has gone (the proxy's identity client).</summary>
    private static readonly Dialect s_linkerd = new(
        DataPlane.Linkerd,
        "identity_cert_expiration_timestamp_seconds",
        "/linkerd",
        "certificates of Linkerd's proxies",
        "4191",
        0.3,
        "Linkerd's identity service",
        "Linkerd's",
        "the proxy in each pod",
        "linkerd-proxy asks the identity service for a new one when 70 % of its life is over");

    /// <summary>Older samples say what was, not what is: renewal may have happened since.</summary>
    private static readonly TimeSpan s_freshFor = TimeSpan.FromMinutes(5);

    public static void Add(CertificateSet set)
    {
        AddAmbient(set);
        Add(set, s_istio);
        Add(set, s_linkerd);
    }

    private static void Add(CertificateSet set, Dialect dialect)
    {
        var samples = (set.Cluster.Telemetry?.ProxyCertificates ?? []).Where(dialect.Tells).ToList();
        var workloads = set.Cluster.Workloads.Where(w => w.DataPlane == dialect.Plane && !w.Pods.IsEmpty).ToList();
        if (samples.Count == 0)
        {
            if (workloads.Exists(w => set.Query.Matches(w.Id.Namespace)))
            {
                set.Rows.Add(set.Unknown(
                    $"{set.Cluster.Name}/workload{dialect.Id}",
                    CertificateKind.Workload,
                    dialect.Subject,
                    null,
                    $"metric {dialect.Metric}",
                    set.Cluster.Sources.Any(s => s.Name == SourceNames.Certificates && s.State == SourceState.Live)
                        ? $"No proxy reports {dialect.Metric}: check that Prometheus scrapes port {dialect.Port} of the pods and keeps namespace and pod as labels."
                        : SourceWords.Why(set.Cluster, "Expiry of workload certificates is not known", SourceNames.Certificates)) with
                {
                    RenewedBy = dialect.RenewedBy,
                    RenewalEvidence = dialect.RenewalEvidence,
                });
            }

            return;
        }

        var byPod = new Dictionary<(string Namespace, string Pod), ProxyCertificateSample>();
        foreach (var sample in samples)
        {
            var key = (sample.Namespace, sample.Pod);
            if (sample.ResourceName == dialect.Resource && double.IsFinite(sample.RemainingSeconds) && Math.Abs(sample.RemainingSeconds) < TimeSpan.FromDays(36500).TotalSeconds
                && (!byPod.TryGetValue(key, out var known) || ExpiresAt(sample) < ExpiresAt(known)))
            {
                byPod[key] = sample;
            }
        }

        var principals = Principals(set.Cluster);
        foreach (var workload in workloads.Where(w => set.Query.Matches(w.Id.Namespace)))
        {
            set.Rows.Add(Row(set, dialect, workload, byPod, principals.GetValueOrDefault(workload.Id)));
        }

        if (set.Cluster.Objects.Pods.IsDefault)
        {
            // Without pods nothing tells which workload a sample belongs to; with them, a sample of no pod is of one that is gone.
            foreach (var sample in byPod.Values.Where(s => set.Query.Matches(s.Namespace)).OrderBy(s => s.Namespace, StringComparer.Ordinal).ThenBy(s => s.Pod, StringComparer.Ordinal))
            {
                var row = set.Unknown($"{set.Cluster.Name}/{sample.Namespace}/workload/{sample.Pod}", CertificateKind.Workload, $"pod {sample.Namespace}/{sample.Pod}", sample.Namespace, $"metric {dialect.Metric}", "");
                set.Rows.Add(Judge(set, dialect, row, sample));
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

    private static CertificateView Row(CertificateSet set, Dialect dialect, Workload workload, Dictionary<(string, string), ProxyCertificateSample> byPod, string? principal)
    {
        var name = $"{workload.Id.Namespace}/{workload.Id.Name}";
        var row = set.Unknown(
            $"{set.Cluster.Name}/{workload.Id.Namespace}/workload/{workload.Id.Name}",
            CertificateKind.Workload,
            principal ?? (workload.ServiceAccount is null ? $"workload {name}" : $"service account {workload.Id.Namespace}/{workload.ServiceAccount}"),
            workload.Id.Namespace,
            $"metric {dialect.Metric}",
            "") with
        {
            Issuer = dialect.Issuer,
            PresentedBy = $"{workload.Kind} {name}",
            RenewedBy = dialect.RenewedBy,
            RenewalEvidence = dialect.RenewalEvidence,
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
            late += IsLate(set, dialect, sample) ? 1 : 0;
            first = first is null || ExpiresAt(sample) < ExpiresAt(first) ? sample : first;
        }

        if (first is null)
        {
            return row with { Message = $"No pod of {name} reports {dialect.Metric}." };
        }

        var judged = Judge(set, dialect, row, first);
        var words = judged.Message;
        if (late > 0 && judged.State is CertificateState.Late or CertificateState.Expired)
        {
            words = string.Create(CultureInfo.InvariantCulture, $"{words} {late} of {sampled} pods; the first is {first.Pod}.");
        }

        if (dialect.Plane == DataPlane.Sidecar && set.Signer is { } signer && judged.NotAfter > signer.At)
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

    private static CertificateView Judge(CertificateSet set, Dialect dialect, CertificateView row, ProxyCertificateSample sample)
    {
        var notAfter = ExpiresAt(sample);
        var remaining = notAfter - set.Now;
        var judgement = Judgement(set, dialect, sample, set.Now);
        var age = set.Now - sample.SampledAt;
        var (life, told) = LifeOf(set, sample);
        var known = told || remaining <= life;
        var renewal = Renewal(set, dialect, sample);
        if (age > s_freshFor && judgement.State != Judgement(set, dialect, sample, sample.SampledAt).State)
        {
            judgement = new(CertificateState.Unknown, $"Not known since the last sample {DurationWords.Of(age)} ago: it was due for renewal since then.");
        }
        else if (age > s_freshFor)
        {
            judgement = judgement with { Message = $"{judgement.Message} As of {DurationWords.Of(age)} ago." };
        }

        var usual = life == CertificateThresholds.Default.WorkloadLife ? $"{dialect.Whose} default" : "the configured life";
        return row with
        {
            NotBefore = told ? notAfter - life : null,
            NotAfter = notAfter,
            RemainingSeconds = remaining.TotalSeconds,
            LifeLeft = known ? Math.Clamp(remaining / life, 0, 1) : null,
            RenewsAtLifeLeft = dialect.RenewsAt,
            RenewsAt = known ? renewal.DueAt : null,
            LateFrom = known ? renewal.LateFrom : null,
            State = judgement.State,
            Message = told ? judgement.Message
                : known ? $"{judgement.Message} Its life is taken to be {DurationWords.Of(life)}, {usual}."
                : $"{judgement.Message} It lives longer than {usual} of {DurationWords.Of(life)}: when it is renewed is not known.",
            SampledAt = sample.SampledAt,
        };
    }

    private static CertificateJudgement Judgement(CertificateSet set, Dialect dialect, ProxyCertificateSample sample, DateTimeOffset at)
    {
        var notAfter = ExpiresAt(sample);
        var (life, told) = LifeOf(set, sample);
        if (!told && notAfter - at > life)
        {
            return new(CertificateState.Valid, $"Valid for another {DurationWords.Of(notAfter - at)}.");
        }

        return CertificateJudgement.Of(null, notAfter, at, Renewal(set, dialect, sample), set.Thresholds);
    }

    private static CertificateRenewal Renewal(CertificateSet set, Dialect dialect, ProxyCertificateSample sample) =>
        CertificateRenewal.AtShare(ExpiresAt(sample) - LifeOf(set, sample).Life, ExpiresAt(sample), dialect.RenewsAt, LateBelow(set, dialect));

    /// <summary>From its issue to its end; what the configuration takes it to be where nobody says, or says what cannot be.</summary>
    private static (TimeSpan Life, bool Told) LifeOf(CertificateSet set, ProxyCertificateSample sample) =>
        sample.IssuedAt is { } issued && issued < ExpiresAt(sample) && issued <= sample.SampledAt ? (ExpiresAt(sample) - issued, true) : (set.Thresholds.WorkloadLife, false);

    /// <summary>As long after its renewal, measured by what is left then, as it would be for Istio's.</summary>
    private static double LateBelow(CertificateSet set, Dialect dialect) => Math.Min(set.Thresholds.LateRenewalRatio / IstioRenewsAt, 1) * dialect.RenewsAt;

    /// <summary>Like the judgement, without its words: there are ten thousand pods.</summary>
    private static bool IsLate(CertificateSet set, Dialect dialect, ProxyCertificateSample sample) =>
        ExpiresAt(sample) - set.Now <= LifeOf(set, sample).Life * LateBelow(set, dialect);

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

    /// <summary>How the proxies of one kind of mesh tell of their leaves, and renew them.</summary>
    /// <param name="Metric">The metric to name to people.</param>
    /// <param name="Id">Ends the id of the row that stands for all where none reports.</param>
    /// <param name="Port">Where the metric is scraped.</param>
    /// <param name="RenewsAt">Share of its life that is left then.</param>
    /// <param name="Whose">Whose default its life is.</param>
    private sealed record Dialect(DataPlane Plane, string Metric, string Id, string Subject, string Port, double RenewsAt, string Issuer, string Whose, string RenewedBy, string RenewalEvidence)
    {
        public string Resource => Plane == DataPlane.Linkerd ? ProxyCertificateSample.Linkerd : "default";

        public bool Tells(ProxyCertificateSample sample) => (sample.ResourceName == ProxyCertificateSample.Linkerd) == (Plane == DataPlane.Linkerd);
    }
}
