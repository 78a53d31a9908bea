using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Kubernetes.Parsing;
using MeshConsole.Mesh.Snapshots;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MeshConsole.Mesh.Tests.Overview.Golden;

/// <summary>Reads manifests (several YAML documents) the way an API server would hand them out: by the product's own parsers.</summary>
internal static class ManifestReader
{
    public static ClusterObjects Read(params IEnumerable<string> files)
    {
        var objects = files.SelectMany(ReadDocuments).ToList();
        ImmutableArray<MeshObject> Of(string kind, string group) =>
        [
            .. objects
                .Where(o => o.Kind == kind && o.ApiVersion.StartsWith(group, StringComparison.Ordinal))
                .Select(o => new MeshObjectParser(o.ApiVersion, kind).Parse(o.Json)),
        ];
        ImmutableArray<T> Core<T>(string kind, ObjectParser<T> parser)
            where T : class => [.. objects.Where(o => o.Kind == kind).Select(o => parser.Parse(o.Json)).OfType<T>()];
        return Given.NoObjects with
        {
            Namespaces = Core("Namespace", new NamespaceParser([])),
            Pods = Core("Pod", new PodParser()),
            Services = Core("Service", new ServiceParser()),
            Deployments = Core("Deployment", new ControllerParser("Deployment")),
            ReplicaSets = Core("ReplicaSet", new ControllerParser("ReplicaSet")),
            VirtualServices = Of("VirtualService", "networking.istio.io/"),
            DestinationRules = Of("DestinationRule", "networking.istio.io/"),
            Gateways = Of("Gateway", "networking.istio.io/"),
            ServiceEntries = Of("ServiceEntry", "networking.istio.io/"),
            PeerAuthentications = Of("PeerAuthentication", "security.istio.io/"),
            KubernetesGateways = Of("Gateway", "gateway.networking.k8s.io/"),
            HttpRoutes = Of("HTTPRoute", "gateway.networking.k8s.io/"),
            GrpcRoutes = Of("GRPCRoute", "gateway.networking.k8s.io/"),
            TrafficSplits = Of("TrafficSplit", "split.smi-spec.io/"),
            ListenerSets = Of("ListenerSet", "gateway.networking.k8s.io/"),
            BackendTlsPolicies = Of("BackendTLSPolicy", "gateway.networking.k8s.io/"),
            ReferenceGrants = Of("ReferenceGrant", "gateway.networking.k8s.io/"),
            Certificates = Of("Certificate", "cert-manager.io/"),
        };
    }

    /// <summary>One YAML document as JSON.</summary>
    public static JsonNode? ToJson(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return stream.Documents.Count == 0 ? null : ToJson(stream.Documents[0].RootNode);
    }

    private static IEnumerable<(string ApiVersion, string Kind, byte[] Json)> ReadDocuments(string file)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(File.ReadAllText(file)));
        foreach (var document in stream.Documents)
        {
            if (ToJson(document.RootNode) is not JsonObject { } manifest || manifest["kind"] is not JsonValue kind || manifest["apiVersion"] is not JsonValue version)
            {
                continue;
            }

            var metadata = (JsonObject)manifest["metadata"]!;
            metadata["namespace"] ??= "default";
            metadata["uid"] ??= $"uid-{metadata["name"]}";
            metadata["resourceVersion"] ??= "1";
            metadata["creationTimestamp"] ??= "2026-01-01T00:00:00Z";
            yield return (version.GetValue<string>(), kind.GetValue<string>(), System.Text.Encoding.UTF8.GetBytes(manifest.ToJsonString()));
        }
    }

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(c => KeyValuePair.Create(((YamlScalarNode)c.Key).Value!, ToJson(c.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(ToJson)]),
        YamlScalarNode { Style: ScalarStyle.Plain } scalar => scalar.Value switch
        {
            null or "" or "~" or "null" => null,
            "true" => JsonValue.Create(true),
            "false" => JsonValue.Create(false),
            var text when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => JsonValue.Create(whole),
            var text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
            var text => JsonValue.Create(text),
        },
        YamlScalarNode scalar => JsonValue.Create(scalar.Value),
        _ => null,
    };
}
