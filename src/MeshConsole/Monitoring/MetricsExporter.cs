using MeshConsole.Endpoints;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Monitoring;

/// <summary>
/// The mesh's derived metrics and the console's own. What is not known is left out, never written as zero: an alert on
/// coverage must not fire, nor stay silent, because Prometheus was away.
/// </summary>
internal sealed class MetricsExporter(IMeshSnapshots snapshots, IMeshViews views, ConnectionCounts connections, TimeProvider time)
{
    /// <summary>Series per family of certificates: a mesh of a thousand workloads fits, one whose pods have no owner does not fill Prometheus.</summary>
    private const int MostCertificates = 2_000;

    public string Write()
    {
        var snapshot = snapshots.Current;
        var text = new MetricsText();
        text.Family("meshconsole_build_info", "gauge", "Version of the console; always 1.")
            .Sample("meshconsole_build_info", 1, ("version", StatusView.ProgramVersion));
        text.Family("meshconsole_snapshot_revision", "gauge", "Revision of the published snapshot; 0 before the first.")
            .Sample("meshconsole_snapshot_revision", snapshot.Revision);
        text.Family("meshconsole_hub_streams", "gauge", "Open streams of the hub.")
            .Sample("meshconsole_hub_streams", connections.HubStreams);
        text.Family("process_working_set_bytes", "gauge", "Memory of the process in use.")
            .Sample("process_working_set_bytes", Environment.WorkingSet);
        if (snapshot.Revision == 0)
        {
            return text.ToString();
        }

        WriteSources(text, snapshot);
        WriteTraffic(text, snapshot);
        WriteCoverage(text, snapshot);
        WriteCertificates(text, snapshot);
        return text.ToString();
    }

    private void WriteSources(MetricsText text, MeshSnapshot snapshot)
    {
        var now = time.GetUtcNow();
        text.Family("meshconsole_snapshot_timestamp_seconds", "gauge", "When the published snapshot was built, Unix time.")
            .Sample("meshconsole_snapshot_timestamp_seconds", snapshot.ObservedAt.ToUnixTimeMilliseconds() / 1000.0);
        text.Family("meshconsole_source_live", "gauge", "1 when the source is live, else 0; sources that are switched off are left out.");
        foreach (var (cluster, source) in Sources(snapshot).Where(s => s.Source.State != SourceState.Disabled))
        {
            text.Sample("meshconsole_source_live", source.State == SourceState.Live ? 1 : 0, ("cluster", cluster), ("source", source.Name));
        }

        text.Family("meshconsole_source_age_seconds", "gauge", "Time since the last good answer of the source.");
        foreach (var (cluster, source) in Sources(snapshot))
        {
            if (source.LastSuccess is { } last)
            {
                text.Sample("meshconsole_source_age_seconds", (now - last).TotalSeconds, ("cluster", cluster), ("source", source.Name));
            }
        }

        text.Family("meshconsole_source_items", "gauge", "Objects or series held from the source.");
        foreach (var (cluster, source) in Sources(snapshot))
        {
            if (source.Items is { } items)
            {
                text.Sample("meshconsole_source_items", items, ("cluster", cluster), ("source", source.Name));
            }
        }

        text.Family("meshconsole_source_answer_seconds", "gauge", "How long the last answer of the source took.");
        foreach (var (cluster, source) in Sources(snapshot))
        {
            if (source.Cost is { } cost)
            {
                text.Sample("meshconsole_source_answer_seconds", cost.Duration.TotalSeconds, ("cluster", cluster), ("source", source.Name));
            }
        }
    }

