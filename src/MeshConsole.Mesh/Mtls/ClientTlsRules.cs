using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Mtls;

/// <summary>
/// What the DestinationRules of a cluster tell callers about TLS, by host. A caller's proxy looks in its own namespace,
/// then in the service's, then in the root namespace, and takes the most specific host there; a subset's setting beats the
/// rule's, a port's beats the general one; a rule silent about TLS leaves auto mTLS in force.
/// </summary>
public sealed class ClientTlsRules
{
    private readonly string _root;
    private readonly Dictionary<string, List<Rule>> _exact = new(StringComparer.Ordinal);
    private readonly List<Rule> _wildcards = [];

    public ClientTlsRules(ImmutableArray<MeshObject> destinationRules, string domain = ServiceHost.DefaultDomain, string rootNamespace = ClusterSnapshot.DefaultRootNamespace)
    {
        _root = rootNamespace;
        foreach (var rule in (destinationRules.IsDefault ? [] : destinationRules)
            .OrderBy(r => r.Meta.CreatedAt)
            .ThenBy(r => r.Meta.Name, StringComparer.Ordinal)
            .ThenBy(r => r.Meta.Namespace, StringComparer.Ordinal))
        {
            if (rule.Spec.Text("host") is not { } written)
            {
                continue;
            }

            var host = ServiceHost.Expand(written, rule.Meta.Namespace, domain);
            var parsed = new Rule(host, rule);
            if (host.Contains('*'))
            {
                _wildcards.Add(parsed);
            }
            else if (_exact.TryGetValue(host, out var list))
            {
                list.Add(parsed);
            }
            else
            {
                _exact[host] = [parsed];
            }
        }
    }

    /// <summary>Every TLS setting that some caller of the host goes by; none when all leave it to auto mTLS.</summary>
    /// <param name="host">Fully qualified host of the service.</param>
    /// <param name="serviceNamespace">Its namespace.</param>
    public ImmutableArray<ClientTlsSetting> For(string host, string serviceNamespace)
    {
        ArgumentNullException.ThrowIfNull(host);
        var settings = ImmutableArray.CreateBuilder<ClientTlsSetting>();
        foreach (var (@namespace, merged) in InForce(host))
        {
            var callers = string.Equals(@namespace, serviceNamespace, StringComparison.Ordinal) || string.Equals(@namespace, _root, StringComparison.Ordinal)
                ? null
                : $"callers in namespace {@namespace}";
            Collect(merged, callers, settings);
        }

        return settings.ToImmutable();
    }

    /// <summary>Those ports of a Service at which some callers are told nothing about TLS, so that auto mTLS decides for them.</summary>
    /// <param name="ports">Service ports.</param>
    public ImmutableArray<int> LeftToAuto(string host, string serviceNamespace, IEnumerable<int> ports)
    {
        ArgumentNullException.ThrowIfNull(host);
        var groups = InForce(host).ToList();

        // Callers without a rule in their own namespace go by that of the service's, else by that of the root namespace.
        var general = groups.Find(group => string.Equals(group.Namespace, serviceNamespace, StringComparison.Ordinal)).Rules
            ?? groups.Find(group => string.Equals(group.Namespace, _root, StringComparison.Ordinal)).Rules;
        var ofCallers = groups.Where(group => group.Rules != general && !string.Equals(group.Namespace, _root, StringComparison.Ordinal)).Select(group => group.Rules);
        return [.. ports.Where(port => general is null || !Tells(general, port, everybody: true) || ofCallers.Any(rules => !Tells(rules, port, everybody: false)))];
    }

    /// <summary>Whether rules of one host and namespace tell every caller that goes by them what to send to a port.</summary>
    /// <param name="everybody">Callers of all namespaces go by them.</param>
    private static bool Tells(List<Rule> rules, int port, bool everybody)
    {
        if (rules.Find(r => r.Object.Spec.Get("trafficPolicy").IsObject()) is not { } top
            || top.Object.Spec.Get("workloadSelector").Get("matchLabels").Labels() is { IsEmpty: false }
            || (everybody && top.Object.Spec.Texts("exportTo") is { Length: > 0 } exported && !exported.Contains("*")))
        {
            return false;
        }

        var policy = top.Object.Spec.Get("trafficPolicy");
        return policy.Get("tls").IsPresent() || policy.Items("portLevelSettings").Any(one => one.Get("port").Whole("number") == port && one.Get("tls").IsPresent());
    }

