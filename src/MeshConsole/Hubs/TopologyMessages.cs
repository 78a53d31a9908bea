using System.Collections.Concurrent;
using MeshConsole.Endpoints;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Hubs;

/// <summary>
/// What the topology streams send, worked out and written once for all streams that go from the same view to the same view:
/// two hundred browsers on one page cost one view, one comparison and one JSON text. Who waits holds no thread.
/// </summary>
internal sealed class TopologyMessages(IMeshViews views, RenderedTopology rendered)
{
    // Only what is being built: results are kept by the views.
    private readonly ConcurrentDictionary<(MeshSnapshot Snapshot, MeshQuery Query, TopologyForm Form), SharedComputation<TopologyView>> _building = [];

    public Task<TopologyView> ViewAsync(MeshSnapshot snapshot, MeshQuery query, TopologyForm form) =>
        _building.GetOrAdd((snapshot, query, form), key => new SharedComputation<TopologyView>(() => Build(key))).GetAsync();

    /// <summary>The first message of a stream.</summary>
    public async Task<TopologyMessage> WholeAsync(TopologyView view) => new(view.Revision, view.ObservedAt, await rendered.JsonAsync(view), null);

    /// <summary>The message that leads from the view sent before to the current one.</summary>
    public async Task<TopologyMessage> DeltaAsync(TopologyView before, TopologyView current) =>
        new(current.Revision, current.ObservedAt, null, await rendered.DeltaAsync(before, current));

    private TopologyView Build((MeshSnapshot Snapshot, MeshQuery Query, TopologyForm Form) key)
    {
        try
        {
            return views.Topology(key.Snapshot, key.Query, key.Form);
        }
        finally
        {
            _building.TryRemove(key, out _);
        }
    }
}
