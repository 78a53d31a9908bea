using System.Collections.Immutable;
using MeshConsole.Mesh.Certificates;

namespace MeshConsole.Mesh.Changes.Guards.Policies;

/// <summary>Those that must speak mutual TLS have certificates to speak it with.</summary>
internal sealed class LeafCertificatesGuard : IGuard
{
    private static readonly GuardText s_text = new("leaf-certificates", "Certificates are in order", "Where plaintext is refused, an expired certificate is an outage and not a downgrade.");

    public GuardVerdict Check(GuardContext context)
    {
        if (context.Moment is GuardMoment.Stop or GuardMoment.Rollback)
        {
            return s_text.NotAsked("Not asked when going back.");
        }

        if (context.Reach is not { } reach || !reach.Tightens)
        {
            return context.Reach is null ? s_text.Unknown("Whom the policy reaches is not known.", "Wait until the cluster has been read.") : s_text.Pass("Nothing is refused afterwards that is taken now.");
        }

        var names = reach.Changed.Where(w => w.Enforces).Select(w => $"{w.Id.Namespace}/{w.Id.Name}").ToList();
        var own = context.Certificates
            .Where(c => c.Cluster == context.Plan.Target.Cluster && c.Kind == CertificateKind.Workload)
            .Select(c => (Name: names.Find(n => c.PresentedBy?.EndsWith($" {n}", StringComparison.Ordinal) == true), Row: c))
            .Where(c => c.Name is not null)
            .ToList();
        ImmutableArray<GuardFact> facts = [.. own.Where(c => c.Row.State != CertificateState.Valid).Take(10).Select(c => new GuardFact(c.Name!, c.Row.Message))];
        var known = own.Where(c => c.Row.State != CertificateState.Unknown).Select(c => c.Name!).ToHashSet(StringComparer.Ordinal);
        var silent = names.Where(n => !known.Contains(n)).ToList();
        return own.Find(c => c.Row.State == CertificateState.Expired) is { Name: { } expired } dead ? s_text.Refuse($"The certificate of {expired} has expired: {dead.Row.Message}", "Renew it first (restart the pods, or see to istiod).", facts)
            : own.Find(c => c.Row.State is CertificateState.Late or CertificateState.Expiring) is { Name: { } late } worn ? s_text.Warn($"The certificate of {late} is not being renewed in time: {worn.Row.Message}", "See to its renewal first.", facts)
            : silent.Count > 0 ? s_text.Warn($"When the certificate{(silent.Count == 1 ? "" : "s")} of {string.Join(", ", silent.Take(4))}{(silent.Count > 4 ? $" and {silent.Count - 4} more" : "")} end{(silent.Count == 1 ? "s" : "")} is not known.", "Have port 15020 of the pods scraped.", facts)
            : s_text.Pass(own.Count == 0 ? "No proxy is reached that needs one." : $"The certificates of {(own.Count == 1 ? own[0].Name : $"all {own.Count} workloads")} are valid.");
    }
}
