using System.Globalization;
using System.Text.Json.Nodes;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Simulator.Traffic;

namespace MeshConsole.Simulator.Cluster;

/// <summary>
/// Keeps ReplicaSets, pods and EndpointSlices in step with Deployments and Services, as a cluster's own controllers do: a deleted
/// pod comes back under another name, a scaled Deployment gets or loses pods, a changed template replaces them all.
/// </summary>
internal sealed class DeploymentController(ObjectStore store, PodFactory factory, TimeProvider time)
{
    private static readonly WriteOptions s_writer = new() { FieldManager = "kube-controller-manager" };
    private static readonly ResourceType[] s_followed = [ResourceTypes.Deployments, ResourceTypes.Pods, ResourceTypes.Services, ResourceTypes.Namespaces];

    private readonly Dictionary<string, int> _ordinals = new(StringComparer.Ordinal);
    private readonly long[] _versions = new long[s_followed.Length];

    /// <summary>Deployments whose pods are not ready, by <c>namespace/name</c>: what a scenario has broken.</summary>
    public HashSet<string> Broken { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Makes everything for Deployments that were loaded, without announcing each: a cluster that has been up for days.
    /// </summary>
    public void LoadAll(IReadOnlyList<JsonObject> deployments, IReadOnlyList<JsonObject> services, Func<string, bool> injected, Func<string, DateTimeOffset> createdAt)
    {
        var objects = new List<JsonObject>();
        var pods = new Dictionary<string, List<JsonObject>>(StringComparer.Ordinal);
        foreach (var deployment in deployments)
        {
            var metadata = (JsonObject)deployment["metadata"]!;
            var (ns, name) = (metadata.Text("namespace")!, metadata.Text("name")!);
            metadata["uid"] = factory.Uid($"deployment/{ns}/{name}");
            var replicas = Replicas(deployment);
            deployment["status"] = Status(replicas, replicas);
            objects.Add(deployment);
            var started = Enumerable.Range(1, replicas).Select(ordinal => createdAt($"{ns}/{name}/{ordinal.ToString(CultureInfo.InvariantCulture)}")).ToList();
            var set = ReplicaSet(deployment, replicas, started.Append(createdAt(ns + "/" + name)).Min());
            objects.Add(set.Json);
            if (!pods.TryGetValue(ns, out var list)) pods[ns] = list = [];
            foreach (var at in started)
                list.Add(factory.Create(ns, (JsonObject)deployment["spec"]!["template"]!, set.Owner, NextOrdinal(set.Owner.Name, ns), injected(ns), at));
        }

        objects.AddRange(pods.Values.SelectMany(list => list));
        objects.AddRange(services);
        foreach (var service in services)
        {
            if (service["spec"]?["selector"] is not JsonObject selector) continue;
            var ns = service["metadata"]!["namespace"]!.GetValue<string>();
            // In the order in which the store will list them, so that nothing is written anew at the first look.
            var selected = pods.TryGetValue(ns, out var list)
                ? list.Where(pod => Selects(selector, (JsonObject)pod["metadata"]!["labels"]!)).OrderBy(pod => pod["metadata"]!["name"]!.GetValue<string>(), StringComparer.Ordinal)
                : Enumerable.Empty<JsonObject>();
            objects.Add(Slice(service, selected));
        }

        store.Load(objects, "kube-controller-manager");
        for (var i = 0; i < s_followed.Length; i++) _versions[i] = store.Version(s_followed[i]);
    }

    /// <summary>Does what has become due since the last time.</summary>
    public void Reconcile()
    {
        var dirty = false;
        for (var i = 0; i < s_followed.Length; i++)
        {
            var version = store.Version(s_followed[i]);
            dirty |= version != _versions[i];
            _versions[i] = version;
        }

        if (!dirty) return;
        var byOwner = store.List(ResourceTypes.Pods).ToLookup(OwnerKey, StringComparer.Ordinal);
        var deployments = store.List(ResourceTypes.Deployments);
        foreach (var deployment in deployments) ReconcilePods(deployment, byOwner);
        RemoveOrphans(deployments);
        ReconcileEndpoints();
        // What was just written is known.
        for (var i = 0; i < s_followed.Length; i++) _versions[i] = store.Version(s_followed[i]);
    }

    /// <summary>Makes a Deployment's pods ready or not, as a crash or its end would.</summary>
    public void SetBroken(string ns, string name, bool broken, string reason)
    {
        if (!(broken ? Broken.Add($"{ns}/{name}") : Broken.Remove($"{ns}/{name}"))) return;
        foreach (var pod in store.List(ResourceTypes.Pods, ns))
            if (PodModel.Of(pod).Workload == $"{ns}/{name}")
                store.Update(ResourceTypes.Pods, ns, pod.Name, json => SetReady(json, !broken, reason, time.GetUtcNow()), new WriteOptions { FieldManager = "kubelet" });
        UpdateStatus(store.Get(ResourceTypes.Deployments, ns, name));
    }

    private void ReconcilePods(StoredObject deployment, ILookup<string, StoredObject> byOwner)
    {
        var json = deployment.ToJson();
        var ns = deployment.Namespace!;
        var replicas = Replicas(json);
        var set = ReplicaSet(json, replicas, time.GetUtcNow());
        var known = store.Find(ResourceTypes.ReplicaSets, ns, set.Owner.Name);
        if (known is null) store.Create(ResourceTypes.ReplicaSets, set.Json, s_writer);
        else set.Owner = set.Owner with { Uid = known.Uid };
        var changed = known is null;
        var pods = byOwner[$"{ns}/{set.Owner.Name}"].ToList();
        foreach (var surplus in pods.Skip(replicas).ToList())
        {
            store.Delete(ResourceTypes.Pods, ns, surplus.Name, s_writer);
            changed = true;
        }

        var injected = Injected(ns);
        for (var missing = replicas - pods.Count; missing > 0; missing--)
        {
            var pod = factory.Create(ns, (JsonObject)json["spec"]!["template"]!, set.Owner, NextOrdinal(set.Owner.Name, ns), injected, time.GetUtcNow());
            if (Broken.Contains($"{ns}/{deployment.Name}")) SetReady(pod, false, "CrashLoopBackOff", time.GetUtcNow());
            store.Create(ResourceTypes.Pods, pod, s_writer);
            changed = true;
        }

        // Pods of earlier templates go once those of the new one are there.
        foreach (var old in store.List(ResourceTypes.ReplicaSets, ns))
        {
            if (old.Name == set.Owner.Name || !old.Name.StartsWith(deployment.Name + "-", StringComparison.Ordinal) || !OwnedBy(old, deployment)) continue;
            foreach (var pod in byOwner[$"{ns}/{old.Name}"])
            {
                if (store.Find(ResourceTypes.Pods, ns, pod.Name) is not null) store.Delete(ResourceTypes.Pods, ns, pod.Name, s_writer);
                changed = true;
            }
        }

        if (changed) UpdateStatus(deployment);
    }

    private void RemoveOrphans(IReadOnlyList<StoredObject> deployments)
    {
        var uids = deployments.Select(deployment => deployment.Uid).ToHashSet(StringComparer.Ordinal);
        foreach (var set in store.List(ResourceTypes.ReplicaSets))
        {
            if (OwnerUid(set) is not { } owner || uids.Contains(owner)) continue;
            store.Delete(ResourceTypes.ReplicaSets, set.Namespace, set.Name, s_writer);
            foreach (var pod in store.List(ResourceTypes.Pods, set.Namespace).Where(pod => OwnerUid(pod) == set.Uid).ToList())
                store.Delete(ResourceTypes.Pods, pod.Namespace, pod.Name, s_writer);
        }
    }

    private void ReconcileEndpoints()
    {
        foreach (var service in store.List(ResourceTypes.Services))
        {
            var json = service.ToJson();
            if (json["spec"]?["selector"] is not JsonObject { Count: > 0 } selector) continue;
            var selected = store.List(ResourceTypes.Pods, service.Namespace)
                .Where(pod => selector.All(pair => pod.Labels.TryGetValue(pair.Key, out var value) && value == pair.Value.AsText())).Select(pod => pod.ToJson());
            var slice = Slice(json, selected);
            var name = slice["metadata"]!["name"]!.GetValue<string>();
            var known = store.Find(ResourceTypes.EndpointSlices, service.Namespace, name);
            if (known is null) store.Create(ResourceTypes.EndpointSlices, slice, s_writer);
            else if (!JsonNode.DeepEquals(known.ToJson()["endpoints"], slice["endpoints"])) store.Update(ResourceTypes.EndpointSlices, service.Namespace, name, current => current["endpoints"] = slice["endpoints"]!.DeepClone(), s_writer);
        }

        foreach (var slice in store.List(ResourceTypes.EndpointSlices))
            if (slice.Labels.TryGetValue("kubernetes.io/service-name", out var service) && store.Find(ResourceTypes.Services, slice.Namespace, service) is null)
                store.Delete(ResourceTypes.EndpointSlices, slice.Namespace, slice.Name, s_writer);
    }

    private void UpdateStatus(StoredObject deployment)
    {
        var json = deployment.ToJson();
        var replicas = Replicas(json);
        var ready = Broken.Contains($"{deployment.Namespace}/{deployment.Name}") ? 0 : replicas;
        store.Update(ResourceTypes.Deployments, deployment.Namespace, deployment.Name, current => current["status"] = Status(replicas, ready), s_writer);
        foreach (var set in store.List(ResourceTypes.ReplicaSets, deployment.Namespace))
        {
            if (!OwnedBy(set, deployment)) continue;
            var current = set.Name == $"{deployment.Name}-{PodFactory.TemplateHash(json["spec"]!["template"]!)}";
            store.Update(ResourceTypes.ReplicaSets, set.Namespace, set.Name, body =>
            {
                body["spec"]!["replicas"] = current ? replicas : 0;
                body["status"] = SetStatus(current ? replicas : 0, current ? ready : 0);
            }, s_writer);
        }
    }

    private (JsonObject Json, (string Name, string Uid, string Hash) Owner) ReplicaSet(JsonObject deployment, int replicas, DateTimeOffset createdAt)
    {
        var metadata = (JsonObject)deployment["metadata"]!;
        var template = (JsonObject)deployment["spec"]!["template"]!;
        var (ns, name) = (metadata.Text("namespace")!, metadata.Text("name")!);
        var hash = PodFactory.TemplateHash(template);
        var set = $"{name}-{hash}";
        var uid = factory.Uid($"replicaset/{ns}/{set}");
        var labels = template["metadata"]?["labels"]?.DeepClone() as JsonObject ?? [];
        labels["pod-template-hash"] = hash;

        // The real controller adds the hash to the template too; a ReplicaSet whose template its selector does not match is not valid.
        var hashed = (JsonObject)template.DeepClone();
        if (hashed["metadata"] is not JsonObject templateMetadata)
        {
            hashed["metadata"] = templateMetadata = [];
        }

        templateMetadata["labels"] = labels.DeepClone();
        var json = new JsonObject
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "ReplicaSet",
            ["metadata"] = new JsonObject
            {
                ["name"] = set,
                ["namespace"] = ns,
                ["uid"] = uid,
                ["creationTimestamp"] = KubernetesTime.Seconds(createdAt),
                ["labels"] = labels,
                ["annotations"] = new JsonObject { ["deployment.kubernetes.io/revision"] = "1" },
                ["ownerReferences"] = new JsonArray(PodFactory.Owner("apps/v1", "Deployment", name, metadata.Text("uid") ?? "")),
            },
            ["spec"] = new JsonObject
            {
                ["replicas"] = replicas,
                ["selector"] = new JsonObject { ["matchLabels"] = labels.DeepClone() },
                ["template"] = hashed,
            },
            ["status"] = SetStatus(replicas, replicas),
        };
        return (json, (set, uid, hash));
    }

