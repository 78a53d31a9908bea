using MeshConsole.Mesh.Certificates.Probes;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Certificates;

/// <summary>What configured addresses really serve, beside what is stored: a renewed Secret helps nobody while the old certificate is served.</summary>
internal static class ServedCertificates
{
    /// <summary>After the gateways: their rows are what is stored.</summary>
    public static void Add(CertificateSet set)
    {
        var stored = set.Rows.Where(row => row.Kind == CertificateKind.Gateway && row.Fingerprint is not null).ToList();
        foreach (var served in set.Cluster.Served)
        {
            // A probe belongs to no namespace.
            if (set.Query.Namespaces.IsEmpty)
            {
                set.Rows.Add(Row(set, served, stored));
            }
        }
    }

    private static CertificateView Row(CertificateSet set, ServedCertificate served, List<CertificateView> stored)
    {
        var probe = served.Probe;
        var row = set.Unknown($"{set.Cluster.Name}/gateway/:probe/{probe.Name}", CertificateKind.Gateway, probe.ServerName, null, $"TLS probe {probe.Name} of {probe.Address}", served.Problem ?? $"{probe.Address} served bytes that are no X.509 certificate.") with
        {
            PresentedBy = $"served at {probe.Address} as {probe.ServerName}",
            RenewalEvidence = "a handshake tells only what is served; the Secret behind it tells who renews it",
            SampledAt = served.At,
        };
        if (served.Chain.IsEmpty || ParsedCertificate.Read(served.Chain[0]) is not { } leaf)
        {
            return row;
        }

        var same = stored.Find(one => one.Fingerprint == leaf.Fingerprint);
        var described = set.Describe(
            same is null ? row : row with { RenewedBy = same.RenewedBy, RenewalEvidence = same.RenewalEvidence },
            leaf,
            same is { RenewsAt: { } due, LateFrom: { } late } ? new CertificateRenewal(due, late, leaf.NotAfter - leaf.NotBefore > TimeSpan.FromDays(14)) : null,
            served.Chain.Skip(1).Select(ParsedCertificate.Read).OfType<ParsedCertificate>());
        if (same is not null)
        {
            return described with { Message = $"{described.Message} The same as stored in {same.Source}." };
        }

        // Compared with what is stored for that name; an address that another kind of gateway serves has nothing to compare.
        return stored.Find(one => one.SubjectAlternativeNames.Any(name => Covers(name, probe.ServerName))) is { } other
            ? described with
            {
                Notes = described.Notes.Add(new CertificateNote(
                    CertificateNotes.ServedDiffers,
                    $"{probe.Address} serves {leaf.Fingerprint[..12]}… (ends {leaf.NotAfter:yyyy-MM-dd}); {other.Source} holds {other.Fingerprint![..12]}… (ends {other.NotAfter:yyyy-MM-dd}), {DurationWords.Of((other.NotAfter - leaf.NotAfter).GetValueOrDefault())} {(other.NotAfter >= leaf.NotAfter ? "later" : "earlier")}.")),
            }
            : described with { Message = $"{described.Message} No certificate for {probe.ServerName} is stored where the console can see it." };
    }

    /// <summary>A name of a certificate stands for one label where it begins with a star (RFC 6125).</summary>
    internal static bool Covers(string name, string host) =>
        string.Equals(name, host, StringComparison.OrdinalIgnoreCase)
        || (name.StartsWith("*.", StringComparison.Ordinal) && host.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && host.AsSpan(dot).Equals(name.AsSpan(1), StringComparison.OrdinalIgnoreCase));
}
