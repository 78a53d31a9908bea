using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Certificates;

/// <summary>What to do about a certificate: one sentence that names the object to look at.</summary>
internal static class NextSteps
{
    public static CertificateView Told(CertificateView row, ClusterSnapshot cluster) => row with { NextStep = Of(row, cluster) };

    private static string? Of(CertificateView row, ClusterSnapshot cluster)
    {
        if (row.State is CertificateState.Late or CertificateState.Expiring or CertificateState.Expired)
        {
            return ForState(row);
        }

        if (row.Notes is [var note, ..])
        {
            return ForNote(note.Code, row);
        }

        return row.State == CertificateState.Unknown ? ForUnknown(row, cluster) : null;
    }

    private static string ForState(CertificateView row) => row switch
    {
        { Kind: CertificateKind.Workload } => $"See the agent's log in the pod named above (istio-proxy: failed CSR) and whether istiod answers and signs (citadel_server_csr_sign_err_count, citadel_server_authentication_failure_count). A restart of the pod asks for a new certificate at once{(row.State == CertificateState.Expired ? "; its calls fail until then" : "")}.",
        { RenewedBy: { } by } when by.StartsWith("cert-manager", StringComparison.Ordinal) => $"See why {by} is not issued: its conditions, then its newest CertificateRequest and Order (kubectl describe). Nothing has to be replaced by hand unless it expires first.",
        { RenewedBy: { } by } when by.StartsWith("istiod", StringComparison.Ordinal) => "See istiod's log: it renews this by itself. Until it has, no new workload gets a certificate that outlives it.",
        { Kind: CertificateKind.Root } => "Rotate the root in three steps: let every namespace trust the old and the new one, sign under the new one, drop the old one when no certificate leads to it.",
        { Kind: CertificateKind.Issuer } => $"Have a new signing certificate issued under the same root and put it into {row.Source}; workloads follow at their next renewal.",
        { Kind: CertificateKind.Webhook } => "Issue the webhook's certificate anew, and write the authority that signed it into caBundle; the chart or operator that installed it does both.",
        _ => $"Have a new certificate issued and put it into {row.Source} before it ends; the gateway takes it up without a restart. Then see what it serves.",
    };

    private static string ForNote(string code, CertificateView row) => code switch
    {
        CertificateNotes.Weak => "Have it issued anew with an ECDSA P-256 or an RSA key of 2048 bits or more, signed with SHA-256.",
        CertificateNotes.OutlivesIssuer => "Renew the issuer first, then this one under it.",
        CertificateNotes.BrokenChain => "Write the chain in order: the certificate, the one that signed it, and so on; leave the root out.",
        CertificateNotes.Unverified => "Check that link with a tool that knows the algorithm (openssl verify -partial_chain); the console neither believes nor doubts it.",
        CertificateNotes.TrustDomain => "Compare trustDomain and trustDomainAliases of the mesh configuration with the authority that issued this.",
        CertificateNotes.HalfRotated => "Finish the rotation: the list of roots per namespace says who lacks what.",
        CertificateNotes.ReferenceRefused => "Create a ReferenceGrant in the Secret's namespace that names the kind and namespace of the listener, or move the Secret.",
        CertificateNotes.RestartNeeded => "Restart those workloads (kubectl rollout restart): their proxies trust only what they were injected with.",
        CertificateNotes.WebhookMismatch => "Write the authority that signed the serving certificate into caBundle, or have the serving certificate issued under this one.",
        CertificateNotes.ServedDiffers => "See whether the gateway took the Secret up (istioctl proxy-config secret) and whether this address leads to that gateway at all.",
        CertificateNotes.Misplaced => $"Put only the certificates into that key of {row.Source}; a private key that was pasted there was readable to whoever may read it: replace it.",
        _ => "",
    };

    private static string? ForUnknown(CertificateView row, ClusterSnapshot cluster) =>
        row.Source.StartsWith("secret ", StringComparison.Ordinal) && cluster.Objects.Secrets.IsDefault ? "Give the console's account the right that is shown under \"What cannot be seen\", or leave it so: nothing else depends on it."
        : row.NotBefore is not null && row.Message.StartsWith("Not valid yet", StringComparison.Ordinal) ? "Wait for its start, or compare the clock of whoever issued it: a certificate is as a rule valid from a little before it was made."
        : null;
}
