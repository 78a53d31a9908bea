using MeshConsole.Mesh.Certificates;

namespace MeshConsole.Mesh.Triage.Detectors;

/// <summary>Certificates that are expired, late or about to expire.</summary>
internal sealed class CertificateDetector : IDetector
{
    public const string Code = "certificate";

    public IEnumerable<Observation> Look(TriageInput input)
    {
        var renewing = input.Certificates.Count(c => c is { Kind: CertificateKind.Workload, State: CertificateState.Valid });
        foreach (var certificate in input.Certificates
            .Where(c => c.State is CertificateState.Expired or CertificateState.Late or CertificateState.Expiring)

            // The gateway that presents a certificate and the object that renews it are two rows and one problem.
            .OrderBy(c => c.Kind == CertificateKind.Gateway ? 0 : 1)
            .DistinctBy(c => c.Fingerprint ?? c.Id, StringComparer.Ordinal)
            .OrderBy(c => c.Id, StringComparer.Ordinal))
        {
            var (state, severity) = certificate.State switch
            {
                CertificateState.Expired => ("has expired", TriageSeverity.Critical),
                CertificateState.Late => ("is late", certificate.LifeLeft < input.Thresholds.LateRenewalRatio / 2 ? TriageSeverity.Critical : TriageSeverity.Warning),
                _ => ("is about to expire", certificate.RemainingSeconds < input.Thresholds.CriticalBefore.TotalSeconds ? TriageSeverity.Critical : TriageSeverity.Warning),
            };
            yield return new Observation
            {
                Id = $"{Code}:{certificate.Id}",
                Code = Code,
                Severity = severity,
                Title = $"Certificate {certificate.Subject} {state}",
                Detail = certificate.Message,
                Page = $"certificates?selected={Uri.EscapeDataString(certificate.Id)}",
                Evidence =
                [
                    .. certificate.NotAfter is { } end ? new[] { new TriageEvidence("Expires", end.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", System.Globalization.CultureInfo.InvariantCulture)) } : [],
                    .. certificate.PresentedBy is { } presented ? new[] { new TriageEvidence("Presented by", presented) } : [],
                    .. certificate.RenewedBy is { } renewer ? new[] { new TriageEvidence("Renewed by", renewer) } : [],
                ],
                Standing = [Renewer(certificate, input.ControlPlane.State is "failing", renewing)],
                NextSteps = [Step(certificate)],
                Weight = certificate.RemainingSeconds is { } left ? 1 / Math.Max(1, left) : 1,
            };
        }
    }

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
                renewing > 0 ? [System.FormattableString.Invariant($"{renewing} other workloads renew theirs, so istiod signs.")] : [],
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
