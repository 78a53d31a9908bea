using System.Globalization;
using System.Text.Json.Nodes;
using MeshConsole.Simulator.Blueprints;
using MeshConsole.Simulator.Kubernetes;

namespace MeshConsole.Simulator.Cluster;

/// <summary>CronJobs as a team would apply them, and as their controller keeps their status. The pods of a run are not simulated.</summary>
internal static class CronJobObjects
{
    public static JsonObject CronJob(CronJobBlueprint job, DateTimeOffset createdAt, DateTimeOffset now)
    {
        var at = job.Run?.At ?? new TimeOnly(4, 30);
        var last = job.Run?.LastBefore(now) ?? new DailyRun(at, default).LastBefore(now - TimeSpan.FromDays(12));
        return new JsonObject
        {
            ["apiVersion"] = "batch/v1",
            ["kind"] = "CronJob",
            ["metadata"] = new JsonObject { ["name"] = job.Name, ["namespace"] = job.Namespace, ["creationTimestamp"] = KubernetesTime.Seconds(createdAt), ["labels"] = new JsonObject { ["app"] = job.Name } },
            ["spec"] = new JsonObject
            {
                ["schedule"] = string.Create(CultureInfo.InvariantCulture, $"{at.Minute} {at.Hour} * * *"),
                ["timeZone"] = "Etc/UTC",
                ["concurrencyPolicy"] = "Forbid",
                ["suspend"] = job.Run is null,
                ["successfulJobsHistoryLimit"] = 0,
                ["failedJobsHistoryLimit"] = 1,
                ["jobTemplate"] = new JsonObject
                {
                    ["spec"] = new JsonObject
                    {
                        ["template"] = new JsonObject
                        {
                            ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = job.Name } },
                            ["spec"] = new JsonObject
                            {
                                ["restartPolicy"] = "Never",
                                ["containers"] = new JsonArray(new JsonObject
                                {
                                    ["name"] = job.Name,
                                    ["image"] = $"payments/{job.Name}:4",
                                    ["env"] = new JsonArray(new JsonObject { ["name"] = job.Environment.Name, ["value"] = job.Environment.Value }),
                                }),
                            },
                        },
                    },
                },
            },
            ["status"] = new JsonObject { ["lastScheduleTime"] = KubernetesTime.Seconds(last), ["lastSuccessfulTime"] = KubernetesTime.Seconds(last + (job.Run?.Lasts ?? TimeSpan.FromMinutes(3))) },
        };
    }

    /// <summary>The mesh configuration as an installation writes it.</summary>
    public static JsonObject MeshConfiguration(DateTimeOffset createdAt)
    {
        var map = DeploymentObjects.Named("ConfigMap", "istio-system", "istio", createdAt);
        map["metadata"]!["labels"] = new JsonObject { ["istio.io/rev"] = "default" };
        map["data"] = new JsonObject
        {
            ["mesh"] = """
                accessLogFile: /dev/stdout
                defaultConfig:
                  discoveryAddress: istiod.istio-system.svc:15012
                  proxyStatsMatcher:
                    inclusionSuffixes:
                    - no_filter_chain_match
                enableAutoMtls: true
                rootNamespace: istio-system
                trustDomain: cluster.local

                """,
            ["meshNetworks"] = "networks: {}",
        };
        return map;
    }

    /// <summary>An API of the API server's own: no Service answers it.</summary>
    public static JsonObject ApiService(string group, string version, DateTimeOffset createdAt) => new()
    {
        ["apiVersion"] = "apiregistration.k8s.io/v1",
        ["kind"] = "APIService",
        ["metadata"] = new JsonObject { ["name"] = $"{version}.{group}", ["creationTimestamp"] = KubernetesTime.Seconds(createdAt), ["labels"] = new JsonObject { ["kube-aggregator.kubernetes.io/automanaged"] = "true" } },
        ["spec"] = new JsonObject { ["group"] = group, ["version"] = version, ["groupPriorityMinimum"] = group.Length == 0 ? 18_000 : 1_000, ["versionPriority"] = 100 },
        ["status"] = new JsonObject
        {
            ["conditions"] = new JsonArray(new JsonObject
            {
                ["type"] = "Available",
                ["status"] = "True",
                ["reason"] = "Local",
                ["message"] = "Local APIServices are always available",
                ["lastTransitionTime"] = KubernetesTime.Seconds(createdAt),
            }),
        },
    };
}
