using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Simulator.Traffic.Configuration;

namespace MeshConsole.Simulator.Traffic;

/// <summary>What traffic needs to know of a pod. One instance per resource version.</summary>
internal sealed record PodModel(StoredObject Object, string Workload, string Ip, string ServiceAccount, bool Ready, bool HasProxy, bool IsGateway, string ProxyVersion)
{
    public string Namespace => Object.Namespace!;

    public string Name => Object.Name;

    public string Uid => Object.Uid;

    public IReadOnlyDictionary<string, string> Labels => Object.Labels;

    /// <summary>Service ports that leave the pod past its proxy.</summary>
    public ImmutableHashSet<int> ExcludedOutboundPorts { get; init; } = [];

    public DateTimeOffset CreatedAt { get; init; }

    public string Principal => $"spiffe://cluster.local/ns/{Namespace}/sa/{ServiceAccount}";

    public static PodModel Of(StoredObject pod)
    {
        using var document = JsonDocument.Parse(pod.Utf8Body);
        var body = document.RootElement;
        var spec = body.At("spec");
        var proxy = FindProxy(spec, out var containers);
        return new PodModel(
            pod, WorkloadOf(pod, body), body.At("status").Text("podIP") ?? "", spec.Text("serviceAccountName") ?? "default",
            body.At("status").Items("conditions").Any(condition => condition.Text("type") == "Ready" && condition.Text("status") == "True"),
            proxy is not null, proxy is not null && containers == 1 && spec.Items("containers").Count() == 1 && pod.Labels.ContainsKey("istio"),
            proxy is null ? "" : proxy[(proxy.LastIndexOf(':') + 1)..])
        {
            CreatedAt = body.At("metadata", "creationTimestamp") is { ValueKind: JsonValueKind.String } created && created.TryGetDateTimeOffset(out var at) ? at : default,
            ExcludedOutboundPorts = [.. Ports(body.At("metadata").Map("annotations").GetValueOrDefault("traffic.sidecar.istio.io/excludeOutboundPorts"))],
        };
    }

    private static string? FindProxy(JsonElement spec, out int containers)
    {
        containers = 0;
        string? image = null;
        foreach (var container in spec.Items("containers"))
        {
            containers++;
            if (container.Text("name") == "istio-proxy") image = container.Text("image");
        }

        foreach (var container in spec.Items("initContainers"))
            if (container.Text("name") == "istio-proxy" && container.Text("restartPolicy") == "Always")
                image = container.Text("image");
        return image;
    }

    /// <summary>The Deployment behind the pod's ReplicaSet; another owner, or the pod itself, where there is none.</summary>
    private static string WorkloadOf(StoredObject pod, JsonElement body)
    {
        foreach (var owner in body.At("metadata").Items("ownerReferences"))
        {
            if (owner.Text("name") is not { } name) continue;
            if (owner.Text("kind") == "ReplicaSet" && pod.Labels.TryGetValue("pod-template-hash", out var hash) && name.EndsWith("-" + hash, StringComparison.Ordinal))
                name = name[..^(hash.Length + 1)];
            return $"{pod.Namespace}/{name}";
        }

        return $"{pod.Namespace}/{pod.Name}";
    }

    private static IEnumerable<int> Ports(string? list)
    {
        foreach (var part in (list ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            if (int.TryParse(part, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var port))
                yield return port;
    }
}