    /// <summary>
    /// The rules that callers in each namespace would find there, by namespace: those of the most specific host, the oldest
    /// first. They count as one: subsets of all, trafficPolicy of the oldest that has one.
    /// </summary>
    private IEnumerable<(string Namespace, List<Rule> Rules)> InForce(string host)
    {
        var exact = _exact.GetValueOrDefault(host) ?? [];
        foreach (var inNamespace in exact.Concat(_wildcards.Where(r => ServiceHost.Matches(r.Host, host)))
            .GroupBy(r => r.Object.Meta.Namespace, StringComparer.Ordinal)
            .OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var longest = inNamespace.MaxBy(r => (r.Host.Contains('*') ? 0 : 1, r.Host.Length))!.Host;
            yield return (inNamespace.Key, inNamespace.Where(r => string.Equals(r.Host, longest, StringComparison.Ordinal)).ToList());
        }
    }

    private static void Collect(List<Rule> rules, string? callers, ImmutableArray<ClientTlsSetting>.Builder settings)
    {
        var top = rules.FirstOrDefault(r => r.Object.Spec.Get("trafficPolicy").IsObject());
        var topPolicy = top?.Object.Spec.Get("trafficPolicy") ?? default;
        if (top is not null)
        {
            Add(top, topPolicy, null, ImmutableSortedDictionary<string, string>.Empty);
        }

        foreach (var rule in rules)
        {
            foreach (var subset in rule.Object.Spec.Items("subsets"))
            {
                if (subset.Text("name") is { } name && subset.Get("trafficPolicy") is { ValueKind: JsonValueKind.Object } policy)
                {
                    Add(rule, policy, name, subset.Get("labels").Labels());
                }
            }
        }

        void Add(Rule rule, JsonElement policy, string? subset, ImmutableSortedDictionary<string, string> labels)
        {
            var who = WhoCalls(rule.Object, callers);
            var reference = new ObjectReference("DestinationRule", rule.Object.Meta.Namespace, rule.Object.Meta.Name);
            if (policy.Get("tls").IsPresent())
            {
                settings.Add(new ClientTlsSetting(reference, ReadMode(policy.Get("tls")), null, subset, labels, who));
            }

            foreach (var port in policy.Items("portLevelSettings"))
            {
                if (port.Get("tls").IsPresent() && port.Get("port").Whole("number") is { } number)
                {
                    settings.Add(new ClientTlsSetting(reference, ReadMode(port.Get("tls")), number, subset, labels, who));
                }
            }
        }
    }

    private static string? WhoCalls(MeshObject rule, string? callers)
    {
        if (rule.Spec.Get("workloadSelector").Get("matchLabels").Labels() is { IsEmpty: false })
        {
            return $"callers in namespace {rule.Meta.Namespace} that its workloadSelector selects";
        }

        return rule.Spec.Texts("exportTo") is ["."] ? $"callers in namespace {rule.Meta.Namespace}" : callers;
    }

    private static ClientTlsMode ReadMode(JsonElement tls) => tls.Get("mode") is var mode && !mode.IsPresent()
        ? ClientTlsMode.Disable // The zero value of the field: "tls: {}" switches TLS off.
        : mode.Text() switch
        {
            "DISABLE" => ClientTlsMode.Disable,
            "SIMPLE" => ClientTlsMode.Simple,
            "MUTUAL" => ClientTlsMode.Mutual,
            "ISTIO_MUTUAL" => ClientTlsMode.IstioMutual,
            _ => ClientTlsMode.Unreadable,
        };

    private sealed record Rule(string Host, MeshObject Object);
}
