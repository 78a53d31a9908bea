using System.Collections.Immutable;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Certificates;

/// <summary>What of the certificates cannot be seen for want of a right, and the rule that would show it, as YAML to apply.</summary>
public static class CertificateRights
{
    private static readonly (string Source, string What, string Group, string Resource)[] s_kinds =
    [
        ("kubernetes/secrets", "Certificates of gateways and webhooks, and what istiod signs with", "", "secrets"),
        ("kubernetes/configmaps", "The roots that each namespace trusts, and Linkerd's anchors", "", "configmaps"),
        ("kubernetes/certificates", "cert-manager's Certificates: who renews what, and when", "cert-manager.io", "certificates"),
        ("kubernetes/mutatingwebhookconfigurations", "Authorities of mutating webhooks (sidecar injection)", "admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
        ("kubernetes/validatingwebhookconfigurations", "Authorities of validating webhooks", "admissionregistration.k8s.io", "validatingwebhookconfigurations"),
        ("kubernetes/gateways", "Istio Gateways: who presents which certificate", "networking.istio.io", "gateways"),
        ("kubernetes/gateways.gateway.networking.k8s.io", "Gateways of the Gateway API: who presents which certificate", "gateway.networking.k8s.io", "gateways"),
        ("kubernetes/backendtlspolicies", "BackendTLSPolicies: which authorities gateways verify backends with", "gateway.networking.k8s.io", "backendtlspolicies"),
    ];

    /// <summary>One entry per kind that is refused; kinds that a cluster does not serve are no matter of rights.</summary>
    public static ImmutableArray<MissingRight> Of(MeshSnapshot snapshot, MeshQuery query)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(query);
        return
        [
            .. from cluster in snapshot.Clusters
               where query.MatchesCluster(cluster.Name)
               from kind in s_kinds
               from source in cluster.Sources
               where source.Name == kind.Source && source.Message is { } message && message.Contains("may not list and watch", StringComparison.Ordinal)
               select new MissingRight(cluster.Name, kind.What, source.Message!, Yaml(kind.Group, kind.Resource, source.Message!)),
        ];
    }

    /// <summary>
    /// A ClusterRole where the console watches the whole cluster; where it watches namespaces one by one, a Role in each
    /// that refused. The subject is the account the API server named, else the one of deploy/kubernetes.
    /// </summary>
    internal static string Yaml(string group, string resource, string refusal)
    {
        var name = $"meshconsole-{resource}";
        var subject = Subject(refusal);
        var namespaces = Namespaces(refusal);
        var rules = $"""
            rules:
              - apiGroups: ["{group}"]
                resources: [{resource}]
                verbs: [get, list, watch]
            """;
        return namespaces.IsEmpty
            ? Pair("ClusterRole", name, "", rules, subject)
            : string.Join("\n---\n", namespaces.Select(space => Pair("Role", name, $"\n  namespace: {space}", rules, subject)));
    }

    private static string Pair(string kind, string name, string place, string rules, string subject) => $"""
        apiVersion: rbac.authorization.k8s.io/v1
        kind: {kind}
        metadata:
          name: {name}{place}
        {rules}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: {kind}Binding
        metadata:
          name: {name}{place}
        roleRef:
          apiGroup: rbac.authorization.k8s.io
          kind: {kind}
          name: {name}
        subjects:
        {subject}
        """;

    /// <summary>From the server's words: <c>User "…" cannot list resource …</c>. Only names that are safe in YAML are taken over.</summary>
    private static string Subject(string refusal)
    {
        const string Before = "User \"";
        var from = refusal.IndexOf(Before, StringComparison.Ordinal);
        var to = from < 0 ? -1 : refusal.IndexOf('"', from + Before.Length);
        var user = to < 0 ? "" : refusal[(from + Before.Length)..to];
        if (user.Split(':') is ["system", "serviceaccount", var space, var account] && IsName(space) && IsName(account))
        {
            return $"  - kind: ServiceAccount\n    name: {account}\n    namespace: {space}";
        }

        return user.Length is > 0 and <= 253 && user.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '@' or ':' or '/')
            ? $"  - kind: User\n    name: \"{user}\"\n    apiGroup: rbac.authorization.k8s.io"
            : "  - kind: ServiceAccount\n    name: meshconsole\n    namespace: meshconsole";
    }

    /// <summary>The namespaces that refused; empty where the whole cluster was asked for.</summary>
    private static ImmutableArray<string> Namespaces(string refusal)
    {
        const string One = " in namespace ";
        const string More = " The same holds for ";
        var from = refusal.IndexOf(One, StringComparison.Ordinal);
        if (from < 0)
        {
            return [];
        }

        var first = refusal[(from + One.Length)..].Split(':', 2)[0];
        var others = refusal.IndexOf(More, StringComparison.Ordinal) is >= 0 and var more ? refusal[(more + More.Length)..].Split(" and ")[0].Split(", ") : [];
        return [.. others.Prepend(first).Select(name => name.TrimEnd('.')).Where(IsName)];
    }

    private static bool IsName(string text) => text.Length is > 0 and <= 63 && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}

/// <summary>A kind that the console's account may not read.</summary>
/// <param name="What">What is not seen without it.</param>
/// <param name="Message">The refusal in the source's words.</param>
/// <param name="Yaml">Role and binding that would show it, to be applied as they are.</param>
public sealed record MissingRight(string Cluster, string What, string Message, string Yaml);
