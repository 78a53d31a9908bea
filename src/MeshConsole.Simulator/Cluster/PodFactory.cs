using System.Globalization;
using System.Text.Json.Nodes;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Simulator.Traffic;

namespace MeshConsole.Simulator.Cluster;

/// <summary>
/// Makes pods from the template of a Deployment, the way the ReplicaSet controller, the injection webhook, the scheduler and
/// the kubelet do one after the other; here it takes no time.
/// </summary>
internal sealed class PodFactory(int seed, int nodes)
{
    public const string ProxyVersion = "1.30.3";

    private const string Proxy = "docker.io/istio/proxyv2:" + ProxyVersion;
    private const string GatewayTemplate = "inject.istio.io/templates";

    private readonly ulong _seed = Noise.Hash((ulong)seed, 7);
    private int _addresses;

    public static string NodeName(int index) => string.Create(CultureInfo.InvariantCulture, $"node-{index + 1}");

    /// <summary>The hash that names the ReplicaSet of a template.</summary>
    public static string TemplateHash(JsonNode template) => Text(Noise.Hash(template.ToJsonString()), 9, "bcdf2456789");

    /// <summary>A uid that follows from what it belongs to, so that the same seed gives the same cluster.</summary>
    public string Uid(string what)
    {
        var high = Noise.Hash(_seed, Noise.Hash(what));
        var low = Noise.Hash(high, 3);
        Span<byte> bytes = stackalloc byte[16];
        BitConverter.TryWriteBytes(bytes, high);
        BitConverter.TryWriteBytes(bytes[8..], low);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString("D", CultureInfo.InvariantCulture);
    }

