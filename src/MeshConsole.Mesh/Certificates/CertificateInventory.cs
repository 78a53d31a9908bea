using System.Collections.Immutable;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Certificates;

/// <summary>
/// Every certificate the mesh lives by: until when it is good, who presents it, who renews it, and how that is known.
/// Only public certificates are read; where only dates are known (metrics, status), only dates are told.
/// </summary>
public static class CertificateInventory
{
    /// <summary>Ordered by kind, then id.</summary>
    /// <param name="snapshot">Judged at its <see cref="MeshSnapshot.ObservedAt"/>.</param>
    public static ImmutableArray<CertificateView> Build(MeshSnapshot snapshot, MeshQuery query, CertificateThresholds thresholds)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(thresholds);
        var rows = new List<CertificateView>();
        foreach (var cluster in snapshot.Clusters.Where(c => query.MatchesCluster(c.Name)))
        {
            var set = new CertificateSet(snapshot, cluster, query, thresholds);
            AuthorityCertificates.Add(set);

            // Before cert-manager's: they tell which gateway presents a Secret.
            GatewayCertificates.Add(set);
            ServedCertificates.Add(set);
            CertManagerCertificates.Add(set);
            LinkerdCertificates.Add(set);
            WebhookCertificates.Add(set);
            WorkloadCertificates.Add(set);
            var trustDomain = TrustDomains.OfMesh(cluster);
            rows.AddRange(set.Rows.Select(row => NextSteps.Told(TrustDomains.Noted(row, trustDomain), cluster)));
        }

        return [.. rows.OrderBy(r => r.Kind).ThenBy(r => r.Id, StringComparer.Ordinal)];
    }
}
