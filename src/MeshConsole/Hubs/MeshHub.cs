using System.Runtime.CompilerServices;
using MeshConsole.Demo;
using MeshConsole.Endpoints;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;
using MeshConsole.Monitoring;
using Microsoft.AspNetCore.SignalR;

namespace MeshConsole.Hubs;

/// <summary>The streams for topology canvas, wallboards and bots, documented in docs/api.md.</summary>
internal sealed class MeshHub(IMeshSnapshots snapshots, TopologyMessages messages, ConnectionCounts connections, IDemoScenarios demo) : Hub
{
    /// <summary>The state of every source, at once and whenever it changes.</summary>
    public async IAsyncEnumerable<StatusView> Status([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var lease = connections.OpenHubStream();
        await foreach (var snapshot in snapshots.WatchAsync(cancellationToken))
        {
            yield return StatusView.Of(snapshot, demo.Enabled);
        }
    }

    /// <summary>The topology: first whole, then what changed.</summary>
    public async IAsyncEnumerable<TopologyMessage> Topology(TopologyRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!ApiEndpoints.TryReadForm(request.View, out var form))
        {
            throw new HubException($"View '{request.View}' is not known; legal: {TopologyForm.Legal}.");
        }

        using var lease = connections.OpenHubStream();
        var query = request.ToQuery();
        TopologyView? last = null;
        await foreach (var snapshot in snapshots.WatchAsync(cancellationToken))
        {
            if (snapshot.Revision == 0)
            {
                continue;
            }

            if (query.Cluster is { } cluster && !snapshot.Clusters.Any(c => query.MatchesCluster(c.Name)))
            {
                throw new HubException($"There is no cluster '{cluster}'.");
            }

            var view = await messages.ViewAsync(snapshot, query, form);
            yield return last is null ? await messages.WholeAsync(view) : await messages.DeltaAsync(last, view);
            last = view;
        }
    }
}