    /// <param name="replicaSet">Name and uid of the owner.</param>
    /// <param name="ordinal">Tells pods of one ReplicaSet apart: the same number gives the same name.</param>
    /// <param name="injected">True where the namespace asks for injection.</param>
    public JsonObject Create(string ns, JsonObject template, (string Name, string Uid, string Hash) replicaSet, int ordinal, bool injected, DateTimeOffset createdAt)
    {
        var labels = Clone(template["metadata"]?["labels"]);
        labels["pod-template-hash"] = replicaSet.Hash;
        var annotations = Clone(template["metadata"]?["annotations"]);
        var spec = Clone(template["spec"]);
        var identity = $"{ns}/{replicaSet.Name}/{ordinal.ToString(CultureInfo.InvariantCulture)}";
        var hash = Noise.Hash(_seed, Noise.Hash(identity));
        var node = (int)(hash % (ulong)Math.Max(1, nodes));
        var address = Interlocked.Increment(ref _addresses);
        var ip = string.Create(CultureInfo.InvariantCulture, $"10.{244 + (address >> 16)}.{(address >> 8) & 255}.{address & 255}");
        spec["nodeName"] = NodeName(node);
        if (injected && labels.Text("sidecar.istio.io/inject") != "false") Inject(ns, labels, annotations, spec);
        var started = KubernetesTime.Seconds(createdAt + TimeSpan.FromSeconds(3));
        var pod = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject
            {
                ["name"] = $"{replicaSet.Name}-{Text(hash, 5, "bcdfghjklmnpqrstvwxz2456789")}",
                ["generateName"] = replicaSet.Name + "-",
                ["namespace"] = ns,
                ["uid"] = Uid("pod/" + identity),
                ["creationTimestamp"] = KubernetesTime.Seconds(createdAt),
                ["labels"] = labels,
                ["annotations"] = annotations,
                ["ownerReferences"] = new JsonArray(Owner("apps/v1", "ReplicaSet", replicaSet.Name, replicaSet.Uid)),
            },
            ["spec"] = spec,
            ["status"] = new JsonObject
            {
                ["phase"] = "Running",
                ["conditions"] = new JsonArray(
                    Condition("PodReadyToStartContainers", started), Condition("Initialized", started), Condition("Ready", started),
                    Condition("ContainersReady", started), Condition("PodScheduled", KubernetesTime.Seconds(createdAt))),
                ["hostIP"] = string.Create(CultureInfo.InvariantCulture, $"10.0.0.{node + 10}"),
                ["podIP"] = ip,
                ["podIPs"] = new JsonArray(new JsonObject { ["ip"] = ip }),
                ["startTime"] = KubernetesTime.Seconds(createdAt),
                ["qosClass"] = "Burstable",
                ["initContainerStatuses"] = Statuses(spec["initContainers"] as JsonArray, started),
                ["containerStatuses"] = Statuses(spec["containers"] as JsonArray, started),
            },
        };
        if (pod["status"]!["initContainerStatuses"] is null) ((JsonObject)pod["status"]!).Remove("initContainerStatuses");
        return pod;
    }

    public static JsonObject Owner(string apiVersion, string kind, string name, string uid) => new()
    {
        ["apiVersion"] = apiVersion,
        ["kind"] = kind,
        ["name"] = name,
        ["uid"] = uid,
        ["controller"] = true,
        ["blockOwnerDeletion"] = true,
    };

    private static void Inject(string ns, JsonObject labels, JsonObject annotations, JsonObject spec)
    {
        var gateway = annotations.Text(GatewayTemplate) == "gateway";
        var native = annotations.Text("sidecar.istio.io/nativeSidecar") == "true";
        var app = labels.Text("app") ?? "";
        labels["security.istio.io/tlsMode"] = "istio";
        labels["service.istio.io/canonical-name"] = app;
        labels["service.istio.io/canonical-revision"] = labels.Text("version") ?? "latest";
        labels["istio.io/rev"] = "default";
        annotations["istio.io/rev"] = "default";
        annotations["prometheus.io/scrape"] = "true";
        annotations["prometheus.io/port"] = "15020";
        annotations["prometheus.io/path"] = "/stats/prometheus";
        annotations["sidecar.istio.io/status"] = gateway
            ? """{"initContainers":null,"containers":["istio-proxy"],"volumes":["workload-socket","credential-socket","workload-certs","istio-envoy","istio-data","istio-podinfo","istio-token","istiod-ca-cert"],"imagePullSecrets":null,"revision":"default"}"""
            : native
                ? """{"initContainers":["istio-init","istio-proxy"],"containers":null,"volumes":["workload-socket","credential-socket","workload-certs","istio-envoy","istio-data","istio-podinfo","istio-token","istiod-ca-cert"],"imagePullSecrets":null,"revision":"default"}"""
                : """{"initContainers":["istio-init"],"containers":["istio-proxy"],"volumes":["workload-socket","credential-socket","workload-certs","istio-envoy","istio-data","istio-podinfo","istio-token","istiod-ca-cert"],"imagePullSecrets":null,"revision":"default"}""";
        var proxy = ProxyContainer(ns, gateway ? "router" : "sidecar");
        if (gateway)
        {
            spec["containers"] = new JsonArray(proxy);
            return;
        }

        annotations["kubectl.kubernetes.io/default-container"] = spec["containers"]?[0]?["name"]?.DeepClone();
        var init = spec["initContainers"] as JsonArray ?? [];
        init.Add(new JsonObject
        {
            ["name"] = "istio-init",
            ["image"] = Proxy,
            ["args"] = new JsonArray("istio-iptables", "-p", "15001", "-z", "15006", "-u", "1337", "-m", "REDIRECT", "-i", "*", "-x", "", "-b", "*", "-d", "15090,15021,15020"),
        });
        if (native)
        {
            proxy["restartPolicy"] = "Always";
            init.Add(proxy);
        }
        else
        {
            ((JsonArray)spec["containers"]!).Insert(0, proxy);
        }

        spec["initContainers"] = init;
    }

    private static JsonObject ProxyContainer(string ns, string role) => new()
    {
        ["name"] = "istio-proxy",
        ["image"] = Proxy,
        ["args"] = new JsonArray("proxy", role, "--domain", ns + ".svc.cluster.local", "--proxyLogLevel=warning"),
        ["ports"] = new JsonArray(new JsonObject { ["containerPort"] = 15090, ["name"] = "http-envoy-prom", ["protocol"] = "TCP" }),
        ["env"] = new JsonArray(
            new JsonObject { ["name"] = "CA_ADDR", ["value"] = "istiod.istio-system.svc:15012" },
            new JsonObject { ["name"] = "ISTIO_META_CLUSTER_ID", ["value"] = "Kubernetes" },
            new JsonObject { ["name"] = "TRUST_DOMAIN", ["value"] = "cluster.local" }),
        ["resources"] = new JsonObject
        {
            ["requests"] = new JsonObject { ["cpu"] = "100m", ["memory"] = "128Mi" },
            ["limits"] = new JsonObject { ["cpu"] = "2", ["memory"] = "1Gi" },
        },
    };

    private static JsonArray? Statuses(JsonArray? containers, string started)
    {
        if (containers is null) return null;
        var statuses = new JsonArray();
        foreach (var container in containers.OfType<JsonObject>())
        {
            var done = container.Text("name") == "istio-init";
            statuses.Add(new JsonObject
            {
                ["name"] = container.Text("name"),
                ["image"] = container.Text("image"),
                ["imageID"] = "",
                ["ready"] = true,
                ["started"] = !done,
                ["restartCount"] = 0,
                ["state"] = done
                    ? new JsonObject { ["terminated"] = new JsonObject { ["exitCode"] = 0, ["reason"] = "Completed", ["finishedAt"] = started } }
                    : new JsonObject { ["running"] = new JsonObject { ["startedAt"] = started } },
            });
        }

        return statuses;
    }

    private static JsonObject Condition(string type, string since) => new()
    {
        ["type"] = type,
        ["status"] = "True",
        ["lastTransitionTime"] = since,
    };

    private static JsonObject Clone(JsonNode? node) => node is JsonObject json ? (JsonObject)json.DeepClone() : [];

    private static string Text(ulong hash, int length, string alphabet) => string.Create(length, (hash, alphabet), static (text, state) =>
    {
        var (rest, alphabet) = state;
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = alphabet[(int)(rest % (ulong)alphabet.Length)];
            rest /= (ulong)alphabet.Length;
        }
    });
}
