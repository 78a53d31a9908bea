using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;
using static MeshConsole.Testing.SampleMesh;

namespace MeshConsole.Mesh.Tests.Topology;

public sealed class TopologyDeltaTests
{
    private static readonly Gen<TopologyView> s_views =
        from nodes in Nodes().ListOf()
        from edges in Edges().ListOf()
        from revision in Gen.Choose(1, 1000)
        select new TopologyView(
            revision,
            Now.AddSeconds(revision),
            60,
            [.. nodes.DistinctBy(node => node.Id).OrderBy(node => node.Id, StringComparer.Ordinal)],
            [
                .. edges.DistinctBy(edge => edge.Key)
                    .OrderBy(edge => edge.Source, StringComparer.Ordinal)
                    .ThenBy(edge => edge.Target, StringComparer.Ordinal)
                    .ThenBy(edge => edge.Protocol, StringComparer.Ordinal),
            ]);

    [Fact]
    public void Between_AppliedToTheOldView_GivesTheNewOne() =>
        Prop.ForAll(Arb.From(s_views), Arb.From(s_views), (old, current) =>
        {
            var delta = TopologyDelta.Between(old, current);

            Text(delta.ApplyTo(old)).ShouldBe(Text(current));
            delta.AddedNodes.ShouldAllBe(added => old.Nodes.All(node => node.Id != added.Id));
            delta.ChangedEdges.ShouldAllBe(changed => old.Edges.Any(edge => edge.Key == changed.Key));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Between_TheSame_IsEmpty() =>
        Prop.ForAll(Arb.From(s_views), view =>
        {
            // Lists of their own: equal by what they say, not by reference.
            var copy = view with
            {
                Nodes = [.. view.Nodes.Select(node => node with { Reasons = [.. node.Reasons] })],
                Edges = [.. view.Edges.Select(edge => edge with { Responses = [.. edge.Responses] })],
            };
            TopologyDelta.Between(view, copy).IsEmpty.ShouldBeTrue();
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Between_OneRefresh_HoldsWhatChangedOnly()
    {
        var before = TopologyBuilder.Build(Payments(), MeshQuery.All, TopologyLevel.Workload);
        var edges = PaymentsEdges().Where(edge => edge.Target.Workload.Name != "postgres").ToArray();
        edges[1] = edges[1] with { FromSource = Requests(95, 11.2) };
        var after = TopologyBuilder.Build(new MeshSnapshot(2, Now.AddSeconds(15), [ClusterOf(PaymentsObjects(), edges)]), MeshQuery.All, TopologyLevel.Workload);

        var delta = TopologyDelta.Between(before, after);

        (delta.FromRevision, delta.Revision).ShouldBe((1, 2));
        delta.AddedNodes.ShouldBeEmpty();
        delta.RemovedNodes.ShouldBeEmpty();
        delta.ChangedNodes.Select(node => node.Name).ShouldBe(["card-processor-v1", "postgres"]);
        delta.ChangedEdges.ShouldHaveSingleItem().RequestsPerSecond.ShouldBe(95);
        delta.RemovedEdges.ShouldBe(["main/payments/workload/ledger|main/payments/workload/postgres|tcp"]);
    }

    [Fact]
    public void Same_EveryProperty_Counts()
    {
        var view = TopologyBuilder.Build(Payments(), MeshQuery.All, TopologyLevel.Workload);
        CheckEvery(view.Nodes[0], TopologyEquality.Same);
        CheckEvery(view.Edges[0], TopologyEquality.Same);
    }

    /// <summary>Changes each settable property alone, so that one added later cannot be forgotten by the comparison.</summary>
    private static void CheckEvery<T>(T item, Func<T, T, bool> same)
        where T : class
    {
        foreach (var property in typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite))
        {
            var clone = (T)typeof(T).GetMethod("<Clone>$")!.Invoke(item, null)!;
            same(item, clone).ShouldBeTrue();
            property.SetValue(clone, Other(property.PropertyType, property.GetValue(item)));
            same(item, clone).ShouldBeFalse(property.Name);
        }
    }

    private static object? Other(Type type, object? value) => value switch
    {
        string text => text + "!",
        double number => number + 1,
        int number => number + 1,
        Health health => health == Health.Idle ? Health.Failing : Health.Idle,
        NodeKind kind => kind == NodeKind.App ? NodeKind.Service : NodeKind.App,
        DataPlane plane => plane == DataPlane.None ? DataPlane.Ambient : DataPlane.None,
        ImmutableArray<string> texts => texts.Add("other"),
        ImmutableArray<NodeBadge> badges => badges.Add(NodeBadge.Mirroring),
        ImmutableArray<ResponseShare> shares => shares.Add(new ResponseShare("599", "-", 1)),
        LatencyMs latency => latency with { P50 = (latency.P50 ?? 0) + 1 },
        OverheadMs overhead => overhead with { Reliable = !overhead.Reliable },
        BytesPerSecond bytes => bytes with { Sent = (bytes.Sent ?? 0) + 1 },
        EdgeMutualTls mtls => mtls with { Reason = mtls.Reason + "!" },
        null when Nullable.GetUnderlyingType(type) is { } inner => Other(inner, Activator.CreateInstance(inner)),
        null when type == typeof(string) => "other",
        null when type == typeof(BytesPerSecond) => new BytesPerSecond(1, 1),
        _ => throw new NotSupportedException(type.Name),
    };

    private static Gen<TopologyNode> Nodes() =>
        from name in Gen.Elements("a", "b", "c", "d|e", "f/g")
        from health in Gen.Elements(Enum.GetValues<Health>())
        from reason in Gen.Elements("x", "y")
        from rate in Rate()
        select new TopologyNode { Id = $"main/ns/workload/{name}", Kind = NodeKind.Workload, Cluster = "main", Namespace = "ns", Name = name, Health = health, Reasons = [reason], RequestsPerSecond = rate };

    private static Gen<TopologyEdge> Edges() =>
        from source in Gen.Elements("a", "b")
        from target in Gen.Elements("a", "c")
        from protocol in Gen.Elements("http", "tcp")
        from rate in Rate()
        from state in Gen.Elements(Enum.GetValues<MutualTlsState>())
        select new TopologyEdge
        {
            Source = source,
            Target = target,
            Protocol = protocol,
            RequestsPerSecond = rate,
            Responses = rate is null ? [] : [new ResponseShare("200", "-", rate.Value)],
            Mtls = new EdgeMutualTls(state, null, null),
            ReportedBy = "both",
            Health = Health.Healthy,
        };

    private static Gen<double?> Rate() => Gen.Elements<double?>(null, 0, 1, 2.5);

    private static string Text(TopologyView view) => JsonSerializer.Serialize(view);
}
