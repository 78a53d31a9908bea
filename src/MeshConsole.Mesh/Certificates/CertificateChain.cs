using System.Collections.Immutable;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Certificates;

/// <summary>A certificate with those above it: first what somebody wrote beside it, then what the mesh's own objects know.</summary>
/// <param name="Links">The certificate itself first.</param>
/// <param name="Above">All links but the first, as parsed.</param>
/// <param name="Notes">What is wrong with the chain or a part of it.</param>
internal sealed record CertificateChain(ImmutableArray<CertificateLink> Links, ImmutableArray<ParsedCertificate> Above, ImmutableArray<CertificateNote> Notes)
{
    /// <summary>Longer chains are not followed; no verifier follows them either.</summary>
    private const int Longest = 10;

    /// <param name="certificate">Where the chain begins.</param>
    /// <param name="beside">In the order written; a copy of the certificate itself is left out.</param>
    /// <param name="authorities">Where chains may go on, with the object each was read from.</param>
    public static CertificateChain Of(ParsedCertificate certificate, IEnumerable<ParsedCertificate> beside, IReadOnlyList<(ParsedCertificate Certificate, string From)> authorities)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal) { certificate.Fingerprint };
        var links = new List<(ParsedCertificate Certificate, string From, SignatureCheck Signs)> { (certificate, "itself", default) };
        var notes = ImmutableArray.CreateBuilder<CertificateNote>();
        foreach (var next in beside.Where(one => seen.Add(one.Fingerprint)).Take(Longest))
        {
            var signs = links[^1].Certificate.SignatureOf(next);
            if (signs.Undecided is { } undecided)
            {
                notes.Add(Unverified(next, links[^1].Certificate, undecided));
            }
            else if (signs.Signed == false)
            {
                notes.Add(new CertificateNote(CertificateNotes.BrokenChain, $"The chain does not follow: {next.Subject} did not sign {links[^1].Certificate.Subject}. Clients that do not know the missing link refuse it."));
            }

            links.Add((next, "beside it", signs));
        }

        while (links.Count < Longest && !links[^1].Certificate.IsSelfIssued
            && authorities.FirstOrDefault(one => !seen.Contains(one.Certificate.Fingerprint) && links[^1].Certificate.IsSignedBy(one.Certificate) == true) is { Certificate: { } known, From: var from })
        {
            seen.Add(known.Fingerprint);
            links.Add((known, from, new SignatureCheck(true, null)));
        }

        // Where nothing is proven no link is made; that one may be there is said.
        if (!links[^1].Certificate.IsSelfIssued
            && authorities.Where(one => !seen.Contains(one.Certificate.Fingerprint)).Select(one => (one.Certificate, links[^1].Certificate.SignatureOf(one.Certificate).Undecided)).FirstOrDefault(one => one.Undecided is not null) is { Undecided: { } why } candidate)
        {
            notes.Add(Unverified(candidate.Certificate, links[^1].Certificate, why));
        }

        for (var i = 0; i < links.Count; i++)
        {
            var (link, _, _) = links[i];
            if (link.Weakness is { } weakness)
            {
                notes.Add(new CertificateNote(CertificateNotes.Weak, i == 0 ? $"Weak: {weakness}." : $"Weak: of {link.Subject} in its chain, {weakness}."));
            }

            if (i > 0 && links[i].Signs.Signed == true && link.NotAfter < links[i - 1].Certificate.NotAfter)
            {
                var early = links[i - 1].Certificate.NotAfter - link.NotAfter;
                notes.Add(new CertificateNote(
                    CertificateNotes.OutlivesIssuer,
                    $"{(i == 1 ? "It" : links[i - 1].Certificate.Subject)} outlives its issuer {link.Subject} by {DurationWords.Of(early)}: it is refused from {link.NotAfter:yyyy-MM-dd HH:mm} UTC on."));
            }
        }

        return new CertificateChain(
            [
                .. links.Select(link => new CertificateLink(
                    link.Certificate.Subject,
                    link.Certificate.Issuer,
                    link.Certificate.NotBefore,
                    link.Certificate.NotAfter,
                    link.Certificate.Fingerprint,
                    link.Certificate.KeyAlgorithm,
                    link.Certificate.KeySize,
                    link.Certificate.SignatureAlgorithm,
                    link.Certificate.IsAuthority,
                    link.From,
                    link.Signs.Signed)
                {
                    Unverified = link.Signs.Undecided,
                }),
            ],
            [.. links.Skip(1).Select(link => link.Certificate)],
            notes.ToImmutable());
    }

    private static CertificateNote Unverified(ParsedCertificate issuer, ParsedCertificate certificate, string why) =>
        new(CertificateNotes.Unverified, $"Whether {issuer.Subject} signed {certificate.Subject} is not known: {why}.");
}
