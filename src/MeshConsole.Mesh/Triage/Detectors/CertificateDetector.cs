using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Certificates;

namespace MeshConsole.Mesh.Triage.Detectors;

/// <summary>Certificates that are expired, late or about to expire.</summary>
internal sealed class CertificateDetector : IDetector
{
    public const string Code = "certificate";

    /// <summary>More certificates of one kind and state than this are one problem: they have one cause.</summary>
    private const int Named = 3;

    public IEnumerable<Observation> Look(TriageInput input)
    {
        var renewing = input.Certificates.Count(c => c is { Kind: CertificateKind.Workload, State: CertificateState.Valid });
        foreach (var group in input.Certificates
            .Where(c => c.State is CertificateState.Expired or CertificateState.Late or CertificateState.Expiring)

            // The gateway that presents a certificate and the object that renews it are two rows and one problem.
            .OrderBy(c => c.Kind == CertificateKind.Gateway ? 0 : 1)
            .DistinctBy(c => c.Fingerprint ?? c.Id, StringComparer.Ordinal)
            .GroupBy(c => (c.Cluster, c.Kind, c.State))
            .OrderBy(g => g.Key.Cluster, StringComparer.Ordinal)
            .ThenBy(g => g.Key.Kind)
            .ThenBy(g => g.Key.State))
        {
            var all = group.OrderBy(c => c.NotAfter).ThenBy(c => c.Id, StringComparer.Ordinal).ToImmutableArray();
            if (all.Length > Named)
            {
                yield return Many(input, all, renewing);
                continue;
            }

            foreach (var certificate in all)
            {
                yield return One(input, certificate, renewing);
            }
        }
    }

    private static Observation One(TriageInput input, CertificateView certificate, int renewing) => new()
    {
        Id = $"{Code}:{certificate.Id}",
        Code = Code,
        Severity = Severity(input, certificate),
        Title = $"Certificate {certificate.Subject} ({Word(certificate.Kind)}) {State(certificate.State, 1)}",
        Detail = certificate.Message,
        Concerns = [$"{certificate.Cluster}/{certificate.Namespace}"],
        Page = $"certificates?selected={Uri.EscapeDataString(certificate.Id)}",
        Evidence =
        [
            .. certificate.NotAfter is { } end ? new[] { new TriageEvidence("Expires", Instant(end)) } : [],
            .. certificate.PresentedBy is { } presented ? new[] { new TriageEvidence("Presented by", presented) } : [],
            .. certificate.RenewedBy is { } renewer ? new[] { new TriageEvidence("Renewed by", renewer) } : [],
        ],
        Standing = [Renewer(certificate, input.ControlPlane.State is "failing", renewing)],
        NextSteps = [Step(certificate)],
        Weight = certificate.RemainingSeconds is { } left ? 1 / Math.Max(1, left) : 1,
    };

    /// <param name="all">Of one cluster, kind and state, the first to end first.</param>
    private static Observation Many(TriageInput input, ImmutableArray<CertificateView> all, int renewing)
    {
        var page = $"certificates?state={all[0].State.ToString().ToLowerInvariant()}";
        return One(input, all[0], renewing) with
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"{Code}:{all[0].Cluster}/{all[0].Kind}/{all[0].State}").ToLowerInvariant(),
            Severity = all.Max(c => Severity(input, c)),
            Title = string.Create(CultureInfo.InvariantCulture, $"{all.Length} {Word(all[0].Kind)} certificates {State(all[0].State, all.Length)}"),
            Detail = $"First {all[0].Subject}: {all[0].Message}",
            Concerns = [.. all.Select(c => $"{c.Cluster}/{c.Namespace}").Distinct(StringComparer.Ordinal)],
            Page = page,
            Evidence = [.. all.Take(5).Select(c => new TriageEvidence(c.Subject, c.NotAfter is { } end ? Instant(end) : "end not known"))],
            Standing = all[0].Kind == CertificateKind.Workload
                ? [Renewer(all[0], input.ControlPlane.State is "failing", renewing) with { Title = input.ControlPlane.State is "failing" ? "istiod is down and signs nothing" : "What signs for all of them: istiod and its CA", Page = page }]
                : [],
        };
    }

    private static TriageSeverity Severity(TriageInput input, CertificateView certificate) => certificate.State switch
    {
        CertificateState.Expired => TriageSeverity.Critical,
        CertificateState.Late => certificate.LifeLeft < input.Thresholds.LateRenewalRatio / 2 ? TriageSeverity.Critical : TriageSeverity.Warning,
        _ => certificate.RemainingSeconds < input.Thresholds.CriticalBefore.TotalSeconds ? TriageSeverity.Critical : TriageSeverity.Warning,
    };

    private static string State(CertificateState state, int count) => state switch
    {
        CertificateState.Expired => count == 1 ? "has expired" : "have expired",
        CertificateState.Late => count == 1 ? "is late" : "are late",
        _ => count == 1 ? "is about to expire" : "are about to expire",
    };

    private static string Word(CertificateKind kind) => kind switch
    {
        CertificateKind.Root => "root",
        CertificateKind.Issuer => "signing",
        CertificateKind.Workload => "workload",
        CertificateKind.Gateway => "gateway",
        CertificateKind.CertManager => "cert-manager",
        CertificateKind.Webhook => "webhook",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    private static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    private static TriageSuspect Renewer(CertificateView certificate, bool controlPlaneDown, int renewing)
    {
        var page = $"certificates?selected={Uri.EscapeDataString(certificate.Id)}";
        if (certificate.Kind != CertificateKind.Workload)
        {
            return certificate.RenewedBy is { } renewer
                ? new TriageSuspect($"{renewer} does not renew it", 0.6, [certificate.Message], [], null, null, page)
                : new TriageSuspect("Nobody renews it", 0.6, ["No object and no agent is known that would: it was put there by hand."], [], null, null, page);
        }

        return controlPlaneDown
            ? new TriageSuspect("istiod is down and signs nothing", 0.8, ["The control plane is failing."], [], null, null, page)
            : new TriageSuspect(
                $"The agents of {certificate.PresentedBy ?? "its pods"} do not renew it",
                0.6,
                renewing > 0 ? [FormattableString.Invariant($"{renewing} other workloads renew theirs, so istiod signs.")] : [],
                [],
                null,
                null,
                page);
    }

    private static TriageStep Step(CertificateView certificate) => certificate.Kind switch
    {
        CertificateKind.Workload => new TriageStep("Look at the log of istio-proxy in its pods for refused signing requests; restarting a pod asks for a new certificate."),
        CertificateKind.CertManager => new TriageStep("Look at the conditions and events of the Certificate and of its CertificateRequest."),
        CertificateKind.Gateway => new TriageStep("Renew it with who renews it, and look whether the gateway serves the new one.", "certificates"),
        _ => new TriageStep("Read the procedure for rotating it before it is needed.", "certificates"),
    };
}