    private static JsonObject Slice(JsonObject service, IEnumerable<JsonObject> pods)
    {
        var metadata = (JsonObject)service["metadata"]!;
        var (ns, name) = (metadata.Text("namespace")!, metadata.Text("name")!);
        var endpoints = new JsonArray();
        foreach (var pod in pods)
        {
            var ready = pod["status"]?["conditions"] is JsonArray conditions && conditions.Any(condition => (condition as JsonObject)?.Text("type") == "Ready" && (condition as JsonObject)?.Text("status") == "True");
            endpoints.Add(new JsonObject
            {
                ["addresses"] = new JsonArray(pod["status"]?["podIP"]?.DeepClone()),
                ["conditions"] = new JsonObject { ["ready"] = ready, ["serving"] = ready, ["terminating"] = false },
                ["nodeName"] = pod["spec"]?["nodeName"]?.DeepClone(),
                ["targetRef"] = new JsonObject
                {
                    ["kind"] = "Pod",
                    ["name"] = pod["metadata"]!["name"]!.DeepClone(),
                    ["namespace"] = ns,
                    ["uid"] = pod["metadata"]!["uid"]!.DeepClone(),
                },
            });
        }

        var ports = new JsonArray();
        foreach (var port in (service["spec"]?["ports"] as JsonArray ?? []).OfType<JsonObject>())
            ports.Add(new JsonObject { ["name"] = port["name"]?.DeepClone(), ["port"] = port["targetPort"]?.DeepClone(), ["protocol"] = "TCP" });
        return new JsonObject
        {
            ["apiVersion"] = "discovery.k8s.io/v1",
            ["kind"] = "EndpointSlice",
            ["metadata"] = new JsonObject
            {
                ["name"] = name + "-" + (Noise.Hash(ns + "/" + name) % 100_000).ToString("x5", CultureInfo.InvariantCulture),
                ["namespace"] = ns,
                ["creationTimestamp"] = metadata["creationTimestamp"]?.DeepClone(),
                ["labels"] = new JsonObject { ["kubernetes.io/service-name"] = name, ["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io" },
                ["ownerReferences"] = new JsonArray(PodFactory.Owner("v1", "Service", name, metadata.Text("uid") ?? "")),
            },
            ["addressType"] = "IPv4",
            ["endpoints"] = endpoints,
            ["ports"] = ports,
        };
    }

    private static JsonObject SetStatus(int replicas, int ready) => new() { ["replicas"] = replicas, ["readyReplicas"] = ready, ["availableReplicas"] = ready };

    private static void SetReady(JsonObject pod, bool ready, string reason, DateTimeOffset now)
    {
        if (pod["status"] is not JsonObject status) return;
        foreach (var condition in (status["conditions"] as JsonArray ?? []).OfType<JsonObject>())
        {
            if (condition.Text("type") is not ("Ready" or "ContainersReady")) continue;
            condition["status"] = ready ? "True" : "False";
            condition["lastTransitionTime"] = KubernetesTime.Seconds(now);
        }

        foreach (var container in (status["containerStatuses"] as JsonArray ?? []).OfType<JsonObject>())
        {
            container["ready"] = ready;
            container["started"] = ready;
            if (!ready) container["restartCount"] = (container["restartCount"]?.GetValue<int>() ?? 0) + 4;
            container["state"] = ready
                ? new JsonObject { ["running"] = new JsonObject { ["startedAt"] = KubernetesTime.Seconds(now) } }
                : new JsonObject { ["waiting"] = new JsonObject { ["reason"] = reason, ["message"] = "back-off 40s restarting failed container" } };
        }
    }

    private static JsonObject Status(int replicas, int ready)
    {
        var status = new JsonObject
        {
            ["observedGeneration"] = 1,
            ["replicas"] = replicas,
            ["updatedReplicas"] = replicas,
            ["readyReplicas"] = ready,
            ["availableReplicas"] = ready,
            ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Available", ["status"] = ready > 0 || replicas == 0 ? "True" : "False", ["reason"] = ready > 0 || replicas == 0 ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable" }),
        };
        if (ready < replicas) status["unavailableReplicas"] = replicas - ready;
        return status;
    }

    private static int Replicas(JsonObject deployment) => deployment["spec"]?["replicas"] is JsonValue value && value.TryGetValue(out int replicas) ? Math.Clamp(replicas, 0, 500) : 1;

    private static bool Selects(JsonObject selector, JsonObject labels) => selector.All(pair => labels.Text(pair.Key) is { } value && value == pair.Value.AsText());

    private bool Injected(string ns) => store.Find(ResourceTypes.Namespaces, null, ns)?.Labels.GetValueOrDefault("istio-injection") == "enabled";

    private int NextOrdinal(string set, string ns)
    {
        var key = $"{ns}/{set}";
        return _ordinals[key] = _ordinals.GetValueOrDefault(key) + 1;
    }

    private static string OwnerKey(StoredObject pod) => pod.Labels.TryGetValue("pod-template-hash", out _) && OwnerName(pod) is { } name ? $"{pod.Namespace}/{name}" : "";

    private static string? OwnerName(StoredObject item) => (item.ToJson()["metadata"]?["ownerReferences"]?[0] as JsonObject)?.Text("name");

    private static string? OwnerUid(StoredObject item) => (item.ToJson()["metadata"]?["ownerReferences"]?[0] as JsonObject)?.Text("uid");

    private static bool OwnedBy(StoredObject set, StoredObject deployment) => OwnerUid(set) == deployment.Uid;
}
