using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Certificates;

/// <summary>
/// The certificates that gateways present and those they verify clients and backends with. An Istio Gateway names a Secret,
/// which is looked up in the namespace of the gateway's <em>pods</em>; a listener of the Gateway API (of a Gateway or a
/// ListenerSet) refers to one, across namespaces only with a ReferenceGrant; a BackendTLSPolicy refers to authorities in
/// ConfigMaps of its own namespace.
/// </summary>
internal static class GatewayCertificates
{
    private const string GatewayGroup = "gateway.networking.k8s.io";

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
            CollectListeners(gateway, "Gateway", grants, uses);
        }

        foreach (var listeners in set.Cluster.Objects.ListenerSets.IsDefault ? [] : set.Cluster.Objects.ListenerSets)
        {
            CollectListeners(listeners, "ListenerSet", grants, uses);
        }

        foreach (var policy in set.Cluster.Objects.BackendTlsPolicies.IsDefault ? [] : set.Cluster.Objects.BackendTlsPolicies)
        {
            CollectBackends(policy, uses);
        }

        foreach (var (key, use) in uses)
        {
            if (use is { Authority: false, Object: { } presented })
            {
                set.PresentedBy[presented] = Words(use);
            }

            if (use.Namespaces.Any(set.Query.Matches) || (use.Object is { } held && set.Query.Matches(held.Namespace)))
            {
                set.Rows.Add(Row(set, key, use));
            }
        }
    }

    private static void CollectIstio(CertificateSet set, MeshObject gateway, SortedDictionary<string, Use> uses)
    {
        string[]? podNamespaces = null;
        var user = $"Gateway {gateway.Meta.Namespace}/{gateway.Meta.Name}";
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
                Collect(name, authority: false, withSuffix: false);
            }

            if (names.IsEmpty && (tls.Text("serverCertificate") is not null || tls.Items("tlsCertificates").Any(one => one.Text("serverCertificate") is not null)))
            {
                Note(uses, $"{gateway.Meta.Namespace}/{gateway.Meta.Name}/file", gateway, user, hosts, "Its certificate is a file in the gateway's pods: its dates cannot be read from here. A probe of its address (Certificates:Probes) would show what it serves.");
            }

            if (tls.Text("caCertCredentialName") is { } authorityName)
            {
                Collect(authorityName, authority: true, withSuffix: false);
            }
            else if (tls.Text("mode") is "MUTUAL" or "OPTIONAL_MUTUAL")
            {
                foreach (var name in names)
                {
                    Collect(name, authority: true, withSuffix: true);
                }

                if (names.IsEmpty && (tls.Text("caCertificates") is not null || tls.Items("tlsCertificates").Any(one => one.Text("caCertificates") is not null)))
                {
                    Note(uses, $"{gateway.Meta.Namespace}/{gateway.Meta.Name}/ca-file", gateway, user, hosts, "The authority it verifies clients with is a file in the gateway's pods: its dates cannot be read from here.");
                }
            }

            // The CA of clients may stand in a Secret of its own beside the one of the server (suffix -cacert).
            void Collect(string credential, bool authority, bool withSuffix)
            {
                var named = CredentialName.Parse(credential);
                var problem = named.Kind switch
                {
                    CredentialKind.Invalid => "Its credentialName is none that Istio can look up.",
                    CredentialKind.ConfigMap when !authority => "Its credentialName leads to a ConfigMap, where Istio looks for authorities only: the gateway has nothing to present.",
                    CredentialKind.Secret when named.Namespace is null && (podNamespaces ??= NamespacesOfPods(set, gateway)).Length == 0 => set.Cluster.Objects.Pods.IsDefault
                        ? SourceWords.Why(set.Cluster, $"Where Secret {named.Name} is looked up is not known, for the gateway's pods are not", "kubernetes/pods")
                        : $"No gateway pod matches the selector of {user}, so nobody presents Secret {named.Name}.",
                    _ => null,
                };
                if (problem is not null)
                {
                    Note(uses, $"{gateway.Meta.Namespace}/{gateway.Meta.Name}/{credential}", gateway, user, hosts, problem);
                }
                else if (named.Kind == CredentialKind.ConfigMap)
                {
                    Record(uses, named.Namespace!, named.Name, Holder.ConfigMap, authority: true, gateway, user, hosts, null);
                }
                else if (named.Kind == CredentialKind.Secret)
                {
                    foreach (var space in named.Namespace is { } written ? [written] : podNamespaces!)
                    {
                        var name = withSuffix && set.Secret(space, $"{named.Name}-cacert") is not null ? $"{named.Name}-cacert" : named.Name;
                        Record(uses, space, name, Holder.Secret, authority, gateway, user, hosts, null);
                    }
                }
            }
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

    private static void CollectListeners(MeshObject owner, string kind, ReferenceGrants grants, SortedDictionary<string, Use> uses)
    {
        var user = $"{kind} {owner.Meta.Namespace}/{owner.Meta.Name}";
        if (kind == "ListenerSet" && owner.Spec.Get("parentRef").Text("name") is { } parent)
        {
            user += $" (of Gateway {owner.Spec.Get("parentRef").Text("namespace") ?? owner.Meta.Namespace}/{parent})";
        }

        foreach (var listener in owner.Spec.Items("listeners"))
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
                    Note(uses, $"{owner.Meta.Namespace}/{owner.Meta.Name}/{listener.Text("name")}", owner, user, [host], "A certificateRef has no name that can be read.");
                    continue;
                }

                if (reference.Text("kind") is not (null or "Secret") || reference.Text("group") is not null)
                {
                    Note(uses, $"{owner.Meta.Namespace}/{owner.Meta.Name}/{name}", owner, user, [host], $"It refers to {reference.Text("kind")} {name}, which is not read here.");
                    continue;
                }

                var @namespace = reference.Text("namespace") ?? owner.Meta.Namespace;
                var refused = @namespace == owner.Meta.Namespace || grants.Allows(GatewayGroup, kind, owner.Meta.Namespace, "", "Secret", @namespace, name) ? null
                    : grants.Known ? $"No ReferenceGrant in namespace {@namespace} lets {kind} {owner.Meta.Namespace}/{owner.Meta.Name} use it: it is not served there."
                    : $"Whether a ReferenceGrant lets {kind} {owner.Meta.Namespace}/{owner.Meta.Name} use it is not known.";
                Record(uses, @namespace, name, Holder.Secret, authority: false, owner, user, [host], refused);
            }
        }
    }

    private static void CollectBackends(MeshObject policy, SortedDictionary<string, Use> uses)
    {
        var user = $"BackendTLSPolicy {policy.Meta.Namespace}/{policy.Meta.Name}";
        var validation = policy.Spec.Get("validation");
        string[] hosts = [validation.Text("hostname") ?? "*"];
        foreach (var reference in validation.Items("caCertificateRefs"))
        {
            var (kind, name) = (reference.Text("kind"), reference.Text("name"));
            if (kind is "ConfigMap" or "Secret" && name is not null && reference.Text("group") is null)
            {
                Record(uses, policy.Meta.Namespace, name, kind == "Secret" ? Holder.Secret : Holder.ConfigMap, authority: true, policy, user, hosts, null);
            }
            else
            {
                Note(uses, $"{policy.Meta.Namespace}/{policy.Meta.Name}/{name}", policy, user, hosts, name is null ? "A caCertificateRef has no name that can be read." : $"It refers to {kind} {name}, which is not read here.");
            }
        }
    }

    private static CertificateView Row(CertificateSet set, string key, Use use)
    {
        var id = $"{set.Cluster.Name}/gateway/{key}";
        if (use.Object is not var (space, name))
        {
            return set.Unknown(id, CertificateKind.Gateway, string.Join(", ", use.Hosts), use.Namespaces.Min, Words(use), use.Problem!) with { PresentedBy = Words(use) };
        }

        var map = use.Holder == Holder.ConfigMap;
        var words = $"{(map ? "ConfigMap" : "Secret")} {space}/{name}";
        var source = $"{(map ? "config map" : "secret")} {space}/{name}";
        var row = set.Unknown(id, CertificateKind.Gateway, string.Join(", ", use.Hosts), space, source, "") with { PresentedBy = use.Authority ? $"verifies {(use.OfBackends ? "backends" : "clients")} of {Words(use)}" : Words(use) };
        if ((map ? set.ConfigMap(space, name) : set.Secret(space, name)) is not { } held)
        {
            var known = map ? !set.Cluster.Objects.ReferencedConfigMaps.IsDefault : set.SecretsKnown;
            return row with
            {
                Message = known
                    ? $"{words} does not exist, holds no certificate, or may not be read: {(!use.Authority ? "the gateway has nothing to present" : use.OfBackends ? "backends cannot be verified" : "clients cannot be verified")}."
                    : SourceWords.Why(set.Cluster, $"{words} is not known", map ? "kubernetes/referenced-configmaps" : "kubernetes/secrets"),
            };
        }

        var entry = use.Authority ? CertificateSet.Entry(held, "cacert", "ca.crt") : CertificateSet.Entry(held, "cert", "tls.crt");
        row = CertificateSet.Noted(set.WithRenewer(row with { Source = $"{source} key {entry?.Key ?? (use.Authority ? "ca.crt" : "tls.crt")}" }, held), entry);
        if (CertificateSet.Read(entry) is not [var leaf, ..] certificates)
        {
            return row with { Message = $"{words} {(entry is null ? $"has no key {(use.Authority ? "cacert or ca.crt" : "cert or tls.crt")}" : CertificateSet.ProblemOf(entry) ?? ParsedCertificate.Unreadable)}." };
        }

        // Several authorities beside each other are no chain: the one that ends first stands for them.
        leaf = use.Authority ? certificates.MinBy(one => one.NotAfter)! : leaf;
        var described = set.Describe(row, leaf, use.Authority ? null : set.RenewalOf(space, name), use.Authority ? [] : certificates.Skip(1));
        if (use.Authority && certificates.Length > 1)
        {
            described = described with { Message = $"{described.Message} The first to end of {certificates.Length} authorities in it." };
        }

        return use.Refused.Count == 0
            ? described
            : described with
            {
                State = use.Granted ? described.State : CertificateState.Unknown,
                Message = $"{string.Join(' ', use.Refused)} {described.Message}",
                Notes = described.Notes.AddRange(use.Refused.Select(refused => new CertificateNote(CertificateNotes.ReferenceRefused, refused))),
            };
    }

    private static void Record(SortedDictionary<string, Use> uses, string @namespace, string name, Holder holder, bool authority, MeshObject owner, string user, IEnumerable<string> hosts, string? refused)
    {
        var key = $"{@namespace}/{name}{(authority ? "/ca" : "")}{(holder == Holder.ConfigMap ? "/configmap" : "")}";
        if (!uses.TryGetValue(key, out var use))
        {
            uses[key] = use = new Use { Object = (@namespace, name), Holder = holder, Authority = authority, OfBackends = owner.Kind == "BackendTLSPolicy" };
        }

        use.Add(owner, user, hosts);
        if (refused is null)
        {
            use.Granted = true;
        }
        else
        {
            use.Refused.Add(refused);
        }
    }

    private static void Note(SortedDictionary<string, Use> uses, string key, MeshObject owner, string user, IEnumerable<string> hosts, string problem)
    {
        // A key of its own: no Secret is called ":".
        if (!uses.TryGetValue(":" + key, out var use))
        {
            uses[":" + key] = use = new Use { Problem = problem };
        }

        use.Add(owner, user, hosts);
    }

    private static string Words(Use use) => string.Join(", ", use.Users);

    private enum Holder
    {
        Secret,
        ConfigMap,
    }

    private sealed class Use
    {
        /// <summary>Null when there is only a problem to tell.</summary>
        public (string Namespace, string Name)? Object { get; init; }

        public Holder Holder { get; init; }

        /// <summary>Verifies others instead of being presented.</summary>
        public bool Authority { get; init; }

        /// <summary>Those it verifies are backends, not clients.</summary>
        public bool OfBackends { get; init; }

        public string? Problem { get; init; }

        public SortedSet<string> Users { get; } = new(StringComparer.Ordinal);

        public SortedSet<string> Namespaces { get; } = new(StringComparer.Ordinal);

        public SortedSet<string> Hosts { get; } = new(StringComparer.Ordinal);

        public SortedSet<string> Refused { get; } = new(StringComparer.Ordinal);

        /// <summary>At least one gateway may use it.</summary>
        public bool Granted { get; set; }

        public void Add(MeshObject owner, string user, IEnumerable<string> hosts)
        {
            Users.Add(user);
            Namespaces.Add(owner.Meta.Namespace);
            Hosts.UnionWith(hosts);
        }
    }
}
