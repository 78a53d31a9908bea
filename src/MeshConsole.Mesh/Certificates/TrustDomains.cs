using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Certificates;

/// <summary>Which trust domain the mesh's identities belong to, by what telemetry has seen most; a leaf of another one is refused by its peers.</summary>
internal static class TrustDomains
{
    /// <summary>The trust domain of <c>spiffe://domain/…</c>; null for other text.</summary>
    public static string? Of(string identity)
    {
        const string Scheme = "spiffe://";
        if (!identity.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return null;
        }

        var end = identity.IndexOf('/', Scheme.Length);
        var domain = end < 0 ? identity[Scheme.Length..] : identity[Scheme.Length..end];
        return domain.Length == 0 ? null : domain;
    }

    /// <summary>Null while no identity is known.</summary>
    public static string? OfMesh(ClusterSnapshot cluster) => cluster.Edges
        .SelectMany(edge => edge.DestinationPrincipals.IsDefault ? [] : edge.DestinationPrincipals)
        .Select(Of)
        .OfType<string>()
        .GroupBy(domain => domain, StringComparer.Ordinal)
        .OrderByDescending(group => group.Count())
        .ThenBy(group => group.Key, StringComparer.Ordinal)
        .FirstOrDefault()?.Key;

    public static CertificateView Noted(CertificateView row, string? mesh)
    {
        var other = mesh is null ? null : row.SpiffeIds.FirstOrDefault(id => Of(id) is { } domain && domain != mesh);
        return other is null ? row : row with
        {
            Notes = row.Notes.Add(new CertificateNote(CertificateNotes.TrustDomain, $"Its identity {Short(other)} is of trust domain {Short(Of(other)!)}, the mesh's is {Short(mesh!)}: peers refuse it unless the mesh configuration names that domain in trustDomainAliases.")),
        };
    }

    private static string Short(string text) => text.Length <= 120 ? text : $"{text[..119]}…";
}