    private void WriteTraffic(MetricsText text, MeshSnapshot snapshot)
    {
        var topologies = snapshot.Clusters.Select(c => (c.Name, Namespaces: views.Topology(snapshot, MeshQuery.For(c.Name, []), TopologyLevel.Namespace)
            // External hosts keep a node of their own in this view, and some stand in a namespace: that one would be told twice.
            .Nodes.Where(n => n.Kind == NodeKind.Namespace).ToList())).ToList();
        text.Family("mesh_namespace_requests_per_second", "gauge", "Requests per second that arrive in the namespace.");
        foreach (var (cluster, namespaces) in topologies)
        {
            foreach (var node in namespaces.Where(n => n.RequestsPerSecond is not null))
            {
                text.Sample("mesh_namespace_requests_per_second", node.RequestsPerSecond!.Value, ("cluster", cluster), ("namespace", node.Namespace));
            }
        }

        text.Family("mesh_namespace_error_ratio", "gauge", "Share of those requests that the server or the mesh failed to answer, 0 to 1.");
        foreach (var (cluster, namespaces) in topologies)
        {
            foreach (var node in namespaces.Where(n => n.ErrorRatio is not null))
            {
                text.Sample("mesh_namespace_error_ratio", node.ErrorRatio!.Value, ("cluster", cluster), ("namespace", node.Namespace));
            }
        }
    }

    private void WriteCoverage(MetricsText text, MeshSnapshot snapshot)
    {
        text.Family("mesh_mtls_coverage_ratio", "gauge", "Encrypted share, 0 to 1, of requests, connections, workloads or edges; absent without traffic and while it is not known.");
        var plaintext = new List<(string Cluster, int Count)>();
        foreach (var cluster in snapshot.Clusters)
        {
            // The last answer of a Prometheus that is silent now is no figure of now.
            if (cluster.Sources.Any(source => source.Name is SourceNames.Requests && source.State is SourceState.Stale or SourceState.Failed))
            {
                continue;
            }

            var view = views.Mtls(snapshot, MeshQuery.For(cluster.Name, []));
            Coverage(text, cluster.Name, "", view.Coverage);
            foreach (var @namespace in view.Namespaces)
            {
                Coverage(text, cluster.Name, @namespace.Namespace, @namespace.Coverage);
            }

            if (cluster.Telemetry is not null)
            {
                plaintext.Add((cluster.Name, view.Plaintext.Length));
            }
        }

        text.Family("mesh_plaintext_edges", "gauge", "Edges that carry plaintext.");
        foreach (var (cluster, count) in plaintext)
        {
            text.Sample("mesh_plaintext_edges", count, ("cluster", cluster));
        }
    }

    private static void Coverage(MetricsText text, string cluster, string @namespace, MtlsCoverage coverage)
    {
        foreach (var (of, value) in new[] { ("requests", coverage.Requests), ("connections", coverage.Connections), ("workloads", coverage.Workloads), ("edges", coverage.Edges) })
        {
            if (value is { } ratio)
            {
                text.Sample("mesh_mtls_coverage_ratio", ratio, ("cluster", cluster), ("namespace", @namespace), ("of", of));
            }
        }
    }

