using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Endpoints;
using MeshConsole.Hubs;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;
using MeshConsole.Testing;
using Microsoft.AspNetCore.SignalR;

namespace MeshConsole.Tests.Hubs;

/// <summary>Messages whose JSON is written once must be what a serialiser makes of the records.</summary>
public sealed class TopologyMessageTests
{
    private static readonly TopologyView s_first = SampleViews.Topology;

    private static readonly TopologyView s_second = s_first with
    {
        Revision = s_first.Revision + 1,
        ObservedAt = s_first.ObservedAt.AddSeconds(15),
        Nodes = [s_first.Nodes[0] with { RequestsPerSecond = 1234.5, ErrorRatio = double.NaN, Reasons = ["<b>\"é\" & 'ü' \u2028 \U0001f600"] }, .. s_first.Nodes[2..]],
        Edges = s_first.Edges[1..],
    };

    private readonly FakeMeshViews _views = new();
    private readonly TopologyMessages _messages;

    public TopologyMessageTests() => _messages = new TopologyMessages(_views, new RenderedTopology());

    [Fact]
    public async Task FirstMessage_IsTheJsonOfTheView()
    {
        var message = await _messages.WholeAsync(s_second);

        Sent(message).ShouldBe(Serialised(s_second, s_second, null));
    }

    [Fact]
    public async Task LaterMessage_IsTheJsonOfTheDelta()
    {
        var message = await _messages.DeltaAsync(s_first, s_second);

        Sent(message).ShouldBe(Serialised(s_second, null, TopologyDelta.Between(s_first, s_second)));
    }

    [Fact]
    public async Task MessageOfViewsThatLookTheSame_HasNeither()
    {
        var later = s_first with { Revision = 9, ObservedAt = s_first.ObservedAt.AddSeconds(1) };

        var message = await _messages.DeltaAsync(s_first, later);

        Sent(message).ShouldBe(Serialised(later, null, null));
        Sent(await _messages.DeltaAsync(later, later)).ShouldBe(Serialised(later, null, null));
    }

    [Fact]
    public async Task ManyStreams_ShareTheBytes()
    {
        var whole = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => _messages.WholeAsync(s_first))));
        var deltas = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => _messages.DeltaAsync(s_first, s_second))));

        whole.Select(message => message.Topology).Distinct(ReferenceEqualityComparer.Instance).ShouldHaveSingleItem();
        deltas.Select(message => message.Delta).Distinct(ReferenceEqualityComparer.Instance).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task ManyStreamsThatWakeAtOnce_BuildOneViewAndHoldNoThread()
    {
        using var go = new ManualResetEventSlim();
        _views.OnTopology = _ =>
        {
            go.Wait(TimeSpan.FromSeconds(30));
            return s_first;
        };
        var snapshot = SampleMesh.Snapshot();
        var building = Task.Run(() => _messages.ViewAsync(snapshot, MeshQuery.All, TopologyLevel.Workload));
        SpinWait.SpinUntil(() => _views.Queries.Count > 0, TimeSpan.FromSeconds(30)).ShouldBeTrue();

        // All on this thread: if one of them waited for the view, it would never come here again.
        var waiting = Enumerable.Range(0, 200).Select(_ => _messages.ViewAsync(snapshot, MeshQuery.All, TopologyLevel.Workload)).ToList();
        waiting.ShouldAllBe(view => !view.IsCompleted);
        go.Set();
        var views = await Task.WhenAll([building, .. waiting]);

        views.ShouldAllBe(view => ReferenceEquals(view, s_first));
        _views.Queries.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task ViewThatFails_FailsForAllWhoWaitAndIsTriedAgain()
    {
        _views.OnTopology = null;
        var snapshot = SampleMesh.Snapshot();

        await Should.ThrowAsync<InvalidOperationException>(() => _messages.ViewAsync(snapshot, MeshQuery.All, TopologyLevel.Workload));
        _views.OnTopology = _ => s_second;

        (await _messages.ViewAsync(snapshot, MeshQuery.All, TopologyLevel.Workload)).ShouldBeSameAs(s_second);
    }

    /// <summary>What goes over the wire, with the options of the hub; parsed, since escapes may be written in several ways.</summary>
    private static string Sent(TopologyMessage message) => Normal(JsonSerializer.Serialize(message, HubOptions()));

    private static string Serialised(TopologyView of, TopologyView? topology, TopologyDelta? delta) =>
        Normal(JsonSerializer.Serialize(new { of.Revision, of.ObservedAt, Topology = topology, Delta = delta }, HubOptions()));

    private static string Normal(string json) => JsonNode.Parse(json)!.ToJsonString();

    private static JsonSerializerOptions HubOptions() => ApiJson.Configure(new JsonHubProtocolOptions().PayloadSerializerOptions);
}
