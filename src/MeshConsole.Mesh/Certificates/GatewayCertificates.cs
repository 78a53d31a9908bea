using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Certificates;

/// <summary>
/// The certificates that gateways present and those they verify clients with. An Istio Gateway names a Secret, which is
/// looked up in the namespace of the gateway's <em>pods</em>; a Gateway API listener refers to one, across namespaces only
/// with a ReferenceGrant.
/// </summary>
internal static class GatewayCertificates
{
    public static void Add(CertificateSet set)
    {
        var uses = new SortedDictionary<string, Use>(StringComparer.Ordinal);
        foreach (var gateway in set.Cluster.Objects.Gateways.IsDefault ? [] : set.Cluster.Objects.Gateways)
        {
            CollectIstio(set, gateway, uses);
        }

        var grants = new ReferenceGrants(set.Cluster.Objects.ReferenceGrants);
        foreach (var gateway in set.Cluster.Objects.KubernetesGateways.IsDefault ? [] : set.Cluster.Objects.KubernetesGateways)
        {
            CollectKubernetes(gateway, grants, uses);
        }

        foreach (var (key, use) in uses)
        {
            if (use.Authority is false && use.Secret is { } presented)
            {
                set.PresentedBy[presented] = Words(use);
            }

            if (use.Namespaces.Any(set.Query.Matches) || (use.Secret is { } secret && set.Query.Matches(secret.Namespace)))
            {
                set.Rows.Add(Row(set, key, use));
            }
        }
    }

    private static void CollectIstio(CertificateSet set, MeshObject gateway, SortedDictionary<string, Use> uses)
    {
        string[]? podNamespaces = null;
        foreach (var server in gateway.Spec.Items("servers"))
        {
            var tls = server.Get("tls");
            if (!tls.IsObject() || tls.Text("mode") is "PASSTHROUGH" or "AUTO_PASSTHROUGH" or "ISTIO_MUTUAL")
            {
                continue;
            }

            var hosts = server.Texts("hosts");
            var names = tls.Texts("credentialNames");
            names = names.IsEmpty ? [.. new[] { tls.Text("credentialName") }.OfType<string>()] : names;
            foreach (var name in names)
            {
                Collect(name, authority: false);
            }

            if (names.IsEmpty && tls.Text("serverCertificate") is not null)
            {
                Note(uses, $"{gateway.Meta.Namespace}/{gateway.Meta.Name}/file", gateway, hosts, "Its certificate is a file in the gateway's pods: its dates cannot be read from here.");
            }

            if (tls.Text("caCertCredentialName") is { } authorityName)
            {
                Collect(authorityName, authority: true);
            }
            else if (tls.Text("mode") is "MUTUAL" or "OPTIONAL_MUTUAL")
            {
                foreach (var name in names)
                {
                    Collect(name, authority: true);
                }
            }

            void Collect(string credential, bool authority)
            {
                podNamespaces ??= NamespacesOfPods(set, gateway);
                foreach (var (secretNamespace, secretName, problem) in Locate(set, gateway, credential, podNamespaces))
                {
                    if (problem is not null)
                    {
                        Note(uses, $"{gateway.Meta.Namespace}/{gateway.Meta.Name}/{credential}", gateway, hosts, problem);
                        continue;
                    }

                    // The CA may stand in a Secret of its own beside the one of the server.
                    var name = authority && tls.Text("caCertCredentialName") is null && set.Secret(secretNamespace, $"{secretName}-cacert") is not null ? $"{secretName}-cacert" : secretName;
                    Record(uses, secretNamespace, name, authority, gateway, hosts, null);
                }
            }
        }
    }

