using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Connections;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Kubernetes.Parsing;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.Mesh.Tests.Kubernetes;

/// <summary>Whatever happens to objects and to the connection, in any order: in the end the watcher holds what the server holds.</summary>
public sealed class WatchConvergenceTests
{
    private static readonly string[] s_namespaces = ["a", "b", "c"];

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    public async Task Watcher_AfterRandomChangesAndFaults_EqualsAFreshList(int seed, bool byNamespace)
    {
        await using var api = await SimulatedKubernetesApi.StartAsync(historyLimit: 64);
        using var client = new KubernetesClient(
            KubernetesConnection.To(api.Address, CredentialSource.BearerToken(SimulatedKubernetesApi.AdminToken)), TimeProvider.System, new KubernetesClientOptions { PageSize = 5 });
        using var discovery = new ApiDiscovery(client, TimeProvider.System);
        var watcher = new ResourceWatcher<Pod>(
            client,
            discovery,
            ResourceKinds.Pods,
            _ => new PodParser(),
            new ClusterWatchOptions { Namespaces = byNamespace ? [.. s_namespaces] : [], LongestBackOff = TimeSpan.FromMilliseconds(300), WatchTimeout = TimeSpan.FromSeconds(1) },
            TimeProvider.System,
            NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        var running = watcher.RunAsync(stop.Token);
        var random = new Random(seed);

        for (var step = 0; step < 250; step++)
        {
            Change(api, random);
            if (random.Next(12) == 0)
            {
                Disturb(api, random);
            }

            if (random.Next(4) == 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(15)), TimeProvider.System, CancellationToken.None);
            }
        }

        api.Faults.Clear();
        var started = TimeProvider.System.GetTimestamp();
        while (!(watcher.Status.State == SourceState.Live && Held(watcher).SequenceEqual(Stored(api), StringComparer.Ordinal)))
        {
            TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(30), $"{watcher.Status}\nheld:   {string.Join(' ', Held(watcher))}\nstored: {string.Join(' ', Stored(api))}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None);
        }

        await stop.CancelAsync();
        await running.WaitAsync(ScriptedApi.Patience, TimeProvider.System);
    }

    private static void Change(SimulatedKubernetesApi api, Random random)
    {
        var @namespace = s_namespaces[random.Next(s_namespaces.Length)];
        var name = $"pod-{Json.Number(random.Next(8))}";
        var existing = api.Store.Find(ResourceTypes.Pods, @namespace, name);
        if (existing is null)
        {
            api.Store.Create(ResourceTypes.Pods, new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Pod",
                ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = @namespace },
                ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "app", ["image"] = "a:1" }) },
            });
        }
        else if (random.Next(3) == 0)
        {
            api.Store.Delete(ResourceTypes.Pods, @namespace, name);
        }
        else
        {
            var label = Json.Number(random.Next(100));
            api.Store.Update(ResourceTypes.Pods, @namespace, name, json => json["metadata"]!["labels"] = new JsonObject { ["round"] = label });
        }
    }

    private static void Disturb(SimulatedKubernetesApi api, Random random)
    {
        api.Faults.Clear();
        switch (random.Next(7))
        {
            case 0:
                api.Faults.DropWatches();
                break;
            case 1:
                api.Faults.ExpireResourceVersions();
                break;
            case 2:
                api.Faults.RefuseExpiredWatchesByStatus = true;
                api.Faults.ExpireResourceVersions();
                api.Faults.DropWatches();
                break;
            case 3:
                api.Faults.RefuseConnections(TimeSpan.FromMilliseconds(random.Next(60)));
                break;
            case 4:
                api.Faults.AnswerUnavailable(TimeSpan.FromMilliseconds(random.Next(60)));
                break;
            case 5:
                api.Faults.MuteWatches = true;
                break;
            default:
                // Let things run for a while.
                break;
        }
    }

    private static ImmutableArray<string> Held(ResourceWatcher<Pod> watcher) =>
        watcher.Items.IsDefault ? [] : [.. watcher.Items.Select(pod => $"{pod.Meta.Namespace}/{pod.Meta.Name}@{pod.Meta.ResourceVersion}:{pod.Meta.Labels.GetValueOrDefault("round")}")];

    private static ImmutableArray<string> Stored(SimulatedKubernetesApi api) =>
        [.. api.Store.List(ResourceTypes.Pods)
            .OrderBy(item => item.Namespace, StringComparer.Ordinal)
            .ThenBy(item => item.Name, StringComparer.Ordinal)
            .Select(item => $"{item.Namespace}/{item.Name}@{Json.Number((int)item.ResourceVersion)}:{item.Labels.GetValueOrDefault("round")}")];
}
