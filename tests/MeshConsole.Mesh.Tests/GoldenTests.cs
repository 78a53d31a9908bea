using MeshConsole.Mesh.Latency;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Tests;

public sealed class GoldenTests
{
    public static TheoryData<string> Cases => [.. GoldenCases.Names()];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Topology_OfAGoldenCase_IsTheOneOnFile(string name)
    {
        var snapshot = GoldenCases.Snapshot(name);
        foreach (var level in Enum.GetValues<TopologyLevel>())
        {
            GoldenCases.ShouldMatch(name, $"topology.{level.ToString().ToLowerInvariant()}.json", TopologyBuilder.Build(snapshot, MeshQuery.All, level));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Hops_OfAGoldenCase_AreThoseOnFile(string name) =>
        GoldenCases.ShouldMatch(name, "hops.json", HopLatencies.Build(GoldenCases.Snapshot(name), MeshQuery.All));
}