    /// <summary>Where a credential name leads: Secrets, or why it leads nowhere.</summary>
    private static IEnumerable<(string Namespace, string Name, string? Problem)> Locate(CertificateSet set, MeshObject gateway, string credential, string[] podNamespaces)
    {
        var scheme = credential.IndexOf("://", StringComparison.Ordinal);
        var rest = scheme < 0 ? credential : credential[(scheme + 3)..];
        var parts = rest.Split('/');
        switch (scheme < 0 ? "kubernetes" : credential[..scheme])
        {
            case "builtin":
                break;
            case "kubernetes" when parts is [var name] && name.Length > 0:
                if (podNamespaces.Length == 0)
                {
                    yield return ("", "", set.Cluster.Objects.Pods.IsDefault
                        ? SourceWords.Why(set.Cluster, $"Where Secret {name} is looked up is not known, for the gateway's pods are not", "kubernetes/pods")
                        : $"No gateway pod matches the selector of Gateway {gateway.Meta.Namespace}/{gateway.Meta.Name}, so nobody presents Secret {name}.");
                }

                foreach (var @namespace in podNamespaces)
                {
                    yield return (@namespace, name, null);
                }

                break;
            case "kubernetes" or "kubernetes-gateway" when parts is [var @namespace, var name] && @namespace.Length > 0 && name.Length > 0:
                yield return (@namespace, name, null);
                break;
            case "configmap":
                yield return ("", "", "Clients are verified with a ConfigMap, which is not read here.");
                break;
            default:
                yield return ("", "", "Its credentialName is none that Istio can look up.");
                break;
        }
    }

