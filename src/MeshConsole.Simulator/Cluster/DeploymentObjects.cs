using System.Globalization;
using System.Text.Json.Nodes;
using MeshConsole.Simulator.Blueprints;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Simulator.Traffic;

namespace MeshConsole.Simulator.Cluster;

/// <summary>The Kubernetes objects of a blueprint: what a team would apply. Pods and EndpointSlices come from <see cref="DeploymentController"/>.</summary>
internal static class DeploymentObjects
{
    public static JsonObject Deployment(WorkloadBlueprint workload, DateTimeOffset createdAt)
    {
        var labels = new JsonObject { ["app"] = workload.App };
        if (workload.Version.Length > 0) labels["version"] = workload.Version;
        var selector = (JsonObject)labels.DeepClone();
        var annotations = new JsonObject();
        foreach (var (key, value) in workload.PodAnnotations.OrderBy(pair => pair.Key, StringComparer.Ordinal)) annotations[key] = value;
        var port = new JsonObject { ["containerPort"] = workload.Port, ["protocol"] = "TCP" };
        JsonObject container;
        switch (workload.Proxy)
        {
            case ProxyKind.Gateway:
                labels["istio"] = "ingressgateway";
                selector["istio"] = "ingressgateway";
                annotations["inject.istio.io/templates"] = "gateway";
                container = new JsonObject { ["name"] = "istio-proxy", ["image"] = "auto", ["ports"] = new JsonArray(port) };
                break;
            case ProxyKind.None:
                labels["sidecar.istio.io/inject"] = "false";
                container = Program(workload, port);
                break;
            default:
                if (workload.Proxy == ProxyKind.NativeSidecar) annotations["sidecar.istio.io/nativeSidecar"] = "true";
                container = Program(workload, port);
                break;
        }

        return new JsonObject
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "Deployment",
            ["metadata"] = new JsonObject
            {
                ["name"] = workload.Name,
                ["namespace"] = workload.Namespace,
                ["creationTimestamp"] = KubernetesTime.Seconds(createdAt),
                ["labels"] = selector.DeepClone(),
                ["annotations"] = new JsonObject { ["deployment.kubernetes.io/revision"] = "1" },
            },
            ["spec"] = new JsonObject
            {
                ["replicas"] = workload.Replicas,
                ["selector"] = new JsonObject { ["matchLabels"] = selector.DeepClone() },
                ["strategy"] = new JsonObject { ["type"] = "RollingUpdate" },
                ["template"] = new JsonObject
                {
                    ["metadata"] = new JsonObject { ["labels"] = labels, ["annotations"] = annotations },
                    ["spec"] = new JsonObject
                    {
                        ["serviceAccountName"] = workload.ServiceAccount,
                        ["restartPolicy"] = "Always",
                        ["containers"] = new JsonArray(container),
                    },
                },
            },
        };
    }

    public static JsonObject Service(ServiceBlueprint service, DateTimeOffset createdAt)
    {
        var gateway = service.Name == "istio-ingressgateway";
        var port = new JsonObject
        {
            ["name"] = gateway ? "https" : service.Protocol switch { TrafficProtocol.Http => "http", TrafficProtocol.Grpc => "grpc", _ => "tcp" },
            ["port"] = service.Port,
            ["targetPort"] = service.TargetPort,
            ["protocol"] = "TCP",
        };
        var hash = Noise.Hash(service.Host);
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Service",
            ["metadata"] = new JsonObject
            {
                ["name"] = service.Name,
                ["namespace"] = service.Namespace,
                ["creationTimestamp"] = KubernetesTime.Seconds(createdAt),
                ["labels"] = new JsonObject { ["app"] = service.App },
            },
            ["spec"] = new JsonObject
            {
                ["type"] = gateway ? "LoadBalancer" : "ClusterIP",
                ["clusterIP"] = service.Headless ? "None" : string.Create(CultureInfo.InvariantCulture, $"10.96.{(hash >> 8) & 255}.{hash & 255}"),
                ["selector"] = gateway ? new JsonObject { ["istio"] = "ingressgateway" } : new JsonObject { ["app"] = service.App },
                ["ports"] = new JsonArray(port),
            },
        };
    }

    public static JsonObject Named(string kind, string ns, string name, DateTimeOffset createdAt) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = kind,
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns, ["creationTimestamp"] = KubernetesTime.Seconds(createdAt) },
    };

    public static JsonObject Namespace(NamespaceBlueprint ns, DateTimeOffset createdAt)
    {
        var labels = new JsonObject { ["kubernetes.io/metadata.name"] = ns.Name };
        if (ns.Injection) labels["istio-injection"] = "enabled";
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Namespace",
            ["metadata"] = new JsonObject { ["name"] = ns.Name, ["creationTimestamp"] = KubernetesTime.Seconds(createdAt), ["labels"] = labels },
            ["spec"] = new JsonObject { ["finalizers"] = new JsonArray("kubernetes") },
            ["status"] = new JsonObject { ["phase"] = "Active" },
        };
    }

    public static JsonObject Node(int index, DateTimeOffset createdAt) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Node",
        ["metadata"] = new JsonObject
        {
            ["name"] = PodFactory.NodeName(index),
            ["creationTimestamp"] = KubernetesTime.Seconds(createdAt),
            ["labels"] = new JsonObject
            {
                ["kubernetes.io/hostname"] = PodFactory.NodeName(index),
                ["kubernetes.io/os"] = "linux",
                ["topology.kubernetes.io/zone"] = "zone-" + (char)('a' + (index % 3)),
            },
        },
        ["spec"] = new JsonObject { ["podCIDR"] = string.Create(CultureInfo.InvariantCulture, $"10.244.{index & 255}.0/24") },
        ["status"] = new JsonObject
        {
            ["conditions"] = new JsonArray(new JsonObject
            {
                ["type"] = "Ready",
                ["status"] = "True",
                ["reason"] = "KubeletReady",
                ["lastTransitionTime"] = KubernetesTime.Seconds(createdAt),
            }),
            ["nodeInfo"] = new JsonObject { ["kubeletVersion"] = "v1.34.2", ["operatingSystem"] = "linux", ["architecture"] = "amd64", ["containerRuntimeVersion"] = "containerd://2.1.4" },
        },
    };

    private static JsonObject Program(WorkloadBlueprint workload, JsonObject port) => new()
    {
        ["name"] = workload.App,
        ["image"] = $"registry.example/{workload.Namespace}/{workload.App}:{workload.Version switch { "" => "1", var version => version.TrimStart('v') }}.{Noise.Hash(workload.Key) % 40}.0",
        ["ports"] = new JsonArray(port),
        ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["cpu"] = "200m", ["memory"] = "256Mi" } },
    };
}
