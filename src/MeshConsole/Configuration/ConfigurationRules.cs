using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Certificates.Probes;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Kubernetes.Connections;
using MeshConsole.Mesh.Links;
using MeshConsole.Mesh.Storage;

namespace MeshConsole.Configuration;

/// <summary>What the parsed options must satisfy before anything starts.</summary>
internal static partial class ConfigurationRules
{
    private const int MostProbes = 100;
    private const int MostLinks = 50;

    public static IEnumerable<ConfigurationFault> Check(MeshConsoleOptions options)
    {
        const string Root = MeshConsoleOptions.SectionName;
        if (options.Demo == true && options.Clusters.Count > 0)
        {
            yield return new ConfigurationFault($"{Root}:Demo", "true", "the demo runs alone; remove Clusters, or set Demo to false");
        }

        if (options.Demo == false && options.Clusters.Count == 0)
        {
            yield return new ConfigurationFault($"{Root}:Clusters", null, "no cluster is configured and Demo is false; name at least one cluster, or set Demo to true");
        }

        foreach (var fault in Clusters(options).Concat(Telemetry(options.Telemetry)).Concat(Auth(options)).Concat(Changes(options)).Concat(Notifications(options)).Concat(Certificates(options)).Concat(Mtls(options.Mtls)).Concat(Timeline(options.Timeline)).Concat(Incidents(options.Incidents)).Concat(Links(options.Links)).Concat(Storage(options.Storage)).Concat(Audit(options)))
        {
            yield return fault;
        }
    }

    /// <summary>The demo mode of authentication is for this machine only: everybody who reaches it may read.</summary>
    public static IEnumerable<ConfigurationFault> CheckAddresses(MeshConsoleOptions options, IEnumerable<string> addresses)
    {
        if (!options.RunsDemo && options.Auth.Mode != AuthMode.Demo)
        {
            yield break;
        }

        foreach (var address in addresses.Where(a => !IsLoopback(a)))
        {
            yield return new ConfigurationFault("urls", address, "authentication mode Demo lets everybody in, so every listening address must be loopback; listen on http://127.0.0.1:5080 or http://localhost:5080, or set MeshConsole:Auth:Mode");
        }
    }

