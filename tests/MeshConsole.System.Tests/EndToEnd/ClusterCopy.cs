using System.Text.Json.Nodes;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>
/// Writes the objects of one cluster into another, through both APIs: a real API server then holds what the simulator made up,
/// and has checked it against the real schemas on the way.
/// </summary>
internal static class ClusterCopy
{
    private static readonly (string Group, string Plural)[] s_collections =
    [
        ("api/v1", "services"),
        ("api/v1", "configmaps"),
        ("api/v1", "secrets"),
        ("apis/apps/v1", "deployments"),
        ("apis/apps/v1", "replicasets"),
        ("api/v1", "pods"),
        ("apis/networking.istio.io/v1", "virtualservices"),
        ("apis/networking.istio.io/v1", "destinationrules"),
        ("apis/networking.istio.io/v1", "gateways"),
        ("apis/networking.istio.io/v1", "serviceentries"),
        ("apis/security.istio.io/v1", "peerauthentications"),
        ("apis/security.istio.io/v1", "authorizationpolicies"),
        ("apis/telemetry.istio.io/v1", "telemetries"),
    ];

    /// <param name="unless">Objects that the test writes itself: by collection, namespace and name.</param>
    internal static async Task CopyAsync(ApiClient from, ApiClient to, Func<string, string, string, bool> unless)
    {
        var (namespaces, _) = await from.ListAsync("api/v1/namespaces");
        var (existing, _) = await to.ListAsync("api/v1/namespaces");
        foreach (var @namespace in namespaces)
        {
            var name = @namespace["metadata"]!["name"]!.GetValue<string>();
            if (existing.All(item => item["metadata"]!["name"]!.GetValue<string>() != name))
            {
                await to.CreateAsync("api/v1/namespaces", Cleaned(@namespace, "v1", "Namespace"));
            }
        }

        foreach (var (group, plural) in s_collections)
        {
            var (items, _) = await from.ListAsync($"{group}/{plural}");
            var list = await from.GetAsync($"{group}/{plural}?limit=1");
            var kind = list["kind"]!.GetValue<string>();
            kind = kind[..^"List".Length];
            await Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (item, token) =>
            {
                var @namespace = item["metadata"]!["namespace"]!.GetValue<string>();
                var name = item["metadata"]!["name"]!.GetValue<string>();
                if (unless(plural, @namespace, name))
                {
                    return;
                }

                var apiVersion = group["api".Length..].TrimStart('s').TrimStart('/');
                var path = $"{group}/namespaces/{@namespace}/{plural}";
                var created = await to.CreateAsync(path, Cleaned(item, apiVersion, kind), token);
                if (item["status"] is { } status && plural is "pods" or "deployments" or "replicasets")
                {
                    created["status"] = status.DeepClone();
                    await to.ReplaceAsync($"{path}/{name}/status", created, token);
                }
            });
        }
    }

    private static JsonObject Cleaned(JsonNode item, string apiVersion, string kind)
    {
        var copy = item.DeepClone().AsObject();
        copy["apiVersion"] = apiVersion;
        copy["kind"] = kind;
        copy.Remove("status");
        var metadata = copy["metadata"]!.AsObject();
        foreach (var field in new[] { "resourceVersion", "uid", "creationTimestamp", "generation", "managedFields", "selfLink" })
        {
            metadata.Remove(field);
        }

        if (kind == "Service" && copy["spec"] is JsonObject spec)
        {
            // Addresses are the server's to give: its range is another one.
            foreach (var field in new[] { "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy" })
            {
                spec.Remove(field);
            }

            foreach (var port in spec["ports"]?.AsArray() ?? [])
            {
                port!.AsObject().Remove("nodePort");
            }
        }

        return copy;
    }
}