    private static string[] NamespacesOfPods(CertificateSet set, MeshObject gateway)
    {
        var selector = gateway.Spec.Get("selector").Labels();
        return
        [
            .. set.Cluster.Workloads
                .Where(w => w.IsGateway && ServiceResolver.Selects(selector, w.Labels))
                .Select(w => w.Id.Namespace)
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal),
        ];
    }

    private static void CollectKubernetes(MeshObject gateway, ReferenceGrants grants, SortedDictionary<string, Use> uses)
    {
        foreach (var listener in gateway.Spec.Items("listeners"))
        {
            var tls = listener.Get("tls");
            if (tls.Text("mode") is "Passthrough")
            {
                continue;
            }

            var host = listener.Text("hostname") ?? "*";
            foreach (var reference in tls.Items("certificateRefs"))
            {
                if (reference.Text("name") is not { } name)
                {
                    Note(uses, $"{gateway.Meta.Namespace}/{gateway.Meta.Name}/{listener.Text("name")}", gateway, [host], "A certificateRef has no name that can be read.");
                    continue;
                }

                if (reference.Text("kind") is not (null or "Secret") || reference.Text("group") is not null)
                {
                    Note(uses, $"{gateway.Meta.Namespace}/{gateway.Meta.Name}/{name}", gateway, [host], $"It refers to {reference.Text("kind")} {name}, which is not read here.");
                    continue;
                }

                var @namespace = reference.Text("namespace") ?? gateway.Meta.Namespace;
                var refused = @namespace == gateway.Meta.Namespace || grants.Allows("gateway.networking.k8s.io", "Gateway", gateway.Meta.Namespace, "", "Secret", @namespace, name) ? null
                    : grants.Known ? $"No ReferenceGrant in namespace {@namespace} lets Gateway {gateway.Meta.Namespace}/{gateway.Meta.Name} use it: it is not served there."
                    : $"Whether a ReferenceGrant lets Gateway {gateway.Meta.Namespace}/{gateway.Meta.Name} use it is not known.";
                Record(uses, @namespace, name, authority: false, gateway, [host], refused);
            }
        }
    }

    private static CertificateView Row(CertificateSet set, string key, Use use)
    {
        var id = $"{set.Cluster.Name}/gateway/{key}";
        if (use.Secret is not var (secretNamespace, secretName))
        {
            return set.Unknown(id, CertificateKind.Gateway, string.Join(", ", use.Hosts), use.Namespaces.Min, Words(use), use.Problem!) with { PresentedBy = Words(use) };
        }

        var words = $"Secret {secretNamespace}/{secretName}";
        var row = set.Unknown(id, CertificateKind.Gateway, string.Join(", ", use.Hosts), secretNamespace, $"secret {secretNamespace}/{secretName}", "") with { PresentedBy = use.Authority ? $"verifies clients of {Words(use)}" : Words(use) };
        if (set.Secret(secretNamespace, secretName) is not { } secret)
        {
            return row with
            {
                Message = set.SecretsKnown
                    ? $"{words} does not exist, holds no certificate, or may not be read: {(use.Authority ? "clients cannot be verified" : "the gateway has nothing to present")}."
                    : SourceWords.Why(set.Cluster, $"{words} is not known", "kubernetes/secrets"),
            };
        }

        var entry = use.Authority ? CertificateSet.Entry(secret, "cacert", "ca.crt") : CertificateSet.Entry(secret, "cert", "tls.crt");
        row = row with { Source = $"secret {secretNamespace}/{secretName} key {entry?.Key ?? (use.Authority ? "ca.crt" : "tls.crt")}", RenewedBy = set.RenewerOf(secret) };
        if (CertificateSet.Read(entry) is not [var leaf, ..] certificates)
        {
            return row with { Message = $"{words} {(entry is null ? $"has no key {(use.Authority ? "cacert or ca.crt" : "cert or tls.crt")}" : CertificateSet.ProblemOf(entry) ?? ParsedCertificate.Unreadable)}." };
        }

        var described = set.Describe(row, leaf, use.Authority ? null : set.RenewalOf(secretNamespace, secretName), certificates.Skip(1));
        return use.Refused.Count == 0
            ? described
            : described with { State = use.Granted ? described.State : CertificateState.Unknown, Message = $"{string.Join(' ', use.Refused)} {described.Message}" };
    }

    private static void Record(SortedDictionary<string, Use> uses, string @namespace, string name, bool authority, MeshObject gateway, IEnumerable<string> hosts, string? refused)
    {
        var key = authority ? $"{@namespace}/{name}/ca" : $"{@namespace}/{name}";
        if (!uses.TryGetValue(key, out var use))
        {
            uses[key] = use = new Use { Secret = (@namespace, name), Authority = authority };
        }

        use.Add(gateway, hosts);
        if (refused is null)
        {
            use.Granted = true;
        }
        else
        {
            use.Refused.Add(refused);
        }
    }

    private static void Note(SortedDictionary<string, Use> uses, string key, MeshObject gateway, IEnumerable<string> hosts, string problem)
    {
        // A key of its own: no Secret is called ":".
        if (!uses.TryGetValue(":" + key, out var use))
        {
            uses[":" + key] = use = new Use { Problem = problem };
        }

        use.Add(gateway, hosts);
    }

    private static string Words(Use use) => string.Join(", ", use.Gateways.Select(g => $"Gateway {g}"));

    private sealed class Use
    {
        /// <summary>Null when there is only a problem to tell.</summary>
        public (string Namespace, string Name)? Secret { get; init; }

        /// <summary>Verifies clients instead of being presented.</summary>
        public bool Authority { get; init; }

        public string? Problem { get; init; }

        public SortedSet<string> Gateways { get; } = new(StringComparer.Ordinal);

        public SortedSet<string> Namespaces { get; } = new(StringComparer.Ordinal);

        public SortedSet<string> Hosts { get; } = new(StringComparer.Ordinal);

        public SortedSet<string> Refused { get; } = new(StringComparer.Ordinal);

        /// <summary>At least one gateway may use it.</summary>
        public bool Granted { get; set; }

        public void Add(MeshObject gateway, IEnumerable<string> hosts)
        {
            Gateways.Add($"{gateway.Meta.Namespace}/{gateway.Meta.Name}");
            Namespaces.Add(gateway.Meta.Namespace);
            Hosts.UnionWith(hosts);
        }
    }
}
