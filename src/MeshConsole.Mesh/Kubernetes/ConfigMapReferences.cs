using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Kubernetes;

/// <summary>Which ConfigMaps hold authorities, by the objects that say so: there are thousands of others in a cluster.</summary>
internal static class ConfigMapReferences
{
    /// <summary>Ordered by namespace and name, each once.</summary>
    /// <param name="gateways">Istio Gateways: <c>configmap://ns/name</c>.</param>
    /// <param name="policies">BackendTLSPolicies: <c>spec.validation.caCertificateRefs</c>, in their own namespace.</param>
    public static ImmutableArray<(string Namespace, string Name)> Of(ImmutableArray<MeshObject> gateways, ImmutableArray<MeshObject> policies)
    {
        var found = new HashSet<(string, string)>();
        foreach (var tls in (gateways.IsDefault ? [] : gateways).SelectMany(gateway => gateway.Spec.Items("servers")).Select(server => server.Get("tls")))
        {
            foreach (var credential in tls.Texts("credentialNames").Append(tls.Text("credentialName")).Append(tls.Text("caCertCredentialName")).OfType<string>())
            {
                if (CredentialName.Parse(credential) is { Kind: CredentialKind.ConfigMap, Namespace: { } space } named)
                {
                    found.Add((space, named.Name));
                }
            }
        }

        foreach (var policy in policies.IsDefault ? [] : policies)
        {
            foreach (var reference in policy.Spec.Get("validation").Items("caCertificateRefs"))
            {
                if (reference.Text("kind") is "ConfigMap" && reference.Text("group") is null && reference.Text("name") is { } name)
                {
                    found.Add((policy.Meta.Namespace, name));
                }
            }
        }

        return [.. found.OrderBy(one => one.Item1, StringComparer.Ordinal).ThenBy(one => one.Item2, StringComparer.Ordinal)];
    }
}