    private void WriteCertificates(MetricsText text, MeshSnapshot snapshot)
    {
        var certificates = views.Certificates(snapshot, MeshQuery.All);

        // One row per workload and not per pod; a mesh with more than the cap gets the most urgent, and is told of the rest.
        var told = certificates.OrderByDescending(c => Badness(c.State)).ThenBy(c => c.NotAfter ?? DateTimeOffset.MaxValue).ThenBy(c => c.Id, StringComparer.Ordinal).Take(MostCertificates)
            .OrderBy(c => c.Kind).ThenBy(c => c.Id, StringComparer.Ordinal).ToList();
        text.Family("mesh_certificate_expiry_timestamp_seconds", "gauge", $"End of validity, Unix time; of the {MostCertificates} most urgent certificates.");
        Each(told, "mesh_certificate_expiry_timestamp_seconds", c => c.NotAfter?.ToUnixTimeSeconds());
        text.Family("mesh_certificate_late_timestamp_seconds", "gauge", "From when it is late unless its renewer has renewed it, Unix time; absent where nobody is known to renew it.");
        Each(told, "mesh_certificate_late_timestamp_seconds", c => c.LateFrom?.ToUnixTimeSeconds());
        text.Family("mesh_certificate_life_left_ratio", "gauge", "Share of its life that is left, 0 to 1; absent where its beginning is not known.");
        Each(told, "mesh_certificate_life_left_ratio", c => c.LifeLeft);
        text.Family("mesh_certificate_state", "gauge", "1 for the state it is in: valid, late, expiring, expired or unknown.");
        foreach (var certificate in told)
        {
            text.Sample("mesh_certificate_state", 1, [.. Labels(certificate), ("state", Word(certificate.State))]);
        }

        text.Family("mesh_certificates", "gauge", "Certificates by kind and state, all of them.");
        foreach (var group in certificates.GroupBy(c => (c.Cluster, c.Kind, c.State)).OrderBy(g => g.Key))
        {
            text.Sample("mesh_certificates", group.Count(), ("cluster", group.Key.Cluster), ("kind", Word(group.Key.Kind)), ("state", Word(group.Key.State)));
        }

        text.Family("mesh_certificates_left_out", "gauge", "Certificates beyond the cap: counted in mesh_certificates, without series of their own.")
            .Sample("mesh_certificates_left_out", certificates.Length - told.Count);
        text.Family("mesh_certificate_notes", "gauge", "Certificates with a note, by its code: weak, outlives-issuer, broken-chain, trust-domain, half-rotated and so on.");
        foreach (var group in certificates.SelectMany(c => c.Notes.Select(n => (c.Cluster, c.Kind, n.Code)).Distinct()).GroupBy(n => n).OrderBy(g => g.Key.Cluster, StringComparer.Ordinal).ThenBy(g => g.Key.Kind).ThenBy(g => g.Key.Code, StringComparer.Ordinal))
        {
            text.Sample("mesh_certificate_notes", group.Count(), ("cluster", group.Key.Cluster), ("kind", Word(group.Key.Kind)), ("code", group.Key.Code));
        }

        WriteTrust(text, snapshot);

        void Each(IEnumerable<CertificateView> rows, string name, Func<CertificateView, double?> value)
        {
            foreach (var row in rows)
            {
                if (value(row) is { } known)
                {
                    text.Sample(name, known, Labels(row));
                }
            }
        }
    }

    private static void WriteTrust(MetricsText text, MeshSnapshot snapshot)
    {
        var trust = RootTrust.Of(snapshot, MeshQuery.All);
        text.Family("mesh_root_trust_broken", "gauge", "1 for a namespace whose trust bundle lacks a root that it needs: a half-done rotation.");
        foreach (var view in trust)
        {
            foreach (var broken in view.Broken)
            {
                text.Sample("mesh_root_trust_broken", 1, ("cluster", view.Cluster), ("namespace", broken.Namespace), ("authority", broken.TrustsAuthority switch { false => "refused", true => "trusted", _ => "unknown" }));
            }
        }

        text.Family("mesh_root_trust_namespaces", "gauge", "Namespaces whose trust bundle is known.");
        foreach (var view in trust.Where(one => one.Unknown is null))
        {
            text.Sample("mesh_root_trust_namespaces", view.Namespaces.Length, ("cluster", view.Cluster));
        }

        text.Family("mesh_clock_skew_seconds", "gauge", "How far another clock is ahead of the console's, by the Date of its last answer; true within a second.");
        foreach (var cluster in snapshot.Clusters)
        {
            foreach (var clock in cluster.Clocks)
            {
                text.Sample("mesh_clock_skew_seconds", Math.Round(clock.Ahead.TotalSeconds, 3), ("cluster", cluster.Name), ("of", clock.Name));
            }
        }
    }

    private static (string, string)[] Labels(CertificateView certificate) =>
        [("cluster", certificate.Cluster), ("kind", Word(certificate.Kind)), ("namespace", certificate.Namespace ?? ""), ("certificate", certificate.Id)];

    private static int Badness(CertificateState state) => state switch
    {
        CertificateState.Expired => 4,
        CertificateState.Late => 3,
        CertificateState.Expiring => 2,
        CertificateState.Unknown => 1,
        _ => 0,
    };

    private static string Word<T>(T value)
        where T : struct, Enum => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    private static IEnumerable<(string Cluster, SourceStatus Source)> Sources(MeshSnapshot snapshot) =>
        snapshot.Clusters.SelectMany(c => c.Sources.Select(s => (c.Name, s)));
}