    internal static bool IsLoopback(string address)
    {
        // "http://*:80" and "http://+:80" are not URIs, and both mean every interface.
        return Uri.TryCreate(address, UriKind.Absolute, out var uri)
            && (string.Equals(uri.Host, "localhost", StringComparison.OrdinalIgnoreCase)
                || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip)));
    }

    private static IEnumerable<ConfigurationFault> Clusters(MeshConsoleOptions options)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < options.Clusters.Count; i++)
        {
            var cluster = options.Clusters[i];
            var key = $"{MeshConsoleOptions.SectionName}:Clusters:{i}";
            if (!ClusterName().IsMatch(cluster.Name))
            {
                yield return new ConfigurationFault($"{key}:Name", cluster.Name, "a name of 1 to 63 letters, digits, '.', '-' or '_' is expected; it becomes part of every node id");
            }
            else if (!names.Add(cluster.Name))
            {
                yield return new ConfigurationFault($"{key}:Name", cluster.Name, "another cluster has this name; names must differ");
            }

            if (cluster.InCluster && (cluster.Kubeconfig is not null || cluster.Context is not null))
            {
                yield return new ConfigurationFault($"{key}:InCluster", "true", "the service account of the pod is used, so Kubeconfig and Context must not be set");
            }

            if (cluster.Kubeconfig is { } path && (path.Length == 0 || !File.Exists(Kubeconfig.Expand(path))))
            {
                yield return new ConfigurationFault($"{key}:Kubeconfig", path, "there is no readable file at this path; give the path of a kubeconfig, or leave the key out for the default file");
            }

            if (cluster.PrometheusUrl is { } url && !IsHttp(url))
            {
                yield return new ConfigurationFault($"{key}:PrometheusUrl", url, "an absolute http or https address is expected, for example http://prometheus.istio-system:9090");
            }

            if (cluster.PrometheusUrl is null)
            {
                yield return new ConfigurationFault($"{key}:PrometheusUrl", null, "the address of Prometheus is missing; traffic, mTLS shares and latency are read from it");
            }

            if (cluster.PrometheusBearerTokenFile is { } token && !File.Exists(token))
            {
                yield return new ConfigurationFault($"{key}:PrometheusBearerTokenFile", token, "there is no readable file at this path");
            }

            if (!KubernetesName().IsMatch(cluster.RootNamespace))
            {
                yield return new ConfigurationFault($"{key}:RootNamespace", cluster.RootNamespace, "this is not a name of a namespace (lower-case letters, digits and '-', at most 63)");
            }

            foreach (var name in cluster.Namespaces.Where(n => !KubernetesName().IsMatch(n)))
            {
                yield return new ConfigurationFault($"{key}:Namespaces", name, "this is not a name of a namespace (lower-case letters, digits and '-', at most 63)");
            }
        }
    }

    private static IEnumerable<ConfigurationFault> Telemetry(TelemetryOptions telemetry)
    {
        const string Key = $"{MeshConsoleOptions.SectionName}:Telemetry";
        if (telemetry.RefreshInterval < TimeSpan.FromSeconds(1) || telemetry.RefreshInterval > TimeSpan.FromHours(1))
        {
            yield return new ConfigurationFault($"{Key}:RefreshInterval", telemetry.RefreshInterval.ToString(), "a time between 00:00:01 and 01:00:00 is expected");
        }

        if (telemetry.RateWindow < TimeSpan.FromSeconds(5) || telemetry.RateWindow > TimeSpan.FromDays(1))
        {
            yield return new ConfigurationFault($"{Key}:RateWindow", telemetry.RateWindow.ToString(), "a time between 00:00:05 and 1.00:00:00 is expected; use at least four scrape intervals");
        }

        if (telemetry.QueryTimeout < TimeSpan.FromMilliseconds(100) || telemetry.QueryTimeout > TimeSpan.FromMinutes(5))
        {
            yield return new ConfigurationFault($"{Key}:QueryTimeout", telemetry.QueryTimeout.ToString(), "a time between 00:00:00.1 and 00:05:00 is expected");
        }
    }

    private static IEnumerable<ConfigurationFault> Auth(MeshConsoleOptions options)
    {
        const string Key = $"{MeshConsoleOptions.SectionName}:Auth";
        var mode = options.Auth.Mode;
        if (mode is null && !options.RunsDemo)
        {
            yield return new ConfigurationFault($"{Key}:Mode", null, "a real cluster is configured, so how users authenticate must be said; legal in this version: Demo (everybody who reaches a loopback address reads as viewer)");
        }

        if (mode is AuthMode.Oidc or AuthMode.Proxy or AuthMode.Kubernetes)
        {
            yield return new ConfigurationFault($"{Key}:Mode", mode.ToString(), "this mode is not part of this version; legal: Demo, on loopback addresses only");
        }

        for (var i = 0; i < options.Auth.ApiTokens.Count; i++)
        {
            var token = options.Auth.ApiTokens[i];
            if (token.Name.Length == 0)
            {
                yield return new ConfigurationFault($"{Key}:ApiTokens:{i}:Name", null, "a name is expected; it stands for the token in the audit");
            }

            if (!Sha256().IsMatch(token.Sha256))
            {
                // The value is not repeated: somebody may have put the token itself here.
                yield return new ConfigurationFault($"{Key}:ApiTokens:{i}:Sha256", null, "the SHA-256 of the token is expected, as 64 hexadecimal digits");
            }

            foreach (var role in token.Roles.Where(r => r is not ("viewer" or "operator" or "approver" or "admin")))
            {
                yield return new ConfigurationFault($"{Key}:ApiTokens:{i}:Roles", role, "legal roles are viewer, operator, approver, admin");
            }
        }
    }

    private static IEnumerable<ConfigurationFault> Changes(MeshConsoleOptions options)
    {
        const string Key = $"{MeshConsoleOptions.SectionName}:Changes";
        var changes = options.Changes;
        foreach (var (name, value, least, most) in new[]
        {
            ("MaxStepPercent", changes.MaxStepPercent, 1, 100),
            ("RequiredApprovals", changes.RequiredApprovals, 0, 10),
            ("HighRiskApprovals", changes.HighRiskApprovals, 0, 10),
            ("HighRiskStepPercent", changes.HighRiskStepPercent, 1, 100),
            ("NoApprovalUpToPercent", changes.NoApprovalUpToPercent, 0, 100),
            ("MaxStartsPerHour", changes.MaxStartsPerHour, 1, 10_000),
        })
        {
            if (value < least || value > most)
            {
                yield return new ConfigurationFault($"{Key}:{name}", value.ToString(CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most} is expected"));
            }
        }

        if (changes.HighRiskApprovals < changes.RequiredApprovals)
        {
            yield return new ConfigurationFault($"{Key}:HighRiskApprovals", changes.HighRiskApprovals.ToString(CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"must not be below RequiredApprovals ({changes.RequiredApprovals})"));
        }

        if (changes.MinSoak is { } soak && (soak < TimeSpan.FromSeconds(1) || soak > TimeSpan.FromDays(7)))
        {
            yield return new ConfigurationFault($"{Key}:MinSoak", soak.ToString(), "a time between 00:00:01 and 7.00:00:00 is expected");
        }

        if (changes.ApprovalLifetime < TimeSpan.FromMinutes(1) || changes.ApprovalLifetime > TimeSpan.FromDays(31))
        {
            yield return new ConfigurationFault($"{Key}:ApprovalLifetime", changes.ApprovalLifetime.ToString(), "a time between 00:01:00 and 31.00:00:00 is expected");
        }

        var last = 0;
        foreach (var step in changes.DefaultSteps)
        {
            if (!int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) || percent <= last || percent > 100)
            {
                yield return new ConfigurationFault($"{Key}:DefaultSteps", step, "growing whole percentages from 1 to 100 are expected, for example 1,5,25,50,100");
                break;
            }

            last = percent;
        }

        foreach (var (list, names) in new[] { ("CriticalNamespaces", changes.CriticalNamespaces), ("ReadOnlyNamespaces", changes.ReadOnlyNamespaces) })
        {
            foreach (var name in names.Where(n => !KubernetesName().IsMatch(n)))
            {
                yield return new ConfigurationFault($"{Key}:{list}", name, "this is not a name of a namespace (lower-case letters, digits and '-', at most 63)");
            }
        }

        for (var i = 0; i < changes.FreezeWindows.Count; i++)
        {
            var window = changes.FreezeWindows[i];
            if (window.Name.Length == 0)
            {
                yield return new ConfigurationFault($"{Key}:FreezeWindows:{i}:Name", null, "a name is expected; it is shown to those who must wait");
            }

            if (FreezeCalendar.Fault(window.ToWindow()) is { } fault)
            {
                yield return new ConfigurationFault($"{Key}:FreezeWindows:{i}", $"{window.Schedule} for {window.Duration} in {window.TimeZone}", fault);
            }
        }
    }

    private static IEnumerable<ConfigurationFault> Notifications(MeshConsoleOptions options)
    {
        const string Root = MeshConsoleOptions.SectionName;
        if (options.PublicUrl is { } address && !IsHttp(address))
        {
            yield return new ConfigurationFault($"{Root}:PublicUrl", address, "an absolute http or https address is expected, for example https://meshconsole.example");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < options.Notifications.Webhooks.Count; i++)
        {
            var (webhook, key) = (options.Notifications.Webhooks[i], $"{Root}:Notifications:Webhooks:{i}");
            if (webhook.Name.Length == 0 || !names.Add(webhook.Name))
            {
                yield return new ConfigurationFault($"{key}:Name", webhook.Name, "a name that no other webhook has is expected");
            }

            if (!Uri.TryCreate(webhook.Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            {
                yield return new ConfigurationFault($"{key}:Url", webhook.Url, "an absolute http or https address is expected");
            }

            if (!File.Exists(webhook.SecretFile))
            {
                yield return new ConfigurationFault($"{key}:SecretFile", webhook.SecretFile, "there is no readable file at this path; it holds the secret that signs what is sent");
            }
        }
    }

    private static IEnumerable<ConfigurationFault> Certificates(MeshConsoleOptions options)
    {
        const string Key = $"{MeshConsoleOptions.SectionName}:Certificates";
        var certificates = options.Certificates;
        if (certificates.CriticalBefore < TimeSpan.Zero || certificates.WarnBefore < certificates.CriticalBefore)
        {
            yield return new ConfigurationFault($"{Key}:WarnBefore", certificates.WarnBefore.ToString(), $"must not be shorter than CriticalBefore ({certificates.CriticalBefore}), and neither may be negative");
        }

        if (certificates.LateRenewalRatio is <= 0 or >= 1)
        {
            yield return new ConfigurationFault($"{Key}:LateRenewalRatio", certificates.LateRenewalRatio.ToString(CultureInfo.InvariantCulture), "a share of life between 0 and 1 is expected, for example 0.4");
        }

        if (certificates.WorkloadLife < TimeSpan.FromMinutes(5) || certificates.WorkloadLife > TimeSpan.FromDays(400))
        {
            yield return new ConfigurationFault($"{Key}:WorkloadLife", certificates.WorkloadLife.ToString(), "a time between 00:05:00 and 400.00:00:00 is expected, as istiod's DEFAULT_WORKLOAD_CERT_TTL says");
        }

        foreach (var fault in Probes(options, Key))
        {
            yield return fault;
        }
    }

    private static IEnumerable<ConfigurationFault> Probes(MeshConsoleOptions options, string key)
    {
        var certificates = options.Certificates;
        if (certificates.ProbeInterval < TimeSpan.FromSeconds(10) || certificates.ProbeInterval > TimeSpan.FromDays(1))
        {
            yield return new ConfigurationFault($"{key}:ProbeInterval", certificates.ProbeInterval.ToString(), "a time between 00:00:10 and 1.00:00:00 is expected");
        }

        if (certificates.ProbeTimeout < TimeSpan.FromMilliseconds(100) || certificates.ProbeTimeout > TimeSpan.FromMinutes(1))
        {
            yield return new ConfigurationFault($"{key}:ProbeTimeout", certificates.ProbeTimeout.ToString(), "a time between 00:00:00.1 and 00:01:00 is expected");
        }

        if (certificates.Probes.Count > MostProbes)
        {
            yield return new ConfigurationFault($"{key}:Probes", certificates.Probes.Count.ToString(CultureInfo.InvariantCulture), $"at most {MostProbes} addresses are probed");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < certificates.Probes.Count; i++)
        {
            var (probe, at) = (certificates.Probes[i], $"{key}:Probes:{i}");
            if (!ClusterName().IsMatch(probe.Name) || !names.Add(probe.Name))
            {
                yield return new ConfigurationFault($"{at}:Name", probe.Name, "a name that no other probe has is expected, of 1 to 63 letters, digits, '.', '-' or '_'");
            }

            if (probe.ToProbe() is not { } target)
            {
                yield return new ConfigurationFault($"{at}:Address", probe.Address, "host and port are expected, without a scheme or a path, for example pay.example:443");
            }
            else if (!options.RunsDemo && (string.Equals(target.Host, "localhost", StringComparison.OrdinalIgnoreCase) || target.Host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)))
            {
                yield return new ConfigurationFault($"{at}:Address", probe.Address, "this is the console's own machine; give the address at which clients reach the gateway");
            }
            else if (!options.RunsDemo && IPAddress.TryParse(target.Host, out var address) && ProbeTargets.Refusal(address) is { } refusal)
            {
                yield return new ConfigurationFault($"{at}:Address", probe.Address, $"this address {refusal}; give the address at which clients reach the gateway");
            }

            if (probe.ServerName is { Length: 0 or > 253 } || probe.ServerName?.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_' or ':')) == true)
            {
                yield return new ConfigurationFault($"{at}:ServerName", probe.ServerName, "the name that clients ask for is expected, for example pay.example");
            }

            if (probe.Cluster is { } cluster && !options.Clusters.Exists(one => string.Equals(one.Name, cluster, StringComparison.Ordinal)))
            {
                yield return new ConfigurationFault($"{at}:Cluster", cluster, "no cluster has this name");
            }
        }
    }

    private static IEnumerable<ConfigurationFault> Mtls(MtlsOptions mtls)
    {
        if (mtls.ReadinessLookback is { } lookback && (lookback < MtlsOptions.ShortestLookback || lookback > MtlsOptions.LongestLookback))
        {
            yield return new ConfigurationFault($"{MeshConsoleOptions.SectionName}:Mtls:ReadinessLookback", lookback.ToString(), "a time between 00:01:00 and 31.00:00:00 is expected; Prometheus must keep as much history");
        }
    }

    private static IEnumerable<ConfigurationFault> Timeline(TimelineOptions timeline)
    {
        if (timeline.Retention < TimeSpan.FromHours(1) || timeline.Retention > TimeSpan.FromDays(3650))
        {
            yield return new ConfigurationFault($"{MeshConsoleOptions.SectionName}:Timeline:Retention", timeline.Retention.ToString(), "a duration from one hour to ten years is expected, for example 14.00:00:00 for two weeks");
        }
    }

    private static IEnumerable<ConfigurationFault> Incidents(IncidentOptions incidents)
    {
        if (incidents.Retention < TimeSpan.FromDays(1) || incidents.Retention > TimeSpan.FromDays(3650))
        {
            yield return new ConfigurationFault($"{MeshConsoleOptions.SectionName}:Incidents:Retention", incidents.Retention.ToString(), "a duration from one day to ten years is expected, for example 365.00:00:00 for a year");
        }
    }

    private static IEnumerable<ConfigurationFault> Links(List<LinkOptions> links)
    {
        const string Key = $"{MeshConsoleOptions.SectionName}:Links";
        if (links.Count > MostLinks)
        {
            yield return new ConfigurationFault(Key, links.Count.ToString(CultureInfo.InvariantCulture), $"at most {MostLinks} links are shown");
        }

        for (var i = 0; i < links.Count; i++)
        {
            var link = links[i];
            if (link.Name.Trim().Length is 0 or > 40 || link.Name.Any(char.IsControl))
            {
                yield return new ConfigurationFault($"{Key}:{i}:Name", link.Name, "a name of 1 to 40 characters is expected; it is what the link is called on the page");
            }

            if (link.Kind is null)
            {
                yield return new ConfigurationFault($"{Key}:{i}:Kind", null, $"one of {string.Join(", ", Enum.GetNames<LinkKind>())} is expected");
            }

            if (link.For is not { } subject)
            {
                yield return new ConfigurationFault($"{Key}:{i}:For", null, $"one of {string.Join(", ", Enum.GetNames<LinkSubject>())} is expected; it decides about the placeholders");
            }
            else if (!LinkTemplate.TryParse(link.Name, link.Kind ?? LinkKind.Trace, subject, link.Url, out _, out var problem))
            {
                yield return new ConfigurationFault($"{Key}:{i}:Url", link.Url.Length > 300 ? $"{link.Url[..300]}…" : link.Url, problem);
            }
        }
    }

    private static IEnumerable<ConfigurationFault> Storage(StorageOptions storage)
    {
        // The value is never repeated: it may hold a password.
        const string Key = $"{MeshConsoleOptions.SectionName}:Storage:ConnectionString";
        if (storage.ConnectionString is null)
        {
            if (storage.Provider == StorageProvider.Postgres)
            {
                yield return new ConfigurationFault(Key, null, "PostgreSQL is chosen, so how it is reached must be said, for example Host=db;Database=meshconsole;Username=meshconsole");
            }
        }
        else if (DatabaseSettings.Problem(storage.ToProvider(), storage.ConnectionString) is { } problem)
        {
            yield return new ConfigurationFault(Key, null, problem);
        }
    }

    private static IEnumerable<ConfigurationFault> Audit(MeshConsoleOptions options)
    {
        const string Key = $"{MeshConsoleOptions.SectionName}:Audit";
        var audit = options.Audit;
        if (audit.CheckpointRecords is < 1 or > 1_000_000)
        {
            yield return new ConfigurationFault($"{Key}:CheckpointRecords", audit.CheckpointRecords.ToString(System.Globalization.CultureInfo.InvariantCulture), "a number from 1 to 1000000 is expected");
        }

        if (audit.CheckpointInterval < TimeSpan.FromSeconds(5) || audit.CheckpointInterval > TimeSpan.FromDays(1))
        {
            yield return new ConfigurationFault($"{Key}:CheckpointInterval", audit.CheckpointInterval.ToString(), "a time between 00:00:05 and 1.00:00:00 is expected");
        }

        if (audit.Retention is { } retention && (retention < AuditRetention.Shortest || retention > TimeSpan.FromDays(36_500)))
        {
            yield return new ConfigurationFault($"{Key}:Retention", retention.ToString(), $"a time from {AuditRetention.Shortest} (30 days) on is expected, or nothing to keep every record");
        }

        if (audit.CheckpointWebhook is { } webhook && !(Uri.TryCreate(webhook, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.Host.Length > 0 && address.UserInfo.Length == 0))
        {
            // Path and query of a webhook are often its credential.
            yield return new ConfigurationFault($"{Key}:CheckpointWebhook", null, "an absolute http or https address without user name is expected");
        }

        if (audit.CheckpointEvents is { } events)
        {
            var parts = events.Split('/');
            if (parts.Length != 2 || !options.Clusters.Exists(cluster => string.Equals(cluster.Name, parts[0], StringComparison.Ordinal)) || !KubernetesName().IsMatch(parts[1]))
            {
                yield return new ConfigurationFault($"{Key}:CheckpointEvents", events, "the name of a configured cluster and a namespace are expected, for example production/meshconsole");
            }
        }
    }

    private static bool IsHttp(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0;

    [GeneratedRegex(@"\A[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ClusterName();

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex KubernetesName();

    [GeneratedRegex(@"\A[0-9A-Fa-f]{64}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sha256();
}
